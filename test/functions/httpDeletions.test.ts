import { createApi } from '../../shared/io/http/api';
import { deletionRoutes, deletionsRoute, type DeletionRoutePorts } from '../../functions/httpDeletions';
import type { NotificationEvent } from '../../shared/core/notification';
import { recordingNotify } from '../support/memory/memoryNotifications';
import type { DeletionPorts } from '../../shared/app/review/deletionUseCasePorts';
import { AppError } from '../../shared/core/appError';
import { dayMs, readyWorld, reportOnly, type DeletionWorld } from '../shared/app/review/deletionWorld';
import {
  asApplication,
  authentication,
  createTokens,
  personId,
  recordingLog,
  systemClock,
  type Tokens,
} from '../shared/io/http/sampleApi';
import { expectDocumented } from '../shared/io/http/expectDocumented';

let tokens: Tokens;
beforeAll(async () => {
  tokens = await createTokens();
});

/** The routes over a world in memory. */
async function served(
  names: readonly string[] = ['eve'],
  wrap?: (ports: DeletionPorts) => DeletionPorts,
): Promise<{
  readonly world: DeletionWorld;
  readonly events: readonly NotificationEvent[];
  readonly post: (path: string, body: unknown, claims?: object) => Promise<{ status: number; json: Answer }>;
}> {
  const world = await readyWorld(names);
  const notified = recordingNotify();
  const api = createApi<DeletionRoutePorts>({
    routes: deletionRoutes,
    authentication: { status: 'valid', authentication },
    keys: () => tokens.keys,
    clock: systemClock,
    ports: () => ({
      rolloutStage: () => world.settings.rollout.stage,
      deletions: () => ({ ports: world.ports(wrap), settings: world.settings, notify: notified.notify }),
    }),
  });
  return {
    world,
    events: notified.events,
    post: async (path, body, claims = {}) => {
      const request = new Request(`https://app.example/api${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await tokens.sign({ name: 'Grace Hopper', ...claims })}`,
        },
        body: JSON.stringify(body),
      });
      const { status, headers, body: text = '' } = await api(request, recordingLog(), world.stop.signal);
      const response = new Response(text, { status, headers });
      const route = deletionRoutes.find(one => path.split('/').at(-1) === one.path.split('/').at(-1));
      await expectDocumented(route!, response.clone());
      return { status, json: JSON.parse(text) as Answer };
    },
  };
}

interface Answer {
  readonly type?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string }[];
  readonly items?: readonly { readonly outcome: { readonly kind: string } }[];
  readonly [name: string]: unknown;
}

const callId = 'CCCCCCCC-0000-4000-8000-00000000000A';
const named = (world: DeletionWorld, ...names: readonly string[]) => ({
  callId,
  confirmation: String(names.length),
  ids: names.map(name => ({ type: world.typeOf(name), id: world.idOf(name) })),
});

