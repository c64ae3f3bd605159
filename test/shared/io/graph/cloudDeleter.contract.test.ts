import type { Instant } from '../../../../shared/core/instant';
import { createCloudDeleter } from '../../../../shared/io/graph/cloudDeleter';
import { createWriteRate } from '../../../../shared/io/graph/writeRate';
import type { Fault } from '../../../support/graph/faults';
import { idOf } from '../../../support/graph/testGraph';
import {
  cloudId,
  correlationId,
  deleterAppId,
  deleterRoles,
  startWriteBench,
  type WriteBench,
} from './writeBench';

const { signal } = new AbortController();
const synced = { onPremisesSyncEnabled: true };
let bench: WriteBench;
beforeAll(async () => {
  bench = await startWriteBench({ users: [] });
});
beforeEach(() => {
  bench.reset();
  const { directory } = bench.graph;
  for (const n of [1, 2, 3]) {
    directory.put('user', {
      id: idOf(n),
      ...synced,
      accountEnabled: true,
      userPrincipalName: `user${n}@contoso.example`,
    });
  }
  directory.put('group', { id: idOf(11), ...synced, securityEnabled: true });
  directory.put('device', { id: idOf(21), ...synced });
  directory.put('contact', { id: idOf(31), ...synced });
});
afterAll(() => bench.stop());

const alive = (type: 'user' | 'group' | 'device' | 'contact', n: number): boolean =>
  bench.graph.directory.get(type, idOf(n)) !== undefined;

describe('a deletion', () => {
  test.each([
    ['user', 1, 'users'],
    ['group', 11, 'groups'],
    ['device', 21, 'devices'],
  ] as const)('of a %s is one DELETE, and the object is gone', async (type, n, path) => {
    expect(await bench.deleter().delete(bench.request(type, n), signal)).toEqual({
      outcome: { kind: 'deleted' },
      attempts: 1,
      trace: expect.stringMatching(
        new RegExp(`^client-request-id ${correlationId.slice(0, 24)}[0-9a-f]{12}, request-id [0-9a-f-]{36}$`),
      ),
    });
    expect(alive(type, n)).toBe(false);
    expect(bench.writes()).toEqual([`DELETE /v1.0/${path}/${idOf(n)} 204`]);
    expect(bench.graph.requests.at(-1)?.appId).toBe(deleterAppId);
  });

  test('of an object that is not there is not ours', async () => {
    const { outcome, attempts } = await bench.deleter().delete(bench.request('user', 99), signal);
    expect([outcome, attempts]).toEqual([{ kind: 'goneBefore' }, 1]);
  });

  test('needs a GUID: nothing else gets into a path', async () => {
    const request = { ...bench.request('user', 1), id: `${idOf(1)}/../${idOf(2)}` as never };
    await expect(bench.deleter().delete(request, signal)).rejects.toMatchObject({ code: 'graphRefused' });
    await expect(bench.deleter().restore(request, signal)).rejects.toMatchObject({ code: 'graphRefused' });
    await expect(bench.deleter().block(request, signal)).rejects.toMatchObject({ code: 'graphRefused' });
    expect(bench.writes()).toEqual([]);
  });

  test('of a contact is for a person, and nothing is sent', async () => {
    expect(await bench.deleter().delete(bench.request('contact', 31), signal)).toMatchObject({
      outcome: { kind: 'manual', reason: 'contactUnsupported', status: null, mayHaveTakenEffect: false },
      attempts: 0,
      trace: null,
    });
    expect(bench.writes()).toEqual([]);
  });

  test('of a contact through beta is tried where it is switched on, and says what Graph says', async () => {
    const deleter = bench.deleter({ contactsThroughBeta: true });
    const { outcome } = await deleter.delete(bench.request('contact', 31), signal);
    expect(outcome).toMatchObject({ kind: 'manual', reason: 'insufficientRights', status: 403 });
    expect(bench.writes()).toEqual([`DELETE /beta/contacts/${idOf(31)} 403`]);
    expect(alive('contact', 31)).toBe(true);
  });

  test('of a contact through beta deletes it where Graph does it', async () => {
    const kinder = await startWriteBench({ contacts: [{ id: idOf(31) }] }, { betaDeletesContacts: true });
    try {
      const deleter = kinder.deleter({ contactsThroughBeta: true });
      expect((await deleter.delete(kinder.request('contact', 31), signal)).outcome).toEqual({
        kind: 'deleted',
      });
      expect(kinder.graph.directory.get('contact', idOf(31))).toBeUndefined();
    } finally {
      await kinder.stop();
    }
  });
});

