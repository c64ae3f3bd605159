import type { Device, Group, OrgContact, User } from '@microsoft/microsoft-graph-types';
import type { CloudDirectory, ListSink } from '../../../../shared/app/ports';
import type { CloudId, CloudObjectOf } from '../../../../shared/core/cloudObject';
import type { Guid } from '../../../../shared/core/keys/guid';
import { objectTypes, type ObjectType } from '../../../../shared/core/objectType';
import { createCloudDirectory } from '../../../../shared/io/graph/cloudDirectory';
import { createDirectory, type Directory } from '../../../support/graph/directory';
import type { Fault } from '../../../support/graph/faults';
import { startGraphStandIn, type GraphStandIn } from '../../../support/graph/standIn';
import { createCertificateAuthority } from '../../../support/tls';
import { createTokenIssuer, type TokenIssuer } from '../../../support/tokenIssuer';
import { trustAuthority } from '../../../support/trust';
import { graphContact, graphDevice, graphGroup, graphUser, guidOf } from './samples';

/** The reader against the stand-in, which refuses whatever Graph refuses. */
const tenantId = guidOf(900);
const everyRole = ['User.Read.All', 'Group.Read.All', 'OrgContact.Read.All', 'Device.Read.All'];
const userCount = 2_100;
const paths = {
  user: '/v1.0/users',
  group: '/v1.0/groups',
  contact: '/v1.0/contacts',
  device: '/v1.0/devices',
};
const users = /^\/v1\.0\/users$/;
const { signal } = new AbortController();

let issuer: TokenIssuer;
let graph: GraphStandIn;
let directory: Directory;
let waits: number[];
/** The stand-in's clock, which only the reader's waits move on. */
let now = 0;

const numbers = (count: number, from = 1) => Array.from({ length: count }, (_, position) => position + from);

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  issuer = await createTokenIssuer({ tenantId });
  directory = createDirectory({
    users: [
      ...numbers(userCount).map(number => graphUser(number) as User),
      { ...graphUser(5_000), onPremisesSyncEnabled: null },
      { ...graphUser(5_001), onPremisesSyncEnabled: false },
    ],
    groups: numbers(3, 6_001).map(number => graphGroup(number) as Group),
    contacts: numbers(2, 7_001).map(number => graphContact(number) as OrgContact),
    devices: numbers(4, 8_001).map(number => graphDevice(number) as Device),
    organization: { id: tenantId },
  });
  graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory,
    now: () => now,
  });
});
beforeEach(() => {
  waits = [];
});
afterEach(() => {
  graph.faults.clear();
  graph.throttle(null);
});
afterAll(() => graph.stop());

const reader = (roles: readonly string[] = everyRole): CloudDirectory =>
  createCloudDirectory({
    endpoint: graph.endpoint,
    credential: {
      getToken: async scope => ({
        token: await issuer.sign({
          audience: String(scope).replace(/\/\.default$/, ''),
          appId: guidOf(901),
          objectId: guidOf(902),
          roles,
        }),
        expiresOnTimestamp: Date.now() + 60_000,
      }),
    },
    correlationId: guidOf(7) as Guid,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    sleep: async milliseconds => {
      waits.push(milliseconds);
      now += milliseconds;
    },
    random: () => 0,
    limits: { attemptTimeoutMs: 1_000, attempts: 3 },
  });

class Ids<Type extends ObjectType> implements ListSink<Type> {
  readonly ids: CloudId[] = [];

  page(objects: readonly CloudObjectOf<Type>[]): void {
    this.ids.push(...objects.map(({ id }) => id));
  }
}
const read = (type: ObjectType, roles?: readonly string[]) =>
  reader(roles).readSynced(type, () => new Ids(), signal);
const fault = (page: number, change: Fault, times = 1): void =>
  graph.faults.add({ when: { path: users, page }, times, do: change });

test('the four lists side by side hold every synced object, and only those', async () => {
  const readings = await Promise.all(objectTypes.map(type => read(type)));
  const expected = [numbers(userCount), numbers(3, 6_001), numbers(2, 7_001), numbers(4, 8_001)];
  expect(readings.map(({ sink }) => sink.ids)).toEqual(expected.map(list => list.map(guidOf)));
  for (const [position, { distinct, countBefore, countAfter }] of readings.entries()) {
    const { length } = expected[position]!;
    expect([distinct, countBefore, countAfter]).toEqual([length, length, length]);
  }
  expect(new Set(graph.requests.map(({ status }) => status))).toEqual(new Set([200]));
});

test.each(objectTypes)('one %s by its id, and null where there is none', async type => {
  const id = { user: 5_000, group: 6_001, contact: 7_001, device: 8_001 }[type];
  expect(await reader().readById(type, guidOf(id) as CloudId, signal)).toMatchObject({
    type,
    id: guidOf(id),
  });
  expect(await reader().readById(type, guidOf(9_999) as CloudId, signal)).toBeNull();
});

test.each(objectTypes)('without its permission, no list of %ss and no look-up', async type => {
  const permission = everyRole[objectTypes.indexOf(type)]!;
  const others = everyRole.filter(role => role !== permission);
  const refusal = { code: 'graphRefused', message: expect.stringContaining(permission) };
  await expect(read(type, others)).rejects.toMatchObject(refusal);
  await expect(reader(others).readById(type, guidOf(1) as CloudId, signal)).rejects.toMatchObject(refusal);
});

