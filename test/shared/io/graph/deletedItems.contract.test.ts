import type { CloudId } from '../../../../shared/core/cloudObject';
import { createDeletedItems } from '../../../../shared/io/graph/deletedItems';
import { idOf, readerRoles } from '../../../support/graph/testGraph';
import { cloudId, correlationId, startWriteBench, type WriteBench } from './writeBench';
import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import { createGraphRequests } from '../../../../shared/io/graph/graphRequests';
import { credentialOf, guidOf } from './samples';
import { graphError, json, page, startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';

const { signal } = new AbortController();

describe('against the stand-in', () => {
  let bench: WriteBench;
  beforeAll(async () => {
    bench = await startWriteBench({
      users: Array.from({ length: 1_203 }, (_, n) => ({ id: idOf(n + 1) })),
      groups: [
        { id: idOf(5_001), groupTypes: ['Unified'], mailEnabled: true },
        { id: idOf(5_002), groupTypes: ['Unified'], mailEnabled: true, onPremisesSyncEnabled: true },
        { id: idOf(5_003), securityEnabled: true },
      ],
    });
    for (let n = 1; n <= 1_200; n += 1) bench.graph.directory.delete('user', idOf(n), bench.now);
    for (const n of [5_001, 5_002, 5_003]) bench.graph.directory.delete('group', idOf(n), bench.now);
  });
  beforeEach(() => bench.reset());
  afterAll(() => bench.stop());
  const items = (roles = readerRoles) => createDeletedItems(bench.reader(roles));

  test('one deleted user, with the time of its deletion', async () => {
    expect(await items().read(cloudId(7), signal)).toEqual({ id: idOf(7), deletedDateTime: bench.now });
  });

  test('what lives, never was, or was a security group, is not there', async () => {
    for (const n of [1_201, 9_999, 5_003]) expect(await items().read(cloudId(n), signal)).toBeNull();
  });

  test('all deleted users, over several pages', async () => {
    const found = await items().list('user', signal);
    expect(found.map(({ id }) => id)).toEqual(Array.from({ length: 1_200 }, (_, n) => idOf(n + 1)));
    expect(bench.graph.requests.slice(-2).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('of groups only those of Microsoft 365 that were made in the cloud', async () => {
    expect((await items().list('group', signal)).map(({ id }) => id)).toEqual([idOf(5_001)]);
  });

  test('after 30 days they are gone', async () => {
    const start = bench.now;
    bench.now += 30 * 24 * 60 * 60_000 - 1;
    expect(await items().read(cloudId(7), signal)).not.toBeNull();
    bench.now += 1;
    try {
      expect(await items().read(cloudId(7), signal)).toBeNull();
      expect(await items().list('user', signal)).toEqual([]);
    } finally {
      bench.now = start;
    }
  });

  test('without the permission nothing is read', async () => {
    const refused = { code: 'graphRefused', message: expect.stringContaining('User.Read.All') };
    const roles = ['User.DeleteRestore.All', 'Device.Read.All'];
    await expect(items(roles).read(cloudId(7), signal)).rejects.toMatchObject(refused);
    await expect(items(roles).list('user', signal)).rejects.toMatchObject(refused);
  });

  test('what is no id is refused, and not asked for', async () => {
    const id = `${idOf(7)}/restore` as CloudId;
    await expect(items().read(id, signal)).rejects.toMatchObject({ code: 'graphRefused' });
    expect(bench.graph.requests.at(-1)?.url).not.toContain('/restore');
  });
});

describe('answers that Graph does not document', () => {
  let graph: ScriptedGraph;
  beforeAll(async () => {
    graph = await startScriptedGraph();
  });
  beforeEach(() => graph.reset());
  afterAll(() => graph.stop());
  const items = () =>
    createDeletedItems(
      createGraphRequests({
        client: createGraphClient(graph.origin, credentialOf('t')),
        correlationId,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        sleep: async () => undefined,
        limits: { attempts: 2 },
      }),
    );
  const one = `/v1.0/directory/deletedItems/${guidOf(1)}`;
  const list = '/v1.0/directory/deletedItems/microsoft.graph.user';
  const item = (n: number) => ({ id: guidOf(n), deletedDateTime: '2026-03-01T02:03:04Z' });
  const read = () => items().read(guidOf(1) as CloudId, signal);

  test.each([
    ['another item', json(200, item(2)), 'graphAnswerInvalid'],
    ['an item without a date', json(200, { id: guidOf(1) }), 'graphAnswerInvalid'],
    [
      'an item with a date that is none',
      json(200, { id: guidOf(1), deletedDateTime: '2026-02-30T00:00:00Z' }),
      'graphAnswerInvalid',
    ],
    ['the 404 of a proxy', text(404, 'not found'), 'graphRefused'],
    ['another 404', graphError(404, 'BadRequest'), 'graphRefused'],
  ])('%s refuses the read', async (_, responder, code) => {
    graph.always(one, responder);
    await expect(read()).rejects.toMatchObject({ code });
  });

  test('a date that Graph does not tell is not known', async () => {
    graph.always(one, json(200, { id: guidOf(1).toUpperCase(), deletedDateTime: null }));
    expect(await read()).toEqual({ id: guidOf(1), deletedDateTime: null });
  });

  test('an item that comes twice in a list is one; an empty page is not the end', async () => {
    graph.script(list, page([item(1)], 'a'), page([], 'b'), page([item(1), item(2)]));
    expect((await items().list('user', signal)).map(({ id }) => id)).toEqual([guidOf(1), guidOf(2)]);
  });

  test.each([
    ['is no page', [json(200, { values: [] })], 'graphAnswerInvalid'],
    ['holds what is no item', [page([item(1), 'x'])], 'graphAnswerInvalid'],
    ['goes in a circle', [page([item(1)], 'a'), page([item(2)], 'a')], 'graphAnswerInvalid'],
    [
      'is refused half-way',
      [page([item(1)], 'a'), graphError(400, 'Directory_ExpiredPageToken')],
      'graphRefused',
    ],
    ['breaks off', [page([item(1)], 'a'), text(503, ''), text(503, '')], 'graphUnavailable'],
  ])('a list that %s is no shorter list', async (_, responders, code) => {
    graph.script(list, ...responders);
    await expect(items().list('user', signal)).rejects.toMatchObject({ code });
  });

  test('a list that never ends is given up', async () => {
    let asked = 0;
    graph.always(list, (response, from, origin) => {
      asked += 1;
      page([], String(asked))(response, from, origin);
    });
    await expect(items().list('user', signal)).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
    expect(asked).toBe(101);
  });
});
