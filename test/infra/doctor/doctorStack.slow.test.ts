import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { expectedAccess } from '../../../shared/core/doctor/dataAccess';
import type { IdentityName } from '../../../shared/core/doctor/diagnosis';
import { doctor } from '../../../infra/doctor/main';
import type { DoctorReport } from '../../../infra/doctor/report';
import { exportAgeMs, makeOrganisation } from '../../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../../support/stack/candidatesAtOnce';
import { releaseLocks } from '../../support/stack/holdReleases';
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { sampleUsers } from '../../support/openIdProvider/sampleIdentities';
import { startReviewPart, type ReviewPart } from '../../support/stack/reviewPart';
import { startServices, type Services } from '../../support/stack/services';
import { startWorker, type Worker } from '../../support/stack/worker';
import { startRoleFront, type RoleFront } from '../../shared/io/diagnosis/roleFront';
import { startClosedSite, startRedirection, startTlsFront, type Front } from './tlsFront';

jest.setTimeout(120_000);

const stops: (() => Promise<void>)[] = [];
const stopped = <Started extends { stop(): Promise<void> }>(started: Started): Started => {
  stops.push(() => started.stop());
  return started;
};
let services: Services;
let roles: RoleFront;
let scanning: Worker;
let reviewing: ReviewPart;
let app: Front;
let scanSite: Front;
let plain: Front;
const log: string[] = [];

const clientIdOf = (identity: IdentityName): string =>
  ({
    scanReader: services.settings['READER_CLIENT_ID'],
    reviewReader: services.review.settings['READER_CLIENT_ID'],
    deleter: services.review.deleterClientId,
  })[identity] ?? '';

/** The role assignments of docs/security.md. */
function assignRoles(): void {
  for (const identity of ['scanReader', 'reviewReader', 'deleter'] as const)
    for (const { name, right } of expectedAccess(identity))
      roles.roles.set(`${clientIdOf(identity)} ${name}`, right);
}

async function ended(name: string, start: () => Promise<void>): Promise<void> {
  const count = (): number => log.filter(line => line.includes(`Executed 'Functions.${name}'`)).length;
  const before = count();
  await start();
  while (count() === before) await new Promise(resolve => setTimeout(resolve, 50));
}

