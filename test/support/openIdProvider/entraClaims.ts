import { randomUUID } from 'node:crypto';
import type { SampleApplication, SampleUser } from './sampleIdentities';

/** Of one token; seconds since 1970. */
export interface TokenTimes {
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
}

export interface Issuing {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantId: string;
}

export type Claims = Readonly<Record<string, unknown>>;

const common = ({ issuer, audience, tenantId }: Issuing, times: TokenTimes): Claims => ({
  aud: audience,
  iss: issuer,
  ...times,
  aio: 'ATQAy/8TAAAA',
  rh: '0.AX0A.',
  tid: tenantId,
  uti: randomUUID(),
  ver: '2.0',
});

/**
 * The claims of Entra's access tokens of version 2.0
 * (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference). `roles` is left out where there is none.
 */
export const personClaims = (
  issuing: Issuing,
  times: TokenTimes,
  user: SampleUser,
  client: { readonly clientId: string; readonly scopes: string },
): Claims => ({
  ...common(issuing, times),
  azp: client.clientId,
  azpacr: '0',
  idtyp: 'user',
  name: user.name,
  oid: user.objectId,
  preferred_username: user.login,
  ...(user.roles.length > 0 ? { roles: user.roles } : {}),
  scp: client.scopes,
  // Pairwise in Entra: another one than oid.
  sub: Buffer.from(`${client.clientId} ${user.objectId}`).toString('base64url').slice(0, 43),
});

export const applicationClaims = (
  issuing: Issuing,
  times: TokenTimes,
  application: SampleApplication,
): Claims => ({
  ...common(issuing, times),
  azp: application.clientId,
  azpacr: '1',
  idtyp: 'app',
  oid: application.objectId,
  ...(application.roles.length > 0 ? { roles: application.roles } : {}),
  sub: application.objectId,
});
