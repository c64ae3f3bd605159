import type { BlockOutcome, ReleaseOutcome } from '../core/cloudWrites/blockOutcome';
import type { DeletedItem } from '../core/cloudWrites/deletedItem';
import type { DeletionOutcome } from '../core/cloudWrites/deletionOutcome';
import type { RestoreOutcome } from '../core/cloudWrites/restoreOutcome';
import type { Json } from '../core/canonicalJson';
import type { CloudId } from '../core/cloudObject';
import type { Instant } from '../core/instant';
import type { ObjectType } from '../core/objectType';

/** What every write is asked with. */
export interface WriteRequest {
  readonly id: CloudId;
  /** No try begins, and none goes on, after this. */
  readonly deadline: Instant;
}

export interface DeleteRequest extends WriteRequest {
  readonly type: ObjectType;
  /** Whether it holds a directory role or roles can be assigned to it, as far as that is known; for the reason of a refusal only. */
  readonly privileged: boolean | 'unknown';
}

export interface BlockRequest extends WriteRequest {
  readonly privileged: boolean | 'unknown';
}

export interface ReleaseRequest extends BlockRequest {
  /** What `accountEnabled` was before it was blocked. */
  readonly accountEnabled: boolean;
}

/** An outcome, and how it came about. */
export interface Written<Outcome> {
  readonly outcome: Outcome;
  /** Requests that were sent. */
  readonly attempts: number;
  /** The ids of the last request, for the audit and for Microsoft's support; null: none was sent. */
  readonly trace: string | null;
}

/**
 * The only port that changes anything in Microsoft Entra ID; the deleter identity. Whatever happens is an outcome, aborted signals
 * and missing tokens too: a caller in a loop never loses what became of a request that was sent. It rejects with an `AppError`
 * (code `graphRefused`) only where the id is no id, before anything is sent.
 *
 * It deletes what it is told to. That the object is still synced, still the one of the evidence, and approved, was proved before.
 */
export interface CloudDeleter {
  delete(request: DeleteRequest, signal: AbortSignal): Promise<Written<DeletionOutcome>>;
  /** Restores a deleted user. */
  restore(request: WriteRequest, signal: AbortSignal): Promise<Written<RestoreOutcome>>;
  /** Blocks a user's sign-in, then revokes what is signed in. Reversible by `release`; may be repeated. */
  block(request: BlockRequest, signal: AbortSignal): Promise<Written<BlockOutcome>>;
  /** Sets `accountEnabled` back to what it was. */
  release(request: ReleaseRequest, signal: AbortSignal): Promise<Written<ReleaseOutcome>>;
}

/** The types that can lie in deletedItems. Devices and contacts never do. */
export type RecoverableType = Extract<ObjectType, 'user' | 'group'>;

/**
 * `/directory/deletedItems`, read only; the reader identity. Throws an `AppError` as `CloudDirectory` does; never answers with a
 * shorter list.
 */
export interface DeletedItems {
  /** null only where Graph answers 404. */
  read(id: CloudId, signal: AbortSignal): Promise<DeletedItem | null>;
  /** All of a type, once each; of the same id, the first that came. */
  list(type: RecoverableType, signal: AbortSignal): Promise<readonly DeletedItem[]>;
}

/** What a snapshot lacks, and why. */
export interface MissingPart {
  /** `members`, `object.mailboxSettings`, … */
  readonly part: string;
  readonly why: string;
}

/** An object as it was before its deletion, as far as the reader can see it. Names and addresses in it are personal data. */
export interface Snapshot {
  readonly json: Json;
  readonly missing: readonly MissingPart[];
}

export type SnapshotReading =
  { readonly kind: 'taken'; readonly snapshot: Snapshot } | { readonly kind: 'notThere' };

/** A fact that may be beyond the reader's permissions or the tenant's licence. */
export type Optional<Value> =
  { readonly kind: 'known'; readonly value: Value } | { readonly kind: 'unknown'; readonly why: string };

export interface OptionalFacts {
  /** The last sign-in of any kind; null: none on record. */
  readonly lastSignIn: Optional<Instant | null>;
  /** Ids of the role definitions that are assigned directly to it, for good. Eligible assignments (PIM) do not show. */
  readonly roles: Optional<readonly string[]>;
}

/** Reads what a person wants to keep, or to know, of an object that is about to go; the reader identity. */
export interface CloudSnapshots {
  /**
   * Throws an `AppError` as `CloudDirectory` does where Graph does not answer or the object itself may not be read: then there is
   * no snapshot, and nothing is to be deleted. A part that is refused is missing, and said so.
   */
  take(type: ObjectType, id: CloudId, signal: AbortSignal): Promise<SnapshotReading>;
  /** Never throws for what Graph does: what cannot be had is unknown. */
  readOptionalFacts(type: ObjectType, id: CloudId, signal: AbortSignal): Promise<OptionalFacts>;
}
