import type { Instant } from '../../../shared/core/instant';

/** One inbound replication neighbour of a naming context (msDS-NCReplInboundNeighbors, [MS-ADTS] DS_REPL_NEIGHBORW). */
export interface InboundNeighbour {
  /** Distinguished name of the source's NTDS Settings object. */
  readonly source: string;
  /** null: never. */
  readonly lastSuccess: Instant | null;
  readonly consecutiveFailures: number;
}

/** What is known of a naming context's inbound replication. */
export type InboundReplication =
  /** The naming context has one writable domain controller: there is nobody to lag behind. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'neighbours'; readonly neighbours: readonly InboundNeighbour[] }
  /** There are other domain controllers, and the account may not read the state. */
  | { readonly kind: 'notReadable'; readonly otherDomainControllers: number };
