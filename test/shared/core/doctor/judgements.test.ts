import { accessAnswerOf } from '../../../../shared/core/doctor/accessAnswer';
import { clockLimitSeconds, judgeClocks, readClock } from '../../../../shared/core/doctor/clocks';
import { judgeAccess } from '../../../../shared/core/doctor/dataAccess';
import { judgeIdentities } from '../../../../shared/core/doctor/identityJudgements';
import {
  judgeClosed,
  judgePlainHttp,
  judgeRefused,
  judgeTls,
  type Handshakes,
  type OutsideAnswer,
} from '../../../../shared/core/doctor/outsideJudgements';
import { judgePermissions, type PermissionRules } from '../../../../shared/core/doctor/permissionJudgements';
import {
  judgeExports,
  judgeHolds,
  judgeLastScan,
  judgeMissedWork,
  judgeNote,
  judgeVersions,
  longestRunHours,
  oldestNoteHours,
  type RunSeen,
} from '../../../../shared/core/doctor/scanJudgements';
import { judgeTenants } from '../../../../shared/core/doctor/tenants';
import type { TokenFacts } from '../../../../shared/core/doctor/diagnosis';
import type { Instant } from '../../../../shared/core/instant';
import { missedWorkAfterHours } from '../../../../shared/core/missedWork';
import { runStates } from '../../../../shared/core/scanRun';
import { clientIds, identityOf, tenantId } from '../../../infra/doctor/sampleDiagnosis';

const now = Date.parse('2026-11-27T12:00:00Z') as Instant;
const hoursBefore = (hours: number, more = 0): Instant => (now - hours * 3_600_000 - more) as Instant;
const status = (code: number, location: string | null = null): OutsideAnswer => ({
  kind: 'answered',
  status: code,
  location,
});
const failed = (code: string): OutsideAnswer => ({ kind: 'failed', code });

describe('what the storage answers', () => {
  test.each([
    [403, 'AuthorizationPermissionMismatch', 'refused'],
    [403, 'InsufficientAccountPermissions', 'refused'],
    // A firewall: nothing is known of roles.
    [403, 'AuthorizationFailure', 'unknown'],
    [403, null, 'unknown'],
    [401, 'InvalidAuthenticationInfo', 'unknown'],
    [404, 'ResourceNotFound', 'allowed'],
    [404, 'BlobNotFound', 'allowed'],
    [404, null, 'allowed'],
    [404, 'TableNotFound', 'missing'],
    [404, 'ContainerNotFound', 'missing'],
    [409, 'BlobImmutableDueToPolicy', 'allowed'],
    [412, 'ConditionNotMet', 'allowed'],
    [200, null, 'allowed'],
    [204, null, 'allowed'],
    [301, null, 'unknown'],
    [400, 'InvalidInput', 'unknown'],
    [503, 'ServerBusy', 'unknown'],
  ])('%d %s: %s', (code, service, expected) => {
    expect(accessAnswerOf(code, service)).toEqual({
      status: expected,
      code: service === null ? `HTTP ${code}` : `HTTP ${code} ${service}`,
    });
  });
});

describe('clocks', () => {
  const read = (date: string | null, tookMs = 0) =>
    readClock('app', { date, sentAt: now, receivedAt: (now + tookMs) as Instant });

  test('a date is compared with the middle of the request, and is known to half a second and half the way', () => {
    expect(read('Fri, 27 Nov 2026 12:00:10 GMT', 2_000)).toEqual({
      of: 'app',
      offsetSeconds: 9.5,
      uncertainSeconds: 1.5,
    });
    expect(read(null)).toBeNull();
    expect(read('yesterday')).toBeNull();
  });

  test.each([
    [clockLimitSeconds, 0, 'holds'],
    [-clockLimitSeconds, 0, 'holds'],
    [clockLimitSeconds + 0.1, 0, 'differs'],
    [-clockLimitSeconds - 0.1, 0, 'differs'],
    [clockLimitSeconds + 2, 2, 'holds'],
    [clockLimitSeconds + 2.1, 2, 'differs'],
  ])('%d s, ± %d s: %s', (offsetSeconds, uncertainSeconds, expected) => {
    expect(judgeClocks([{ of: 'app', offsetSeconds, uncertainSeconds }]).status).toBe(expected);
  });

  test('where all are off alike, it is ours; where none has told, nothing is known', () => {
    const off = (of: string, offsetSeconds: number) => ({ of, offsetSeconds, uncertainSeconds: 0 });
    expect(judgeClocks([off('a', 600), off('b', 600)])).toMatchObject({
      why: [expect.stringContaining('this machine')],
    });
    expect(judgeClocks([off('a', 600), off('b', 0)])).toMatchObject({
      found: ['a +600 s, b +0 s'],
      why: [expect.stringContaining('the clock of a')],
    });
    expect(judgeClocks([off('a', 600)])).toMatchObject({ why: [expect.stringContaining('the clock of a')] });
    expect(judgeClocks([off('a', -3)])).toMatchObject({ found: ['a -3 s'] });
    expect(judgeClocks([]).status).toBe('notChecked');
  });
});

