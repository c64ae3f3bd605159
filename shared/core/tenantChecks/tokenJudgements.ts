import { parseGuid, type Guid } from '../keys/guid';
import { differs, holds, type CheckOutcome } from './checkOutcome';

/** Header and claims of a token, as they were decoded; nothing is verified. */
export interface TokenShape {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** I2: whether an access token for our API has the claims that tell who calls. `found` names claims, never their values. */
export function judgeApiToken({ header, claims }: TokenShape): CheckOutcome {
  const guid = (name: string): boolean => guidOf(claims[name]) !== null;
  const time = (name: string): boolean => typeof claims[name] === 'number';
  const isPerson = typeof claims['scp'] === 'string';
  const isApplication = claims['scp'] === undefined;
  const isItsOwnSubject = claims['idtyp'] === 'app' || (guid('oid') && claims['sub'] === claims['oid']);
  const expectations: readonly (readonly [string, boolean])[] = [
    ['typ is JWT', typeof header['typ'] === 'string' && header['typ'].toUpperCase() === 'JWT'],
    ['ver is 2.0', claims['ver'] === '2.0'],
    ['aud is one application id', guid('aud')],
    ['azp is an application id', guid('azp')],
    ['oid and tid are ids', guid('oid') && guid('tid')],
    ['nbf, iat and exp are times', time('nbf') && time('iat') && time('exp')],
    ["scp is a text, or the token is an application's", isPerson || (isApplication && isItsOwnSubject)],
  ];
  const wrong = expectations.filter(([, met]) => !met).map(([name]) => name);
  const kind = isPerson ? "a person's" : "an application's";
  const found = `${kind} token with the claims ${Object.keys(claims).toSorted().join(', ')}`;
  return wrong.length === 0
    ? holds(found)
    : differs(found, `expected, and not found: ${wrong.join('; ')}: the API refuses such a token`);
}

/** I3. `document`: the discovery document's issuer and jwks_uri, null where it has none. */
export function judgeIssuer(
  issuer: string,
  document: { readonly issuer: string | null; readonly jwksOrigin: string | null },
): CheckOutcome {
  const origin = issuer.slice(0, issuer.indexOf('/', 'https://'.length));
  const found = `issuer ${document.issuer === issuer ? 'as asked' : 'another'}, keys at ${document.jwksOrigin ?? 'no address'}`;
  if (document.issuer === issuer && document.jwksOrigin === origin) return holds(found);
  return differs(found, `keys were expected at ${origin}: nobody would be let in`);
}

/** Who signed in, by the claims of the token for Graph. Entra calls such a token opaque: what cannot be read is null. */
export interface SignedIn {
  readonly kind: 'application' | 'person';
  readonly tenantId: string | null;
  /** Application permissions, or a person's delegated ones. */
  readonly permissions: ReadonlySet<string>;
}

/** null: the token does not say who it is of. */
export function signedInBy(token: TokenShape | null): SignedIn | null {
  if (token === null) return null;
  const { roles, scp, tid } = token.claims;
  const tenantId = guidOf(tid);
  if (typeof scp === 'string') return { kind: 'person', tenantId, permissions: new Set(scp.split(' ')) };
  if (!Array.isArray(roles) && roles !== undefined) return null;
  const names = ((roles ?? []) as unknown[]).filter(role => typeof role === 'string');
  return { kind: 'application', tenantId, permissions: new Set(names) };
}

const guidOf = (claim: unknown): Guid | null => (typeof claim === 'string' ? parseGuid(claim) : null);
