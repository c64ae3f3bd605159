import type { ObjectType } from '../../../shared/core/objectType';
import type { Fault as GraphFault } from '../../support/graph/faults';
import type { Fault } from './fault';
import { always } from './strikes';
import type { FaultWorld } from './world';

const listOf: Readonly<Record<ObjectType, RegExp>> = {
  user: /^\/v1\.0\/users$/,
  group: /^\/v1\.0\/groups$/,
  contact: /^\/v1\.0\/contacts$/,
  device: /^\/v1\.0\/devices$/,
};
const everyList = /^\/v1\.0\/(users|groups|contacts|devices)$/;
const countOf = (type: ObjectType): RegExp => new RegExp(`${listOf[type].source.slice(0, -1)}/\\$count$`);
const types = ['user', 'group', 'contact', 'device'] as const;

const refused: Fault['expected'] = { runs: ['refused'], gates: ['graphListComplete'] };
const accepted: Fault['expected'] = { runs: ['finished'] };

/** The type's list answers so, each time that it is read; or only the first `times`. */
const listFault = (
  name: string,
  answers: string,
  given: GraphFault,
  expected: Fault['expected'] = refused,
  times: number = always,
  more: (world: FaultWorld) => void = () => undefined,
): Fault => ({
  name,
  group: 'Microsoft Graph',
  answers,
  types,
  async strike(world, type) {
    await world.upload();
    world.strikes.graph({ path: listOf[type] }, given, times);
    more(world);
  },
  expected,
});

const json = { 'content-type': 'application/json' };

async function changeWhileRead(world: FaultWorld, type: ObjectType, change: () => void): Promise<void> {
  await world.upload();
  world.strikes.graph({ path: listOf[type], nth: 1 }, { kind: 'run', callback: change }, 1);
}