describe('POST /deletions', () => {
  test('answers what became of each object, with counts and what to do by hand', async () => {
    const { world, post } = await served(['eve', 'supplier']);
    const answer = await post('/deletions', named(world, 'eve', 'supplier', 'bob'));
    expect(answer).toMatchObject({
      status: 200,
      json: {
        items: [
          { type: 'user', id: world.idOf('eve'), outcome: { kind: 'deleted', confirmed: true } },
          {
            outcome: {
              kind: 'manual',
              reason: 'contactUnsupported',
              commands: expect.arrayContaining([expect.stringContaining(world.idOf('supplier'))]),
            },
          },
          { outcome: { kind: 'refused', refusal: 'notApproved', backToReview: false } },
        ],
        counts: { deleted: 1, gone: 0, manual: 1, failed: 0, quarantined: 0, refused: 1 },
        remaining: [],
        reconciled: { ended: 0, left: 0 },
      },
    });
    expect(world.decision('eve')).toMatchObject({ deletion: { by: { id: personId, name: 'Grace Hopper' } } });
  });

  test('is announced in numbers, with nobody’s name; one that did nothing is not', async () => {
    const { world, post, events } = await served(['eve', 'supplier']);
    await post('/deletions', named(world, 'bob'));
    expect(events).toEqual([]);
    await post('/deletions', { ...named(world, 'eve', 'supplier', 'bob'), callId: world.callId() });
    expect(events).toEqual([
      expect.objectContaining({
        kind: 'deletions',
        counts: { deleted: 1, gone: 0, manual: 1, failed: 0, quarantined: 0, refused: 1 },
        deleted: { user: 1 },
      }),
    ]);
    expect(JSON.stringify(events)).not.toMatch(/eve|Grace/);
  });

  test('takes all that is approved, of a type', async () => {
    const { world, post } = await served(['eve', 'team']);
    const body = { callId, confirmation: '9', allApprovedUpTo: 9, type: 'group' };
    const answer = await post('/deletions', body);
    expect(answer.json.items).toEqual([
      {
        type: 'group',
        id: world.idOf('team'),
        outcome: { kind: 'deleted', restorableUntil: null, confirmed: true },
      },
    ]);
    expect(await post('/deletions', body)).toEqual(answer);
    expect(world.isThere('eve')).toBe(true);
  });

  test('answers a quarantine, a failure and an object that is gone', async () => {
    const { world, post } = await served(['eve', 'frank', 'team']);
    world.settings = { ...world.settings, quarantineDays: 3 };
    world.tenant.remove('user', world.idOf('frank'));
    world.tenant.deleteOutcomes.push({
      kind: 'failed',
      reason: 'unauthenticated',
      status: 401,
      retryable: false,
      mayHaveTakenEffect: false,
    });
    const { json } = await post('/deletions', named(world, 'eve', 'frank', 'team'));
    expect(json.items?.map(({ outcome }) => outcome)).toEqual([
      { kind: 'quarantined', until: new Date(world.now + 3 * dayMs).toISOString(), sessionsRevoked: true },
      { kind: 'gone' },
      { kind: 'failed', reason: 'unauthenticated', retryable: false },
    ]);
  });

  test('is off by default: nothing is read, and the problem says which setting', async () => {
    const { world, post } = await served();
    world.settings = { ...world.settings, rollout: reportOnly };
    const { status, json } = await post('/deletions', named(world, 'eve'));
    expect([status, json.type]).toEqual([403, '/problems/deletionDisabled']);
    expect(json.detail).toContain('ROLLOUT_STAGE');
    expect(world.tenant.writes).toEqual([]);
  });

  test('is off also where only the settings of the call say so', async () => {
    const world = await readyWorld();
    const answer = await deletionsRoute.handler(
      {
        body: named(world, 'eve'),
        caller: { objectId: personId, name: null },
        signal: world.stop.signal,
      } as never,
      {
        rolloutStage: () => 'normal',
        deletions: () => ({
          ports: world.ports(),
          settings: { ...world.settings, rollout: reportOnly },
          notify: recordingNotify().notify,
        }),
      },
    );
    expect(answer).toMatchObject({ kind: 'problem', code: 'deletionDisabled' });
  });

  test('needs a person, in the role, and no other', async () => {
    const { world, post } = await served();
    const refused: readonly (readonly [object, string])[] = [
      [{ roles: ['Orphans.Approver', 'Orphans.Reader'] }, '/problems/roleMissing'],
      [asApplication, '/problems/personRequired'],
    ];
    for (const [claims, type] of refused)
      for (const path of ['/deletions', `/candidates/user/${world.idOf('eve')}/restore`])
        expect((await post(path, path === '/deletions' ? named(world, 'eve') : {}, claims)).json.type).toBe(
          type,
        );
    expect(world.tenant.writes).toEqual([]);
  });

  test('takes one scope, the count as it was typed, and no id twice', async () => {
    const { world, post } = await served(['eve', 'frank']);
    const one = named(world, 'eve');
    const bad: readonly (readonly [object, string])[] = [
      [{ ...one, allApprovedUpTo: 1 }, '/body'],
      [{ callId, confirmation: '1' }, '/body'],
      [{ ...one, type: 'user' }, '/body'],
      [{ ...one, ids: [] }, '/body/ids'],
      [{ ...one, ids: [...one.ids, ...one.ids], confirmation: '2' }, '/body/ids'],
      [{ ...one, ids: [{ type: 'user', id: '../users' }] }, '/body/ids/0/id'],
      [{ ...one, callId: 'x' }, '/body/callId'],
      [{ ...one, confirmation: 1 }, '/body/confirmation'],
      [{ ...one, confirmation: '2' }, '/body/confirmation'],
      [{ callId, confirmation: '0', allApprovedUpTo: 0 }, '/body/allApprovedUpTo'],
      [{ ...one, force: true }, '/body/force'],
    ];
    for (const [body, pointer] of bad) {
      const { status, json } = await post('/deletions', body);
      expect([status, json.errors?.[0]?.pointer]).toEqual([400, pointer]);
    }
    world.settings = { ...world.settings, perCall: 1 };
    const { json } = await post('/deletions', named(world, 'eve', 'frank'));
    expect([json.type, json.errors?.[0]?.pointer]).toEqual(['/problems/requestInvalid', '/body']);
    expect(world.tenant.writes).toEqual([]);
  });

  test('refuses a callId that was another call’s', async () => {
    const { world, post } = await served(['eve', 'frank']);
    await post('/deletions', named(world, 'eve'));
    expect((await post('/deletions', named(world, 'frank'))).json.type).toBe('/problems/conflict');
    expect(world.isThere('frank')).toBe(true);
  });
});