beforeAll(async () => {
  const organisation = makeOrganisation({
    seed: 7,
    objects: 300,
    now: Date.now() + exportAgeMs - 10 * 60_000,
  });
  services = stopped(await startServices({ organisation, scanSettings: candidatesAtOnce }));
  const { authority, azurite } = services;
  roles = stopped(await startRoleFront({ certificate: await authority.issue(), azurite }));
  assignRoles();
  const endpoints = { DATA_BLOB_ENDPOINT: roles.blobEndpoint, DATA_TABLE_ENDPOINT: roles.tableEndpoint };
  const onLogLine = (line: string): void => void log.push(line);
  scanning = stopped(
    await startWorker({
      environment: { ...services.settings, ...endpoints, ...services.platform },
      port: 0,
      onLogLine,
    }),
  );
  reviewing = stopped(await startReviewPart(services, { port: 0, onLogLine, settings: endpoints }));
  app = stopped(await startTlsFront(await authority.issue(), reviewing.worker.url));
  scanSite = stopped(await startClosedSite(await authority.issue()));
  plain = stopped(await startRedirection());
  await ended('nightlyScan', () => scanning.runTimer('nightlyScan'));
  await ended('scanDiagnosis', () => scanning.runTimer('scanDiagnosis'));
  const [run] = await services.runs.newest(1, AbortSignal.timeout(10_000));
  if (run?.state !== 'finished') throw new Error(log.join('\n'));
  await releaseLocks(reviewing, run);
});
afterAll(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const otherTenant = randomUUID();

/** `az account get-access-token`, which knows the signed-in reader, and his tokens for Microsoft Graph. */
async function az(args: readonly string[]): Promise<string> {
  const resource = args[args.indexOf('--resource') + 1];
  const tenant = args[args.indexOf('--tenant') + 1] ?? '';
  const { provider } = reviewing;
  const claims = { ...provider.claimsOf('reader'), aud: 'https://graph.example' };
  const accessToken =
    resource === `api://${provider.audience}`
      ? await reviewing.tokenOf('reader')
      : provider.forge(
          tenant === otherTenant ? { ...provider.claimsOf('reader'), tid: otherTenant } : claims,
        );
  return JSON.stringify({ accessToken, tenant });
}

interface Doctored {
  readonly code: number;
  readonly report: DoctorReport;
  readonly text: string;
  readonly progress: string;
}

async function examine(...args: string[]): Promise<Doctored> {
  const lines: string[] = [];
  const progress: string[] = [];
  const { provider } = reviewing;
  const code = await doctor({
    args: ['--review-url', app.url, '--scan-url', scanSite.url, '--json', ...args],
    environment: {
      ...provider.settings,
      TENANT_ID: services.settings['TENANT_ID'],
      GRAPH_ENDPOINT: services.graph.endpoint,
      DATA_BLOB_ENDPOINT: roles.blobEndpoint,
      SCAN_READER_CLIENT_ID: clientIdOf('scanReader'),
      REVIEW_READER_CLIENT_ID: clientIdOf('reviewReader'),
      DELETER_CLIENT_ID: clientIdOf('deleter'),
    },
    print: line => void lines.push(line),
    progress: line => void progress.push(line),
    signal: AbortSignal.timeout(60_000),
    replaced: {
      plainUrl: plain.url,
      commands: {
        run: async (_, given) => ({ kind: 'ended', code: 0, stdout: await az(given), stderr: '' }),
      },
    },
  });
  const text = lines.join('\n');
  return { code, text, progress: progress.join('\n'), report: JSON.parse(text) as DoctorReport };
}

const others = ({ report }: Doctored) =>
  report.checks
    .filter(({ status }) => status !== 'holds')
    .map(({ id, status, found, why }) => ({ id, status, found, why }));

test('on the embedded stack everything holds', async () => {
  const doctored = await examine('--send-graph-token', '--other-tenant', otherTenant);
  expect(others(doctored)).toEqual([]);
  expect(doctored.code).toBe(0);
});

describe('whoever may do more, or less, than docs/security.md says', () => {
  afterEach(() => {
    roles.roles.clear();
    assignRoles();
  });

  test.each(['Rules', 'Decisions', 'OrphanCandidates'])(
    'a part that could write where the other one alone may is found: %s',
    async name => {
      const identity = name === 'OrphanCandidates' ? 'reviewReader' : 'scanReader';
      roles.roles.set(`${clientIdOf(identity)} ${name}`, 'write');
      await ended('scanDiagnosis', () => scanning.runTimer('scanDiagnosis'));
      const { report, code } = await examine();
      expect(report.checks.find(({ id }) => id === `data.${identity}`)).toMatchObject({
        status: 'differs',
        found: [expect.stringContaining(`table ${name}: the`)],
        why: [expect.stringContaining('remove the role assignment')],
      });
      expect(code).toBe(1);
    },
  );

  test('a table that may not be read any more is found', async () => {
    roles.roles.delete(`${clientIdOf('reviewReader')} evidence`);
    const { report } = await examine();
    expect(report.checks.find(({ id }) => id === 'data.reviewReader')).toMatchObject({
      status: 'differs',
      found: ['container evidence: the review reader cannot read (HTTP 403 AuthorizationPermissionMismatch)'],
    });
  });

  test('what was tried changed nothing: every row and every blob is what it was', async () => {
    for (const identity of ['scanReader', 'reviewReader'] as const)
      for (const { name } of expectedAccess(identity))
        roles.roles.set(`${clientIdOf(identity)} ${name}`, 'remove');
    const before = await everything();
    roles.passed.splice(0);
    await examine();
    expect(roles.passed.filter(line => /^(?:PATCH|PUT|DELETE) /.test(line)).length).toBeGreaterThan(20);
    expect(await everything()).toEqual(before);
  });
});

/** The tags of all rows and blobs. */
async function everything(): Promise<readonly string[]> {
  const { azurite, operator, blobs } = services;
  const found: string[] = [];
  for (const name of Object.values(tableNames))
    for await (const { partitionKey, rowKey, etag } of new TableClient(
      azurite.tableEndpoint,
      name,
      operator,
    ).listEntities())
      found.push([name, partitionKey, rowKey, etag].join(' '));
  for (const name of Object.values(containerNames))
    for await (const blob of blobs.getContainerClient(name).listBlobsFlat())
      found.push([name, blob.name, blob.properties.etag].join(' '));
  return found;
}

test('nothing secret and nothing personal is printed', async () => {
  const { text, progress } = await examine('--verbose', '--send-graph-token');
  const { objectId, login, name } = sampleUsers.reader;
  for (const secret of [objectId, login, name, await reviewing.tokenOf('reader'), 'eyJ', 'Bearer'])
    expect(text + progress).not.toContain(secret);
  const quiet = await examine();
  expect(quiet.text + quiet.progress).not.toMatch(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/);
});
