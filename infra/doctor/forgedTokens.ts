import { randomUUID } from 'node:crypto';
import { generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';

/** Tokens that look like one of the API's, and are signed by nobody whom it may believe. */
export interface Forger {
  /** By a key of our own. `kid`: the name of a key that the issuer publishes, or null for one that it does not. */
  sign(claims: JWTPayload, kid: string | null): Promise<string>;
  unsigned(claims: JWTPayload): string;
}

/** Made once a process: that takes a while. */
let keys: Promise<{ readonly privateKey: CryptoKey }> | null = null;

export async function createForger(): Promise<Forger> {
  const { privateKey } = await (keys ??= generateKeyPair('RS256'));
  return {
    sign: (claims, kid) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: kid ?? randomUUID() })
        .sign(privateKey),
    unsigned: claims => new UnsecuredJWT(claims).encode(),
  };
}

export interface ClaimedApi {
  readonly issuer: string;
  readonly tenantId: string;
  readonly audience: string;
}

/** Who may do everything, if only he were believed. */
export function claimsOfEverybody({ issuer, tenantId, audience }: ClaimedApi, now: number): JWTPayload {
  const seconds = Math.floor(now / 1_000);
  const nobody = randomUUID();
  return {
    iss: issuer,
    aud: audience,
    tid: tenantId,
    oid: nobody,
    sub: nobody,
    azp: randomUUID(),
    ver: '2.0',
    scp: 'access_as_user',
    roles: ['Orphans.Reader', 'Orphans.Approver', 'Orphans.Deleter'],
    iat: seconds - 60,
    nbf: seconds - 60,
    exp: seconds + 600,
  };
}

/** What App Service authentication sends to the app behind it, made up by whoever calls. */
export function forgedPrincipal(): Readonly<Record<string, string>> {
  const id = randomUUID();
  const claims = ['Orphans.Reader', 'Orphans.Approver', 'Orphans.Deleter'].map(val => ({
    typ: 'roles',
    val,
  }));
  const principal = { auth_typ: 'aad', claims, name_typ: 'name', role_typ: 'roles' };
  return {
    'x-ms-client-principal': Buffer.from(JSON.stringify(principal)).toString('base64'),
    'x-ms-client-principal-id': id,
    'x-ms-client-principal-name': 'doctor',
    'x-ms-client-principal-idp': 'aad',
  };
}