describe('what only a person may delete stays', () => {
  let guarded: WriteBench;
  beforeAll(async () => {
    guarded = await startWriteBench({
      users: [{ id: idOf(1), isManagementRestricted: true }, { id: idOf(2) }, { id: idOf(3) }],
      groups: [
        { id: idOf(11), isAssignableToRole: true, securityEnabled: true },
        { id: idOf(12), mailEnabled: true, securityEnabled: true },
        { id: idOf(13), mailEnabled: true, securityEnabled: false },
      ],
      links: [{ from: idOf(11), relation: 'members', to: idOf(3) }],
      roleAssignments: [
        { id: 'a', principalId: idOf(2), roleDefinitionId: idOf(900), directoryScopeId: '/' },
        { id: 'b', principalId: idOf(11), roleDefinitionId: idOf(900), directoryScopeId: '/' },
      ],
    });
  });
  afterAll(() => guarded.stop());

  test.each([
    ['a member of a restricted management unit', 'user', 1, 'unknown', 'restrictedManagement', 403],
    ['a holder of a role', 'user', 2, true, 'roleHolder', 403],
    ['a holder of a role that nobody knew of', 'user', 2, 'unknown', 'insufficientRights', 403],
    ['a holder of a role by a group', 'user', 3, true, 'roleHolder', 403],
    ['a group that roles can be assigned to', 'group', 11, true, 'roleHolder', 403],
    ['a mail-enabled security group', 'group', 12, 'unknown', 'exchangeOwned', 400],
    ['a distribution list', 'group', 13, false, 'exchangeOwned', 400],
  ] as const)('%s', async (_, type, n, privileged, reason, status) => {
    const { outcome, attempts } = await guarded
      .deleter()
      .delete(guarded.request(type, n, { privileged }), signal);
    expect(outcome).toMatchObject({ kind: 'manual', reason, status, mayHaveTakenEffect: false });
    expect(attempts).toBe(1);
    expect(guarded.graph.directory.get(type, idOf(n))).toBeDefined();
    expect(guarded.graph.directory.deletions).toEqual([]);
  });
});

test.each([
  ['user', 1, 'User.DeleteRestore.All'],
  ['group', 11, 'Group.ReadWrite.All'],
  ['device', 21, 'Device.ReadWrite.All'],
] as const)(
  'without its permission no %s is deleted, whatever else is granted',
  async (type, n, permission) => {
    const others = [...deleterRoles, 'Directory.ReadWrite.All'].filter(role => role !== permission);
    const { outcome } = await bench.deleter({}, others).delete(bench.request(type, n), signal);
    expect(outcome).toMatchObject({ kind: 'manual', reason: 'insufficientRights', status: 403 });
    expect(alive(type, n)).toBe(true);
  },
);

