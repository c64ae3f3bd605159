import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../../../../shared/app/ports';
import type { Instant } from '../../../../shared/core/instant';
import { readJson } from '../../../../shared/io/http/boundedJson';
import {
  createSigningKeys,
  failureCooldownMs,
  keysMaxAgeMs,
  unknownKeyCooldownMs,
  type KeyLookup,
} from '../../../../shared/io/http/signingKeys';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';

type Reply = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly never?: true;
};

let server: Server;
let origin: string;
let issuer: string;
let keys: JWK[];
/** What the issuer answers, by path; a path that is not here is 404. */
let replies: Record<string, Reply>;
let asked: string[];
let now = 0;
const clock: Clock = { now: () => now as Instant };
const metadataPath = '/t/v2.0/.well-known/openid-configuration';

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  server = createServer(await authority.issue(), (request, response) => {
    asked.push(request.url ?? '');
    const { status = 200, headers = {}, body = '', never } = replies[request.url ?? ''] ?? { status: 404 };
    if (never) return;
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer = `${origin}/t/v2.0`;
  keys = await Promise.all(
    ['one', 'two'].map(async kid => {
      const { publicKey } = await generateKeyPair('RS256');
      // As Entra publishes them: without alg.
      return { ...(await exportJWK(publicKey)), kid, use: 'sig' };
    }),
  );
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});
beforeEach(() => {
  now = 1_000_000;
  asked = [];
  replies = {
    [metadataPath]: {
      body: { issuer, jwks_uri: `${origin}/keys`, token_endpoint: 'https://elsewhere.example' },
    },
    '/keys': { body: { keys: [keys[0]] } },
  };
});

const find = (signingKeys: ReturnType<typeof createSigningKeys>, kid: string): Promise<KeyLookup> =>
  signingKeys.find({ alg: 'RS256', kid });
const readings = (): number => asked.filter(path => path === '/keys').length;

test('a key is found by its id, and read once', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  const lookups = await Promise.all([1, 2, 3].map(() => find(signingKeys, 'one')));
  expect(lookups.map(({ kind }) => kind)).toEqual(['found', 'found', 'found']);
  expect(asked).toEqual([metadataPath, '/keys']);
});

test('a new key is found when it is asked for, once in the cooldown whoever asks', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  await find(signingKeys, 'one');
  replies['/keys'] = { body: { keys } };
  now += unknownKeyCooldownMs - 1;
  expect(await find(signingKeys, 'two')).toEqual({ kind: 'unknown' });
  expect(readings()).toBe(1);
  now += 1;
  const lookups = await Promise.all(['two', 'three', 'four'].map(kid => find(signingKeys, kid)));
  expect(lookups.map(({ kind }) => kind)).toEqual(['found', 'unknown', 'unknown']);
  expect(readings()).toBe(2);
});

test('keys are read again at their age, and a removed one is gone', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  await find(signingKeys, 'one');
  replies['/keys'] = { body: { keys: [keys[1]] } };
  now += keysMaxAgeMs - 1;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'found' });
  now += 1;
  expect(await find(signingKeys, 'one')).toEqual({ kind: 'unknown' });
  expect(readings()).toBe(2);
});

test('keys that are too old are not used, whatever the issuer answers', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  await find(signingKeys, 'one');
  replies['/keys'] = { status: 500 };
  now += keysMaxAgeMs;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'unavailable' });
});

test('a reading that failed is tried again after its cooldown', async () => {
  const { [metadataPath]: good } = replies;
  delete replies[metadataPath];
  const signingKeys = createSigningKeys({ issuer, clock });
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'unavailable' });
  replies[metadataPath] = good ?? {};
  now += failureCooldownMs - 1;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'unavailable' });
  expect(asked).toHaveLength(1);
  now += 1;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'found' });
});

