import { main } from '../../../infra/doctor/main';
import { allChecks } from '../../../infra/doctor/allChecks';
import type { Diagnosis } from '../../../shared/core/doctor/diagnosis';
import {
  aHold,
  changed,
  changedScan,
  graphToken,
  otherTenant,
  otherTenantToken,
  ownToken,
  refused,
  startFakeDeployment,
  type Change,
  type Examination,
  type FakeAnswer,
  type FakeDeployment,
  type FakeRequest,
} from './fakeDeployment';
import { clientIds, withIdentity } from './sampleDiagnosis';

let deployment: FakeDeployment;
beforeAll(async () => {
  deployment = await startFakeDeployment();
});
afterAll(() => deployment?.stop());

const genuine = ['--json', '--send-graph-token', '--other-tenant', otherTenant];
/** Everybody who has no token of his own is let in, where this says so. */
const letIn =
  (when: (request: FakeRequest) => boolean): Change =>
  (request, answer) =>
    request.of === 'review' && request.path === '/api/me' && !request.own && when(request)
      ? { status: 200, json: { roles: ['Orphans.Reader'], rolloutStage: 'normal' } }
      : answer;
const answered =
  (of: FakeRequest['of'], instead: FakeAnswer): Change =>
  (request, answer) =>
    request.of === of ? instead : answer;
const health =
  (json: object, status = 200): Change =>
  (request, answer) =>
    request.of === 'review' && request.path === '/api/health'
      ? { status, json: { ...(answer.json as object), ...json } }
      : answer;
const changedStatus =
  (path: string, status: number): Change =>
  (request, answer) =>
    request.own && request.path.split('?')[0] === path ? { status } : answer;