describe('what passes does not show in the list', () => {
  const passing: [string, Fault][] = [
    ['throttling', { kind: 'answer', status: 429, headers: { 'retry-after': '2.5' } }],
    ['500', { kind: 'answer', status: 500 }],
    ['502 from a proxy', { kind: 'answer', status: 502, body: '<html></html>' }],
    ['503', { kind: 'answer', status: 503 }],
    ['504', { kind: 'answer', status: 504, body: 'timeout' }],
    ['a reset connection', { kind: 'reset' }],
    ['a request that is never answered', { kind: 'stall' }],
    ['a body that ends early', { kind: 'cutBody', length: 50_000, ending: 'proper' }],
    ['a body whose connection is lost', { kind: 'cutBody', length: 50_000, ending: 'connectionLost' }],
    ['HTML with 200', { kind: 'answer', status: 200, body: '<html></html>' }],
    ['an empty page', { kind: 'emptyPage' }],
    ['objects that come twice', { kind: 'repeatPreviousPage' }],
    ['an expired page token', { kind: 'expirePageToken' }],
  ];

  test.each(passing)('%s', async (_, change) => {
    fault(2, change);
    const { sink, distinct } = await read('user');
    expect(distinct).toBe(userCount);
    expect(sink.ids).toEqual(numbers(userCount).map(guidOf));
    expect(graph.faults.pending).toEqual([]);
  });

  test('the throttling of the tenant, whose Retry-After has a fraction', async () => {
    graph.throttle({ requests: 2, interval: 1_250 });
    const asked = graph.requests.length;
    expect(await read('user')).toMatchObject({ distinct: userCount });
    expect(waits).toEqual([1_250, 1_250]);
    expect(graph.requests.slice(asked).map(({ status }) => status)).toEqual([
      200, 200, 429, 200, 200, 429, 200,
    ]);
  });
});

describe('what does not pass refuses the list', () => {
  const refused: [string, Fault, string][] = [
    ['HTML for ever', { kind: 'answer', status: 200, body: '<html></html>' }, 'graphUnavailable'],
    ['an outage', { kind: 'answer', status: 503 }, 'graphUnavailable'],
    ['a page token that expires each time', { kind: 'expirePageToken' }, 'graphUnavailable'],
    [
      'throttling for longer than the run is patient',
      { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } },
      'graphUnavailable',
    ],
    ['a lost permission', { kind: 'answer', status: 403 }, 'graphRefused'],
    ['a redirect', { kind: 'answer', status: 302, headers: { location: '/v1.0/users' } }, 'graphRefused'],
    [
      'a property that is missing',
      { kind: 'dropProperties', names: ['onPremisesImmutableId'] },
      'graphAnswerInvalid',
    ],
    [
      'a nextLink to another host',
      { kind: 'nextLink', rewrite: link => link!.replace('127.0.0.1', 'localhost') },
      'graphAnswerInvalid',
    ],
    [
      'a nextLink without TLS',
      { kind: 'nextLink', rewrite: link => link!.replace('https:', 'http:') },
      'graphAnswerInvalid',
    ],
    [
      'a nextLink to another list',
      { kind: 'nextLink', rewrite: link => link!.replace('users', 'groups') },
      'graphAnswerInvalid',
    ],
    ['a nextLink in a circle', { kind: 'nextLink', rewrite: (_, request) => request }, 'graphAnswerInvalid'],
  ];

  test.each(refused)('%s', async (_, change, code) => {
    fault(2, change, 10);
    const asked = graph.requests.length;
    await expect(read('user')).rejects.toMatchObject({ code });
    const elsewhere = graph.requests.slice(asked).filter(({ url }) => !url.startsWith(paths.user));
    expect(elsewhere).toEqual([]);
  });

  test('a token of another audience', async () => {
    const stranger = createCloudDirectory({
      endpoint: graph.endpoint,
      credential: {
        getToken: async () => ({
          token: await issuer.sign({
            audience: 'https://graph.microsoft.com',
            appId: guidOf(901),
            objectId: guidOf(902),
            roles: everyRole,
          }),
          expiresOnTimestamp: Date.now() + 60_000,
        }),
      },
      correlationId: guidOf(7) as Guid,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    await expect(stranger.readSynced('user', () => new Ids(), signal)).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining('status 401 (InvalidAuthenticationToken)'),
    });
  });
});

describe('what only the counts give away is left to the gate', () => {
  test('objects that are missing from a page', async () => {
    fault(2, { kind: 'dropObjects', at: 10, count: 100 });
    expect(await read('user')).toMatchObject({
      distinct: userCount - 100,
      countBefore: userCount,
      countAfter: userCount,
    });
  });

  test('a list that ends early', async () => {
    fault(1, { kind: 'nextLink', rewrite: () => null });
    expect(await read('user')).toMatchObject({ distinct: 999, countBefore: userCount });
  });

  test('a tenant that changes while it is read', async () => {
    const late = graphUser(4_000) as User;
    fault(2, { kind: 'run', callback: () => directory.put('user', late) });
    try {
      expect(await read('user')).toMatchObject({ countBefore: userCount, countAfter: userCount + 1 });
    } finally {
      directory.remove('user', guidOf(4_000));
    }
  });

  test('a count that is off', async () => {
    graph.faults.add({ when: { path: /\/users\/\$count$/ }, do: { kind: 'miscount', by: -50 } });
    expect(await read('user')).toMatchObject({
      distinct: userCount,
      countBefore: userCount - 50,
      countAfter: userCount,
    });
  });
});
