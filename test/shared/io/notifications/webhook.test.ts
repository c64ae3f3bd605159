import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { NotificationWebhook } from '../../../../shared/app/notify';
import {
  createNotificationWebhook,
  webhookLimits,
  type WebhookLimits,
} from '../../../../shared/io/notifications/webhook';
import { instant } from '../../../support/builders';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';
import { open } from '../tables/storage';

/** What the server does with one request. */
type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'close'
  | 'endlessBody';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

let server: Server;
let unknownServer: Server;
const sockets = new Set<Duplex>();
let replies: Reply[];
let received: Received[];
let waits: number[];

const secretPath = '/workflows/abc/triggers/manual/paths/invoke?api-version=2016-06-01&sig=S3cr3t';
const addressOf = (of: Server): string =>
  `https://127.0.0.1:${(of.address() as AddressInfo).port}${secretPath}`;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  server = createServer(await authority.issue(), (request, response) => {
    void text(request).then(body => {
      const { method, url } = request;
      received.push({ method, url, contentType: request.headers['content-type'], body });
      const reply = replies.shift() ?? { status: 500 };
      server.emit('taken');
      if (reply === 'hang') return undefined;
      if (reply === 'close') return request.socket.destroy();
      if (reply === 'endlessBody') {
        response.writeHead(200);
        return response.write('x'.repeat(1024));
      }
      response.writeHead(reply.status, reply.headers);
      return response.end(reply.body ?? '');
    });
  });
  const stranger = await createCertificateAuthority();
  unknownServer = createServer(await stranger.issue(), (_request, response) => response.end());
  for (const one of [server, unknownServer]) {
    one.on('connection', socket => sockets.add(socket));
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
});
afterAll(async () => {
  for (const one of [server, unknownServer]) {
    one?.close();
    // Also those that never came to a request.
    for (const socket of sockets) socket.destroy();
    if (one) await once(one, 'close');
  }
});
beforeEach(() => {
  replies = [];
  received = [];
  waits = [];
});

const webhook = (limits: Partial<WebhookLimits> = {}, url = addressOf(server)): NotificationWebhook =>
  createNotificationWebhook({
    url,
    limits,
    clock: { now: () => instant('2026-11-20T02:00:00Z') },
    sleep: async milliseconds => void waits.push(milliseconds),
    random: () => 0.5,
  });
const post = (limits?: Partial<WebhookLimits>) => webhook(limits).post('{"ä":1}', open);
const throttled: Reply = { status: 429, headers: { 'retry-after': '2' } };

test.each([200, 202, 204])('%i is accepted, and the message is what was sent', async status => {
  replies = [{ status, body: status === 204 ? '' : '1' }];
  expect(await post()).toEqual({ kind: 'accepted' });
  expect(received).toEqual([
    { method: 'POST', url: secretPath, contentType: 'application/json; charset=utf-8', body: '{"ä":1}' },
  ]);
});

test('throttling is waited out as long as it asks', async () => {
  replies = [throttled, { status: 202 }];
  expect(await post()).toEqual({ kind: 'accepted' });
  expect(waits).toEqual([2_000]);
});

test('longer than patience lasts is too long', async () => {
  replies = [{ status: 429, headers: { 'retry-after': '6' } }];
  expect(await post()).toMatchObject({
    kind: 'notAccepted',
    reason: expect.stringContaining('it answered 429'),
  });
  expect([received.length, waits]).toEqual([1, []]);
});

test('503 is tried again, a few times', async () => {
  const status = 503;
  replies = [{ status }, { status }, { status }, { status: 202 }];
  expect(await post()).toEqual({
    kind: 'notAccepted',
    reason:
      'The webhook was expected to take the message, but it answered 503, and that was attempt 3, the last one.',
  });
  expect(received).toHaveLength(webhookLimits.attempts);
});

/** Where nobody listens any more. */
async function addressOfNobody(): Promise<string> {
  const closed = createServer();
  closed.listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const address = addressOf(closed);
  closed.close();
  await once(closed, 'close');
  return address;
}

test('where nobody listens it is tried again: nothing has arrived', async () => {
  const nobody = await addressOfNobody();
  expect(await webhook({}, nobody).post('{}', open)).toMatchObject({
    reason: expect.stringMatching(/the connection failed \(ECONNREFUSED\), and that was attempt 3/),
  });
  expect(waits).toHaveLength(2);
});