/** Lists of Microsoft Graph that are cut off, altered, throttled, or that change while they are read. */
export const graphFaults: readonly Fault[] = [
  listFault('the list lacks objects, and the count does not', 'a listing that was cut off', {
    kind: 'dropObjects',
    at: 0,
    count: 15,
  }),
  {
    name: 'the list shrinks to a third from one night to the next',
    group: 'Microsoft Graph',
    answers: 'a Graph list that shrinks',
    types,
    async strike(world, type) {
      await world.upload();
      world.strikes.graph({ path: listOf[type] }, { kind: 'dropObjects', at: 5, count: 200 });
    },
    expected: refused,
  },
  {
    name: 'the count is too high',
    group: 'Microsoft Graph',
    answers: 'list and count disagree',
    types,
    async strike(world, type) {
      await world.upload();
      world.strikes.graph({ path: countOf(type) }, { kind: 'miscount', by: 50 });
    },
    expected: refused,
  },
  listFault('a property is left out of the answers', 'an answer that Graph does not document', {
    kind: 'dropProperties',
    names: ['onPremisesSyncEnabled'],
  }),
  listFault('a list is cut in the middle of its JSON', 'truncation', {
    kind: 'cutBody',
    length: 400,
    ending: 'proper',
  }),
  listFault(
    'the connection is lost in the middle of an answer',
    'truncation',
    {
      kind: 'cutBody',
      length: 400,
      ending: 'connectionLost',
    },
    accepted,
    2,
  ),
  listFault('an answer is an HTML page', 'a proxy in between', {
    kind: 'answer',
    status: 200,
    body: '<html>sign in</html>',
  }),
  listFault('an answer is an empty object', 'an answer that Graph does not document', {
    kind: 'answer',
    status: 200,
    headers: json,
    body: '{}',
  }),
  listFault('an answer is an empty list', 'Keycloak: an empty result', {
    kind: 'answer',
    status: 200,
    headers: json,
    body: '{"value":[]}',
  }),
  listFault('the nextLink leads to another host', 'a token sent elsewhere', {
    kind: 'nextLink',
    rewrite: () => 'https://graph.example.org/v1.0/users?$skiptoken=x',
  }),
  listFault(
    'an empty page comes first, with a nextLink',
    'an empty page is not the end',
    { kind: 'emptyPage' },
    accepted,
    1,
  ),
  listFault('permission is refused', 'a permission change', { kind: 'answer', status: 403 }),
  listFault('the token is refused', 'a permission change', { kind: 'answer', status: 401 }),
  listFault('Graph answers 400', 'a bad request', { kind: 'answer', status: 400 }),
  listFault(
    'Graph answers 500 to the first three',
    'an outage',
    { kind: 'answer', status: 500 },
    accepted,
    3,
  ),
  listFault('Graph closes the connection three times', 'an outage', { kind: 'reset' }, accepted, 3),
  {
    name: 'a throttling storm: every list is throttled again and again',
    group: 'Microsoft Graph',
    answers: 'throttling storms',
    types: 'together',
    async strike(world) {
      await world.upload();
      world.strikes.graph(
        { path: everyList },
        { kind: 'answer', status: 429, headers: { 'retry-after': '0.05' } },
        20,
      );
    },
    expected: accepted,
  },
  {
    name: 'an object is deleted in the cloud while its list is read',
    group: 'Microsoft Graph',
    answers: 'a tenant that changes while it is read',
    types,
    async strike(world, type) {
      const one = world.lab.objects.find(object => object.type === type);
      await changeWhileRead(world, type, () => one && world.deletedElsewhere(one));
    },
    expected: accepted,
    mend(world, type) {
      const one = world.lab.objects.find(object => object.type === type);
      if (one) world.put(one);
    },
  },
  {
    name: 'a live object turns from synced to cloud-only while its list is read',
    group: 'Microsoft Graph',
    answers: 'case 13; a tenant that changes while it is read',
    types,
    async strike(world, type) {
      await changeWhileRead(world, type, () =>
        world.put(world.victim(type), { onPremisesSyncEnabled: null }),
      );
    },
    expected: accepted,
    mend: (world, type) => world.put(world.victim(type)),
  },
  {
    name: 'the victim is left out of its list, and then it is gone on-premises, too',
    group: 'Microsoft Graph',
    answers: 'a list that forgot an object',
    types,
    async strike(world, type) {
      await world.upload();
      world.strikes.graph({ path: listOf[type] }, { kind: 'dropObjects', at: 3, count: 1 });
    },
    expected: accepted,
  },
  listFault('the page token expires once', 'expired page tokens', { kind: 'emptyPage' }, accepted, 2, world =>
    world.strikes.graph({ path: everyList, page: 2 }, { kind: 'expirePageToken' }, 1),
  ),
  listFault(
    'the page token expires each time',
    'expired page tokens',
    { kind: 'emptyPage' },
    refused,
    always,
    world => world.strikes.graph({ path: everyList, page: 2 }, { kind: 'expirePageToken' }, 3),
  ),
  listFault('the nextLink leads to the page itself, for ever', 'a list without an end', {
    kind: 'nextLink',
    rewrite: (_, request) => request,
  }),
  listFault('503 is answered for ever', 'an outage', { kind: 'answer', status: 503 }),
  listFault('the connection is closed for ever', 'an outage', { kind: 'reset' }),
  listFault('Graph asks to come again in an hour', 'throttling storms', {
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '3600' },
  }),
  listFault('an answer is null', 'an answer that Graph does not document', {
    kind: 'answer',
    status: 200,
    headers: json,
    body: 'null',
  }),
  listFault('an answer leads to a sign-in page (302)', 'a proxy in between', {
    kind: 'answer',
    status: 302,
    headers: { location: 'https://127.0.0.1:1/sign-in' },
  }),
  listFault('the ids of the objects are missing', 'an answer that Graph does not document', {
    kind: 'dropProperties',
    names: ['id'],
  }),
  {
    name: 'the count is too low',
    group: 'Microsoft Graph',
    answers: 'list and count disagree',
    types,
    async strike(world, type) {
      await world.upload();
      world.strikes.graph({ path: countOf(type) }, { kind: 'miscount', by: -15 });
    },
    expected: refused,
  },
  {
    name: 'the count is no number',
    group: 'Microsoft Graph',
    answers: 'an answer that Graph does not document',
    types,
    async strike(world, type) {
      await world.upload();
      world.strikes.graph(
        { path: countOf(type) },
        { kind: 'answer', status: 200, headers: { 'content-type': 'text/plain' }, body: 'many' },
      );
    },
    expected: refused,
  },
  {
    name: 'an object is made on both sides between the export and the list',
    group: 'Microsoft Graph',
    answers: 'case 26; a tenant that changes while it is read',
    types: ['user', 'group', 'device'],
    async strike(world, type) {
      await changeWhileRead(world, type, () => {
        const made = new Date().toISOString();
        const dates =
          type === 'device'
            ? { registrationDateTime: made, onPremisesLastSyncDateTime: made }
            : { createdDateTime: made, onPremisesLastSyncDateTime: made };
        world.put(world.victim(type), dates);
      });
      world.takeAway(world.victim(type));
      await world.upload();
    },
    expected: accepted,
    mend(world, type) {
      world.put(world.victim(type));
      world.bringBack(world.victim(type));
    },
  },
];
