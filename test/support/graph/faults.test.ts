import { FaultBook, type Fault, type FaultCondition } from './faults';
import { appId, eventual, idOf, startTestGraph, type Answered, type TestGraph } from './testGraph';

const users = Array.from({ length: 6 }, (_, n) => ({ id: idOf(n), mail: `user${n}@contoso.example` }));
const list = 'users?$top=2&$select=id,mail';
const usersPath = /^\/v1\.0\/users$/;

let served: TestGraph;
beforeEach(async () => {
  served = await startTestGraph({ users });
});
afterEach(() => served.stop());

const inject = (fault: Fault, when: FaultCondition = {}, times?: number): void =>
  served.graph.faults.add({ when, do: fault, ...(times === undefined ? {} : { times }) });
const numbersOf = (answer: Answered): number[] =>
  (answer.json?.value ?? []).map(({ id }) => Number(String(id).slice(-12)));
const next = (answer: Answered): string => answer.json!['@odata.nextLink']!;

/** Follows the list to its end, at most `pages` pages far. */
async function read(pages = 10): Promise<Answered[]> {
  const found = [await served.get(list)];
  for (let last = found[0]; last?.json?.['@odata.nextLink'] && found.length < pages; last = found.at(-1)) {
    found.push(await served.get(next(last)));
  }
  return found;
}

describe('a rule', () => {
  test('is for the requests that fit, as many times as it says, once by default', async () => {
    inject({ kind: 'answer', status: 503 });
    inject({ kind: 'answer', status: 500 }, {}, 2);
    const statuses: number[] = [];
    for (let request = 0; request < 4; request += 1) statuses.push((await served.get('users')).status);
    // The second rule fits the first request as well: a rule is used by every request it fits.
    expect(statuses).toEqual([503, 500, 200, 200]);
    expect(served.graph.faults.pending).toEqual([]);
  });

  test('fits by method, path, page and app', () => {
    const target = { method: 'GET', pathname: '/v1.0/users', page: 2, appId };
    const fits = (when: FaultCondition): boolean => {
      const book = new FaultBook();
      book.add({ when, do: { kind: 'reset' } });
      return book.take(target).length === 1 && book.pending.length === 0;
    };
    expect(fits({ method: 'GET', path: usersPath, page: 2, appId })).toBe(true);
    for (const other of [{ method: 'POST' }, { path: /\$count$/ }, { page: 1 }, { appId: idOf(1) }]) {
      expect(fits(other)).toBe(false);
    }
  });

  test('with a page is for that page of the list', async () => {
    inject({ kind: 'answer', status: 502 }, { path: usersPath, page: 2 });
    const first = await served.get(list);
    expect(first.status).toBe(200);
    expect((await served.get(next(first))).status).toBe(502);
    expect((await served.get(next(first))).status).toBe(200);
  });

  test('for the n-th request lets the others through', async () => {
    inject({ kind: 'answer', status: 503 }, { path: usersPath, nth: 2 });
    const statuses: number[] = [];
    for (const path of ['users', 'groups', 'users', 'users']) statuses.push((await served.get(path)).status);
    expect(statuses).toEqual([200, 200, 503, 200]);
    expect(served.graph.faults.pending).toEqual([]);
  });

  test('is pending until it was used, and can be forgotten', async () => {
    inject({ kind: 'reset' }, { path: /^\/v1\.0\/groups$/ });
    expect((await served.get('users')).status).toBe(200);
    expect(served.graph.faults.pending).toHaveLength(1);
    served.graph.faults.clear();
    expect((await served.get('groups')).status).toBe(200);
  });

  test('comes before the token is looked at, as a gateway does', async () => {
    inject({ kind: 'answer', status: 504, body: 'gateway' });
    expect((await served.get('users', { authorization: '' })).status).toBe(504);
  });
});

describe('answers', () => {
  test.each(['1.5', '300', 'Wed, 21 Oct 2026 07:28:00 GMT'])('429 with Retry-After: %s', async retryAfter => {
    inject({ kind: 'answer', status: 429, headers: { 'retry-after': retryAfter } });
    const { status, headers, json } = await served.get('users');
    expect([status, headers.get('retry-after'), json?.error?.code]).toEqual([
      429,
      retryAfter,
      'TooManyRequests',
    ]);
    expect(json?.error?.innerError['request-id']).toBe(headers.get('request-id'));
  });

  test.each([500, 502, 503, 504])('%i with an error of Graph', async status => {
    inject({ kind: 'answer', status });
    const answer = await served.get('users');
    expect([answer.status, typeof answer.json?.error?.code]).toEqual([status, 'string']);
  });

  test('504, or 200, with a body that is no JSON', async () => {
    for (const status of [504, 200]) {
      inject({ kind: 'answer', status, body: '<html>busy</html>' });
      const { headers, text, ...answer } = await served.get('users');
      expect([answer.status, headers.get('content-type'), text]).toEqual([
        status,
        'text/html',
        '<html>busy</html>',
      ]);
    }
  });

  test('a body of any type', async () => {
    inject({
      kind: 'answer',
      status: 200,
      body: '{"value":1}',
      headers: { 'content-type': 'application/json' },
    });
    const { headers, text } = await served.get('users');
    expect([headers.get('content-type'), text]).toEqual(['application/json', '{"value":1}']);
  });

  test('an expired page token', async () => {
    inject({ kind: 'expirePageToken' }, { page: 2 });
    const pages = await read();
    expect(pages.map(({ status, json }) => [status, json?.error?.code])).toEqual([
      [200, undefined],
      [400, 'Directory_ExpiredPageToken'],
    ]);
  });
});