describe('a fault that passes', () => {
  const before: [string, Fault][] = [
    ['throttling', { kind: 'answer', status: 429, headers: { 'retry-after': '2.5' } }],
    ['500', { kind: 'answer', status: 500 }],
    ['a proxy that is not well', { kind: 'answer', status: 502, body: '<html></html>' }],
    ['a connection that is cut', { kind: 'reset' }],
    ['a request that is never answered', { kind: 'stall' }],
  ];
  test.each(before)('%s, before it took effect: deleted by the next try', async (_, fault) => {
    bench.fault(fault);
    const { outcome, attempts } = await bench
      .deleter({ limits: { attemptTimeoutMs: 200 } })
      .delete(bench.request('user', 1), signal);
    expect([outcome, attempts]).toEqual([{ kind: 'deleted' }, 2]);
    expect(alive('user', 1)).toBe(false);
    expect(bench.warnings).toHaveLength(1);
  });

  const after: [string, Fault][] = [
    ['500', { kind: 'answerAfter', status: 500 }],
    ['a gateway that gave up', { kind: 'answerAfter', status: 504, body: 'timeout' }],
    ['a connection that is cut', { kind: 'resetAfter' }],
    ['an answer that never comes', { kind: 'stallAfter' }],
  ];
  test.each(after)('%s, after it took effect: deleted probably, and only once', async (_, fault) => {
    bench.fault(fault);
    const deletions = bench.graph.directory.deletions.length;
    const { outcome, attempts } = await bench
      .deleter({ limits: { attemptTimeoutMs: 200 } })
      .delete(bench.request('user', 1), signal);
    expect([outcome, attempts]).toEqual([{ kind: 'deletedProbably' }, 2]);
    expect(bench.graph.directory.deletions.slice(deletions)).toEqual([{ type: 'user', id: idOf(1) }]);
  });

  test('throttling before it was gone leaves no doubt: it was gone before', async () => {
    bench.fault({ kind: 'answer', status: 429 });
    expect((await bench.deleter().delete(bench.request('user', 99), signal)).outcome).toEqual({
      kind: 'goneBefore',
    });
  });

  test('Retry-After is waited for whole', async () => {
    bench.fault({ kind: 'answer', status: 429, headers: { 'retry-after': '2.5' } });
    bench.fault({ kind: 'answer', status: 503, headers: { 'retry-after': '31' } }, 2);
    await bench.deleter().delete(bench.request('user', 1), signal);
    expect(bench.waits).toEqual([2_500, 31_000]);
  });
});

describe('the deadline', () => {
  test('is kept by a Retry-After that goes beyond it: no early try, and what is known is said', async () => {
    bench.fault({ kind: 'answer', status: 429, headers: { 'retry-after': '59' } }, 9);
    const { outcome, attempts } = await bench.deleter().delete(bench.request('user', 1), signal);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'throttled',
      status: 429,
      retryable: true,
      mayHaveTakenEffect: false,
    });
    expect([attempts, bench.waits]).toEqual([1, []]);
  });

  test('ends an outage, and says that a try may have taken effect', async () => {
    bench.fault({ kind: 'answer', status: 503, headers: { 'retry-after': '10' } }, 99);
    const { outcome, attempts } = await bench.deleter().delete(bench.request('user', 1), signal);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'serverError',
      status: 503,
      retryable: true,
      mayHaveTakenEffect: true,
    });
    // At 0, 10, … 50 s: the one at 60 s would have no time left.
    expect([attempts, bench.waits]).toEqual([6, [10_000, 10_000, 10_000, 10_000, 10_000]]);
  });

  test('that leaves less than a try needs lets nothing out', async () => {
    const deadline = (bench.now + 1_999) as Instant;
    const earlier = bench.request('user', 1, { deadline });
    expect(await bench.deleter().delete(earlier, signal)).toEqual({
      outcome: {
        kind: 'failed',
        reason: 'outOfTime',
        status: null,
        retryable: true,
        mayHaveTakenEffect: false,
      },
      attempts: 0,
      trace: null,
    });
    expect(bench.writes()).toEqual([]);
    const enough = bench.request('user', 1, { deadline: (bench.now + 2_000) as Instant });
    expect((await bench.deleter().delete(enough, signal)).outcome).toEqual({ kind: 'deleted' });
  });
});

test('a wait that lasted longer than asked lets nothing out after the deadline', async () => {
  const rate = createWriteRate(1);
  rate.reserve(bench.now as Instant, Infinity as Instant);
  const sleep = async (): Promise<void> => void (bench.now += 59_000);
  const result = await bench.deleter({ rate, sleep }).delete(bench.request('user', 1), signal);
  expect(result).toMatchObject({ outcome: { kind: 'failed', reason: 'outOfTime' }, attempts: 0 });
  expect(bench.writes()).toEqual([]);
});

test('tries get rarer, with and without a token', async () => {
  const random = (): number => 1 - 2 ** -53;
  bench.fault({ kind: 'answer', status: 503 }, 99);
  await bench.deleter({ random }).delete(bench.request('user', 1), signal);
  const withToken = bench.waits;
  bench.reset();
  await bench
    .deleter({ random, credential: { getToken: async () => null } })
    .delete(bench.request('user', 1), signal);
  expect([withToken, bench.waits]).toEqual([
    [1_000, 2_000, 4_000, 8_000, 16_000],
    [1_000, 2_000, 4_000, 8_000, 16_000],
  ]);
});

