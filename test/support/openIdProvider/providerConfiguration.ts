import { interactionPolicy, type IssuedToken, type JwtParts, type RequestContext } from 'oidc-provider';
import { applicationClaims, personClaims, type Claims, type TokenTimes } from './entraClaims';
import type { ProviderOptions, PublishedKeys } from './messages';

const lifetimeSeconds = 60 * 60;
const oidcScopes = ['openid', 'profile', 'offline_access'];

/** oidc-provider's configuration: one public client with PKCE, one application, access tokens with Entra's claims for one API. */
export function providerConfiguration(
  issuer: string,
  options: ProviderOptions,
  keys: PublishedKeys,
  cookieKey: string,
): object {
  const { audience, scope, tenantId, users, application } = options;
  const resource = `api://${audience}`;
  const apiScopes = [`${resource}/${scope}`, `${resource}/.default`].join(' ');

  /** Entra's claims instead of the provider's own. */
  function claimsOf(token: IssuedToken, times: TokenTimes): Claims {
    const issuing = { issuer, audience, tenantId };
    if (token.kind === 'ClientCredentials') return applicationClaims(issuing, times, application);
    const user = users.find(one => one.objectId === token.accountId);
    if (!user) throw new Error('The token is for a user that does not exist.');
    return personClaims(issuing, times, user, { clientId: token.clientId, scopes: scope });
  }

  return {
    clients: [
      {
        client_id: options.pageClientId,
        application_type: 'web',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: options.redirectUris,
      },
      {
        client_id: application.clientId,
        client_secret: application.secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    jwks: { keys },
    cookies: { keys: [cookieKey] },
    scopes: oidcScopes,
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'oid', 'tid'] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Entra's clients name the resource in the scope, and send no "resource".
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: apiScopes,
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: lifetimeSeconds,
          jwt: { sign: { alg: 'RS256', kid: keys[0].kid } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt(_context: unknown, token: IssuedToken, parts: JwtParts) {
          const iat = Number(parts.payload['iat']);
          parts.header = { typ: 'JWT' };
          parts.payload = { ...claimsOf(token, { iat, nbf: iat, exp: Number(parts.payload['exp']) }) };
        },
      },
    },
    ttl: {
      AccessToken: lifetimeSeconds,
      AuthorizationCode: 60,
      ClientCredentials: lifetimeSeconds,
      Grant: 24 * 60 * 60,
      IdToken: lifetimeSeconds,
      Interaction: 60 * 60,
      RefreshToken: 24 * 60 * 60,
      Session: 24 * 60 * 60,
    },
    issueRefreshToken: () => true,
    clientBasedCORS: (_context: unknown, origin: string) =>
      options.redirectUris.some(uri => new URL(uri).origin === origin),
    findAccount(_context: unknown, accountId: string) {
      const user = users.find(one => one.objectId === accountId);
      if (!user) return undefined;
      const { objectId: oid, name, login } = user;
      return {
        accountId,
        claims: () => ({ sub: accountId, oid, tid: tenantId, name, preferred_username: login }),
      };
    },
    /** Consent was given by an administrator, as for an app of the own organisation. */
    async loadExistingGrant({ oidc: { provider, client, session } }: RequestContext) {
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(oidcScopes.join(' '));
      grant.addResourceScope(resource, apiScopes);
      await grant.save();
      return grant;
    },
    interactions: {
      policy: policy(),
      url: (_context: unknown, interaction: { readonly uid: string }) =>
        `${new URL(issuer).pathname}/interaction/${interaction.uid}`,
    },
  };
}

/** With `prompt=select_account`, which MSAL sends. */
function policy(): object {
  const prompts = interactionPolicy.base();
  prompts.add(new interactionPolicy.Prompt({ name: 'select_account', requestable: true }), 0);
  return prompts;
}
