import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import type { Instant } from '../../../shared/core/instant';
import { codeOf, getOutside, shakeHands } from '../../../infra/doctor/outside';

const clock = { now: () => Date.now() as Instant };
const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const get = (port: number, signal = AbortSignal.timeout(10_000)) =>
  getOutside(`http://127.0.0.1:${port}/`, {}, { of: 'app', clock, signal });

test('an answer that is too long, or no JSON, is none; one without a date tells no time', async () => {
  let body = '{"a":1}';
  const port = await listen(
    http.createServer((_, response) => {
      response.sendDate = false;
      response.end(body);
    }),
  );
  expect(await get(port)).toEqual({
    kind: 'answered',
    status: 200,
    location: null,
    clock: null,
    json: { a: 1 },
  });
  body = 'x';
  expect(await get(port)).toMatchObject({ json: null });
  body = `"${'x'.repeat(4 * 1024 * 1024)}"`;
  expect(await get(port)).toMatchObject({ status: 200, json: null });
});

test('a connection that is cut is told by its code; one that is stopped ends it', async () => {
  const port = await listen(net.createServer(socket => void socket.resetAndDestroy()));
  expect(await get(port)).toEqual({ kind: 'failed', code: 'ECONNRESET' });
  await expect(get(port, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});

test('what has no code is told by its kind', () => {
  expect(codeOf(new RangeError('x'))).toBe('RangeError');
  expect(codeOf({ code: 'A' })).toBe('A');
  expect(codeOf({})).toBe('unknown');
});

test('where nobody speaks TLS, there is no handshake', async () => {
  const port = await listen(net.createServer(socket => socket.end('no')));
  const hands = await shakeHands(`https://127.0.0.1:${port}`, AbortSignal.timeout(10_000));
  expect(hands.today).toMatchObject({ kind: 'failed' });
  await expect(shakeHands(`https://127.0.0.1:${port}`, AbortSignal.abort(new Error('stop')))).rejects.toThrow(
    'stop',
  );
});

test('where nobody listens, an old protocol was not tried', async () => {
  const server = net.createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  expect(await shakeHands(`https://localhost:${port}`, AbortSignal.timeout(10_000))).toEqual({
    today: { kind: 'failed', code: expect.stringMatching(/REFUSED|Aggregate/) },
    old: { kind: 'notTried', code: expect.any(String) },
  });
});
