import { createLocalJWKSet, type CryptoKey, type JSONWebKeySet, type JWSHeaderParameters } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../app/ports';
import { readJson, type JsonLimits } from './boundedJson';

/** The keys of one issuer are read again when they are older than this: a key that was taken back counts no longer than that. */
export const keysMaxAgeMs = 60 * 60 * 1000;
/** A key id that nobody knows leads to one reading in this time, whoever sends how many. */
export const unknownKeyCooldownMs = 30 * 1000;
/** After a reading that failed, the next one is not tried before this time. */
export const failureCooldownMs = 5 * 1000;

const limits: JsonLimits = { bytes: 256 * 1024, milliseconds: 5_000 };
const mostKeys = 100;

/** What is known of the key that a token's header names. */
export type KeyLookup =
  | { readonly kind: 'found'; readonly key: CryptoKey }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unavailable'; readonly why: string };

/** The public keys with which an issuer signs today. */
export interface SigningKeys {
  find(header: JWSHeaderParameters): Promise<KeyLookup>;
}

const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.string().max(2048) });
const keySetSchema = z.object({
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional() })).max(mostKeys),
});

type KeySet = (header: JWSHeaderParameters) => Promise<CryptoKey>;

/**
 * Reads the keys by the issuer's discovery document (OpenID Connect Discovery 1.0, section 4): its `issuer` must be the one that was
 * asked, and `jwks_uri` must lie on the same origin. Without keys that are fresh enough nothing can be verified: there is no
 * fallback to older ones.
 */
export function createSigningKeys({
  issuer,
  clock,
}: {
  readonly issuer: string;
  readonly clock: Clock;
}): SigningKeys {
  let loaded: { readonly keySet: KeySet; readonly at: number } | null = null;
  let lastReading: { readonly at: number; readonly failure: string | null } | null = null;
  let reading: Promise<void> | null = null;

  async function load(): Promise<void> {
    const at = clock.now();
    try {
      loaded = { keySet: await readKeySet(issuer), at };
      lastReading = { at, failure: null };
    } catch (error) {
      lastReading = { at, failure: reasonOf(error) };
    }
  }
  /** One reading at a time: who comes meanwhile waits for it. */
  async function loadOnce(): Promise<void> {
    reading ??= load().finally(() => {
      reading = null;
    });
    await reading;
  }
  /** A time that is still to come is one of a clock that was set back since: it counts as long ago. */
  const since = (at: number | undefined): number =>
    at === undefined || at > clock.now() ? Infinity : clock.now() - at;
  const mayTryAgain = (): boolean => !lastReading?.failure || since(lastReading.at) >= failureCooldownMs;
  const fresh = (): KeySet | null =>
    loaded !== null && since(loaded.at) < keysMaxAgeMs ? loaded.keySet : null;

  return {
    async find(header) {
      if (fresh() === null && mayTryAgain()) await loadOnce();
      const keySet = fresh();
      if (keySet === null)
        return { kind: 'unavailable', why: lastReading?.failure ?? 'the keys are too old' };
      const key = await pick(keySet, header);
      if (key !== null) return { kind: 'found', key };
      if (since(lastReading?.at) < unknownKeyCooldownMs) return { kind: 'unknown' };
      await loadOnce();
      const newer = await pick(fresh() ?? keySet, header);
      return newer === null ? { kind: 'unknown' } : { kind: 'found', key: newer };
    },
  };
}

async function readKeySet(issuer: string): Promise<KeySet> {
  const metadata = metadataSchema.parse(await readJson(`${issuer}/.well-known/openid-configuration`, limits));
  if (metadata.issuer !== issuer)
    throw new Error(`The discovery document of ${issuer} is that of another issuer.`);
  const { jwks_uri: keysAt } = metadata;
  if (URL.parse(keysAt)?.origin !== URL.parse(issuer)?.origin)
    throw new Error(
      `The keys of ${issuer} were expected on its own origin, and its discovery document names another.`,
    );
  const keys = keySetSchema.parse(await readJson(keysAt, limits));
  return createLocalJWKSet(keys as JSONWebKeySet);
}

async function pick(keySet: KeySet, header: JWSHeaderParameters): Promise<CryptoKey | null> {
  try {
    return await keySet(header);
  } catch {
    // No key, several keys, a key that does not fit the algorithm: none that could verify this token.
    return null;
  }
}

/** For the log: also why the connection failed, which fetch hides in the cause. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'a document of the issuer has not the expected form';
  const { message, cause } = error as Partial<Error>;
  const why = (cause as Partial<Error> | undefined)?.message;
  return why ? `${message} (${why})` : String(message);
}
