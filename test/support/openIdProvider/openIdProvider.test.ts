import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { createCertificateAuthority } from '../tls';
import { trustAuthority } from '../trust';
import type { Claims } from './entraClaims';
import { startOpenIdProvider, type OpenIdProvider } from './openIdProvider';
import { sampleApplication, sampleUsers } from './sampleIdentities';

const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
let provider: OpenIdProvider;
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  provider = await startOpenIdProvider({ certificate: await authority.issue(), tenantId });
});
afterAll(() => provider?.stop());

const publishedKeys = async (): Promise<JSONWebKeySet> =>
  (await (await fetch(`${provider.issuer}/jwks`)).json()) as JSONWebKeySet;
const claimsOf = async (token: string): Promise<object> =>
  (await jwtVerify(token, createLocalJWKSet(await publishedKeys()))).payload;

/** Without what differs from token to token. */
const lasting = (claims: Claims): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !['iat', 'nbf', 'exp', 'uti'].includes(name)));

test('its discovery document names the issuer, and keys on the same origin', async () => {
  const metadata = await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json();
  expect(metadata).toMatchObject({ issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks` });
  expect(provider.issuer).toMatch(new RegExp(`/${tenantId}/v2\\.0$`));
});

test('a user signs in with PKCE, and gets an access token with the claims of Entra', async () => {
  const { access_token: token } = await provider.signIn('both');
  expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'JWT', alg: 'RS256' });
  const claims = await claimsOf(token);
  expect(claims).toMatchObject(lasting(provider.claimsOf('both')));
  expect(claims).toMatchObject({
    ver: '2.0',
    scp: 'access_as_user',
    roles: ['Orphans.Approver', 'Orphans.Deleter'],
    oid: sampleUsers.both.objectId,
  });
  expect(Object.keys(claims).sort()).toEqual(Object.keys(provider.claimsOf('both')).sort());
});

test('an ID token is for the page, not for the API', async () => {
  const { id_token: token } = await provider.signIn('reader');
  const claims = await claimsOf(token);
  expect(claims).toMatchObject({ aud: provider.page.clientId, name: 'Rita Reader' });
});

test('a user without a role gets a token without the claim', async () => {
  const { access_token: token } = await provider.signIn('nobody');
  expect(await claimsOf(token)).not.toHaveProperty('roles');
});

test('an application gets a token as itself', async () => {
  const claims = await claimsOf(await provider.applicationToken());
  expect(claims).toMatchObject(lasting(provider.claimsOf('application')));
  expect(claims).toMatchObject({ idtyp: 'app', sub: sampleApplication.objectId });
  expect(claims).not.toHaveProperty('scp');
});

test('without PKCE, or led back to another address, nobody signs in', async () => {
  const ask = async (more: Record<string, string>): Promise<Response> => {
    const query = new URLSearchParams({
      client_id: provider.page.clientId,
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:7071/',
      scope: provider.page.scope,
      ...more,
    });
    return await fetch(`${provider.issuer}/auth?${query.toString()}`, { redirect: 'manual' });
  };
  expect((await ask({})).headers.get('location')).toContain('error=invalid_request');
  expect((await ask({ redirect_uri: 'https://elsewhere.example/' })).status).toBe(400);
});

test('a new key signs at once, and the old one stays published until it is removed', async () => {
  const [before] = (await publishedKeys()).keys;
  const old = provider.forge(provider.claimsOf('reader'));
  await provider.rotateKey();
  expect((await publishedKeys()).keys).toHaveLength(2);
  const { access_token: token } = await provider.signIn('reader');
  expect(decodeProtectedHeader(token).kid).not.toBe(before?.kid);
  expect(await claimsOf(old)).toBeDefined();
  await provider.removeOldKeys();
  await expect(claimsOf(old)).rejects.toThrow('no applicable key');
  expect(await claimsOf(token)).toBeDefined();
});

test('it publishes public keys only', async () => {
  for (const key of (await publishedKeys()).keys)
    expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});
