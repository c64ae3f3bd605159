import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../../shared/app/ports';
import type { Instant } from '../../../../shared/core/instant';
import { readAuthentication, type Authentication } from '../../../../shared/io/configuration/authentication';
import {
  clockLeewaySeconds,
  verifyAccessToken,
  type TokenRefusal,
  type TokenVerification,
} from '../../../../shared/io/http/accessToken';
import {
  createSigningKeys,
  keysMaxAgeMs,
  unknownKeyCooldownMs,
} from '../../../../shared/io/http/signingKeys';
import type { Claims } from '../../../support/openIdProvider/entraClaims';
import type { Forgery } from '../../../support/openIdProvider/forger';
import { startOpenIdProvider, type OpenIdProvider } from '../../../support/openIdProvider/openIdProvider';
import {
  pageClientId,
  sampleApplication,
  sampleUsers,
} from '../../../support/openIdProvider/sampleIdentities';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';

const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const another = randomUUID();
let provider: OpenIdProvider;
let authentication: Authentication;
/** Milliseconds by which the app's clock is ahead. */
let ahead = 0;
const clock: Clock = { now: () => (Date.now() + ahead) as Instant };
let verify: (token: string) => Promise<TokenVerification>;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  provider = await startOpenIdProvider({ certificate: await authority.issue(), tenantId });
  const reading = readAuthentication({ TENANT_ID: tenantId, ...provider.settings });
  if (reading.status === 'invalid') throw new Error(JSON.stringify(reading.problems));
  ({ authentication } = reading);
});
afterAll(() => provider?.stop());
beforeEach(() => {
  ahead = 0;
  const keys = createSigningKeys({ issuer: provider.issuer, clock });
  verify = token => verifyAccessToken(token, { authentication, keys, clock });
});

const seconds = (): number => Math.floor(Date.now() / 1000);
const refusedWith = (reason: TokenRefusal): TokenVerification => ({ kind: 'refused', reason });
const person = (more: Claims = {}, without: readonly string[] = []): Claims => {
  const claims = Object.entries({ ...provider.claimsOf('both'), ...more });
  return Object.fromEntries(claims.filter(([name]) => !without.includes(name)));
};
const application = (more: Claims = {}): Claims => ({ ...provider.claimsOf('application'), ...more });

describe('a token is accepted', () => {
  test('of a user who signed in with PKCE', async () => {
    const { access_token: token } = await provider.signIn('both');
    expect(await verify(token)).toEqual({
      kind: 'caller',
      caller: {
        kind: 'person',
        objectId: sampleUsers.both.objectId,
        clientId: pageClientId,
        roles: ['Orphans.Approver', 'Orphans.Deleter'],
        name: 'bea@contoso.example',
      },
    });
  });

  test('of an application with client credentials', async () => {
    expect(await verify(await provider.applicationToken())).toEqual({
      kind: 'caller',
      caller: {
        kind: 'application',
        objectId: sampleApplication.objectId,
        clientId: sampleApplication.clientId,
        roles: sampleApplication.roles,
      },
    });
  });

  test('of a user without a role, who then has none', async () => {
    const { access_token: token } = await provider.signIn('nobody');
    expect(await verify(token)).toMatchObject({ kind: 'caller', caller: { roles: [] } });
  });

  test('with roles of which some are unknown: those count for nothing', async () => {
    const token = provider.forge(
      person({ roles: ['Admin', 'Orphans.Reader', 'orphans.deleter', '__proto__'] }),
    );
    expect(await verify(token)).toMatchObject({ caller: { roles: ['Orphans.Reader'] } });
  });

  test('with several scopes, and without idtyp, which is optional in Entra', async () => {
    const token = provider.forge(person({ scp: 'other access_as_user' }, ['idtyp']));
    expect(await verify(token)).toMatchObject({ caller: { kind: 'person' } });
    const { idtyp: _, ...withoutType } = application();
    expect(await verify(provider.forge(withoutType))).toMatchObject({ caller: { kind: 'application' } });
  });

  test.each([
    ['the name where there is no login', { preferred_username: undefined }, 'Bea Both'],
    ['no name', { preferred_username: undefined, name: undefined }, null],
    ['a name of at most 256 characters', { preferred_username: 'a'.repeat(300) }, 'a'.repeat(256)],
  ])('with %s', async (_, claims, name) => {
    expect(await verify(provider.forge(person(claims)))).toMatchObject({ caller: { name } });
  });
});

