import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type * as azureFunctions from '@azure/functions';
import fc from 'fast-check';
import { createApi } from '../../../../shared/io/http/api';
import { entityTagOf } from '../../../../shared/io/http/entityTag';
import { problemSchema } from '../../../../shared/io/http/problem';
import { createHost, type FunctionsHost } from '../../../support/functionsHost/host';
import { jestApp } from '../../../support/functionsHost/jestApp';
import {
  authentication,
  createTokens,
  recordingLog,
  samplePorts,
  sampleRoutes,
  systemClock,
  thingId,
} from './sampleApi';

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** The characters that a header's value may have, and those of a request's target, as Node lets them out. */
const headerText = fc
  .string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter(code => code < 0x7f || code > 0x9f)
      .map(String.fromCharCode),
  })
  .map(text => text.trim());
const targetText = fc.string({
  unit: fc
    .integer({ min: 0x21, max: 0x7e })
    .map(String.fromCharCode)
    .filter(character => character !== '#'),
});
const nasty = fc.constantFrom(
  '..',
  '%2e%2e',
  '%2f',
  '%5c',
  '%00',
  '%ff',
  '%',
  "'",
  '"',
  '$filter=id eq null',
  '(1)',
  '{id}',
  '__proto__',
  'constructor',
  '*',
  '~',
  '%E2%80%AE',
);
const segment = fc.oneof(
  nasty.map(encodeURI),
  nasty.filter(text => !/[ "]/.test(text)),
  targetText.map(text => text.replaceAll(/[/?]/g, '')),
  fc.string({ unit: 'grapheme' }).map(encodeURIComponent),
);
const noise = fc.dictionary(
  fc.constantFrom(
    'accept',
    'if-match',
    'x-correlation-id',
    'traceparent',
    'cookie',
    'x-ms-client-principal',
    'origin',
  ),
  headerText.filter(text => text !== ''),
);

const approve = `/api/things/user/${thingId}/approve`;
const json = { 'content-type': 'application/json' };
const good = { ...json, 'if-match': entityTagOf('W/"1"') };

/** Requests of which each has at least one fault; `token` is a good one, so that they come far. */
const malformed = (token: string): fc.Arbitrary<Sent> => {
  const authorization = `Bearer ${token}`;
  const request = (method: string, target: string, more: Partial<Sent> = {}): Sent => ({
    method,
    target,
    body: null,
    ...more,
    headers: { authorization, ...more.headers },
  });
  const byPath = fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'),
      segments: fc.array(segment, { minLength: 1, maxLength: 5 }),
      start: fc.constantFrom('/api/', '/api/things/', '/api/things/user/', `/api/things/user/${thingId}/`),
    })
    // "." and an empty segment may make a path that exists.
    .map(({ method, segments, start }) =>
      request(method, `${start}${segments.join('/')}/x`, { headers: json }),
    );
  const byQuery = fc
    .tuple(
      targetText,
      fc.constantFrom('zzz=1', 'top=1&top=2', 'top=x', 'type=nothing', 'search=%ff', '%00=1', '__proto__=1'),
    )
    .map(([text, fault]) => request('GET', `/api/things?${fault}&${text}`));
  const byAuthorization = fc
    .oneof(
      headerText,
      headerText.map(text => `Bearer ${text}`),
      fc.constant(`${authorization}x`),
      fc.constant(''),
    )
    .map(value => request('GET', '/api/things', { headers: { authorization: value } }));
  const byType = headerText
    .filter(text => !/json/i.test(text) && text !== '')
    .map(value =>
      request('POST', approve, {
        headers: { ...good, 'content-type': value },
        body: Buffer.from('{"reason":"x"}'),
      }),
    );
  const byCondition = fc
    .oneof(
      headerText,
      fc.base64String().map(text => `"${text}"`),
      fc.constantFrom('', '*', 'W/"1"'),
    )
    .filter(text => text !== good['if-match'])
    .map(value =>
      request('POST', approve, {
        headers: { ...json, ...(value === '' ? {} : { 'if-match': value }) },
        body: Buffer.from('{"reason":"x"}'),
      }),
    );
  const wrongBody = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.jsonValue().map(value => Buffer.from(JSON.stringify(value))),
    fc.jsonValue().map(value => Buffer.from(JSON.stringify({ reason: value, extra: value }))),
    fc.json().map(text => Buffer.from(`{"reason":"x","reason":${text}}`)),
    fc.integer({ min: 17, max: 20_000 }).map(depth => Buffer.from('['.repeat(depth) + ']'.repeat(depth))),
    fc.constant(Buffer.from(JSON.stringify({ reason: 'x'.repeat(70_000) }))),
  );
  const byBody = wrongBody.map(body => request('POST', approve, { headers: good, body }));
  return fc
    .tuple(fc.oneof(byPath, byQuery, byAuthorization, byType, byCondition, byBody), noise)
    .map(([sent, more]) => ({ ...sent, headers: { ...more, ...sent.headers } }));
};

