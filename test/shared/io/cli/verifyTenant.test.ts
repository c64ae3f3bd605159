import { AppError } from '../../../../shared/core/appError';
import { objectTypes } from '../../../../shared/core/objectType';
import { allChecks } from '../../../../shared/io/tenantChecks/allChecks';
import { createCloudDirectory } from '../../../../shared/io/graph/cloudDirectory';
import { main } from '../../../../shared/io/cli/verifyTenant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { appId, idOf, tenantId } from '../../../support/graph/testGraph';
import {
  allRoles,
  graphError,
  ids,
  listOf,
  personal,
  startSampleTenant,
  unsignedToken,
  type SampleTenant,
} from '../tenantChecks/sampleTenant';

let tenant: SampleTenant;
beforeAll(async () => {
  tenant = await startSampleTenant();
});
afterAll(() => tenant?.stop());

const anyId = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const basicArgs = (): string[] => ['--tenant', tenantId, '--graph-endpoint', tenant.graph.endpoint];
/** What needs more than the basic options. */
const needMore = ['G2', 'G3', 'G12', 'I2', 'I3'];

describe('on a tenant that is as assumed', () => {
  test('every check holds, and the exit code is 0', async () => {
    const verified = await tenant.verify();
    expect(verified.report().checks.filter(({ status }) => status !== 'holds')).toEqual([]);
    expect(verified.report().checks).toHaveLength(allChecks.length);
    expect(verified.code).toBe(0);
  });

  test('nothing but GET reaches Graph', async () => {
    const { requests } = await tenant.verify();
    expect(requests.length).toBeGreaterThan(50);
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(tenant.graph.directory.deletions).toHaveLength(1);
  });

  test('lists and counts are asked for as the scan asks for them', async () => {
    const { requests } = await tenant.verify();
    const asked = new Set(requests.map(({ url, consistencyLevel }) => `${url} ${consistencyLevel}`));
    const scans: string[] = [];
    const directory = createCloudDirectory({
      endpoint: tenant.graph.endpoint,
      credential: { getToken: () => Promise.resolve(null) },
      correlationId: idOf(1) as Guid,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      limits: { attempts: 1 },
    });
    // Without a token nothing is sent; with the reader's own, the scan's requests are in the log.
    await expect(
      directory.readSynced('user', () => ({ page() {} }), AbortSignal.timeout(5_000)),
    ).rejects.toThrow('token');
    const before = tenant.graph.requests.length;
    const reading = createCloudDirectory({
      endpoint: tenant.graph.endpoint,
      credential: await tenant.credential(),
      correlationId: idOf(1) as Guid,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    for (const type of objectTypes)
      await reading.readSynced(type, () => ({ page() {} }), AbortSignal.timeout(5_000));
    for (const { url, consistencyLevel } of tenant.graph.requests.slice(before))
      scans.push(`${url} ${consistencyLevel}`);
    expect(scans).toHaveLength(12);
    expect(scans.filter(request => !asked.has(request))).toEqual([]);
  });
});

describe('the report', () => {
  test('is a table with what was expected and found, without ids and names', async () => {
    const { lines, progress, code } = await tenant.verify({ args: basicArgs() });
    const text = lines.join('\n');
    expect(text).toContain('id   outcome     assumption');
    expect(text).toMatch(/^G1 +holds +isManagementRestricted is filled in lists/m);
    expect(text).toMatch(/^ +expected +isManagementRestricted is filled in lists, as in a read by id$/m);
    expect(text).toMatch(/^ +found +user: \d read twice, isManagementRestricted filled in 1 both times/m);
    expect(text).toMatch(/^G5 +.+\(none planned; the next night corrects it\.\)$/m);
    expect(text).toMatch(/^\d+ hold, 0 differ, \d+ not checked, \d+ not for this command\.$/m);
    expect(text).not.toMatch(anyId);
    expect(text).not.toContain(personal);
    expect(progress.join('\n')).toContain('G4: holds');
    expect(code).toBe(0);
  });

  test('holds ids where they are asked for', async () => {
    const { lines } = await tenant.verify({ args: [...basicArgs(), '--verbose'] });
    expect(lines.join('\n')).toMatch(new RegExp(`^ +objects +user/${ids.restrictedUser}`, 'm'));
    expect(lines.join('\n')).not.toContain(personal);
  });

  test('is whole as JSON, too', async () => {
    const report = (await tenant.verify()).report();
    expect(report.summary).toEqual({
      holds: allChecks.length,
      differs: 0,
      notChecked: 0,
      notCheckable: report.notCheckable.length,
    });
    expect(report.notCheckable.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['G5', 'G16', 'E1', 'S1']),
    );
  });

  test('tells who signed in, and what the organization says', async () => {
    const everything = await tenant.verify({ roles: [...allRoles, 'User.ReadWrite.All'] });
    expect(everything.report().facts).toEqual([
      `Microsoft Graph at ${tenant.graph.endpoint}`,
      'Signed in as an application; missing of what the scan needs: none; of what is optional: none',
      'It could write (User.ReadWrite.All), which the reader must not; this command can not',
      'Organization: onPremisesSyncEnabled true, onPremisesLastSyncDateTime filled',
    ]);
    const less = await tenant.verify({ roles: ['User.Read.All'] });
    expect(less.report().facts.slice(1)).toEqual([
      expect.stringContaining(
        'Group.Read.All, OrgContact.Read.All, Device.Read.All, Organization.Read.All; of',
      ),
      'Organization: onPremisesSyncEnabled null, onPremisesLastSyncDateTime null, which means unknown',
    ]);
    const none = await tenant.verify({ roles: [] });
    expect(none.report().facts.at(-1)).toBe(
      'Organization: status 403 (Authorization_RequestDenied); reading it takes Organization.Read.All',
    );
    const odd = await tenant.verify({
      fakes: [{ address: /organization/, body: () => ({ value: [] }) }],
    });
    expect(odd.report().facts.at(-1)).toBe('Organization: not in the documented form');
  });
});

describe('what can not be checked', () => {
  test.each([
    ['User.Read.All', ['G1', 'G3', 'G4', 'G6', 'G9', 'G10', 'G12', 'G13', 'G14', 'G15', 'G26', 'G27', 'G28']],
    ['Group.Read.All', []],
    ['OrgContact.Read.All', []],
    ['Device.Read.All', []],
    ['AuditLog.Read.All', ['G28']],
    ['RoleManagement.Read.Directory', []],
  ] as const)('without %s names the permission, and nothing differs', async (permission, expected) => {
    // Directory.Read.All opens every list.
    const roles = allRoles.filter(role => role !== permission && role !== 'Directory.Read.All');
    const denied = { address: /roleDefinitionId/, ...graphError(403, 'Authorization_RequestDenied') };
    const verified = await tenant.verify({
      roles,
      fakes: permission === 'RoleManagement.Read.Directory' ? [denied] : [],
    });
    expect(verified.those('differs')).toEqual([]);
    expect(verified.code).toBe(0);
    const notChecked = verified.those('notChecked');
    expect(notChecked).toEqual(expect.arrayContaining([...expected]));
    expect(verified.those('holds')).toEqual(expect.arrayContaining(['I2', 'I3']));
    const naming = notChecked.filter(id => verified.outcome(id).why.join().includes(permission));
    expect(naming).not.toEqual([]);
  });

  test('where Graph lets nothing be read, nothing is known, whatever a token tells', async () => {
    const verified = await tenant.verify({
      roles: [],
      fakes: [{ address: /^\/v1\.0\//, ...graphError(401, 'InvalidAuthenticationToken') }],
    });
    expect(verified.those('holds')).toEqual(['I2', 'I3']);
    expect(verified.outcome('G6').why.join()).toContain('the token was not accepted');
    expect(verified.code).toBe(2);
  });

  test('a request that fails does not end the others', async () => {
    const verified = await tenant.verify({
      fakes: [{ address: listOf('users'), status: 503 }],
      replaced: { limits: { attempts: 2 } },
    });
    expect(verified.those('differs')).toEqual([]);
    expect(verified.those('holds')).toEqual(expect.arrayContaining(['G7', 'G10', 'G22', 'I2', 'I3']));
    expect(verified.outcome('G3').why.join()).toContain('503');
  });

  test('a check that breaks down does not end the others, and repeats nothing that it read', async () => {
    const verified = await tenant.verify({
      replaced: {
        exportStore: {
          openNewest: () => Promise.reject(new TypeError(personal)),
        },
      },
    });
    expect(verified.outcome('G4')).toMatchObject({
      status: 'notChecked',
      why: ['an error of this command: TypeError'],
    });
    expect(verified.those('holds')).toEqual(expect.arrayContaining(['G10', 'I3']));
    expect(verified.lines.join()).not.toContain(personal);
  });

  test('an empty tenant shows nothing, and nothing differs', async () => {
    const empty = await startSampleTenant({
      users: [],
      groups: [],
      contacts: [],
      devices: [],
      links: [],
      roleAssignments: [],
    });
    try {
      const verified = await empty.verify({
        fakes: [
          { address: /roleDefinitionId/, status: 200, body: () => ({ value: [] }) },
          { address: /organization/, times: 0 },
        ],
      });
      expect(verified.those('differs')).toEqual([]);
      expect(verified.those('holds')).toEqual(['G4', 'G10', 'G11', 'I2', 'I3']);
    } finally {
      await empty.stop();
    }
  });

  test('an expired page token is no difference', async () => {
    const verified = await tenant.verify({
      fakes: [{ address: listOf('groups'), ...graphError(400, 'Directory_ExpiredPageToken') }],
    });
    expect(verified.those('differs')).toEqual([]);
    expect(verified.outcome('G6').why.join()).toContain('run the command again');
  });

  test('an answer that is no page is said as it is', async () => {
    const odd = await tenant.verify({ fakes: [{ address: listOf('groups'), body: () => [] }] });
    expect(odd.outcome('G6').why).toEqual(['group: an answer is no page of a list']);
  });

  test('without exports, an API and an authority, their entries', async () => {
    const verified = await tenant.verify({ args: [...basicArgs(), '--json'] });
    expect(verified.those('notChecked')).toEqual(needMore);
    expect(verified.outcome('G2').why.join()).toContain('--data-blob-endpoint');
    expect(verified.outcome('I2').why.join()).toContain('--api');
  });

  test('an export that is refused compares with nothing', async () => {
    const verified = await tenant.verify({
      replaced: {
        exportStore: {
          openNewest: () => Promise.reject(new AppError('exportRefused', 'the signature does not hold')),
        },
      },
    });
    expect(verified.those('notChecked')).toEqual(['G2', 'G3', 'G12']);
    expect(verified.outcome('G3').why).toEqual(['the signature does not hold']);
  });
});

test('what went away while it was looked at is not there', async () => {
  const verified = await tenant.verify({
    fakes: [{ address: /^\/v1.0\/users\/[^/?]+\?/, ...graphError(404, 'Request_ResourceNotFound') }],
  });
  expect(verified.those('differs')).toEqual([]);
  expect(verified.outcome('G26').why).toEqual(['user: there is no synced object to look at']);
  expect(verified.outcome('G14').found.join()).toContain('0 users hold a role of synchronisation');
});

test('a read by id that is refused names the permission', async () => {
  const verified = await tenant.verify({
    fakes: [{ address: /^\/v1.0\/users\/[^/?]+\?/, ...graphError(403, 'Authorization_RequestDenied') }],
  });
  expect(verified.those('differs')).toEqual([]);
  for (const id of ['G1', 'G13', 'G14', 'G26'])
    expect(verified.outcome(id)).toMatchObject({
      status: 'notChecked',
      why: expect.arrayContaining([expect.stringContaining('User.Read.All')]),
    });
});

describe('options', () => {
  test('--help tells them, and asks nobody', async () => {
    const { code, lines, requests } = await tenant.verify({ args: ['--help'] });
    expect([code, requests]).toEqual([0, []]);
    for (const option of ['--sign-in az | identity', '--data-blob-endpoint', '--json', '--verbose'])
      expect(lines.join('\n')).toContain(option);
  });

  test('all that is wrong with them is said at once', async () => {
    const args = [
      ['--sign-in', 'me', '--tenant', 'contoso', '--cloud', 'mars', '--minutes', '61'],
      ['--object', 'person/1', '--graph-endpoint', 'http://x', '--authority', 'https://x/y'],
    ].flat();
    const { code, lines, requests } = await tenant.verify({ args });
    expect([code, requests]).toEqual([2, []]);
    for (const option of ['sign-in', 'tenant', 'cloud', 'minutes', 'object', 'graph-endpoint', 'authority'])
      expect(lines.filter(line => line.startsWith(`--${option}`))).toHaveLength(1);
    const unknown = await tenant.verify({ args: ['--delete'] });
    expect(unknown.code).toBe(2);
    expect(unknown.lines.join()).toContain("Unknown option '--delete'");
  });

  test.each([[['--json', '--delete']], [['--json', '--tenant', 'contoso']]])(
    'what is wrong with %j is JSON, too: whoever reads it parses it',
    async args => {
      const { code, lines } = await tenant.verify({ args });
      expect(code).toBe(2);
      expect(JSON.parse(lines.join('\n'))).toEqual({
        exitCode: 2,
        error: expect.stringMatching(/^Nothing was checked\. .*--(delete|tenant)/),
      });
    },
  );

  test('--minutes goes on counting', async () => {
    const waits: number[] = [];
    const { outcome, code } = await tenant.verify({
      moreArgs: ['--minutes', '1'],
      replaced: { sleep: milliseconds => Promise.resolve(void waits.push(milliseconds)) },
    });
    expect(waits.filter(wait => wait === 30_000)).toHaveLength(2);
    expect(outcome('G4').found[0]).toBe(
      'user: 4 in the list, counted 4 before and 4 after, and 2 times later 4 to 4',
    );
    expect(code).toBe(0);
  });

  test('--object names what is looked at closer, and says where it is not in the list', async () => {
    const named = await tenant.verify({
      moreArgs: ['--object', `user/${ids.textAnchorUser}`],
    });
    expect(named.outcome('G28').objects).toEqual([
      `user/${ids.textAnchorUser}`,
      `user/${ids.textAnchorUser}`,
    ]);
    const absent = await tenant.verify({ moreArgs: ['--object', `user/${idOf(77)}`] });
    expect(absent.outcome('G1').why).toEqual([
      'user: 1 of those named with --object are not in the list of synced ones',
    ]);
  });
});

describe('could not run, exit code 2:', () => {
  const reasons: readonly (readonly [string, string, Parameters<SampleTenant['verify']>[0]])[] = [
    [
      'nobody is signed in',
      'Sign in (az login',
      {
        replaced: { credential: { getToken: () => Promise.reject(new Error('Please run az login')) } },
      },
    ],
    [
      'the credential gives no token',
      'there is none.',
      { replaced: { credential: { getToken: () => Promise.resolve(null) } } },
    ],
    [
      'the token is of another tenant',
      'found one of',
      {
        replaced: {
          credential: {
            getToken: () =>
              Promise.resolve({
                token: unsignedToken({}, { tid: idOf(3), roles: [] }),
                expiresOnTimestamp: 0,
              }),
          },
        },
      },
    ],
    [
      'Graph answers for another tenant',
      'Graph answered with that of',
      {
        fakes: [
          {
            address: /organization/,
            status: 200,
            body: () => ({
              value: [{ id: idOf(3), onPremisesSyncEnabled: true, onPremisesLastSyncDateTime: null }],
            }),
          },
        ],
      },
    ],
    [
      'Graph does not answer',
      'was expected to be answered',
      { fakes: [{ address: /organization/, status: 503 }], replaced: { limits: { attempts: 2 } } },
    ],
  ];

  test.each(reasons)('%s', async (_name, said, change) => {
    const asText = await tenant.verify({ ...change, args: basicArgs() });
    expect([asText.code, asText.lines.join('\n')]).toEqual([
      2,
      expect.stringContaining('Nothing was checked.'),
    ]);
    expect(asText.lines.join('\n')).toContain(said);
    const asJson = await tenant.verify(change);
    expect([asJson.code, asJson.report()]).toEqual([
      2,
      { exitCode: 2, error: expect.stringContaining(said) as string },
    ]);
  });
});

test('a person is told apart from an application; a token that tells nothing is no hindrance', async () => {
  const personToken = unsignedToken({}, { tid: tenantId, scp: 'User.Read', oid: appId });
  for (const [token, line] of [
    [personToken, 'Signed in as a person'],
    ['opaque', 'Signed in; the token does not tell as whom'],
  ] as const) {
    const { report } = await tenant.verify({
      replaced: {
        credential: { getToken: () => Promise.resolve({ token, expiresOnTimestamp: 0 }) },
      },
      fakes: [{ address: /organization/, status: 403, body: () => ({}) }],
    });
    expect(report().facts[1]).toContain(line);
  }
});

test('progress holds ids only where they are asked for', async () => {
  const failing = (verbose: readonly string[]) =>
    tenant.verify({
      args: [...basicArgs(), ...verbose],
      fakes: [{ address: /^\/v1.0\/groups\/[^/?]+\?\$select=id,displayName/, status: 503, times: 1 }],
    });
  const [quiet, verbose] = [await failing([]), await failing(['--verbose'])];
  expect(quiet.progress.join('\n')).toContain('GET /v1.0/groups/<id>: the status was 503');
  expect(quiet.progress.join('\n')).not.toMatch(anyId);
  expect(verbose.progress.join('\n')).toMatch(anyId);
});

describe('as a program', () => {
  const exitCode = process.exitCode;
  afterEach(() => {
    jest.restoreAllMocks();
    process.exitCode = exitCode;
  });
  const run = async (...args: readonly string[]) => {
    const written = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      jest.spyOn(process[stream], 'write').mockImplementation(text => {
        written[stream] += String(text);
        return true;
      });
    await main(args);
    return { ...written, code: process.exitCode };
  };

  test('it prints its report and ends with its exit code', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: '),
    });
    expect(await run('--minutes', 'x')).toMatchObject({ code: 2, stderr: '' });
  });

  test('it says that it was interrupted, with exit code 2', async () => {
    const listeners = process.listeners('SIGINT');
    const running = run(...basicArgs(), '--sign-in', 'identity', '--client-id', idOf(1));
    // What the program listens with, and nobody else.
    for (const listener of process.listeners('SIGINT')) if (!listeners.includes(listener)) listener('SIGINT');
    const { code, stderr } = await running;
    expect([code, stderr]).toEqual([2, 'Ended early: interrupted\n']);
    expect(process.listeners('SIGINT')).toEqual(listeners);
  });
});

test('it stops when it is told to', async () => {
  const stopping = new AbortController();
  stopping.abort(new Error('interrupted'));
  await expect(tenant.verify({ signal: stopping.signal })).rejects.toThrow('interrupted');
});
