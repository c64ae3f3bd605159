import type { TokenCredential } from '@azure/identity';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import {
  createGraphRequests,
  type GraphRequests,
  type GraphRequestsOptions,
} from '../../../../shared/io/graph/graphRequests';
import { credentialOf } from './samples';
import {
  cutShort,
  graphError,
  json,
  reset,
  stall,
  startScriptedGraph,
  text,
  type Responder,
  type ScriptedGraph,
} from './scriptedGraph';

const correlationId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' as Guid;
const path = '/v1.0/users';
const now = Date.UTC(2026, 2, 1, 12, 0, 0) as Instant;
const unheeded = new AbortController().signal;
let graph: ScriptedGraph;
let waits: number[];
let warnings: string[];
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => {
  graph.reset();
  waits = [];
  warnings = [];
});
afterAll(() => graph.stop());

/** Waits in real time, unlike most of these tests. */
const unhurriedOptions = (
  credential: TokenCredential = credentialOf('secret-token'),
): GraphRequestsOptions => ({
  client: createGraphClient(graph.origin, credential),
  correlationId,
  log: { debug() {}, info() {}, warn: message => warnings.push(message), error() {} },
});
const requestsOf = (
  options: Partial<GraphRequestsOptions> = {},
  credential?: TokenCredential,
): GraphRequests =>
  createGraphRequests({
    ...unhurriedOptions(credential),
    clock: { now: () => now },
    sleep: async milliseconds => waits.push(milliseconds),
    random: () => 0.5,
    ...options,
  });
const url = (query = ''): string => `${graph.origin}${path}${query}`;
const ask = (requests = requestsOf(), signal = unheeded) => requests.json(url(), signal);

describe('another attempt cures', () => {
  const cures: [string, Responder][] = [
    ['429', text(429, '')],
    ['500', graphError(500, 'InternalServerError')],
    ['502 with HTML', text(502, '<html></html>', { 'content-type': 'text/html' })],
    ['503', text(503, '')],
    ['504', text(504, 'Gateway Timeout')],
    ['a connection that was reset', reset],
    ['a body that was cut short on the way', cutShort],
    [
      'a whole body with half of the JSON',
      text(200, '{"value":[{"id":', { 'content-type': 'application/json' }),
    ],
    ['HTML instead of JSON', text(200, '<html>sign in</html>', { 'content-type': 'text/html' })],
    ['an empty body', text(200, '')],
    [
      'a body that is not UTF-8',
      response => {
        response.writeHead(200).end(Buffer.from('{"value":"é"}', 'latin1'));
      },
    ],
  ];

  test.each(cures)('%s', async (_, responder) => {
    graph.script(path, responder, responder, json(200, { value: [] }));
    expect(await ask()).toMatchObject({ kind: 'answered', value: { value: [] } });
    expect(graph.asked).toHaveLength(3);
    expect(waits).toEqual([500, 1_000]);
    expect(warnings).toHaveLength(2);
  });

  test('an attempt that got no answer in time', async () => {
    graph.script(path, stall, json(200, {}));
    expect(await ask(requestsOf({ limits: { attemptTimeoutMs: 100 } }))).toMatchObject({ kind: 'answered' });
    expect(warnings[0]).toMatch(/no complete answer within 0\.1 s; attempt 2 of 8 in 0\.5 s/);
  });

  test('an attempt whose body stalled halfway', async () => {
    graph.script(path, response => void response.writeHead(200).write('{"value":'), json(200, {}));
    expect(await ask(requestsOf({ limits: { attemptTimeoutMs: 100 } }))).toMatchObject({ kind: 'answered' });
    expect(graph.asked).toHaveLength(2);
  });

  test('an attempt whose token did not come in time, even from a credential that heeds no signal', async () => {
    let asked = 0;
    const slow: TokenCredential = {
      getToken: () =>
        (asked += 1) === 1 ? new Promise(() => undefined) : credentialOf('late').getToken('scope'),
    };
    graph.script(path, json(200, {}));
    expect(await ask(requestsOf({ limits: { attemptTimeoutMs: 100 } }, slow))).toMatchObject({
      kind: 'answered',
    });
  });
});

