import type { ListSink } from '../../../../shared/app/ports';
import type { CloudUser } from '../../../../shared/core/cloudObject';
import type { Guid } from '../../../../shared/core/keys/guid';
import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import { createGraphRequests } from '../../../../shared/io/graph/graphRequests';
import { readList } from '../../../../shared/io/graph/listReader';
import { credentialOf, graphUser, guidOf } from './samples';
import { graphError, json, page, startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';

const list = '/v1.0/users';
const count = '/v1.0/users/$count';
const expired = graphError(400, 'Directory_ExpiredPageToken');
const { signal } = new AbortController();
let graph: ScriptedGraph;
let warnings: string[];
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => {
  graph.reset();
  graph.always(count, text(200, '3'));
  warnings = [];
});
afterAll(() => graph.stop());

class UserPages implements ListSink<'user'> {
  readonly pages: string[][] = [];

  page(users: readonly CloudUser[]): void {
    this.pages.push(users.map(({ id }) => id));
  }
}

const read = (openSink = () => new UserPages()) => {
  const log = { debug() {}, info() {}, warn: (message: string) => warnings.push(message), error() {} };
  const requests = createGraphRequests({
    client: createGraphClient(graph.origin, credentialOf('token')),
    correlationId: guidOf(7) as Guid,
    log,
    sleep: async () => undefined,
  });
  return readList(requests, 'user', openSink, log, signal);
};
const users = (...numbers: number[]) => numbers.map(graphUser);
const ids = (...numbers: number[]) => numbers.map(guidOf);

describe('a list', () => {
  test('is read to its end: an empty page with a nextLink is not the end', async () => {
    graph.script(list, page(users(1), 'a'), page([], 'b'), page([], 'c'), page(users(2, 3)));
    const reading = await read();
    expect(reading).toMatchObject({ distinct: 3, countBefore: 3, countAfter: 3 });
    expect(reading.sink.pages).toEqual([ids(1), [], [], ids(2, 3)]);
    expect(graph.asked.map(({ query }) => query.get('$skiptoken'))).toEqual([
      null,
      null,
      'a',
      'b',
      'c',
      null,
    ]);
  });

  test('is asked for as documented: synced objects only, each property by name, 999 a page', async () => {
    graph.script(list, page([]));
    await read();
    expect(graph.asked.map(({ url }) => url.split('?')[0])).toEqual([count, list, count]);
    expect(graph.asked[0]?.url).toBe(`${count}?$filter=onPremisesSyncEnabled%20eq%20true`);
    const { query, headers } = graph.asked[1]!;
    expect([...query.keys()].sort()).toEqual(['$filter', '$select', '$top']);
    expect(query.get('$filter')).toBe('onPremisesSyncEnabled eq true');
    expect(query.get('$top')).toBe('999');
    expect(query.get('$select')?.split(',').sort()).toEqual(Object.keys(graphUser(1)).sort());
    expect(headers).toMatchObject({ accept: 'application/json' });
  });

  test('hands an object over once, in whatever case its id comes again', async () => {
    const again = { ...graphUser(0xab), id: guidOf(0).replace(/0{12}$/, '0000000000AB') };
    const first = { ...again, id: again.id.toLowerCase() };
    graph.script(list, page([first, ...users(1), first], 'a'), page([again, ...users(1, 2)]));
    const { sink, distinct } = await read();
    expect(distinct).toBe(3);
    expect(sink.pages).toEqual([[first.id, ...ids(1)], ids(2)]);
  });

  test('is counted before and after, and what the counts mean is left to the gate', async () => {
    graph.script(count, text(200, '1000'), text(200, '0'));
    graph.script(list, page(users(1)));
    expect(await read()).toMatchObject({ distinct: 1, countBefore: 1_000, countAfter: 0 });
  });

  test('goes on after a page that had to be asked for again', async () => {
    graph.script(list, page(users(1), 'a'), text(503, ''), text(200, '<html>'), page(users(2)));
    const { sink } = await read();
    expect(sink.pages).toEqual([ids(1), ids(2)]);
  });
});

