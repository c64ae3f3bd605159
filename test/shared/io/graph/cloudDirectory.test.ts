import type { CloudDirectory, ListSink } from '../../../../shared/app/ports';
import type { CloudId, CloudObjectOf } from '../../../../shared/core/cloudObject';
import type { Guid } from '../../../../shared/core/keys/guid';
import { objectTypes, type ObjectType } from '../../../../shared/core/objectType';
import { createCloudDirectory } from '../../../../shared/io/graph/cloudDirectory';
import { credentialOf, graphContact, graphDevice, graphGroup, graphUser, guidOf } from './samples';
import { graphError, json, page, startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';

const { signal } = new AbortController();
const id = guidOf(1) as CloudId;
const kinds = {
  user: { path: '/v1.0/users', permission: 'User.Read.All', sample: graphUser },
  group: { path: '/v1.0/groups', permission: 'Group.Read.All', sample: graphGroup },
  contact: { path: '/v1.0/contacts', permission: 'OrgContact.Read.All', sample: graphContact },
  device: { path: '/v1.0/devices', permission: 'Device.Read.All', sample: graphDevice },
} satisfies Record<ObjectType, unknown>;
let graph: ScriptedGraph;
let directory: CloudDirectory;
let sleep: jest.Mock<Promise<void>, [number]>;
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => {
  graph.reset();
  sleep = jest.fn(async (_: number) => undefined);
  directory = createCloudDirectory({
    endpoint: graph.origin,
    credential: credentialOf('token'),
    correlationId: guidOf(7) as Guid,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    sleep: milliseconds => sleep(milliseconds),
    random: () => 0,
  });
});
afterAll(() => graph.stop());

const fail = (): never => {
  throw new Error('nobody waits');
};

class Ids<Type extends ObjectType> implements ListSink<Type> {
  readonly ids: CloudId[] = [];

  page(objects: readonly CloudObjectOf<Type>[]): void {
    this.ids.push(...objects.map(object => object.id));
  }
}

test('an endpoint that is not https is refused before anything is sent', () => {
  expect(() =>
    createCloudDirectory({
      endpoint: graph.origin.replace('https', 'http'),
      credential: credentialOf('token'),
      correlationId: guidOf(7) as Guid,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    }),
  ).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
});

describe('lists', () => {
  test.each(objectTypes)('of %ss come from their own path', async type => {
    const { path, sample } = kinds[type];
    graph.always(`${path}/$count`, text(200, '2'));
    graph.script(path, page([sample(1)], 'a'), page([sample(2)]));
    const reading = await directory.readSynced(type, () => new Ids(), signal);
    expect(reading).toMatchObject({ distinct: 2, countBefore: 2, countAfter: 2 });
    expect(reading.sink.ids).toEqual([guidOf(1), guidOf(2)]);
  });

  test.each(objectTypes)('of %ss name the permission that is missing', async type => {
    const { path, permission } = kinds[type];
    graph.always(`${path}/$count`, graphError(403, 'Authorization_RequestDenied'));
    await expect(directory.readSynced(type, () => new Ids(), signal)).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining(`the application permission ${permission}, with admin consent`),
    });
  });

  test('are read side by side: one that is throttled or started again does not hold up the others', async () => {
    for (const { path, sample } of Object.values(kinds)) {
      graph.always(`${path}/$count`, text(200, '2'));
      if (path === '/v1.0/groups') graph.script(path, text(429, '', { 'retry-after': '600' }));
      if (path === '/v1.0/devices') {
        graph.script(path, page([sample(9)], 'a'), graphError(400, 'Directory_ExpiredPageToken'));
      }
      graph.script(path, page([sample(1)], 'a'), page([sample(2)]));
    }
    let release: () => void = fail;
    sleep.mockImplementation(() => new Promise(resolve => (release = resolve)));
    const reading = (type: ObjectType) => directory.readSynced(type, () => new Ids(), signal);
    const groups = reading('group');
    for (const { sink } of await Promise.all([reading('user'), reading('contact'), reading('device')])) {
      expect(sink.ids).toEqual([guidOf(1), guidOf(2)]);
    }
    expect(sleep.mock.calls).toEqual([[600_000]]);
    release();
    expect((await groups).sink.ids).toEqual([guidOf(1), guidOf(2)]);
  });
});

describe('one object by its id', () => {
  test.each(objectTypes)('a %s, with the same properties as in its list', async type => {
    const { path, sample } = kinds[type];
    graph.script(`${path}/${id}`, json(200, sample(1)));
    expect(await directory.readById(type, id, signal)).toMatchObject({ type, id });
    expect([...graph.asked[0]!.query.keys()]).toEqual(['$select']);
    expect(graph.asked[0]!.query.get('$select')?.split(',').sort()).toEqual(Object.keys(sample(1)).sort());
  });

  test('that Graph does not find is null', async () => {
    graph.script(`/v1.0/users/${id}`, graphError(404, 'Request_ResourceNotFound'));
    expect(await directory.readById('user', id, signal)).toBeNull();
  });

  test.each([
    ["a proxy's 404", text(404, '<html>not found</html>')],
    ['a 404 with another code', graphError(404, 'ItemNotFound')],
    ["a 404 in JSON that is not Graph's", json(404, { message: 'Request_ResourceNotFound' })],
    ['another status with that code', graphError(410, 'Request_ResourceNotFound')],
    ['a 403', graphError(403, 'Authorization_RequestDenied')],
  ])('is not absent because of %s', async (_, responder) => {
    graph.script(`/v1.0/users/${id}`, responder);
    await expect(directory.readById('user', id, signal)).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining(`GET /v1.0/users/${id}`),
    });
  });

  test('is not absent because the look-up failed for a while', async () => {
    graph.script(`/v1.0/users/${id}`, text(503, ''), json(200, graphUser(1)));
    expect(await directory.readById('user', id, signal)).toMatchObject({ id });
  });

  test('is never another object', async () => {
    graph.script(`/v1.0/users/${id}`, json(200, graphUser(2)));
    await expect(directory.readById('user', id, signal)).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining(`another one (${guidOf(2)})`),
    });
  });

  test('that lacks a key is refused', async () => {
    const { onPremisesSyncEnabled: _, ...lacking } = graphUser(1);
    graph.script(`/v1.0/users/${id}`, json(200, lacking));
    await expect(directory.readById('user', id, signal)).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
    });
  });

  test.each([
    '',
    '../groups',
    `${guidOf(1)}?$select=id`,
    `{${guidOf(1)}}`,
    guidOf(1).replace('4000', 'A000'),
  ])('is not asked for by %j', async given => {
    await expect(directory.readById('user', given as CloudId, signal)).rejects.toMatchObject({
      code: 'graphRefused',
    });
    expect(graph.asked).toHaveLength(0);
  });
});

test('the reason of the signal comes back from a list and from a look-up', async () => {
  const reason = new Error('SIGTERM');
  const stopped = AbortSignal.abort(reason);
  await expect(directory.readSynced('user', () => new Ids(), stopped)).rejects.toBe(reason);
  await expect(directory.readById('user', id, stopped)).rejects.toBe(reason);
});
