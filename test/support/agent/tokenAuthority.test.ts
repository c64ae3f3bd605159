import { createHash, createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose';
import { createCertificateAuthority } from '../tls';
import { createTokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import { createClientCertificate, type ClientCertificate } from './clientCertificate';
import { startTokenAuthority, type TokenAuthority } from './tokenAuthority';

const tenantId = randomUUID();
const clientId = randomUUID();
const resource = 'https://storage.azure.com';
let authority: TokenAuthority;
let registered: ClientCertificate;
let other: ClientCertificate;
beforeAll(async () => {
  const local = await createCertificateAuthority();
  trustAuthority(local.cert);
  registered = await createClientCertificate();
  other = await createClientCertificate();
  authority = await startTokenAuthority({
    certificate: await local.issue(),
    issuer: await createTokenIssuer({ tenantId }),
    applications: [{ clientId, objectId: randomUUID(), certificate: registered.cert, resources: [resource] }],
  });
});
afterAll(() => authority?.stop());

const endpoint = () => `${authority.host}/${tenantId}/oauth2/v2.0/token`;
const now = () => Math.floor(Date.now() / 1000);

interface Changes {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly thumbprint?: string;
  readonly key?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly path?: string;
}

async function assertion({ claims, thumbprint, key = registered.key }: Changes): Promise<string> {
  const sha256 = createHash('sha256').update(new X509Certificate(registered.cert).raw).digest('base64url');
  const whole = {
    aud: endpoint(),
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    nbf: now(),
    exp: now() + 300,
  };
  return new SignJWT({ ...whole, ...claims })
    .setProtectedHeader({ alg: 'PS256', 'x5t#S256': thumbprint ?? sha256 })
    .sign(createPrivateKey(key));
}

async function ask(changes: Changes = {}): Promise<{ readonly status: number; readonly error?: string }> {
  const answer = await fetch(changes.path ?? endpoint(), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      scope: `${resource}/.default`,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(changes),
      ...changes.form,
    }),
  });
  const { error } = (await answer.json()) as { error?: string };
  return { status: answer.status, ...(error !== undefined && { error }) };
}

test('an assertion that holds gets a token, once', async () => {
  expect(await ask()).toEqual({ status: 200 });
  const form = { client_assertion: await assertion({}) };
  expect([await ask({ form }), await ask({ form })]).toMatchObject([{ status: 200 }, { status: 401 }]);
});

test.each<[string, () => Changes]>([
  ['for another address', () => ({ claims: { aud: 'https://login.microsoftonline.com' } })],
  ['of another issuer', () => ({ claims: { iss: randomUUID() } })],
  ['about another subject', () => ({ claims: { sub: randomUUID() } })],
  ['that is expired', () => ({ claims: { exp: now() - 2 } })],
  ['that is not valid yet', () => ({ claims: { nbf: now() + 100 } })],
  ['that lives too long', () => ({ claims: { exp: now() + 3600 } })],
  ['without an end', () => ({ claims: { exp: undefined } })],
  ['with the thumbprint of another certificate', () => ({ thumbprint: 'AAAA' })],
  ['that another key signed', () => ({ key: other.key })],
  ['that is none', () => ({ form: { client_assertion: 'x' } })],
  ['of another type', () => ({ form: { client_assertion_type: 'password' } })],
])('an assertion %s is refused', async (_, changes) => {
  expect(await ask(changes())).toEqual({ status: 401, error: 'invalid_client' });
});

test.each<[string, () => Changes, string]>([
  ['another grant', () => ({ form: { grant_type: 'password' } }), 'unsupported_grant_type'],
  ['an unknown application', () => ({ form: { client_id: randomUUID() } }), 'unauthorized_client'],
  [
    'a resource that was not granted',
    () => ({ form: { scope: 'https://graph.microsoft.com/.default' } }),
    'invalid_scope',
  ],
  ['a resource instead of a scope', () => ({ form: { scope: resource } }), 'invalid_scope'],
  ['another tenant', () => ({ path: `${authority.host}/${randomUUID()}/oauth2/v2.0/token` }), 'not_found'],
])('%s is refused', async (_, changes, error) => {
  expect(await ask(changes())).toMatchObject({ error });
});