describe('what is not Graph decides nothing', () => {
  const strangers: [string, Fault, number | null][] = [
    ['the 404 of a proxy', { kind: 'answer', status: 404, body: '<html></html>' }, 404],
    ['the 403 of a firewall', { kind: 'answer', status: 403, body: 'blocked' }, 403],
    [
      'a redirect',
      { kind: 'answer', status: 302, headers: { location: 'https://x.example/' }, body: '' },
      302,
    ],
  ];
  test.each(strangers)('%s: failed, and not retried', async (_, fault, status) => {
    bench.fault(fault);
    const { outcome } = await bench.deleter().delete(bench.request('user', 1), signal);
    expect(outcome).toEqual({
      kind: 'failed',
      reason: 'notGraphs',
      status,
      retryable: false,
      mayHaveTakenEffect: false,
    });
    expect(bench.writes()).toHaveLength(1);
    expect(alive('user', 1)).toBe(true);
  });

  test('a page with 200: failed, and it may have taken effect', async () => {
    bench.fault({ kind: 'answer', status: 200, body: '<html>sign in</html>' });
    const { outcome } = await bench.deleter().delete(bench.request('user', 1), signal);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'notGraphs', mayHaveTakenEffect: true });
  });

  test('a body that is too long is no refusal by Graph', async () => {
    bench.fault({
      kind: 'answer',
      status: 403,
      body: JSON.stringify({ error: { code: 'x'.repeat(3_000) } }),
    });
    const deleter = bench.deleter({ limits: { largestBodyBytes: 1_000 } });
    const { outcome } = await deleter.delete(bench.request('user', 1), signal);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'notGraphs' });
  });

  test('a token that Graph does not take: failed', async () => {
    bench.fault({ kind: 'answer', status: 401 });
    const { outcome } = await bench.deleter().delete(bench.request('user', 1), signal);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'unauthenticated', retryable: false });
  });
});

describe('without a token', () => {
  test('nothing is sent, and the deadline ends it', async () => {
    const credential = { getToken: () => Promise.resolve(null) };
    const result = await bench
      .deleter({ credential, random: () => 1 - 2 ** -53 })
      .delete(bench.request('user', 1), signal);
    expect(result).toMatchObject({
      outcome: { kind: 'failed', reason: 'notSent', retryable: true, mayHaveTakenEffect: false },
      attempts: 0,
    });
    expect(bench.writes()).toEqual([]);
  });

  test('what an earlier try may have done is not forgotten', async () => {
    bench.fault({ kind: 'resetAfter' });
    let asked = 0;
    const credential = {
      getToken: async () => {
        asked += 1;
        if (asked > 1) return null;
        const roles = deleterRoles;
        return { token: await bench.token({ appId: deleterAppId, roles }), expiresOnTimestamp: 0 };
      },
    };
    const { outcome } = await bench
      .deleter({ credential, random: () => 1 - 2 ** -53 })
      .delete(bench.request('user', 1), signal);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'notSent', mayHaveTakenEffect: true });
    expect(alive('user', 1)).toBe(false);
  });
});

describe('a signal that is aborted', () => {
  const stopped = { kind: 'failed', reason: 'stopped', status: null, retryable: true };

  test('before: nothing is sent', async () => {
    const result = await bench.deleter().delete(bench.request('user', 1), AbortSignal.abort());
    expect(result).toMatchObject({ outcome: { ...stopped, mayHaveTakenEffect: false }, attempts: 0 });
    expect(bench.writes()).toEqual([]);
  });

  test('while a request is under way: it may have taken effect', async () => {
    const stop = new AbortController();
    bench.fault({ kind: 'run', callback: () => stop.abort() });
    bench.fault({ kind: 'stallAfter' });
    const result = await bench.deleter().delete(bench.request('user', 1), stop.signal);
    expect(result).toMatchObject({ outcome: { ...stopped, mayHaveTakenEffect: true }, attempts: 1 });
  });

  test('while it waits for another try: it stops', async () => {
    const stop = new AbortController();
    bench.fault({ kind: 'answer', status: 429, headers: { 'retry-after': '10' } });
    const sleep = (): Promise<never> => {
      stop.abort();
      return new Promise(() => undefined);
    };
    const result = await bench.deleter({ sleep }).delete(bench.request('user', 1), stop.signal);
    expect(result).toMatchObject({ outcome: { ...stopped, mayHaveTakenEffect: false }, attempts: 1 });
    expect(alive('user', 1)).toBe(true);
  });

  test('while it waits for its place: nothing is sent', async () => {
    const stop = new AbortController();
    const rate = createWriteRate(1);
    rate.reserve(bench.now as Instant, Infinity as Instant);
    const sleep = async (): Promise<void> => stop.abort();
    const result = await bench.deleter({ sleep, rate }).delete(bench.request('user', 1), stop.signal);
    expect(result).toMatchObject({ outcome: stopped, attempts: 0 });
    expect(bench.writes()).toEqual([]);
  });
});