describe('connections', () => {
  test('a reset: no answer at all, and none in the log', async () => {
    inject({ kind: 'reset' });
    await expect(served.get('users')).rejects.toThrow('fetch failed');
    expect(served.graph.requests.at(-1)).toMatchObject({ url: '/v1.0/users', status: null });
  });

  test('a stall: no answer until the client gives up, or the stand-in is stopped', async () => {
    inject({ kind: 'stall' }, { path: /users|organization/ }, 2);
    const giveUp = new AbortController();
    const given = served.get('users', {}, { signal: giveUp.signal });
    const waiting = served.get('organization');
    // Both are there before they are given up.
    while (served.graph.faults.pending.length > 0) await served.get('groups');
    giveUp.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    await Promise.all([served.stop(), expect(waiting).rejects.toThrow('fetch failed')]);
    served = await startTestGraph();
  });

  test('a body that is cut, and looks whole', async () => {
    inject({ kind: 'cutBody', length: 40, ending: 'proper' });
    const { status, text, json } = await served.get('users');
    expect([status, text.length, json]).toEqual([200, 40, undefined]);
  });

  test('a body that the connection did not survive', async () => {
    inject({ kind: 'cutBody', length: 40, ending: 'connectionLost' });
    await expect(served.get('users')).rejects.toThrow('terminated');
  });
});

describe('pages', () => {
  const pagesOf = async (fault: Fault, page = 2): Promise<number[][]> => {
    inject(fault, { path: usersPath, page });
    return (await read()).map(numbersOf);
  };

  test('an empty one, with a nextLink to what was due', async () => {
    expect(await pagesOf({ kind: 'emptyPage' })).toEqual([[0, 1], [], [2, 3], [4, 5]]);
    expect(await pagesOf({ kind: 'emptyPage' }, 1)).toEqual([[], [0, 1], [2, 3], [4, 5]]);
  });

  test('the objects of the page before once more', async () => {
    expect(await pagesOf({ kind: 'repeatPreviousPage' })).toEqual([
      [0, 1],
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect(await pagesOf({ kind: 'repeatPreviousPage' }, 1)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
  });

  test('objects left out of the middle, in silence', async () => {
    expect(await pagesOf({ kind: 'dropObjects', at: 0, count: 1 })).toEqual([[0, 1], [3], [4, 5]]);
  });

  test('a nextLink to elsewhere, to itself, or none', async () => {
    const link = async (rewrite: (link: string | null, request: string) => string | null) => {
      inject({ kind: 'nextLink', rewrite });
      return (await served.get(list)).json?.['@odata.nextLink'];
    };
    expect(await link(() => 'https://graph.example/v1.0/users')).toBe('https://graph.example/v1.0/users');
    expect(await link(from => from!.replace('https:', 'http:'))).toMatch(/^http:.*skiptoken/);
    expect(await link(from => from!.replace('/users', '/groups'))).toContain('/v1.0/groups?');
    expect(await link((_, request) => request)).toBe(`${served.graph.endpoint}/v1.0/${list}`);
    expect(await link(() => null)).toBeUndefined();
  });

  test('a nextLink where there should be none', async () => {
    inject({ kind: 'nextLink', rewrite: (link, request) => link ?? request }, { path: usersPath, page: 3 });
    const pages = await read(3);
    expect(next(pages[2]!)).toBe(next(pages[1]!));
  });

  test('a property that is not there', async () => {
    inject({ kind: 'dropProperties', names: ['mail'] });
    expect((await served.get(list)).json?.value).toEqual([{ id: idOf(0) }, { id: idOf(1) }]);
  });

  test('a count that is off: of a list, and the plain one', async () => {
    inject({ kind: 'miscount', by: -4 }, {}, 3);
    expect((await served.get('users?$count=true', eventual)).json?.['@odata.count']).toBe(2);
    expect((await served.get('users/$count', eventual)).text).toBe('2');
    expect((await served.get('users')).json).not.toHaveProperty(['@odata.count']);
    expect((await served.get('users/$count', eventual)).text).toBe('6');
  });

  test('several faults of one page', async () => {
    inject({ kind: 'dropObjects', at: 1, count: 1 });
    inject({ kind: 'dropProperties', names: ['id'] });
    expect((await served.get(list)).json?.value).toEqual([{ mail: 'user0@contoso.example' }]);
  });

  test('a fault of a page leaves other answers alone', async () => {
    inject({ kind: 'emptyPage' }, {}, 2);
    expect((await served.get('users/$count', eventual)).text).toBe('6');
    expect((await served.get(`users/${idOf(1)}`)).json).toMatchObject({ id: idOf(1) });
  });
});

describe('callbacks', () => {
  test('change the directory while a list is read', async () => {
    inject(
      {
        kind: 'run',
        callback: () => {
          served.graph.directory.remove('user', idOf(2));
        },
      },
      { page: 2 },
    );
    expect((await read()).map(numbersOf)).toEqual([[0, 1], [3, 4], [5]]);
  });

  test('hold an answer up until they are done', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    inject({ kind: 'run', callback: () => promise }, { path: usersPath });
    const held = served.get('users');
    expect((await served.get('groups')).status).toBe(200);
    expect(served.graph.requests.find(({ url }) => url === '/v1.0/users')?.status).toBeNull();
    resolve();
    expect((await held).status).toBe(200);
  });

  test('that fail answer 501: no client takes that for something that passes', async () => {
    inject({
      kind: 'run',
      callback: () => served.graph.directory.put('user', { id: 'no id' }),
    });
    const { status, json } = await served.get('users');
    expect([status, json?.error?.code]).toEqual([501, 'StandInFailure']);
    expect(json?.error?.message).toContain('no lower-case GUID');
  });
});