describe('from outside', () => {
  test.each([
    [status(401), 'holds'],
    [status(200), 'differs'],
    // Somebody was believed, and lacks a role.
    [status(403), 'differs'],
    [status(500), 'differs'],
    [status(503), 'differs'],
    [status(302), 'differs'],
    [failed('ECONNREFUSED'), 'notChecked'],
  ])('a request that must be refused: %j %s', (answer, expected) => {
    expect(judgeRefused('it', answer).status).toBe(expected);
  });

  test.each([
    [status(403), 'holds'],
    [failed('ECONNREFUSED'), 'holds'],
    [failed('TimeoutError'), 'holds'],
    [failed('ENOTFOUND'), 'notChecked'],
    [failed('EAI_AGAIN'), 'notChecked'],
    [failed('CERT_HAS_EXPIRED'), 'notChecked'],
    [status(200), 'differs'],
    [status(401), 'differs'],
    [status(404), 'differs'],
    [status(503), 'differs'],
  ])('a site that must be closed: %j %s', (answer, expected) => {
    expect(judgeClosed(answer).status).toBe(expected);
  });

  test.each([
    [status(301, 'https://app/'), 'holds'],
    [status(308, 'HTTPS://app/'), 'holds'],
    [status(301, 'http://app/'), 'differs'],
    [status(307), 'differs'],
    [status(400, 'https://app/'), 'differs'],
    [status(200, 'https://app/'), 'differs'],
    [status(403), 'holds'],
    [failed('ECONNREFUSED'), 'holds'],
    [failed('ENOTFOUND'), 'notChecked'],
  ])('without TLS: %j %s', (answer, expected) => {
    expect(judgePlainHttp(answer).status).toBe(expected);
  });

  const tls = (old: Handshakes['old']['kind'], today: Handshakes['today']) =>
    judgeTls({ old: { kind: old, code: 'X' }, today }).status;
  const agreed = { kind: 'agreed', protocol: 'TLSv1.3' } as const;
  test('TLS', () => {
    expect(tls('refused', agreed)).toBe('holds');
    expect(tls('agreed', agreed)).toBe('differs');
    expect(tls('notTried', agreed)).toBe('notChecked');
    expect(tls('refused', { kind: 'failed', code: 'CERT_HAS_EXPIRED' })).toBe('differs');
    expect(tls('refused', { kind: 'failed', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })).toBe('differs');
    expect(tls('refused', { kind: 'failed', code: 'ECONNREFUSED' })).toBe('notChecked');
  });
});

test('tenants: one that is another differs; one that is not told leaves it open', () => {
  const seen = (...ids: (string | null)[]) =>
    ids.map((id, index) => ({ where: `place ${index}`, tenantId: id }));
  expect(judgeTenants('a', seen('a', 'a')).status).toBe('holds');
  expect(judgeTenants('a', seen('a', 'b', null))).toMatchObject({ status: 'differs', found: ['place 1: b'] });
  expect(judgeTenants('a', seen('a', null))).toMatchObject({
    status: 'notChecked',
    found: ['one tenant in place 0'],
    why: ['not told by place 1'],
  });
  expect(judgeTenants('a', seen(null)).status).toBe('notChecked');
});