let host: FunctionsHost;
let folder: string;
let token: string;
const log = recordingLog();

beforeAll(async () => {
  const tokens = await createTokens();
  token = await tokens.sign();
  const api = createApi({
    routes: sampleRoutes,
    authentication: { status: 'valid', authentication },
    keys: () => tokens.keys,
    clock: systemClock,
    ports: () => samplePorts,
  });
  folder = mkdtempSync(path.join(tmpdir(), 'host-'));
  writeFileSync(path.join(folder, 'host.json'), '{"version":"2.0"}');
  host = await createHost({
    appDirectory: folder,
    log: ({ level, message }) => (level === 'error' ? log.error(message) : undefined),
    endWorker: error => {
      throw error;
    },
    loadApp: jestApp(() => {
      const { app } = require('@azure/functions') as typeof azureFunctions;
      app.http('httpApi', {
        route: '{*path}',
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        handler: request => api(request, log, AbortSignal.timeout(10_000)),
      });
    }),
  });
});
afterAll(async () => {
  await host?.stop();
  rmSync(folder, { recursive: true });
});

async function send({
  method,
  target,
  headers,
  body,
}: Sent): Promise<{ answer: IncomingMessage; text: string }> {
  const { hostname, port } = new URL(host.url);
  const outgoing = httpRequest({ hostname, port, method, path: target, headers });
  if (body) outgoing.setHeader('content-length', body.byteLength);
  outgoing.end(body ?? undefined);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { answer, text: (await buffer(answer)).toString('utf8') };
}

test('the request that the others are made of is a good one', async () => {
  const headers = { authorization: `Bearer ${token}`, ...good };
  const sent = { method: 'POST', target: approve, headers, body: Buffer.from('{"reason":"x"}') };
  expect((await send(sent)).answer.statusCode).toBe(200);
  const list = { method: 'GET', target: '/api/things?top=3', headers, body: null };
  expect((await send(list)).answer.statusCode).toBe(200);
});

test('1,000 malformed requests: 4xx each time, never a stack, and nothing unexpected in the log', async () => {
  const byStatus: Record<number, number> = {};
  let ours = 0;
  await fc.assert(
    fc.asyncProperty(malformed(token), async sent => {
      const { answer, text } = await send(sent);
      const status = answer.statusCode ?? 0;
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/\n +at |node_modules|\.ts\b|Error:/);
      expect(text).not.toContain(token);
      if (answer.headers['content-type'] !== 'application/problem+json') return;
      ours++;
      const problem = sent.method === 'HEAD' ? { status } : problemSchema.parse(JSON.parse(text));
      expect(problem.status).toBe(status);
    }),
    { numRuns: 1000 },
  );
  expect(log.lines.filter(line => line.startsWith('error'))).toEqual([]);
  // Else the generator would have lost its aim: nearly all of them must reach the app, and every refusal must occur.
  expect(ours).toBeGreaterThan(900);
  expect(Object.keys(byStatus).map(Number)).toEqual(
    expect.arrayContaining([400, 401, 404, 412, 413, 415, 428]),
  );
});
