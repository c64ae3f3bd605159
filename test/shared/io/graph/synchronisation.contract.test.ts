import type { SynchronizationJob, SynchronizationStatus } from '@microsoft/microsoft-graph-types';
import type { SynchronisationReader } from '../../../../shared/app/ports';
import type { Guid } from '../../../../shared/core/keys/guid';
import type { TenantSynchronisation } from '../../../../shared/core/synchronisation';
import { createSynchronisationReader } from '../../../../shared/io/graph/synchronisation';
import { instant } from '../../../support/builders';
import {
  idOf,
  organization,
  readerRoles,
  startTestGraph,
  tenantId,
  type TestGraph,
} from '../../../support/graph/testGraph';
import { MemorySynchronisation } from '../../../support/memory/memorySynchronisation';
import { credentialOf } from './samples';
import { graphError, json, page, startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';

const { signal } = new AbortController();
const principal = idOf(301) as Guid;
const other = idOf(302) as Guid;
const everyRole = [...readerRoles, 'Synchronization.Read.All'];
const options = {
  correlationId: idOf(9) as Guid,
  log: { debug() {}, info() {}, warn() {}, error() {} },
  sleep: async () => undefined,
  limits: { attempts: 2 },
};

const succeeded = (timeBegan: string): NonNullable<SynchronizationStatus['lastSuccessfulExecution']> => ({
  state: 'Succeeded',
  timeBegan,
  timeEnded: '2026-11-20T01:30:00Z',
});
const aJob = (
  id: string,
  code: NonNullable<SynchronizationStatus['code']>,
  timeBegan: string | null,
): SynchronizationJob => ({
  id,
  templateId: 'AD2AADProvisioning',
  status: { code, lastSuccessfulExecution: timeBegan === null ? null : succeeded(timeBegan) },
});

let graph: TestGraph;
beforeAll(async () => {
  graph = await startTestGraph();
});
afterAll(() => graph.stop());

/** Both sides are brought into the state; the reader of each must answer it. */
const arrangements: readonly [string, (state: TenantSynchronisation) => SynchronisationReader][] = [
  ['in memory', state => new MemorySynchronisation(state)],
  ['of Graph, on the stand-in', state => arranged(state)],
];

function arranged({ enabled, lastSyncDateTime, cloudSync }: TenantSynchronisation): SynchronisationReader {
  const { directory } = graph.graph;
  const at = lastSyncDateTime === null ? null : `${new Date(lastSyncDateTime).toISOString().slice(0, 19)}Z`;
  directory.setOrganization({
    ...organization,
    onPremisesSyncEnabled: enabled,
    onPremisesLastSyncDateTime: at,
  });
  const jobs = cloudSync.status === 'read' ? cloudSync.jobs : [];
  directory.setSynchronizationJobs(
    principal,
    jobs.map(job =>
      aJob(
        job.id,
        job.code as NonNullable<SynchronizationStatus['code']>,
        job.lastSuccess && new Date(job.lastSuccess).toISOString(),
      ),
    ),
  );
  const roles = cloudSync.status === 'notPermitted' ? readerRoles : everyRole;
  return reader(roles, cloudSync.status === 'notConfigured' ? [] : [principal]);
}

const reader = (roles: readonly string[], ids: readonly Guid[] = [principal]): SynchronisationReader =>
  createSynchronisationReader({
    ...options,
    endpoint: graph.graph.endpoint,
    credential: {
      getToken: async () => ({ token: await graph.token({ roles }), expiresOnTimestamp: Infinity }),
    },
    cloudSyncServicePrincipalIds: ids,
  });

const tenant = tenantId as Guid;
const lastSyncDateTime = instant('2026-11-20T01:30:00Z');

describe.each(arrangements)('the reader of synchronisation %s', (_, arrange) => {
  test.each<[string, TenantSynchronisation]>([
    [
      'a tenant that is synchronised',
      { tenantId: tenant, enabled: true, lastSyncDateTime, cloudSync: { status: 'notConfigured' } },
    ],
    [
      'one where it is switched off',
      { tenantId: tenant, enabled: false, lastSyncDateTime, cloudSync: { status: 'notConfigured' } },
    ],
    [
      'one of which nothing is known',
      { tenantId: tenant, enabled: null, lastSyncDateTime: null, cloudSync: { status: 'notPermitted' } },
    ],
    [
      'one with jobs of Cloud Sync',
      {
        tenantId: tenant,
        enabled: true,
        lastSyncDateTime,
        cloudSync: {
          status: 'read',
          jobs: [
            { servicePrincipalId: principal, id: 'a.1', code: 'Active', lastSuccess: lastSyncDateTime },
            { servicePrincipalId: principal, id: 'a.2', code: 'Quarantine', lastSuccess: null },
          ],
        },
      },
    ],
    [
      'one whose Cloud Sync has no job',
      { tenantId: tenant, enabled: true, lastSyncDateTime, cloudSync: { status: 'read', jobs: [] } },
    ],
  ])('%s', async (_name, state) => expect(await arrange(state).read(signal)).toEqual(state));
});

test('the twin in memory throws what it is told to', async () => {
  const twin = new MemorySynchronisation();
  twin.error = new Error('a test');
  await expect(twin.read()).rejects.toThrow('a test');
});

describe('what Graph tells with which permission', () => {
  beforeEach(() => {
    graph.graph.directory.setOrganization(organization);
    graph.graph.directory.setSynchronizationJobs(principal, [aJob('a', 'Active', '2026-11-20T01:00:00Z')]);
  });

  test('without Organization.Read.All it is unknown, never "never"', async () => {
    const roles = everyRole.filter(role => role !== 'Organization.Read.All');
    expect(await reader(roles).read(signal)).toMatchObject({
      tenantId: tenant,
      enabled: null,
      lastSyncDateTime: null,
    });
  });

  test('with no permission that opens the organization, it is refused, and the message names the one', async () => {
    await expect(reader(['Group.Read.All']).read(signal)).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining('Organization.Read.All'),
    });
  });

  test('without Synchronization.Read.All the jobs are not permitted, for whatever service principal', async () => {
    expect(await reader(readerRoles, [principal, other]).read(signal)).toMatchObject({
      enabled: true,
      cloudSync: { status: 'notPermitted' },
    });
  });

  test('a service principal that is not there is refused: the setting is wrong', async () => {
    await expect(reader(everyRole, [principal, other]).read(signal)).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining(other),
    });
  });

  test('jobs of other templates, such as password hashes, do not count; one that nobody knows does', async () => {
    graph.graph.directory.setSynchronizationJobs(principal, [
      { ...aJob('a', 'Paused', null), templateId: 'AD2AADPasswordHash' },
      { ...aJob('b', 'Paused', null), templateId: 'AAD2ADGroupProvisioning' },
      { ...aJob('c', 'Paused', null), templateId: 'SomethingNew' },
      { id: 'd', status: null },
    ]);
    const { cloudSync } = await reader(everyRole).read(signal);
    expect(cloudSync).toMatchObject({
      jobs: [
        { id: 'c', code: 'Paused' },
        { id: 'd', code: 'Unknown', lastSuccess: null },
      ],
    });
  });

  test('the year 1, by which the service says never, is never', async () => {
    graph.graph.directory.setSynchronizationJobs(principal, [
      { id: 'a', status: { code: 'NotRun', lastSuccessfulExecution: succeeded('0001-01-01T00:00:00Z') } },
      { id: 'b', status: { code: 'NotRun', lastSuccessfulExecution: succeeded('2000-01-01T00:00:00Z') } },
    ]);
    const { cloudSync } = await reader(everyRole).read(signal);
    expect(cloudSync).toMatchObject({
      jobs: [{ lastSuccess: null }, { lastSuccess: instant('2000-01-01T00:00:00Z') }],
    });
  });

  test('over a hundred jobs come in pages, and are read to the end', async () => {
    const ids = Array.from({ length: 150 }, (_, n) => `job.${String(n).padStart(3, '0')}`);
    graph.graph.directory.setSynchronizationJobs(
      principal,
      ids.map(id => aJob(id, 'Active', null)),
    );
    const { cloudSync } = await reader(everyRole).read(signal);
    expect(cloudSync.status === 'read' && cloudSync.jobs.map(job => job.id)).toEqual(ids);
  });

  test('throttling is waited out', async () => {
    graph.graph.faults.add({ when: { path: /organization|jobs/ }, do: { kind: 'answer', status: 429 } });
    expect(await reader(everyRole).read(signal)).toMatchObject({ cloudSync: { status: 'read' } });
  });
});

