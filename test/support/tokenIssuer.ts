import { randomUUID } from 'node:crypto';
import { errors, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';

const algorithm = 'ES256';
/** How long the tokens of managed identities live. */
const defaultLifetimeSeconds = 24 * 60 * 60;
const issuerOf = (tenantId: string): string => `https://sts.windows.net/${tenantId}/`;

const claimsSchema = z.object({
  iss: z.string(),
  aud: z.string(),
  tid: z.guid(),
  appid: z.guid(),
  oid: z.guid(),
  idtyp: z.enum(['app', 'user']),
  roles: z.array(z.string()).default([]),
  /** A user's token: what the application may do for the user, separated by spaces. */
  scp: z.string().optional(),
  /** A user's token: the template ids of the user's directory roles. */
  wids: z.array(z.string()).optional(),
  iat: z.int(),
  nbf: z.int(),
  exp: z.int(),
});

/** What an access token of an application, or of a user, says, in the claims of Entra's version 1.0 tokens; times in seconds since 1970. */
export type AccessTokenClaims = Readonly<z.output<typeof claimsSchema>>;

export interface AccessTokenRequest {
  /** The resource, exactly as the receiver expects it in `aud`. */
  readonly audience: string;
  /** The client id of the application or managed identity. */
  readonly appId: string;
  /** Object id of the identity's service principal. */
  readonly objectId: string;
  /** Application permissions. */
  readonly roles?: readonly string[];
  /** Given: the token is one of a user. */
  readonly user?: { readonly scopes: readonly string[]; readonly directoryRoles: readonly string[] };
  /** Another tenant than the issuer's own. */
  readonly tenantId?: string;
  /** Default: now. */
  readonly issuedAt?: Date;
  readonly lifetimeSeconds?: number;
}

export type TokenRefusal = 'malformed' | 'signature' | 'audience' | 'tenant' | 'notYetValid' | 'expired';

export type TokenVerification =
  | { readonly kind: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal };

/** A token service of the stack's own: its key lives as long as the process, so only this process can make tokens that it accepts. */
export interface TokenIssuer {
  readonly tenantId: string;
  sign(request: AccessTokenRequest): Promise<string>;
  /** Checks signature, audience, tenant and life time, without any tolerance. */
  verify(
    token: string,
    expected: { readonly audience: string; readonly tenantId: string },
  ): Promise<TokenVerification>;
}

/** Issues access tokens for applications, in the shape of https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference. */
export async function createTokenIssuer(options: { readonly tenantId: string }): Promise<TokenIssuer> {
  const keyId = randomUUID();
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  return {
    tenantId: options.tenantId,
    sign(request) {
      const tenantId = request.tenantId ?? options.tenantId;
      const issuedAt = Math.floor((request.issuedAt?.getTime() ?? Date.now()) / 1000);
      return new SignJWT({
        appid: request.appId,
        appidacr: '2',
        idtyp: request.user ? 'user' : 'app',
        ...(request.user && { scp: request.user.scopes.join(' '), wids: request.user.directoryRoles }),
        oid: request.objectId,
        // Entra leaves the claim out where no permission was granted.
        ...(request.roles !== undefined && request.roles.length > 0 ? { roles: request.roles } : {}),
        tid: tenantId,
        uti: randomUUID(),
        ver: '1.0',
      })
        .setProtectedHeader({ typ: 'JWT', alg: algorithm, kid: keyId })
        .setIssuer(issuerOf(tenantId))
        .setAudience(request.audience)
        .setSubject(request.objectId)
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + (request.lifetimeSeconds ?? defaultLifetimeSeconds))
        .sign(privateKey);
    },
    async verify(token, expected) {
      try {
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [algorithm],
          audience: expected.audience,
        });
        const claims = claimsSchema.parse(payload);
        if (claims.tid !== expected.tenantId) return { kind: 'refused', reason: 'tenant' };
        return { kind: 'valid', claims };
      } catch (error) {
        return { kind: 'refused', reason: refusalOf(error) };
      }
    },
  };
}

function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'audience';
    if (error.claim === 'nbf') return 'notYetValid';
  }
  if (error instanceof errors.JOSEError || error instanceof z.ZodError) return 'malformed';
  throw error;
}
