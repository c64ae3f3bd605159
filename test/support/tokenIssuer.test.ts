import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { startAzurite } from './azurite';
import { createCertificateAuthority } from './tls';
import { createTokenIssuer, type AccessTokenRequest, type TokenIssuer } from './tokenIssuer';
import { trustAuthority } from './trust';

const tenantId = '11111111-2222-4333-8444-555555555555';
const otherTenantId = '99999999-2222-4333-8444-555555555555';
const audience = 'https://graph.example';
const request: AccessTokenRequest = {
  audience,
  appId: 'aaaaaaaa-0000-4000-8000-000000000001',
  objectId: 'bbbbbbbb-0000-4000-8000-000000000001',
  roles: ['User.Read.All', 'Group.Read.All'],
};

let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await createTokenIssuer({ tenantId });
});
const verify = (token: string) => issuer.verify(token, { audience, tenantId });
const secondsAgo = (seconds: number): Date => new Date(Date.now() - seconds * 1000);

test("a token has the claims of Entra's version 1.0 access tokens for applications", async () => {
  const token = await issuer.sign({
    ...request,
    issuedAt: new Date('2026-01-02T03:04:05.678Z'),
    lifetimeSeconds: 600,
  });
  const issuedAt = Date.parse('2026-01-02T03:04:05Z') / 1000;
  expect(decodeJwt(token)).toEqual({
    iss: `https://sts.windows.net/${tenantId}/`,
    aud: audience,
    tid: tenantId,
    appid: request.appId,
    appidacr: '2',
    oid: request.objectId,
    sub: request.objectId,
    roles: ['User.Read.All', 'Group.Read.All'],
    idtyp: 'app',
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + 600,
    uti: expect.any(String),
    ver: '1.0',
  });
  expect(decodeProtectedHeader(token)).toEqual({ typ: 'JWT', alg: 'ES256', kid: expect.any(String) });
});

test('a token lives for a day unless told otherwise, as those of managed identities do', async () => {
  const { iat, exp } = decodeJwt(await issuer.sign(request));
  expect(exp! - iat!).toBe(24 * 60 * 60);
});

test('a token of this issuer, for this audience and tenant, is valid', async () => {
  expect(await verify(await issuer.sign(request))).toMatchObject({
    kind: 'valid',
    claims: { appid: request.appId, oid: request.objectId, roles: request.roles, tid: tenantId },
  });
});

test('an identity without permissions has no roles claim, and is verified as having none', async () => {
  const token = await issuer.sign({ ...request, roles: [] });
  expect(decodeJwt(token)).not.toHaveProperty('roles');
  expect(await verify(token)).toMatchObject({ kind: 'valid', claims: { roles: [] } });
});

test.each<[string, Partial<AccessTokenRequest>, string]>([
  ['another audience', { audience: 'https://storage.azure.com' }, 'audience'],
  ['the audience with a slash at its end', { audience: `${audience}/` }, 'audience'],
  ['another tenant', { tenantId: otherTenantId }, 'tenant'],
  ['a life that is over', { issuedAt: secondsAgo(61), lifetimeSeconds: 60 }, 'expired'],
  ['a life that has not begun', { issuedAt: secondsAgo(-60) }, 'notYetValid'],
])('a token with %s is refused', async (_, change, reason) => {
  expect(await verify(await issuer.sign({ ...request, ...change }))).toEqual({ kind: 'refused', reason });
});

test('a token that another issuer signed is refused', async () => {
  const other = await createTokenIssuer({ tenantId });
  expect(await verify(await other.sign(request))).toEqual({ kind: 'refused', reason: 'signature' });
});

test('a token whose payload was changed is refused', async () => {
  const [header, payload, signature] = (await issuer.sign(request)).split('.');
  const claims: object = JSON.parse(Buffer.from(payload!, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...claims, roles: ['Directory.ReadWrite.All'] }));
  expect(await verify([header, forged.toString('base64url'), signature].join('.'))).toEqual({
    kind: 'refused',
    reason: 'signature',
  });
});

test('a token without a signature, with a foreign algorithm, or none at all is malformed', async () => {
  const symmetric = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));
  const payload = (await issuer.sign(request)).split('.')[1]!;
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  for (const token of ['', 'no token', symmetric, unsigned]) {
    expect(await verify(token)).toEqual({ kind: 'refused', reason: 'malformed' });
  }
});

test('a token that lacks a claim is malformed', async () => {
  const token = await issuer.sign({ ...request, objectId: 'not a GUID' });
  expect(await verify(token)).toEqual({ kind: 'refused', reason: 'malformed' });
});

test('Azurite takes a token for storage', async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const azurite = await startAzurite({ certificate: await authority.issue() });
  const list = async (token: string): Promise<number> => {
    const headers = {
      authorization: `Bearer ${token}`,
      'x-ms-version': '2026-06-06',
      accept: 'application/json',
    };
    const lists = [`${azurite.blobEndpoint}/?comp=list`, `${azurite.tableEndpoint}/Tables`];
    const statuses = await Promise.all(
      lists.map(
        async url =>
          (await fetch(url, { headers: { ...headers, 'x-ms-date': new Date().toUTCString() } })).status,
      ),
    );
    return Math.max(...statuses);
  };
  try {
    expect(await list(await issuer.sign({ ...request, audience: 'https://storage.azure.com' }))).toBe(200);
    expect(await list(await issuer.sign(request))).toBe(403);
  } finally {
    await azurite.stop();
  }
});