describe('answers that Graph does not document', () => {
  let scripted: ScriptedGraph;
  beforeAll(async () => {
    scripted = await startScriptedGraph();
  });
  beforeEach(() => {
    scripted.reset();
    scripted.always(organizationPath, json(200, { value: [told] }));
  });
  afterAll(() => scripted.stop());
  const organizationPath = '/v1.0/organization';
  const jobsPath = `/v1.0/servicePrincipals/${principal}/synchronization/jobs`;
  const told = {
    id: tenantId,
    onPremisesSyncEnabled: true,
    onPremisesLastSyncDateTime: '2026-11-20T01:30:00Z',
  };
  const read = () =>
    createSynchronisationReader({
      ...options,
      endpoint: scripted.origin,
      credential: credentialOf('t'),
      cloudSyncServicePrincipalIds: [principal],
    }).read(signal);

  test.each([
    ['no organization', { value: [] }],
    ['two of them', { value: [told, told] }],
    ['one without a property', { value: [{ id: tenantId, onPremisesSyncEnabled: true }] }],
    ['one whose id is none', { value: [{ ...told, id: 'contoso' }] }],
    ['a date that is none', { value: [{ ...told, onPremisesLastSyncDateTime: '2026-02-30T00:00:00Z' }] }],
    ['a list that is none', told],
  ])('%s is not taken for an answer', async (_, body) => {
    scripted.always(organizationPath, json(200, body));
    await expect(read()).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
  });

  test.each([
    ['jobs without a code', page([{ id: 'a', status: {} }]), 'graphAnswerInvalid'],
    ['a job without a status', page([{ id: 'a' }]), 'graphAnswerInvalid'],
    [
      'a date that is none',
      page([{ id: 'a', status: { code: 'Active', lastSuccessfulExecution: { timeBegan: 'x' } } }]),
      'graphAnswerInvalid',
    ],
    [
      'more jobs than anybody has',
      page(Array.from({ length: 201 }, (_, n) => ({ id: `${n}`, status: null }))),
      'graphAnswerInvalid',
    ],
    ['the 403 of a proxy', text(403, 'no'), 'graphRefused'],
    ['a bad request', graphError(400, 'BadRequest'), 'graphRefused'],
    ['no answer', text(503, ''), 'graphUnavailable'],
  ])('%s is neither "not permitted" nor "no jobs"', async (_, responder, code) => {
    scripted.always(jobsPath, responder);
    await expect(read()).rejects.toMatchObject({ code });
  });
});