test('an unknown key while the issuer fails changes nothing for the known ones', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  await find(signingKeys, 'one');
  replies['/keys'] = { status: 500 };
  now += unknownKeyCooldownMs;
  expect(await find(signingKeys, 'two')).toEqual({ kind: 'unknown' });
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'found' });
});

test('two keys under one id, a key for encryption, and a symmetric one verify nothing', async () => {
  const [one, two] = keys;
  replies['/keys'] = {
    body: {
      keys: [
        one,
        { ...two, kid: 'one' },
        { ...two, kid: 'enc', use: 'enc' },
        { kty: 'oct', kid: 'oct', k: 'AAAA' },
      ],
    },
  };
  const signingKeys = createSigningKeys({ issuer, clock });
  for (const kid of ['one', 'enc', 'oct']) expect(await find(signingKeys, kid)).toEqual({ kind: 'unknown' });
  expect(await signingKeys.find({ alg: 'HS256', kid: 'oct' })).toEqual({ kind: 'unknown' });
});

test.each<[string, () => void, string]>([
  [
    'a discovery document of another issuer',
    () => (replies[metadataPath] = { body: { issuer: `${issuer}/`, jwks_uri: `${origin}/keys` } }),
    'is that of another issuer',
  ],
  [
    'keys of another origin',
    () => (replies[metadataPath] = { body: { issuer, jwks_uri: 'https://login.example/keys' } }),
    'on its own origin',
  ],
  [
    'keys without TLS',
    () => (replies[metadataPath] = { body: { issuer, jwks_uri: `${origin.replace('https', 'http')}/keys` } }),
    'on its own origin',
  ],
  [
    'a redirect',
    () => (replies[metadataPath] = { status: 302, headers: { location: '/keys' } }),
    'unexpected redirect',
  ],
  ['a document without keys', () => (replies['/keys'] = { body: {} }), 'has not the expected form'],
  [
    'too many keys',
    () => (replies['/keys'] = { body: { keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) } }),
    'has not the expected form',
  ],
  [
    'an answer that is too large',
    () => (replies['/keys'] = { body: ' '.repeat(300_000) }),
    'more than 262144 bytes',
  ],
  ['an answer that is no JSON', () => (replies['/keys'] = { body: '<html>' }), 'expected to answer JSON'],
])('%s is not used', async (_, arrange, why) => {
  arrange();
  const lookup = await find(createSigningKeys({ issuer, clock }), 'one');
  expect(lookup).toEqual({ kind: 'unavailable', why: expect.stringContaining(why) as string });
});

test('an issuer that does not answer at all is unavailable, and the reason says why', async () => {
  const lookup = await find(createSigningKeys({ issuer: 'https://127.0.0.1:1/t/v2.0', clock }), 'one');
  expect(lookup).toEqual({ kind: 'unavailable', why: expect.stringContaining('fetch failed (') as string });
});

test('an answer that takes too long is given up', async () => {
  replies['/silent'] = { never: true };
  await expect(readJson(`${origin}/silent`, { bytes: 1000, milliseconds: 50 })).rejects.toThrow(
    /timeout|aborted/i,
  );
});

test('only https is asked', async () => {
  const limits = { bytes: 1000, milliseconds: 1000 };
  await expect(readJson('http://127.0.0.1/keys', limits)).rejects.toThrow('an https address');
  await expect(readJson('keys', limits)).rejects.toThrow('an https address');
});

test('a clock that was set back keeps nobody out: keys from after now are read again, and a failure is over', async () => {
  const signingKeys = createSigningKeys({ issuer, clock });
  await find(signingKeys, 'one');
  now -= 24 * 60 * 60_000;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'found' });
  expect(readings()).toBe(2);
  replies['/keys'] = { status: 500 };
  now += keysMaxAgeMs;
  expect(await find(signingKeys, 'one')).toMatchObject({ kind: 'unavailable' });
  replies['/keys'] = { body: { keys } };
  now -= 24 * 60 * 60_000;
  expect(await find(signingKeys, 'two')).toMatchObject({ kind: 'found' });
});