describe('what may have arrived is not sent again: nobody reads a channel that says everything twice', () => {
  test.each<[string, Reply, RegExp]>([
    ['the answer is late', 'hang', /no answer within 0\.2 s/],
    ['the connection is closed', 'close', /the connection failed \([A-Z_]+\)/],
    ['500', { status: 500 }, /it answered 500/],
    ['502', { status: 502 }, /it answered 502/],
    ['504', { status: 504 }, /it answered 504/],
  ])('%s', async (_what, reply, reason) => {
    replies = [reply, { status: 202 }];
    expect(await post({ attemptTimeoutMs: 200 })).toEqual({
      kind: 'notAccepted',
      reason: expect.stringMatching(reason),
    });
    expect([received.length, waits]).toEqual([1, []]);
  });
});

test.each([301, 302, 307, 308])('a redirect, %i, is not followed', async status => {
  replies = [{ status, headers: { location: addressOf(server) } }, { status: 200 }];
  expect(await post()).toMatchObject({
    kind: 'notAccepted',
    reason: expect.stringContaining(`a redirect, ${status}, which is not followed`),
  });
  expect(received).toHaveLength(1);
});

test.each([400, 401, 403, 404, 410, 413])('%i is final', async status => {
  replies = [{ status, body: `no: ${secretPath}` }, { status: 200 }];
  expect(await post()).toEqual({
    kind: 'notAccepted',
    reason: `The webhook was expected to take the message, and answered ${status}. Check NOTIFICATION_WEBHOOK_URL and NOTIFICATION_FORMAT.`,
  });
  expect(received).toHaveLength(1);
});

test('a body that never ends holds nothing up', async () => {
  replies = ['endlessBody'];
  expect(await post()).toEqual({ kind: 'accepted' });
});

test('a server that nobody vouches for gets nothing', async () => {
  expect(await webhook({}, addressOf(unknownServer)).post('{}', open)).toMatchObject({
    kind: 'notAccepted',
    reason: expect.stringMatching(/the connection failed \([A-Z_]+\)/),
  });
});

test('without anything replaced, it waits by itself', async () => {
  jest.spyOn(Math, 'random').mockReturnValue(0);
  replies = [{ status: 429, headers: { 'retry-after': '0.01' } }, { status: 202 }];
  const clock = { now: () => instant('2026-11-20T02:00:00Z') };
  const plain = createNotificationWebhook({ url: addressOf(server), clock });
  expect(await plain.post('{}', open)).toEqual({ kind: 'accepted' });
  jest.restoreAllMocks();
});

test('a failure that names no code is unknown', async () => {
  // A port that fetch refuses by itself.
  expect(await webhook({}, `https://127.0.0.1:1${secretPath}`).post('{}', open)).toMatchObject({
    reason: expect.stringContaining('the connection failed (unknown)'),
  });
});

test('no reason holds anything of the address', async () => {
  const nobody = await addressOfNobody();
  const answers = [
    await webhook({}, nobody).post('{}', open),
    await webhook({}, addressOf(unknownServer)).post('{}', open),
  ];
  for (const reply of [
    'close',
    { status: 500 },
    { status: 302, headers: { location: '/x' } },
    { status: 404 },
  ] as const) {
    replies = [reply, reply, reply];
    answers.push(await post());
  }
  for (const answer of answers) {
    expect(answer.kind).toBe('notAccepted');
    expect(JSON.stringify(answer)).not.toMatch(/S3cr3t|workflows|127\.0\.0\.1|https/);
  }
});

test('who stops waiting gets the reason of the stop, before, during and between attempts', async () => {
  const reason = new Error('stop');
  await expect(webhook().post('{}', AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(received).toEqual([]);
  const during = new AbortController();
  replies = ['hang'];
  const hanging = webhook().post('{}', during.signal);
  await once(server, 'taken');
  during.abort(reason);
  await expect(hanging).rejects.toBe(reason);
  const between = new AbortController();
  replies = [throttled];
  const sleeping = createNotificationWebhook({
    url: addressOf(server),
    clock: { now: () => instant('2026-11-20T02:00:00Z') },
    sleep: () => {
      between.abort(reason);
      return new Promise(() => undefined);
    },
  });
  await expect(sleeping.post('{}', between.signal)).rejects.toBe(reason);
});