describe('scans', () => {
  const run = (state: RunSeen['state'], startedAt: Instant): RunSeen => ({
    runId: 'run',
    state,
    startedAt,
    finishedAt: null,
  });

  test.each(runStates.filter(state => state !== 'running' && state !== 'skipped'))(
    'the last one %s',
    state => {
      expect(judgeLastScan([run(state, now)], now).status).toBe(state === 'finished' ? 'holds' : 'differs');
    },
  );

  test('one that runs may run for a while; one that was skipped tells nothing', () => {
    expect(judgeLastScan([run('running', hoursBefore(longestRunHours))], now).status).toBe('holds');
    expect(judgeLastScan([run('running', hoursBefore(longestRunHours, 1))], now).status).toBe('differs');
    expect(judgeLastScan([run('skipped', now), run('finished', hoursBefore(9))], now)).toMatchObject({
      status: 'holds',
      found: [expect.stringContaining('9.0 hours ago')],
    });
    expect(judgeLastScan([run('skipped', now)], now).status).toBe('differs');
    expect(judgeLastScan([], now).status).toBe('differs');
  });

  test('an export at the limit is fresh, and older is not; a source without any differs', () => {
    const used = (finishedAt: Instant) => [{ source: 'contoso', finishedAt }];
    expect(judgeExports(used(hoursBefore(missedWorkAfterHours)), [], now).status).toBe('holds');
    expect(judgeExports(used(hoursBefore(missedWorkAfterHours, 1)), [], now).status).toBe('differs');
    expect(judgeExports(used(now), ['contoso', 'fabrikam'], now)).toMatchObject({
      status: 'differs',
      found: ['contoso: 0.0 hours old', 'fabrikam: none was accepted'],
    });
    expect(judgeExports([], [], now).status).toBe('notChecked');
  });

  test('what is missed', () => {
    expect(judgeMissedWork(false, []).status).toBe('holds');
    expect(judgeMissedWork(true, [])).toMatchObject({
      status: 'differs',
      found: [expect.stringContaining('scan')],
    });
    expect(judgeMissedWork(false, ['contoso'])).toMatchObject({
      found: [expect.stringContaining('contoso')],
    });
  });

  test('holds', () => {
    expect(judgeHolds([]).status).toBe('holds');
    expect(judgeHolds([{ gate: 'candidates', kind: 'volume', runId: 'run-7', since: now }])).toMatchObject({
      status: 'differs',
      why: [expect.stringContaining('POST /api/scans/run-7/release')],
    });
  });

  test('versions of both parts', () => {
    expect(judgeVersions('1', '1').status).toBe('holds');
    expect(judgeVersions('1', '2').status).toBe('differs');
    expect(judgeVersions('1', null).status).toBe('notChecked');
  });

  test('the note of the part scan', () => {
    expect(judgeNote(hoursBefore(oldestNoteHours), now).status).toBe('holds');
    expect(judgeNote(hoursBefore(oldestNoteHours, 1), now).status).toBe('differs');
    expect(judgeNote(null, now).status).toBe('notChecked');
  });
});

describe('permissions', () => {
  const rules: PermissionRules = {
    known: [
      { permission: 'Must', need: { kind: 'always' }, reason: 'lists users' },
      { permission: 'May', need: { kind: 'optional' }, reason: 'shows jobs' },
      { permission: 'Users', need: { kind: 'type', type: 'user' }, reason: 'deletes users' },
      { permission: 'Groups', need: { kind: 'type', type: 'group' }, reason: 'deletes groups' },
      { permission: 'Block', need: { kind: 'quarantine' }, reason: 'blocks sign-in' },
    ],
    refusal: permission => (permission.startsWith('Never') ? `${permission} is never granted.` : null),
  };
  const token = (...permissions: string[]): TokenFacts => ({
    kind: 'issued',
    appId: null,
    tenantId: null,
    permissions,
  });
  const judge = (given: TokenFacts, deletion: Parameters<typeof judgePermissions>[3] = null) =>
    judgePermissions('deleter', given, rules, deletion);
  const normal = { stage: 'normal', quarantine: false } as const;

  test('what it must have is enough, and what is missing besides is named with what it shows', () => {
    expect(judge(token('Must'))).toEqual({
      status: 'holds',
      found: [
        'deleter: Must',
        'without May, nothing shows jobs',
        'without Users, nothing deletes users',
        'without Groups, nothing deletes groups',
      ],
      objects: [],
    });
  });

  test('one that is missing differs, with what it is for', () => {
    expect(judge(token())).toMatchObject({
      status: 'differs',
      found: expect.arrayContaining(['deleter: none']),
      why: ['Must is missing (lists users): npm run grant'],
    });
  });

  test('one that must never be there differs', () => {
    expect(judge(token('Must', 'Never.ReadWrite'))).toMatchObject({
      status: 'differs',
      why: [expect.stringContaining('Never.ReadWrite is never granted. Take it away')],
    });
  });

  test('one that is not used is named', () => {
    expect(judge(token('Must', 'Other'))).toMatchObject({
      status: 'holds',
      found: expect.arrayContaining(['not used by the app: Other']),
    });
  });

  test('where something is deleted, one permission to delete must be there; where nothing is, none', () => {
    expect(judge(token('Must'), normal).status).toBe('differs');
    expect(judge(token('Must', 'Groups'), normal).status).toBe('holds');
    expect(judge(token('Must'), { stage: 'reportOnly', quarantine: true }).status).toBe('holds');
  });

  test('quarantine needs its own', () => {
    expect(judge(token('Must', 'Users'), { ...normal, quarantine: true })).toMatchObject({
      status: 'differs',
      why: [expect.stringContaining('Block is missing')],
    });
    expect(judge(token('Must', 'Users', 'Block'), { ...normal, quarantine: true }).status).toBe('holds');
  });

  test('a part that is known to delete nothing by its kind is not asked for it', () => {
    const reader = { ...rules, known: rules.known.filter(({ need }) => need.kind === 'always') };
    expect(judgePermissions('reviewReader', token('Must'), reader, normal).status).toBe('holds');
  });

  test('without a token, or its permissions, nothing is known', () => {
    expect(judge({ kind: 'none', why: 'no identity' }).status).toBe('notChecked');
    expect(judge({ kind: 'issued', appId: null, tenantId: null, permissions: null }).status).toBe(
      'notChecked',
    );
  });
});

