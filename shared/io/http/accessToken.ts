import { decodeProtectedHeader, errors, jwtVerify, type CryptoKey, type JWTPayload } from 'jose';
import { z } from 'zod';
import { roles, type Caller } from '../../app/caller';
import type { Clock } from '../../app/ports';
import { parseGuid, type Guid } from '../../core/keys/guid';
import type { Authentication } from '../configuration/authentication';
import type { SigningKeys } from './signingKeys';

/** Asymmetric ones only: with HS256, whoever knows the public key could sign; with none, anybody. */
const allowedAlgorithms = ['RS256', 'PS256', 'ES256'] as const;
/** How far the clocks of issuer and app may be apart, seconds. */
export const clockLeewaySeconds = 60;

/** Why a token was not accepted: for the log, never for the caller. */
export type TokenRefusal =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'key'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'tenant'
  | 'expired'
  | 'notYetValid'
  | 'version'
  | 'claims'
  | 'kind'
  | 'scope';

export type TokenVerification =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'refused'; readonly reason: TokenRefusal }
  /** The keys of the issuer can not be read: nothing is known about the token. */
  | { readonly kind: 'keysUnavailable'; readonly why: string };

export interface TokenRules {
  readonly authentication: Authentication;
  readonly keys: SigningKeys;
  readonly clock: Clock;
}

const refused = (reason: TokenRefusal): TokenVerification => ({ kind: 'refused', reason });

/**
 * Decides who calls, from an access token of version 2.0 for this API
 * (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference). Everything is compared exactly; only `exp`
 * and `nbf` have a leeway of a minute. Roles that this API does not know count for nothing.
 */
export async function verifyAccessToken(token: string, rules: TokenRules): Promise<TokenVerification> {
  const header = readHeader(token);
  if (header === null) return refused('malformed');
  if (!allowedAlgorithms.some(algorithm => algorithm === header.alg)) return refused('algorithm');
  // Entra's access tokens say JWT; a header of another type belongs to another use.
  if (header.typ?.toUpperCase() !== 'JWT') return refused('type');
  if (header.kid === undefined) return refused('key');
  const lookup = await rules.keys.find({ alg: header.alg, kid: header.kid });
  switch (lookup.kind) {
    case 'unavailable':
      return { kind: 'keysUnavailable', why: lookup.why };
    case 'unknown':
      return refused('key');
    case 'found':
      return await verifyWith(lookup.key, token, rules);
  }
}

const headerSchema = z.object({
  alg: z.string(),
  typ: z.string().optional(),
  kid: z.string().max(256).optional(),
});

function readHeader(token: string): z.infer<typeof headerSchema> | null {
  try {
    return headerSchema.safeParse(decodeProtectedHeader(token)).data ?? null;
  } catch {
    return null;
  }
}

async function verifyWith(
  key: CryptoKey,
  token: string,
  { authentication, clock }: TokenRules,
): Promise<TokenVerification> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...allowedAlgorithms],
      issuer: authentication.issuer,
      audience: authentication.audience,
      requiredClaims: ['exp', 'nbf', 'iat'],
      clockTolerance: clockLeewaySeconds,
      currentDate: new Date(clock.now()),
    });
    return callerOf(payload, authentication, clock.now());
  } catch (error) {
    return refused(refusalOf(error));
  }
}

function refusalOf(error: unknown): TokenRefusal {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'issuer';
    if (error.claim === 'aud') return 'audience';
    return error.claim === 'nbf' && error.reason === 'check_failed' ? 'notYetValid' : 'claims';
  }
  return 'malformed';
}

const guid = z.string().transform((text, context): Guid => {
  const value = parseGuid(text);
  if (value) return value;
  context.addIssue('is not a GUID');
  return z.NEVER;
});

const claimsSchema = z.object({
  // jose accepts a list that holds the audience; Entra issues for one.
  aud: z.string(),
  iat: z.number(),
  tid: guid,
  oid: guid,
  sub: z.string().min(1),
  azp: guid,
  roles: z.array(z.string()).default([]),
  scp: z.string().optional(),
  idtyp: z.string().optional(),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
});

/**
 * A person's token has a scope; an application's has none, and says `idtyp: app`, or, where that optional claim is not configured,
 * is its own subject. So an ID token, which has neither a scope nor `azp`, is nobody's access token, even where page and API share
 * one application id.
 */
function callerOf(payload: JWTPayload, { tenantId, scope }: Authentication, now: number): TokenVerification {
  if (payload['ver'] !== '2.0') return refused('version');
  const parsed = claimsSchema.safeParse(payload);
  if (!parsed.success) return refused('claims');
  const { data: claims } = parsed;
  if (claims.tid !== tenantId) return refused('tenant');
  if (claims.iat * 1000 > now + clockLeewaySeconds * 1000) return refused('notYetValid');
  const common = {
    objectId: claims.oid,
    clientId: claims.azp,
    roles: roles.filter(role => claims.roles.includes(role)),
  };
  if (claims.scp === undefined) {
    const isApplication =
      claims.idtyp === 'app' || (claims.idtyp === undefined && parseGuid(claims.sub) === claims.oid);
    return isApplication ? { kind: 'caller', caller: { ...common, kind: 'application' } } : refused('kind');
  }
  if (claims.idtyp !== undefined && claims.idtyp !== 'user') return refused('kind');
  if (!claims.scp.split(' ').includes(scope)) return refused('scope');
  const name = claims.preferred_username ?? claims.name ?? null;
  return { kind: 'caller', caller: { ...common, kind: 'person', name: name?.slice(0, 256) ?? null } };
}
