import type { AccessTokenClaims, TokenIssuer, TokenRefusal } from '../tokenIssuer';
import { GraphError } from './graphError';

/** The claims of the bearer token, or the refusal to answer with. */
export type Authentication = AccessTokenClaims | GraphError;

export async function authenticate(
  authorization: string | undefined,
  issuer: TokenIssuer,
  expected: { readonly audience: string; readonly tenantId: string },
): Promise<Authentication> {
  if (authorization === undefined || authorization === '') return unauthenticated('Access token is empty.');
  const token = /^Bearer (?<token>\S+)$/.exec(authorization)?.groups?.['token'];
  const verification = await issuer.verify(token ?? '', expected);
  return verification.kind === 'valid' ? verification.claims : unauthenticated(messages[verification.reason]);
}

/** Throws where the token has none of the permissions. */
export function authorize(claims: AccessTokenClaims, permissions: readonly string[]): void {
  if (!hasAny(claims, permissions)) throw insufficientPrivileges();
}

/** Graph says the same to a missing permission and to an object that only a higher role may touch. */
export const insufficientPrivileges = (): GraphError =>
  new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');

/** An application's own permissions, or those that it has for its user. */
export const hasAny = ({ roles, scp = '' }: AccessTokenClaims, permissions: readonly string[]): boolean =>
  permissions.some(permission => roles.includes(permission) || scp.split(' ').includes(permission));

const messages: Readonly<Record<TokenRefusal, string>> = {
  malformed: 'IDX14100: JWT is not well formed, there are no dots (.).',
  signature: 'Access token validation failure. Invalid signature.',
  audience: 'Access token validation failure. Invalid audience.',
  tenant: 'Access token validation failure. Invalid tenant.',
  notYetValid: 'Lifetime validation failed, the token is not yet valid.',
  expired: 'Lifetime validation failed, the token is expired.',
};

const unauthenticated = (message: string): GraphError =>
  new GraphError(401, 'InvalidAuthenticationToken', message, {
    'www-authenticate': 'Bearer realm="", error="invalid_token"',
  });
