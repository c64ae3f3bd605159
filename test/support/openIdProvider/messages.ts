import type { JsonWebKey } from 'node:crypto';
import type { ServerCertificate } from '../tls';
import type { SampleApplication, SampleUser } from './sampleIdentities';

/** A private key as a JSON Web Key with its id. */
export type SigningKey = JsonWebKey & { readonly kid: string; readonly alg: 'RS256'; readonly use: 'sig' };

/** The keys that are published; the first one signs. */
export type PublishedKeys = readonly [SigningKey, ...SigningKey[]];

export interface ProviderOptions {
  readonly certificate: ServerCertificate;
  readonly port: number;
  readonly tenantId: string;
  /** Application id of the API: the audience of its tokens. */
  readonly audience: string;
  /** The short name, as in the claim `scp`. */
  readonly scope: string;
  readonly pageClientId: string;
  readonly redirectUris: readonly string[];
  readonly users: readonly SampleUser[];
  readonly application: SampleApplication & { readonly secret: string };
}

/** What the parent asks of the provider's process. */
export type ToProvider =
  | { readonly kind: 'start'; readonly options: ProviderOptions; readonly keys: PublishedKeys }
  | { readonly kind: 'keys'; readonly keys: PublishedKeys };

/** What it answers, once for each question. */
export type FromProvider =
  { readonly kind: 'listening'; readonly port: number } | { readonly kind: 'keysChanged' };