describe('Retry-After', () => {
  test('of 429 and of 503 is waited for whole, fractions and minutes included', async () => {
    graph.script(
      path,
      text(429, '', { 'retry-after': '1.5' }),
      text(503, '', { 'retry-after': '240' }),
      text(429, '', {
        'retry-after': 'Sun, 01 Mar 2026 12:05:00 GMT',
        date: 'Sun, 01 Mar 2026 12:00:00 GMT',
      }),
      json(200, {}),
    );
    await ask();
    expect(waits).toEqual([1_500, 240_000, 300_000]);
  });

  test('as a date counts from now where the answer has no Date', async () => {
    const undated: Responder = response => {
      response.sendDate = false;
      response.writeHead(503, { 'retry-after': 'Sun, 01 Mar 2026 12:01:00 GMT' }).end();
    };
    graph.script(path, undated, json(200, {}));
    await ask();
    expect(waits).toEqual([60_000]);

    const inAMinute: Responder = response => {
      response.sendDate = false;
      response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
    };
    graph.script(path, inAMinute, json(200, {}));
    const bySystemClock = createGraphRequests({
      ...unhurriedOptions(),
      sleep: async milliseconds => waits.push(milliseconds),
    });
    await ask(bySystemClock);
    expect(waits[1]).toBeGreaterThan(55_000);
    expect(waits[1]).toBeLessThanOrEqual(60_000);
  });

  test('beyond the patience ends the request at once, and says so', async () => {
    graph.script(path, text(429, '', { 'retry-after': '1200' }));
    await expect(ask()).rejects.toMatchObject({
      code: 'graphUnavailable',
      message: expect.stringContaining(
        'the next attempt is due in 1200 s, after 0 s of waiting, and the limit is 900 s',
      ),
    });
    expect(graph.asked).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  test('adds up: the patience is for all waits of a request', async () => {
    graph.always(path, text(429, '', { 'retry-after': '400' }));
    await expect(ask()).rejects.toMatchObject({ code: 'graphUnavailable' });
    expect(waits).toEqual([400_000, 400_000]);
  });
});

test('waits in real time where no other sleep is given', async () => {
  graph.script(path, text(503, '', { 'retry-after': '0.05' }), json(200, {}));
  const started = performance.now();
  await ask(createGraphRequests({ ...unhurriedOptions(), random: () => 0 }));
  expect(performance.now() - started).toBeGreaterThan(45);
});

test('the backoff is random where no other chance is given', async () => {
  graph.script(path, text(503, ''), text(503, ''), text(503, ''), json(200, {}));
  await ask(
    createGraphRequests({ ...unhurriedOptions(), sleep: async milliseconds => waits.push(milliseconds) }),
  );
  expect(waits).toHaveLength(3);
  for (const [position, limit] of [1_000, 2_000, 4_000].entries())
    expect(waits[position]).toBeLessThanOrEqual(limit);
});

describe('attempts are bounded', () => {
  test.each([
    ['503', text(503, ''), 'the status was 503'],
    ['a reset connection', reset, 'the connection failed (other side closed)'],
    ['a body cut short', cutShort, 'the connection failed (other side closed)'],
    [
      'HTML',
      text(200, '<html></html>', { 'content-type': 'text/html; charset=utf-8' }),
      'the body (13 bytes, text/html) is cut short or not what was asked for',
    ],
  ] as [string, Responder, string][])(
    '%s for ever is graphUnavailable after 8 attempts',
    async (_, responder, reason) => {
      graph.always(path, responder);
      await expect(ask()).rejects.toMatchObject({
        code: 'graphUnavailable',
        message: expect.stringContaining(`${reason}, and that was attempt 8, the last one`),
      });
      expect(graph.asked).toHaveLength(8);
      expect(waits).toHaveLength(7);
    },
  );

  test('as the limit says', async () => {
    graph.always(path, text(503, ''));
    await expect(ask(requestsOf({ limits: { attempts: 2 } }))).rejects.toMatchObject({
      code: 'graphUnavailable',
    });
    expect(graph.asked).toHaveLength(2);
  });
});

describe('what is answered at once', () => {
  test.each([201, 204, 302, 400, 401, 403, 404, 410])('%d is a refusal, not asked again', async status => {
    graph.script(path, status === 204 ? text(204, '') : graphError(status, 'Some_Code'));
    expect(await ask()).toEqual({
      kind: 'refused',
      refusal: { status, code: status === 204 ? null : 'Some_Code', trace: expect.any(String) },
    });
    expect(graph.asked).toHaveLength(1);
  });

  test('a refusal by something that is not Graph has no code', async () => {
    graph.script(path, text(403, '<html>blocked</html>'));
    expect(await ask()).toMatchObject({ kind: 'refused', refusal: { status: 403, code: null } });
  });

  test('a body beyond the limit is refused, whatever its status', async () => {
    for (const status of [200, 403]) {
      graph.script(path, text(status, ' '.repeat(1_001)));
      await expect(ask(requestsOf({ limits: { largestBodyBytes: 1_000 } }))).rejects.toMatchObject({
        code: 'graphAnswerInvalid',
        message: expect.stringContaining('at most 1000 bytes'),
      });
    }
    expect(graph.asked).toHaveLength(2);
  });

  test('a missing token is not asked for again: the credential has attempts of its own', async () => {
    const getToken = jest.fn(() => Promise.reject(new Error('no identity')));
    await expect(ask(requestsOf({}, { getToken }))).rejects.toMatchObject({ code: 'graphUnavailable' });
    expect(getToken).toHaveBeenCalledTimes(1);
  });
});

describe('a count', () => {
  test('is asked for as plain text, with eventual consistency', async () => {
    graph.script(path, text(200, '\uFEFF1234'));
    expect(await requestsOf().count(url(), unheeded)).toMatchObject({ kind: 'answered', value: 1234 });
    expect(graph.asked[0]?.headers).toMatchObject({ accept: 'text/plain', consistencylevel: 'eventual' });
  });

  test('that is no number is asked for again', async () => {
    graph.script(path, text(200, '<html></html>'), text(200, '7'));
    expect(await requestsOf().count(url(), unheeded)).toMatchObject({ kind: 'answered', value: 7 });
  });
});

describe('the caller stops', () => {
  const reason = new Error('SIGTERM');

  test('before the first attempt: no token is asked for, nothing is sent', async () => {
    const getToken = jest.fn();
    await expect(ask(requestsOf({}, { getToken }), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(getToken).not.toHaveBeenCalled();
    expect(graph.asked).toHaveLength(0);
  });

  test('during a request', async () => {
    const controller = new AbortController();
    graph.script(path, () => controller.abort(reason));
    await expect(ask(requestsOf(), controller.signal)).rejects.toBe(reason);
    expect(warnings).toEqual([]);
  });

  test('during a token request of a credential that heeds no signal', async () => {
    const controller = new AbortController();
    const deaf: TokenCredential = {
      getToken: () => {
        controller.abort(reason);
        return new Promise(() => undefined);
      },
    };
    await expect(ask(requestsOf({}, deaf), controller.signal)).rejects.toBe(reason);
  });

  test('during a wait, even a long one', async () => {
    const controller = new AbortController();
    graph.script(path, text(429, '', { 'retry-after': '800' }));
    const log = {
      debug() {},
      info() {},
      warn: () => setImmediate(() => controller.abort(reason)),
      error() {},
    };
    const requests = createGraphRequests({ ...unhurriedOptions(), log });
    await expect(ask(requests, controller.signal)).rejects.toBe(reason);
    expect(graph.asked).toHaveLength(1);
  });
});

describe('a request can be found again', () => {
  test("by a client-request-id of its own that begins with the run's", async () => {
    graph.script(path, text(503, ''), json(200, {}));
    await ask();
    const ids = graph.asked.map(({ headers }) => headers['client-request-id']);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^aaaaaaaa-bbbb-4ccc-8ddd-[0-9a-f]{12}$/);
    expect(warnings[0]).toContain(`client-request-id ${String(ids[0])}`);
  });

  test("by the ids in a message, Graph's own included where it looks like one", async () => {
    graph.script(path, text(400, '', { 'request-id': 'ffff-1' }), text(400, '', { 'request-id': 'a b' }));
    const traces = [await ask(), await ask()].map(answer =>
      answer.kind === 'refused' ? answer.refusal.trace : '',
    );
    expect(traces[0]).toMatch(/^client-request-id [0-9a-f-]{36}, request-id ffff-1$/);
    expect(traces[1]).toMatch(/^client-request-id [0-9a-f-]{36}$/);
  });

  test('but neither the token nor the query, which may hold a page token, is in a message', async () => {
    graph.always(path, reset);
    const requests = (token: string): GraphRequests =>
      requestsOf({ limits: { attempts: 2 } }, credentialOf(token));
    await expect(requests('secret').json(url('?$skiptoken=secret'), unheeded)).rejects.toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
    // A token that no header can hold: fetch quotes it in its error.
    await expect(ask(requests('secret\n-token'))).rejects.toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).not.toContain('secret');
  });
});

test('an address is of the configured origin', () => {
  expect(requestsOf().address('/v1.0/users')).toBe(url());
});