const diagnosis = (change: (found: Diagnosis) => unknown): Change => changed('/api/diagnosis', change);
const header = (request: FakeRequest): Record<string, unknown> => {
  const [first = ''] = (request.headers.authorization ?? '').replace('Bearer ', '').split('.');
  try {
    return JSON.parse(Buffer.from(first, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
};
/** The connection is cut. */
const dropped: Change = (request, answer) => (request.of === 'review' ? { ...answer, status: 0 } : answer);
const tenMinutes = 10 * 60_000;
const hours = (count: number): string => new Date(Date.now() - count * 3_600_000).toISOString();
const late =
  (of: FakeRequest['of']): Change =>
  (request, answer) =>
    request.of === of
      ? { ...answer, headers: { ...answer.headers, date: new Date(Date.now() + tenMinutes).toUTCString() } }
      : answer;

interface Case {
  readonly name: string;
  readonly differ: readonly string[];
  readonly notChecked?: readonly string[];
  readonly examination: Examination;
}

const change = (given: Change): Examination => ({ change: given });
const graphRoles = (
  identity: 'scanReader' | 'reviewReader' | 'deleter',
  give: (had: string[]) => string[],
): Change =>
  diagnosis(found =>
    withIdentity(found, identity, ({ graph }) => ({
      graph:
        graph.kind === 'issued' ? { ...graph, permissions: give([...(graph.permissions ?? [])]) } : graph,
    })),
  );
const access = (
  identity: 'scanReader' | 'reviewReader' | 'deleter',
  store: string,
  operation: 'read' | 'write' | 'remove',
  status: 'allowed' | 'refused' | 'missing',
): Change =>
  diagnosis(found =>
    withIdentity(found, identity, ({ access: had }) => ({
      access: had.map(one => (one.name === store ? { ...one, [operation]: { status, code: 'HTTP' } } : one)),
    })),
  );

const cases: readonly Case[] = [
  {
    name: 'health is the part scan',
    differ: ['review.health'],
    examination: change(health({ part: 'scan' })),
  },
  {
    name: 'health names a setting that is wrong',
    differ: ['review.health'],
    examination: change(health({ status: 'degraded', problems: ['setting ROLLOUT_STAGE is not …'] })),
  },
  {
    name: 'health is 503',
    differ: ['review.health'],
    examination: change(health({ problems: ['the run records can not be read'] }, 503)),
  },
  {
    name: 'another app answers',
    differ: ['review.health'],
    examination: change((request, answer) =>
      request.path === '/api/health' && request.of === 'review' ? { status: 404 } : answer,
    ),
  },
  {
    name: "scan's main site is open",
    differ: ['scan.closed'],
    examination: change(answered('scan', { status: 200 })),
  },
  {
    name: "scan's main site asks for a token",
    differ: ['scan.closed'],
    examination: change(answered('scan', refused)),
  },
  { name: 'TLS 1.1 is agreed to', differ: ['review.tls'], examination: { tls: 'old' } },
  {
    name: 'http is answered',
    differ: ['review.http'],
    examination: change(answered('plain', { status: 200 })),
  },
  {
    name: 'http leads to http',
    differ: ['review.http'],
    examination: change(answered('plain', { status: 301, headers: { location: 'http://app.example/' } })),
  },
  {
    name: 'the OpenAPI document is of another version',
    differ: ['review.openapi'],
    examination: change(changed('/api/openapi.json', (one: object) => ({ ...one, openapi: '3.0.3' }))),
  },
  {
    name: 'nobody needs a token',
    differ: ['access.noToken', 'access.forgedHeader'],
    examination: change(letIn(({ headers }) => headers.authorization === undefined)),
  },
  {
    name: 'a forged header is believed',
    differ: ['access.forgedHeader'],
    examination: change(letIn(({ headers }) => headers['x-ms-client-principal'] !== undefined)),
  },
  {
    name: "a token under the name of the issuer's key is not verified",
    differ: ['access.forgedToken'],
    examination: change(letIn(request => header(request)['kid'] === 'key-1')),
  },
  {
    name: 'a token of an unknown key is accepted',
    differ: ['access.forgedToken', 'access.otherAudience', 'access.otherTenant'],
    notChecked: [],
    examination: change(letIn(request => ![undefined, 'key-1'].includes(header(request)['kid'] as string))),
  },
  {
    name: 'a token without a signature is accepted',
    differ: ['access.forgedToken'],
    examination: change(
      letIn(request => header(request)['alg'] === 'none' && request.headers.authorization !== undefined),
    ),
  },
  {
    name: 'a token for another audience is accepted',
    differ: ['access.otherAudience'],
    notChecked: [],
    examination: {
      ...change(letIn(({ headers }) => headers.authorization === `Bearer ${graphToken}`)),
      args: genuine,
    },
  },
  {
    name: "another tenant's token is accepted",
    differ: ['access.otherTenant'],
    notChecked: [],
    examination: {
      ...change(letIn(({ headers }) => headers.authorization === `Bearer ${otherTenantToken}`)),
      args: genuine,
    },
  },
  {
    name: 'a forged token makes the app fail',
    differ: ['access.forgedToken', 'access.otherAudience', 'access.otherTenant'],
    notChecked: [],
    examination: change((request, answer) =>
      request.path === '/api/me' && !request.own && request.headers.authorization !== undefined
        ? { status: 500 }
        : answer,
    ),
  },
  {
    name: 'whoever is signed in has no role',
    differ: ['access.ownToken'],
    examination: change((request, answer) =>
      request.path === '/api/me' && request.own
        ? { status: 403, json: { type: '/problems/roleMissing' } }
        : answer,
    ),
  },
  {
    name: 'the own token is refused',
    differ: ['access.ownToken'],
    examination: change((request, answer) => (request.path === '/api/me' && request.own ? refused : answer)),
  },
  {
    name: 'one part was not deployed',
    differ: ['versions'],
    examination: change(diagnosis(found => ({ ...found, scan: { ...found.scan, version: '0.0.9' } }))),
  },
  ...(['review', 'storage', 'graph'] as const).map((of): Case => ({
    name: `the clock of ${of} is off by ten minutes`,
    differ: ['clocks'],
    examination: change(late(of)),
  })),
  {
    name: "a part's clock is off",
    differ: ['clocks'],
    examination: change(
      diagnosis(found => ({
        ...found,
        scan: { ...found.scan, clocks: [{ of: 'storage', offsetSeconds: -600, uncertainSeconds: 1 }] },
      })),
    ),
  },
  {
    name: 'a part has another TENANT_ID',
    differ: ['tenants'],
    examination: change(diagnosis(found => ({ ...found, scan: { ...found.scan, tenantId: otherTenant } }))),
  },
  {
    name: 'Graph answers for another tenant',
    differ: ['tenants'],
    examination: change(
      diagnosis(found => ({
        ...found,
        review: { ...found.review, organization: { kind: 'read', tenantId: otherTenant } },
      })),
    ),
  },
  {
    name: 'the last scan was refused',
    differ: ['scan.last'],
    examination: change(
      changed('/api/scans', (one: { items: object[] }) => ({
        ...one,
        items: [
          { runId: 'run-2', state: 'refused', startedAt: hours(1), finishedAt: hours(1) },
          ...one.items,
        ],
      })),
    ),
    notChecked: ['access.otherAudience', 'access.otherTenant', 'scan.holds'],
  },
  {
    name: 'no scan has run',
    differ: ['scan.last', 'scan.missed'],
    notChecked: ['access.otherAudience', 'access.otherTenant', 'scan.exports', 'scan.holds'],
    examination: change(
      changed('/api/scans', () => ({
        items: [],
        missedWork: { scan: { lastFinishedAt: null }, exports: [] },
      })),
    ),
  },
  {
    name: 'an export is stale',
    differ: ['scan.exports'],
    examination: change(
      changedScan(one => ({ ...one, exports: [{ source: 'contoso', finishedAt: hours(27) }] })),
    ),
  },
  {
    name: 'a source has no export, and the app misses it',
    differ: ['scan.exports', 'scan.missed'],
    examination: change(
      changed('/api/scans', (one: object) => ({
        ...one,
        missedWork: { scan: null, exports: [{ source: 'fabrikam', lastFinishedAt: null }] },
      })),
    ),
  },
  {
    name: 'a hold is open',
    differ: ['scan.holds'],
    examination: change(changedScan(one => ({ ...one, holds: [aHold] }))),
  },
  {
    name: "the part scan's note is old",
    differ: ['scan.note'],
    examination: change(diagnosis(found => ({ ...found, scan: { ...found.scan, at: hours(4) } }))),
  },
  {
    name: 'one identity for both readers',
    differ: ['identities'],
    examination: {
      environment: { SCAN_READER_CLIENT_ID: clientIds.reviewReader },
      change: diagnosis(found =>
        withIdentity(found, 'scanReader', () => ({
          clientId: clientIds.reviewReader,
          graph: {
            kind: 'issued',
            appId: clientIds.reviewReader,
            tenantId: found.review.tenantId,
            permissions: readers,
          },
          storage: { kind: 'issued', appId: clientIds.reviewReader, tenantId: null, permissions: [] },
        })),
      ),
    },
  },
  {
    name: "another identity's token is given",
    differ: ['identities'],
    examination: change(
      diagnosis(found =>
        withIdentity(found, 'deleter', ({ graph }) => ({
          graph: { ...(graph as Extract<typeof graph, { kind: 'issued' }>), appId: clientIds.reviewReader },
        })),
      ),
    ),
  },
  {
    name: 'the settings name another identity than was made',
    differ: ['identities'],
    examination: { environment: { SCAN_READER_CLIENT_ID: otherTenant } },
  },
  {
    name: 'a reader lacks a permission',
    differ: ['permissions.scanReader'],
    examination: change(graphRoles('scanReader', had => had.filter(one => one !== 'Device.Read.All'))),
  },
  {
    name: 'a reader has a write permission',
    differ: ['permissions.reviewReader'],
    examination: change(graphRoles('reviewReader', had => [...had, 'Group.ReadWrite.All'])),
  },
  {
    name: 'the deleter has Directory.ReadWrite.All',
    differ: ['permissions.deleter'],
    examination: change(graphRoles('deleter', had => [...had, 'Directory.ReadWrite.All'])),
  },
  {
    name: 'the deleter can delete nothing, although deletion is on',
    differ: ['permissions.deleter'],
    examination: change(graphRoles('deleter', () => [])),
  },
  {
    name: 'the scan could approve: it may write Decisions',
    differ: ['data.scanReader'],
    examination: change(access('scanReader', 'Decisions', 'write', 'allowed')),
  },
  {
    name: 'the review could delete exports',
    differ: ['data.reviewReader'],
    examination: change(access('reviewReader', 'exports', 'remove', 'allowed')),
  },
  {
    name: 'the deleter reaches a table',
    differ: ['data.deleter'],
    examination: change(access('deleter', 'OrphanCandidates', 'read', 'allowed')),
  },
  {
    name: 'a table cannot be read',
    differ: ['data.reviewReader'],
    examination: change(access('reviewReader', 'ScanRuns', 'read', 'refused')),
  },
  {
    name: 'a container is missing',
    differ: ['data.scanReader'],
    examination: change(access('scanReader', 'locks', 'read', 'missing')),
  },
];
const readers = [
  'User.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Device.Read.All',
  'Organization.Read.All',
];
/** A made-up token cannot show that these hold. */
const needGenuine = ['access.otherAudience', 'access.otherTenant'];

describe('on a deployment that is as it must be', () => {
  test('everything holds, and the exit code is 0', async () => {
    const examined = await deployment.examine({ args: genuine });
    expect(examined.report().checks.filter(({ status }) => status !== 'holds')).toEqual([]);
    expect(examined.report().checks.map(({ id }) => id)).toEqual(allChecks.map(({ id }) => id));
    expect(examined.code).toBe(0);
  });

  test('without genuine tokens, what a made-up one cannot show is not checked', async () => {
    const examined = await deployment.examine();
    expect(
      examined.report().checks.flatMap(({ id, status }) => (status === 'notChecked' ? [id] : [])),
    ).toEqual(needGenuine);
    expect(examined.code).toBe(0);
  });

  test('the own token for Graph goes nowhere unless that was asked for', async () => {
    const sent: string[] = [];
    const keep: Change = ({ headers }, answer) => {
      sent.push(headers.authorization ?? '');
      return answer;
    };
    await deployment.examine({ change: keep });
    expect(sent).toContain(`Bearer ${ownToken}`);
    expect(sent).not.toContain(`Bearer ${graphToken}`);
    await deployment.examine({ change: keep, args: genuine });
    expect(sent).toContain(`Bearer ${graphToken}`);
  });
});

describe('each check can differ', () => {
  test.each(cases)('$name', async ({ differ, notChecked = needGenuine, examination }) => {
    const examined = await deployment.examine(examination);
    const { checks } = examined.report();
    const of = (status: string): string[] => checks.flatMap(one => (one.status === status ? [one.id] : []));
    expect(of('differs')).toEqual(differ);
    expect(of('notChecked')).toEqual(notChecked);
    expect(examined.code).toBe(1);
    const remedies = checks.filter(({ status }) => status === 'differs').map(({ why }) => why.join(' '));
    expect(remedies.filter(text => text.length < 20)).toEqual([]);
  });

  test('every check is among them', () => {
    expect(new Set(cases.flatMap(({ differ }) => differ))).toEqual(new Set(allChecks.map(({ id }) => id)));
  });
});

describe('the command', () => {
  test('shows a table, with progress and with what to do', async () => {
    const { lines, progress, code } = await deployment.examine({
      args: [],
      change: answered('scan', { status: 200 }),
    });
    const text = lines.join('\n');
    expect(text).toMatch(/^check +outcome +expected$/m);
    expect(text).toMatch(/^scan.closed +differs +the main site of the app that scans is closed$/m);
    expect(text).toMatch(/^ +found +status 200$/m);
    expect(text).toMatch(/^ +do +403 or no connection was expected/m);
    expect(text).toMatch(/^ +why +it was refused for its signature, too/m);
    expect(lines.at(-1)).toBe(`${allChecks.length - 3} hold, 1 differ, 2 not checked.`);
    expect(progress[0]).toBe(`1/${allChecks.length} review.health: ${allChecks[0]?.expected}`);
    expect(progress.at(-1)).toBe(`${allChecks.length}/${allChecks.length} data.deleter: holds`);
    expect(code).toBe(1);
  });

  test('prints ids only where they are asked for, and neither tokens nor names ever', async () => {
    const { change: one } = cases.find(({ name }) => name === 'a part has another TENANT_ID')!.examination;
    const quiet = (await deployment.examine({ args: genuine, ...(one && { change: one }) })).lines.join('\n');
    const loud = (
      await deployment.examine({ args: [...genuine, '--verbose'], ...(one && { change: one }) })
    ).lines.join('\n');
    expect(quiet).not.toContain(otherTenant);
    expect(loud).toContain(otherTenant);
    for (const text of [quiet, loud])
      for (const secret of [ownToken, graphToken, otherTenantToken, 'eyJ', 'Ada', 'c0ffee'])
        expect(text).not.toContain(secret);
  });

  test('says that nothing is known where nothing can be reached', async () => {
    const { code, lines } = await deployment.examine({
      args: ['--review-url', 'https://127.0.0.1:1', '--scan-url', 'https://nowhere.invalid'],
      environment: {
        AUTH_ISSUER: 'https://127.0.0.1:1/none/v2.0',
        GRAPH_ENDPOINT: 'https://127.0.0.1:1',
        DATA_BLOB_ENDPOINT: undefined,
      },
      run: async () => ({ kind: 'notFound' }),
      change: answered('plain', { status: 403 }),
    });
    // What is closed is closed.
    expect(lines.at(-2)).toMatch(/^1 hold, 0 differ, /);
    expect(lines.join('\n')).toContain('The Azure CLI (az) was not found');
    expect(lines.at(-1)).toContain('could not be checked');
    expect(code).toBe(2);
  });

  test('says what is wrong with its options, all at once, and checks nothing', async () => {
    const { code, lines } = await deployment.examine({ args: ['--tenant', 'contoso', '--app-id', 'x'] });
    expect(code).toBe(2);
    expect(lines).toEqual([
      expect.stringContaining('--tenant'),
      expect.stringContaining('--app-id'),
      'Nothing was checked. --help lists the options.',
    ]);
  });

  test('what is not given is asked of azd; what is given comes first', async () => {
    const asked: string[] = [];
    const { report, code } = await deployment.examine({
      args: genuine,
      environment: { REVIEW_URL: undefined, TENANT_ID: undefined },
      azd: kept =>
        `REVIEW_URL="${kept['REVIEW_URL']}"\nTENANT_ID="${kept['TENANT_ID']}"\nAUTH_AUDIENCE="${otherTenant}"\n`,
      onCommand: (program, args) => void asked.push(`${program} ${args.slice(0, 2).join(' ')}`),
    });
    expect(asked[0]).toBe('azd env get-values');
    expect(report().summary.holds).toBe(allChecks.length);
    expect(code).toBe(0);
  });

  test('azd is not asked where nothing is missing', async () => {
    const asked: string[] = [];
    await deployment.examine({ onCommand: program => void asked.push(program) });
    expect(new Set(asked)).toEqual(new Set(['az']));
  });

  test('--help names every option', async () => {
    const { code, lines } = await deployment.examine({ args: ['--help'] });
    expect(code).toBe(0);
    for (const option of ['review-url', 'scan-url', 'app-id', 'tenant', 'cloud', 'json', 'verbose', 'help'])
      expect(lines.join('\n')).toContain(`--${option}`);
  });

  test('ends where it is interrupted', async () => {
    const stopping = new AbortController();
    const examining = deployment.examine({
      signal: stopping.signal,
      change: (_, answer) => {
        stopping.abort(new Error('interrupted'));
        return answer;
      },
    });
    await expect(examining).rejects.toThrow('interrupted');
  });

  test.each([
    [
      'an answer of another form',
      changed('/api/scans', () => ({ items: 'none' })),
      'an answer of another form',
    ],
    ['an older app', changedStatus('/api/diagnosis', 404), 'is an older version deployed?'],
    ['a missing role', changedStatus('/api/scans', 403), 'needs the role Orphans.Reader'],
    ['an app that fails', changedStatus('/api/rules', 500), 'the log of the app says why'],
    ['a strange status', changedStatus('/api/rules', 418), 'status 418'],
  ])('goes on after %s, and says why it did not check', async (_, given, why) => {
    const { report } = await deployment.examine({ change: given });
    const lines = report().checks.flatMap(one => (one.status === 'notChecked' ? one.why : []));
    expect(lines.join('\n')).toContain(why);
    expect(report().exitCode).toBe(2);
  });

  test('without the address of the app that scans, and without its note: not checked, and why', async () => {
    const { report } = await deployment.examine({
      environment: { SCAN_URL: undefined, SCAN_READER_CLIENT_ID: undefined },
      change: diagnosis(({ review }) => ({
        scan: null,
        review: {
          ...review,
          identities: review.identities.slice(0, 1),
          organization: { kind: 'notRead', why: 'no' },
        },
      })),
    });
    const why = Object.fromEntries(
      report().checks.flatMap(one => (one.status === 'notChecked' ? [[one.id, one.why.join(' ')]] : [])),
    );
    expect(why).toMatchObject({
      'scan.closed': expect.stringContaining('SCAN_APP_NAME'),
      'scan.note': expect.stringContaining('has not looked at itself'),
      'permissions.scanReader': expect.stringContaining('has not written down'),
      tenants: expect.stringContaining('not told by Microsoft Graph of the part review'),
    });
  });

  test('where the keys of the issuer cannot be read, that is said', async () => {
    for (const path of ['openid-configuration', '/keys']) {
      const { report } = await deployment.examine({
        change: (request, answer) =>
          request.of === 'issuer' && request.path.endsWith(path) ? { status: 404 } : answer,
      });
      const check = report().checks.find(({ id }) => id === 'access.forgedToken');
      expect(check).toMatchObject({ status: 'notChecked', why: [expect.stringContaining('AUTH_ISSUER')] });
    }
  });

  test('where there is no genuine token, that is said', async () => {
    const { report } = await deployment.examine({
      args: genuine,
      run: async (_, args) =>
        args.some(arg => arg.startsWith('api://'))
          ? {
              kind: 'ended',
              code: 0,
              stdout: JSON.stringify({ accessToken: ownToken, tenant: args.at(-1) }),
              stderr: '',
            }
          : { kind: 'ended', code: 1, stdout: '', stderr: 'Please run az login' },
    });
    const ids = report().checks.flatMap(({ id, status }) => (status === 'notChecked' ? [id] : []));
    expect(ids).toEqual(needGenuine);
  });
});

describe('what nobody expected', () => {
  test.each([
    [new TypeError('secret'), 'TypeError'],
    ['secret', 'string'],
  ])('ends one check, not the command, and is told by its kind alone: %s', async (reason, kind) => {
    const { report, lines } = await deployment.examine({ run: () => Promise.reject(reason) });
    const own = report().checks.find(({ id }) => id === 'access.ownToken');
    expect(own?.why).toEqual([`an error of this command: ${kind}`]);
    expect(report().summary.holds).toBeGreaterThan(5);
    expect(lines.join('')).not.toContain('secret');
  });

  test('a date that is none makes an answer one of another form', async () => {
    const { status } = await deployment.examine({
      change: changed('/api/scans', (one: { items: object[] }) => ({
        ...one,
        items: one.items.map(item => ({ ...item, startedAt: 'yesterday' })),
      })),
    });
    expect(status('scan.last')).toBe('notChecked');
  });

  test('an app that is not there: what is outside is not checked, and why', async () => {
    const { report } = await deployment.examine({ change: dropped });
    const why = report().checks.find(({ id }) => id === 'review.health')?.why;
    expect(why).toEqual([expect.stringContaining('check --review-url')]);
    expect(report().checks.find(({ id }) => id === 'access.ownToken')?.status).toBe('notChecked');
  });
});

describe('as a program', () => {
  const { exitCode } = process;
  afterEach(() => {
    process.exitCode = exitCode;
    jest.restoreAllMocks();
  });

  test('it ends with its exit code', async () => {
    const out = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await main(['--help']);
    expect(process.exitCode).toBe(0);
    expect(out).toHaveBeenCalledWith(expect.stringContaining('npm run doctor'));
    await main(['--no-such-option']);
    expect(process.exitCode).toBe(2);
  });

  test('it ends early, with 2, where it is interrupted', async () => {
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const told = jest.spyOn(process.stderr, 'write').mockImplementation(() => {
      process.emit('SIGINT');
      return true;
    });
    await main([
      '--review-url=https://127.0.0.1:1',
      `--app-id=${clientIds.deleter}`,
      `--tenant=${otherTenant}`,
    ]);
    expect(told).toHaveBeenLastCalledWith('Ended early: interrupted\n');
    expect(process.exitCode).toBe(2);
  });
});