describe('POST …/restore', () => {
  test('brings a user back, and says what to know', async () => {
    const { world, post } = await served();
    await post('/deletions', named(world, 'eve'));
    world.settings = { ...world.settings, rollout: reportOnly };
    const path = `/candidates/user/${world.idOf('eve')}/restore`;
    expect(await post(path, { comment: ' wrong ' })).toMatchObject({
      status: 200,
      json: { state: 'restored', how: 'now', advice: expect.arrayContaining([expect.any(String)]) },
    });
    expect(world.rowsAbout('eve').at(-1)?.details).toMatchObject({ comment: 'wrong' });
    expect((await post(path, { comment: ' ' })).json).toMatchObject({ how: 'already' });
  });

  test('says why not', async () => {
    const { world, post } = await served();
    const path = (name: string): string => `/candidates/user/${world.idOf(name)}/restore`;
    const typeOf = async (name = 'eve'): Promise<unknown> => (await post(path(name), {})).json.type;
    expect(await typeOf('bob')).toBe('/problems/notFound');
    expect(await typeOf()).toBe('/problems/conflict');
    await post('/deletions', named(world, 'eve'));
    world.tenant.restoreOutcomes.push(
      { kind: 'refused', reason: 'conflict', status: 409, code: null, mayHaveTakenEffect: false },
      { kind: 'failed', reason: 'throttled', status: 429, retryable: true, mayHaveTakenEffect: false },
    );
    expect(await typeOf()).toBe('/problems/notAllowed');
    expect(await typeOf()).toBe('/problems/graphUnavailable');
    world.tenant.bin.clear();
    expect(await typeOf()).toBe('/problems/conflict');
    const group = await post(`/candidates/group/${world.idOf('team')}/restore`, {});
    expect([group.status, group.json.errors?.[0]?.pointer]).toEqual([400, '/path/type']);
  });

  test('loses to whoever decides meanwhile', async () => {
    const conflicting = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      decisions: {
        read: (...all) => ports.decisions.read(...all),
        list: (...all) => ports.decisions.list(...all),
        write: (...all) =>
          all[0].state === 'restored' || (all[0].quarantine === null && all[0].state === 'approved')
            ? Promise.reject(new AppError('writeConflict', 'not what was read'))
            : ports.decisions.write(...all),
      },
    });
    const { world, post } = await served(['eve'], conflicting);
    await post('/deletions', named(world, 'eve'));
    expect((await post(`/candidates/user/${world.idOf('eve')}/restore`, {})).json.type).toBe(
      '/problems/writeConflict',
    );
    const other = await served(['eve'], conflicting);
    other.world.settings = { ...other.world.settings, quarantineDays: 3 };
    await other.post('/deletions', named(other.world, 'eve'));
    const path = `/candidates/user/${other.world.idOf('eve')}/release-quarantine`;
    expect((await other.post(path, {})).json.type).toBe('/problems/writeConflict');
  });
});

describe('POST …/release-quarantine', () => {
  test('gives the sign-in back, to approver and deleter, or says why not', async () => {
    const { world, post } = await served();
    world.settings = { ...world.settings, quarantineDays: 3 };
    const path = (name = 'eve'): string => `/candidates/user/${world.idOf(name)}/release-quarantine`;
    expect((await post(path('bob'), {})).json.type).toBe('/problems/notFound');
    expect((await post(path(), {})).json.type).toBe('/problems/conflict');
    await post('/deletions', named(world, 'eve'));
    world.settings = { ...world.settings, rollout: reportOnly };
    const failed = { status: 429, mayHaveTakenEffect: false } as const;
    world.tenant.releaseOutcomes.push(
      { ...failed, kind: 'failed', reason: 'throttled', retryable: true },
      { ...failed, kind: 'needsHuman', reason: 'roleHolder', status: 403, code: 'x' },
    );
    expect((await post(path(), {})).json.type).toBe('/problems/graphUnavailable');
    expect((await post(path(), {})).json.type).toBe('/problems/notAllowed');
    expect((await post(path(), {}, { roles: ['Orphans.Reader'] })).json.type).toBe('/problems/roleMissing');
    expect(await post(path(), {}, { roles: ['Orphans.Approver'] })).toMatchObject({
      status: 200,
      json: { id: world.idOf('eve'), state: 'approved', accountEnabled: true },
    });
  });
});