describe('identities', () => {
  const reader = identityOf('reviewReader');
  const deleter = identityOf('deleter');

  test('each its own', () => {
    expect(judgeIdentities([identityOf('scanReader'), reader, deleter], clientIds).status).toBe('holds');
    expect(judgeIdentities([reader], { reviewReader: clientIds.deleter })).toMatchObject({
      status: 'differs',
    });
    expect(judgeIdentities([reader, { ...deleter, clientId: reader.clientId }], {}).status).toBe('differs');
  });

  test("another one's token, for Graph or for the storage", () => {
    const stranger: TokenFacts = { kind: 'issued', appId: tenantId, tenantId, permissions: [] };
    expect(judgeIdentities([{ ...reader, graph: stranger }], {}).status).toBe('differs');
    expect(judgeIdentities([{ ...reader, storage: stranger }], {}).status).toBe('differs');
    expect(judgeIdentities([{ ...deleter, graph: stranger }], {}).status).toBe('differs');
  });

  test('no token; one that does not tell; the deleter needs none for the storage', () => {
    const none: TokenFacts = { kind: 'none', why: 'not assigned' };
    expect(judgeIdentities([{ ...reader, storage: none }], {})).toMatchObject({
      status: 'differs',
      why: [expect.stringContaining('not assigned. Check that')],
    });
    expect(judgeIdentities([{ ...deleter, storage: none }], {}).status).toBe('holds');
    const silent: TokenFacts = { kind: 'issued', appId: null, tenantId: null, permissions: [] };
    expect(judgeIdentities([{ ...reader, graph: silent }], {}).status).toBe('notChecked');
  });
});

describe('data access', () => {
  const reader = identityOf('reviewReader');
  const changed = (name: string, change: object) => ({
    ...reader,
    access: reader.access.map(one => (one.name === name ? { ...one, ...change } : one)),
  });
  const answer = (state: string) =>
    ({ status: state, code: 'HTTP 1' }) as (typeof reader.access)[number]['read'];

  test('as it must be', () => {
    expect(judgeAccess(reader)).toMatchObject({
      status: 'holds',
      found: [expect.stringMatching(/^11 of 12 /)],
    });
    expect(judgeAccess(identityOf('deleter'))).toMatchObject({ found: [expect.stringMatching(/^0 of 12 /)] });
  });

  test.each([
    ['ScanRuns', { read: answer('refused') }, 'differs', 'cannot read'],
    ['ScanRuns', { write: answer('allowed') }, 'differs', 'can write'],
    ['Decisions', { remove: answer('allowed') }, 'differs', 'can remove'],
    ['Rules', { remove: answer('refused') }, 'differs', 'cannot remove'],
    ['locks', { read: answer('allowed') }, 'differs', 'can read'],
    ['locks', { read: answer('missing') }, 'differs', 'is not there'],
  ])('%s %j: %s', (name, change, expected, text) => {
    expect(judgeAccess(changed(name, change))).toMatchObject({
      status: expected,
      found: [expect.stringContaining(text)],
      why: [expect.stringMatching(/docs\/security.md|remove the role|deploy/)],
    });
  });

  test('what tells nothing, or was not looked at, is not checked', () => {
    expect(judgeAccess(changed('locks', { read: answer('unknown') })).status).toBe('notChecked');
    expect(judgeAccess({ ...reader, access: reader.access.slice(1) }).status).toBe('notChecked');
    expect(judgeAccess({ ...reader, storage: { kind: 'none', why: 'no' } }).status).toBe('notChecked');
  });
});