describe('a page token that expired', () => {
  test('starts the list again, with a new sink and new counts', async () => {
    graph.script(count, text(200, '2'), text(200, '4'), text(200, '5'));
    graph.script(list, page(users(1), 'a'), expired, page(users(1, 2), 'b'), page(users(3)));
    const opened: UserPages[] = [];
    const reading = await read(() => {
      const sink = new UserPages();
      opened.push(sink);
      return sink;
    });
    expect(opened).toHaveLength(2);
    expect(reading.sink).toBe(opened[1]);
    expect(reading.sink.pages).toEqual([ids(1, 2), ids(3)]);
    expect(reading).toMatchObject({ distinct: 3, countBefore: 4, countAfter: 5 });
    expect(warnings).toEqual([expect.stringContaining('/v1.0/users expired in attempt 1 of 3')]);
  });

  test('may come back with a nextLink of the attempt before', async () => {
    graph.script(list, page(users(1), 'a'), expired, page(users(1), 'a'), page(users(2)));
    expect(await read()).toMatchObject({ distinct: 2 });
  });

  test('three times over is graphUnavailable, never a shorter list', async () => {
    graph.script(
      list,
      page(users(1), 'a'),
      expired,
      page(users(1), 'a'),
      expired,
      page(users(1), 'a'),
      expired,
    );
    await expect(read()).rejects.toMatchObject({
      code: 'graphUnavailable',
      message: expect.stringContaining('Directory_ExpiredPageToken'),
    });
    expect(graph.asked.filter(({ path }) => path === list)).toHaveLength(6);
  });

  test('is only what Graph calls so: another 400 is a refusal', async () => {
    graph.script(list, page(users(1), 'a'), graphError(400, 'Request_UnsupportedQuery'));
    await expect(read()).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining(
        'GET /v1.0/users was refused with status 400 (Request_UnsupportedQuery)',
      ),
    });
  });
});

describe('a list is refused', () => {
  test.each([
    ['another host', 'https://graph.example.com/v1.0/users?$skiptoken=a'],
    ['another path', 'ORIGIN/v1.0/groups?$skiptoken=a'],
    ['another version', 'ORIGIN/beta/users?$skiptoken=a'],
    ['a name for the host', 'https://localhost/v1.0/users?$skiptoken=a'],
  ])('where a nextLink leads to %s: nothing is sent there', async (_, link) => {
    const nextLink = link.replace('ORIGIN', graph.origin);
    graph.script(list, json(200, { value: users(1), '@odata.nextLink': nextLink }));
    await expect(read()).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
    expect(graph.asked.map(({ path }) => path)).toEqual([count, list]);
  });

  test('where a nextLink leads in a circle', async () => {
    graph.always(list, page(users(1), 'a'));
    await expect(read()).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining('was followed before'),
    });
  });

  test('where it goes on for ever without a new object', async () => {
    const pages = Array.from({ length: 1002 }, (_, number) =>
      page(number % 2 === 0 ? [] : users(1), `t${number}`),
    );
    graph.script(list, page(users(1), 'start'), ...pages);
    await expect(read()).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining('for 1000 pages without a new object'),
    });
  });

  test('where a nextLink leads back to the first page', async () => {
    graph.always(list, (response, asked, origin) =>
      json(200, { value: [], '@odata.nextLink': `${origin}${asked.url}` })(response, asked, origin),
    );
    await expect(read()).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
    expect(graph.asked).toHaveLength(2);
  });

  test.each([
    ['no value', {}],
    ['a value that is no array', { value: {} }],
    ['a nextLink that is no text', { value: [], '@odata.nextLink': 7 }],
    ['a nextLink that is null', { value: [], '@odata.nextLink': null }],
    ['null', null],
    ['an array', []],
  ])('where a page holds %s', async (_, body) => {
    graph.script(list, json(200, body));
    await expect(read()).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringMatching(/an array `value`.*client-request-id/),
    });
  });

  test('where one object lacks a key, and its page is not handed over', async () => {
    const { onPremisesImmutableId: _, ...lacking } = graphUser(3);
    graph.script(list, page(users(1), 'a'), page([...users(2), lacking]));
    const sink = new UserPages();
    await expect(read(() => sink)).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringMatching(
        new RegExp(`onPremisesImmutableId .* missing .* user with id ${guidOf(3)}.*client-request-id`),
      ),
    });
    expect(sink.pages).toEqual([ids(1)]);
  });

  test.each([
    ['the list', list],
    ['its count', count],
  ])('where %s is forbidden, naming the permission', async (_, path) => {
    graph.always(path, graphError(403, 'Authorization_RequestDenied'));
    await expect(read()).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringMatching(/status 403 \(Authorization_RequestDenied\).*User\.Read\.All/),
    });
  });

  test('where the count after it is not to be had', async () => {
    graph.script(count, text(200, '1'), text(403, ''));
    graph.script(list, page(users(1)));
    await expect(read()).rejects.toMatchObject({ code: 'graphRefused' });
  });

  test('where a 404 answers, whoever it is from', async () => {
    graph.script(list, graphError(404, 'Request_ResourceNotFound'));
    await expect(read()).rejects.toMatchObject({ code: 'graphRefused' });
  });
});