/** Claims of a token that the provider's own key signed. */
const wrongClaims: readonly [string, () => Claims, TokenRefusal][] = [
  ['of another issuer', () => person({ iss: 'https://login.example/v2.0' }), 'issuer'],
  ['of the issuer with a slash', () => person({ iss: `${provider.issuer}/` }), 'issuer'],
  ['without issuer', () => person({}, ['iss']), 'issuer'],
  ['for another audience', () => person({ aud: another }), 'audience'],
  ['for the audience as a URI', () => person({ aud: `api://${provider.audience}` }), 'audience'],
  ['for several audiences', () => person({ aud: [provider.audience, another] }), 'claims'],
  ['without audience', () => person({}, ['aud']), 'audience'],
  ['of another tenant', () => person({ tid: another }), 'tenant'],
  ['without tenant', () => person({}, ['tid']), 'claims'],
  ['that has expired', () => person({ exp: seconds() - clockLeewaySeconds - 1 }), 'expired'],
  ['without expiry', () => person({}, ['exp']), 'claims'],
  ['with an expiry that is text', () => person({ exp: '9999999999' }), 'claims'],
  ['that is not yet valid', () => person({ nbf: seconds() + clockLeewaySeconds + 5 }), 'notYetValid'],
  ['without nbf', () => person({}, ['nbf']), 'claims'],
  ['that was issued in the future', () => person({ iat: seconds() + clockLeewaySeconds + 5 }), 'notYetValid'],
  ['without iat', () => person({}, ['iat']), 'claims'],
  ['of version 1.0', () => person({ ver: '1.0' }), 'version'],
  ['without version', () => person({}, ['ver']), 'version'],
  ['without object id', () => person({}, ['oid']), 'claims'],
  ['with an object id that is none', () => person({ oid: 'root' }), 'claims'],
  ['without client', () => person({}, ['azp']), 'claims'],
  ['with roles that are no list', () => person({ roles: 'Orphans.Deleter' }), 'claims'],
  ['of a person for another scope', () => person({ scp: 'access_as_user_too' }), 'scope'],
  ['of a person with an empty scope', () => person({ scp: '' }), 'scope'],
  ['that says both: a scope, and an application', () => person({ idtyp: 'app' }), 'kind'],
  ['that says neither: no scope, and a user', () => application({ idtyp: 'user' }), 'kind'],
  ['without scope whose subject is not its object', () => person({}, ['scp', 'idtyp']), 'kind'],
];

const forgeries: readonly [string, Forgery, TokenRefusal][] = [
  ['unsigned', 'nothing', 'algorithm'],
  ['signed by another key under the same id', 'anotherKey', 'signature'],
  ['signed by HS256 with the public key as the secret', 'thePublicKeyAsSecret', 'algorithm'],
];

const wrongHeaders: readonly [string, Claims, TokenRefusal][] = [
  ['of another type', { typ: 'at+jwt' }, 'type'],
  ['of no type', { typ: undefined }, 'type'],
  ['without a key id', { kid: undefined }, 'key'],
  ['with an unknown key id', { kid: 'unknown' }, 'key'],
  ['with a key id that is too long', { kid: 'k'.repeat(300) }, 'malformed'],
  ['with an algorithm of another kind of key', { alg: 'ES256' }, 'key'],
  ['with another algorithm of the same key', { alg: 'PS256' }, 'key'],
  ['with an algorithm that is not allowed', { alg: 'RS512' }, 'algorithm'],
  ['with None for none', { alg: 'None' }, 'algorithm'],
  ['with a critical extension', { crit: ['b64'], b64: false }, 'malformed'],
  ['whose header brings its own key', { kid: 'own', jwk: { kty: 'oct', k: 'AA' } }, 'key'],
];

