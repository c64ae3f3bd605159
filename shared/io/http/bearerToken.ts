/** What the header Authorization holds. */
export type Credentials =
  | { readonly kind: 'bearer'; readonly token: string }
  /** No bearer token: no header, or another scheme. */
  | { readonly kind: 'none' }
  /** A bearer token that can not be one: several, too long, characters that no token has. */
  | { readonly kind: 'malformed' };

/** Entra's tokens have some 2,000 characters; those of users in many groups stay below 8,000. */
const longestToken = 16 * 1024;
const pattern = /^bearer +([\w.~+/-]+=*) *$/i;

/** Reads `Authorization: Bearer <b64token>` (RFC 6750, section 2.1), the only place where a token is looked for. */
export function readCredentials(authorization: string | null): Credentials {
  if (authorization === null || !/^bearer(?: |$)/i.test(authorization)) return { kind: 'none' };
  if (authorization.length > longestToken) return { kind: 'malformed' };
  const token = pattern.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'bearer', token };
}