test('writes are at least 100 ms apart, retries too, whoever asks for them', async () => {
  const rate = createWriteRate(10);
  const at: number[] = [];
  bench.fault({ kind: 'run', callback: () => void at.push(bench.now) }, 99);
  bench.fault({ kind: 'answer', status: 429 }, 2);
  const start = bench.now;
  for (const n of [1, 2, 3]) {
    await bench.deleter({ rate }).delete(bench.request('user', n), signal);
  }
  expect(at.map(time => time - start)).toEqual([0, 100, 200, 300, 400]);
});

test('by default the whole process shares one rate, and real time', async () => {
  const { endpoint } = bench.graph;
  const plain = () =>
    createCloudDeleter({
      endpoint,
      contactsThroughBeta: false,
      correlationId,
      credential: {
        getToken: async () => ({
          token: await bench.token({ appId: deleterAppId, roles: deleterRoles }),
          expiresOnTimestamp: 0,
        }),
      },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
  const started = performance.now();
  bench.fault({ kind: 'answer', status: 503 });
  const deadline = (Date.now() + 60_000) as Instant;
  for (const n of [1, 2, 3]) {
    expect((await plain().delete(bench.request('user', n, { deadline }), signal)).outcome.kind).toBe(
      'deleted',
    );
  }
  expect(performance.now() - started).toBeGreaterThan(290);
});

describe('a restore', () => {
  const restore = (n: number, roles = deleterRoles) =>
    bench.deleter({ limits: { attemptTimeoutMs: 200 } }, roles).restore(bench.request('user', n), signal);
  const deleteUser = (n: number) => bench.graph.directory.delete('user', idOf(n), bench.now);

  test('brings a deleted user back', async () => {
    deleteUser(1);
    expect((await restore(1)).outcome).toEqual({ kind: 'restored' });
    expect(bench.graph.directory.get('user', idOf(1))).toMatchObject({ deletedDateTime: null, ...synced });
    expect(bench.writes()).toEqual([`POST /v1.0/directory/deletedItems/${idOf(1)}/restore 200`]);
  });

  test('of what is not there, or was for 30 days', async () => {
    expect((await restore(99)).outcome).toEqual({ kind: 'notThere' });
    deleteUser(1);
    bench.now += 30 * 24 * 60 * 60_000;
    expect((await restore(1)).outcome).toEqual({ kind: 'notThere' });
  });

  test.each<[string, Fault]>([
    ['500', { kind: 'answerAfter', status: 500 }],
    ['a cut connection', { kind: 'resetAfter' }],
    ['no answer', { kind: 'stallAfter' }],
  ])('whose effect is followed by %s is restored probably', async (_, fault) => {
    deleteUser(1);
    bench.fault(fault);
    expect((await restore(1)).outcome).toEqual({ kind: 'restoredProbably' });
    expect(alive('user', 1)).toBe(true);
  });

  test('that a proxy answers with a page is not taken for one', async () => {
    deleteUser(1);
    bench.fault({ kind: 'answer', status: 200, body: '<html></html>' });
    expect((await restore(1)).outcome).toMatchObject({
      kind: 'failed',
      reason: 'notGraphs',
      mayHaveTakenEffect: true,
    });
    expect(alive('user', 1)).toBe(false);
  });

  test('is refused while somebody has the name, or an address', async () => {
    const { directory } = bench.graph;
    directory.put('user', {
      id: idOf(1),
      userPrincipalName: 'ann@contoso.example',
      proxyAddresses: ['SMTP:a@contoso.example'],
    });
    deleteUser(1);
    directory.put('user', { id: idOf(2), userPrincipalName: 'ANN@contoso.example' });
    expect((await restore(1)).outcome).toMatchObject({
      kind: 'refused',
      reason: 'userPrincipalNameTaken',
      status: 409,
    });
    directory.put('user', { id: idOf(2), proxyAddresses: ['smtp:A@contoso.example'] });
    expect((await restore(1)).outcome).toMatchObject({
      kind: 'refused',
      reason: 'addressTaken',
      status: 400,
    });
    expect(alive('user', 1)).toBe(false);
    directory.put('user', { id: idOf(2) });
    expect((await restore(1)).outcome).toEqual({ kind: 'restored' });
  });

  test('takes the permission', async () => {
    deleteUser(1);
    const { outcome } = await restore(1, ['User.Read.All', 'Directory.ReadWrite.All']);
    expect(outcome).toMatchObject({ kind: 'refused', reason: 'insufficientRights', status: 403 });
  });
});

describe('blocking', () => {
  const user = () => bench.graph.directory.get('user', idOf(1));
  const block = (roles = deleterRoles) => bench.deleter({}, roles).block(bench.request('user', 1), signal);

  test('stops sign-in, then revokes the sessions; the release sets back what was', async () => {
    expect(await block()).toMatchObject({
      outcome: { kind: 'blocked', sessions: { kind: 'done' } },
      attempts: 2,
    });
    expect(user()?.accountEnabled).toBe(false);
    expect(user()?.signInSessionsValidFromDateTime).toBe(new Date(bench.now).toISOString());
    expect(bench.writes()).toEqual([
      `PATCH /v1.0/users/${idOf(1)} 204`,
      `POST /v1.0/users/${idOf(1)}/revokeSignInSessions 200`,
    ]);
    for (const accountEnabled of [true, false]) {
      const request = { ...bench.request('user', 1), accountEnabled };
      expect((await bench.deleter().release(request, signal)).outcome).toEqual({ kind: 'released' });
      expect(user()?.accountEnabled).toBe(accountEnabled);
    }
  });

  test('may be repeated, also after a try whose end nobody saw', async () => {
    bench.fault({ kind: 'resetAfter' });
    expect((await block()).outcome).toMatchObject({ kind: 'blocked' });
    expect((await block()).outcome).toMatchObject({ kind: 'blocked' });
    expect(user()?.accountEnabled).toBe(false);
  });

  test('counts also where the sessions could not be revoked, and says so', async () => {
    const without = deleterRoles.filter(role => role !== 'User.RevokeSessions.All');
    expect((await block(without)).outcome).toEqual({
      kind: 'blocked',
      sessions: {
        kind: 'needsHuman',
        reason: 'insufficientRights',
        status: 403,
        code: 'Authorization_RequestDenied',
        mayHaveTakenEffect: false,
      },
    });
    expect(user()?.accountEnabled).toBe(false);
  });

  test('that ran out of time for the sessions keeps the ids of what it did', async () => {
    bench.fault({ kind: 'run', callback: () => void (bench.now += 59_000) }, 1, { method: 'PATCH' });
    const { outcome, attempts, trace } = await block();
    expect(outcome).toMatchObject({ kind: 'blocked', sessions: { kind: 'failed', reason: 'outOfTime' } });
    expect([attempts, trace]).toEqual([1, expect.stringContaining('request-id')]);
  });

  test.each(['User.EnableDisableAccount.All', 'User.Read.All'])('takes %s, of a pair', async missing => {
    const { outcome } = await block(deleterRoles.filter(role => role !== missing));
    expect(outcome).toMatchObject({ kind: 'needsHuman', reason: 'insufficientRights', status: 403 });
    expect(user()?.accountEnabled).toBe(true);
    expect(bench.writes()).toHaveLength(1);
  });

  test('of somebody who is not there', async () => {
    const { outcome } = await bench
      .deleter()
      .block({ ...bench.request('user', 99), id: cloudId(99) }, signal);
    expect(outcome).toEqual({ kind: 'notThere' });
    const release = { ...bench.request('user', 99), accountEnabled: true };
    expect((await bench.deleter().release(release, signal)).outcome).toEqual({ kind: 'notThere' });
  });
});
