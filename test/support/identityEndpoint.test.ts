import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startIdentityEndpoint, type IdentityEndpoint } from './identityEndpoint';
import { createTokenIssuer, type TokenIssuer } from './tokenIssuer';

const tenantId = '11111111-2222-4333-8444-555555555555';
const graph = 'https://127.0.0.1:44300';
const storage = 'https://storage.azure.com';
const reader = {
  clientId: 'aaaaaaaa-0000-4000-8000-000000000001',
  objectId: 'bbbbbbbb-0000-4000-8000-000000000001',
  roles: { [graph]: ['User.Read.All'], [storage]: [] },
};
const deleter = {
  clientId: 'aaaaaaaa-0000-4000-8000-000000000002',
  objectId: 'bbbbbbbb-0000-4000-8000-000000000002',
  roles: { [graph]: ['Group.ReadWrite.All'] },
};

let issuer: TokenIssuer;
let endpoint: IdentityEndpoint;
beforeAll(async () => {
  issuer = await createTokenIssuer({ tenantId });
  endpoint = await startIdentityEndpoint({ issuer, identities: [reader, deleter] });
});
afterAll(() => endpoint?.stop());

const right = { 'api-version': '2019-08-01', resource: graph, client_id: reader.clientId };
const encoded = (query: Record<string, string>): string => new URLSearchParams(query).toString();
async function ask(
  query: Record<string, string> | string,
  headers: Record<string, string> = { 'x-identity-header': endpoint.header },
  init: RequestInit = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const search = typeof query === 'string' ? query : encoded(query);
  const response = await fetch(`${endpoint.url}?${search}`, { headers, ...init });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const without = (name: keyof typeof right): Record<string, string> =>
  Object.fromEntries(Object.entries(right).filter(([key]) => key !== name));

test('an assigned identity gets a token with the permissions it has on the resource', async () => {
  const { status, body } = await ask(right);
  expect(status).toBe(200);
  expect(body).toEqual({
    access_token: expect.any(String),
    client_id: reader.clientId,
    expires_on: expect.stringMatching(/^\d+$/),
    resource: graph,
    token_type: 'Bearer',
  });
  const verification = await issuer.verify(String(body['access_token']), { audience: graph, tenantId });
  expect(verification).toMatchObject({
    kind: 'valid',
    claims: { appid: reader.clientId, oid: reader.objectId, roles: ['User.Read.All'] },
  });
  const exp = verification.kind === 'valid' ? verification.claims.exp : 0;
  expect(Math.abs(Number(body['expires_on']) - exp)).toBeLessThanOrEqual(1);
});

test.each<[string, () => Record<string, string> | string, string]>([
  [
    'an identity that is not assigned',
    () => ({ ...right, client_id: 'aaaaaaaa-0000-4000-8000-000000000009' }),
    'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
  ],
  ['no identity, where there is no system-assigned one', () => without('client_id'), 'No User Assigned'],
  ['an unknown resource', () => ({ ...right, resource: 'https://vault.azure.net' }), 'AADSTS500011'],
  ['a resource with a slash at its end', () => ({ ...right, resource: `${storage}/` }), 'AADSTS500011'],
  ['a resource named like a property of every object', () => ({ ...right, resource: 'toString' }), 'AADSTS'],
  [
    'a resource that only another identity may use',
    () => ({ ...right, client_id: deleter.clientId, resource: storage }),
    'AADSTS500011',
  ],
  ['no resource', () => without('resource'), "'resource' is missing"],
  ['another api-version', () => ({ ...right, 'api-version': '2017-09-01' }), "'api-version' was expected"],
  ['no api-version', () => without('api-version'), "'api-version' was expected"],
  ['an unknown parameter', () => ({ ...right, principal_id: reader.objectId }), "'principal_id'"],
  ['a repeated parameter', () => `${encoded(right)}&resource=${storage}`, 'repeated'],
])('%s is refused in the shape of App Service', async (_, query, message) => {
  expect(await ask(query())).toEqual({
    status: 400,
    body: {
      statusCode: 400,
      message: expect.stringContaining(message),
      correlationId: expect.any(String),
    },
  });
});

test('nobody gets a token without the secret header', async () => {
  expect((await ask(right, {})).status).toBe(401);
  expect((await ask(right, { 'x-identity-header': 'wrong' })).status).toBe(403);
});

test('other methods and other paths are refused', async () => {
  const headers = { 'x-identity-header': endpoint.header };
  expect((await ask(right, headers, { method: 'POST' })).status).toBe(405);
  expect((await fetch(new URL(`/other?${encoded(right)}`, endpoint.url), { headers })).status).toBe(404);
});

test('every request is in the log, refused ones too', async () => {
  const before = endpoint.asked.length;
  await ask({ ...right, resource: storage });
  await ask(without('client_id'));
  expect(endpoint.asked.slice(before)).toEqual([
    { clientId: reader.clientId, resource: storage, status: 200 },
    { clientId: null, resource: graph, status: 400 },
  ]);
});

test('the credential of @azure/identity gets each identity its own token, by the two variables alone', async () => {
  const script = `
    const { ManagedIdentityCredential } = require('@azure/identity');
    const ask = clientId =>
      new ManagedIdentityCredential({ clientId }).getToken('${graph}/.default').then(
        ({ token }) => token,
        ({ name }) => name,
      );
    Promise.all(${JSON.stringify([reader.clientId, deleter.clientId, tenantId])}.map(ask)).then(answers =>
      console.log(JSON.stringify(answers)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
    env: { IDENTITY_ENDPOINT: endpoint.url, IDENTITY_HEADER: endpoint.header },
  });
  const [first, second, third] = JSON.parse(stdout) as string[];
  const verify = (token: string | undefined) => issuer.verify(token!, { audience: graph, tenantId });
  expect(await verify(first)).toMatchObject({ claims: { appid: reader.clientId, roles: ['User.Read.All'] } });
  expect(await verify(second)).toMatchObject({
    claims: { appid: deleter.clientId, roles: ['Group.ReadWrite.All'] },
  });
  expect(third).toMatch(/Error$/);
});

test('a stopped endpoint answers nobody', async () => {
  const other = await startIdentityEndpoint({ issuer, identities: [] });
  await other.stop();
  await expect(fetch(other.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});