describe('a token is refused', () => {
  test.each(wrongClaims)('%s', async (_, claims, reason) => {
    expect(await verify(provider.forge(claims()))).toEqual(refusedWith(reason));
  });

  test.each(forgeries)('%s', async (_, forgery, reason) => {
    expect(await verify(provider.forge(person(), forgery))).toEqual(refusedWith(reason));
  });

  test.each(wrongHeaders)('%s', async (_, header, reason) => {
    expect(await verify(provider.forge(person(), 'theKey', header))).toEqual(refusedWith(reason));
  });

  test('that is an ID token, also where page and API share one application id', async () => {
    const { id_token: token } = await provider.signIn('both');
    // Entra's ID tokens have the type JWT, those of this provider have none.
    expect(await verify(token)).toEqual(refusedWith('type'));
    expect(await verify(provider.forge(person({ aud: pageClientId })))).toEqual(refusedWith('audience'));
    const shared = person({ nonce: 'n' }, ['azp', 'azpacr', 'scp', 'idtyp']);
    expect(await verify(provider.forge(shared))).toEqual(refusedWith('claims'));
  });

  test('whose claims were changed after it was signed', async () => {
    const [header, , signature] = provider.forge(person()).split('.');
    const claims = Buffer.from(JSON.stringify(person({ roles: ['Orphans.Deleter'] }))).toString('base64url');
    expect(await verify(`${header}.${claims}.${signature}`)).toEqual(refusedWith('signature'));
  });

  test.each(['', '.', '..', 'a.b', 'a.b.c', 'e30.e30.', 'bnVsbA.e30.AA', 'W10.e30.AA'])(
    'that is no token: %j',
    async token => expect(await verify(token)).toEqual(refusedWith('malformed')),
  );

  test('that has claims which are no object', async () => {
    expect(await verify(provider.forge([] as never))).toEqual(refusedWith('malformed'));
  });
});

describe('the leeway is a minute', () => {
  test.each([
    ['exp', -1, clockLeewaySeconds, 'expired'],
    ['nbf', 1, clockLeewaySeconds, 'notYetValid'],
  ] as const)('for %s', async (claim, direction, leeway, reason) => {
    // A clock that stands still, so that a second more or less is exact.
    const now = seconds() * 1000;
    const keys = createSigningKeys({ issuer: provider.issuer, clock });
    const still: Clock = { now: () => now as Instant };
    const at = (offset: number): Promise<TokenVerification> =>
      verifyAccessToken(provider.forge(person({ [claim]: now / 1000 + direction * offset })), {
        authentication,
        keys,
        clock: still,
      });
    const inside = direction < 0 ? leeway - 1 : leeway;
    expect(await at(inside)).toMatchObject({ kind: 'caller' });
    expect(await at(inside + 1)).toEqual(refusedWith(reason));
  });
});

describe('when the key changes', () => {
  test('the new one is picked up at once, and the old one holds while it is published', async () => {
    const old = provider.forge(person());
    expect(await verify(old)).toMatchObject({ kind: 'caller' });
    await provider.rotateKey();
    ahead = unknownKeyCooldownMs;
    expect(await verify(provider.forge(person()))).toMatchObject({ kind: 'caller' });
    expect(await verify(old)).toMatchObject({ kind: 'caller' });
  });

  test('a token of the old one is refused after its removal', async () => {
    const lasting = { exp: seconds() + 3 * 3600 };
    const old = provider.forge(person(lasting));
    expect(await verify(old)).toMatchObject({ kind: 'caller' });
    await provider.rotateKey();
    await provider.removeOldKeys();
    // Any token of the new key makes the app read the keys again; else, their age.
    ahead = keysMaxAgeMs;
    expect(await verify(old)).toEqual(refusedWith('key'));
    expect(await verify(provider.forge(person(lasting)))).toMatchObject({ kind: 'caller' });
  });
});

test('while the issuer does not answer, nothing is known about a token', async () => {
  const unreachable = { ...authentication, issuer: provider.issuer.replace('/v2.0', '/v3.0') };
  const keys = createSigningKeys({ issuer: unreachable.issuer, clock });
  expect(
    await verifyAccessToken(provider.forge(person()), { authentication: unreachable, keys, clock }),
  ).toEqual({
    kind: 'keysUnavailable',
    why: expect.stringContaining('was expected to answer 200, and answered 404') as string,
  });
});
