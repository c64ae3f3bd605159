import type { CloudId } from './cloudObject';
import type { CloudReference } from './duplicates';
import type { AttentionReason, CandidateFacts, Wait } from './facts';
import type { Instant } from './instant';
import type { Verdict } from './verdict';

/** How long a user who was restored is a matter for review (domain.md, case 14), and a gap of the memory counts, in days. */
export const restoredDays = 30;
/** After this many days without a reading, users may have been deleted and restored that nobody saw. */
export const longestGapDays = 7;
/** Ids that the memory holds at most; with more it begins anew. */
export const mostRememberedUsers = 500_000;

const dayMs = 24 * 60 * 60 * 1000;
const plusDays = (at: Instant, days: number): Instant => (at + days * dayMs) as Instant;
const latest = (instants: readonly Instant[]): Instant => Math.max(...instants) as Instant;

/**
 * What is kept from night to night of `/directory/deletedItems`. Graph does not mark what was restored: an id that was there and is live
 * again tells it.
 */
export interface DeletedUsersMemory {
  /** What happened before this is not remembered; null: nothing was forgotten since the first scan. */
  readonly completeSince: Instant | null;
  /** When the list was read last. */
  readonly readAt: Instant;
  /** Ids that were there at the last reading. */
  readonly deleted: ReadonlySet<CloudId>;
  /** Ids that were there before, with the first reading that did not find them: restored, or gone for good. */
  readonly left: ReadonlyMap<CloudId, Instant>;
}

/** none: there never was one. lost: what is there can not be read as one. */
export type KeptMemory =
  { readonly kind: 'none' | 'lost' } | { readonly kind: 'kept'; readonly memory: DeletedUsersMemory };

/**
 * The memory after another reading of the whole list. It says that it has a gap where the last one is lost, is missing although there
 * were scans before (`firstScan` false), is older than `longestGapDays`, or would hold more than `most` ids.
 */
export function rememberDeletedUsers(
  kept: KeptMemory,
  listed: readonly CloudId[],
  at: Instant,
  firstScan: boolean,
  most = mostRememberedUsers,
): DeletedUsersMemory {
  const anew: DeletedUsersMemory = { completeSince: at, readAt: at, deleted: new Set(), left: new Map() };
  const deleted = new Set(listed);
  const last = kept.kind === 'kept' ? kept.memory : anew;
  const left = new Map<CloudId, Instant>();
  for (const [id, since] of last.left)
    if (!deleted.has(id) && at < plusDays(since, restoredDays)) left.set(id, since);
  for (const id of last.deleted) if (!deleted.has(id)) left.set(id, at);
  if (deleted.size + left.size > most) return anew;
  const gap =
    kept.kind === 'kept'
      ? at > plusDays(kept.memory.readAt, longestGapDays)
      : kept.kind === 'lost' || !firstScan;
  const before = kept.kind === 'kept' ? kept.memory.completeSince : null;
  return { completeSince: gap ? at : before, readAt: at, deleted, left };
}

/** Whether an object was restored. unknown: the memory has a gap in which it may have been; `until` it may matter. */
export type Restoration =
  { readonly kind: 'none' } | { readonly kind: 'restored' | 'unknown'; readonly until: Instant };

/**
 * Decides whether an object that is live was restored in the last 30 days: an id that the memory holds, or one that we restored
 * ourselves (`ours`: when). Only users can be restored, as far as synced objects go.
 */
export function restorationOf(
  { type, id }: CloudReference,
  { completeSince, deleted, left }: DeletedUsersMemory,
  ours: ReadonlyMap<CloudId, Instant>,
  at: Instant,
): Restoration {
  if (type !== 'user') return { kind: 'none' };
  const seen = [deleted.has(id) ? at : undefined, left.get(id), ours.get(id)].filter(
    one => one !== undefined,
  );
  const until = plusDays(latest(seen), restoredDays);
  if (seen.length > 0 && at < until) return { kind: 'restored', until };
  const known = completeSince === null ? null : plusDays(completeSince, restoredDays);
  return known !== null && at < known ? { kind: 'unknown', until: known } : { kind: 'none' };
}

/** What is known of an object besides the comparison of this night. */
export interface ObjectHistory {
  /** We deleted it, and it is there again. */
  readonly madeAgain: boolean;
  readonly restoration: Restoration;
  /** It comes from a domain that no export covers, and that a rule names retired. */
  readonly domainRetired: boolean;
}

/**
 * The verdict with the history: what was made again is attention whatever else is found, so that it is never a candidate by itself
 * (domain.md, case 38); a missing object that was restored (case 14), or whose domain is retired (case 29), is attention, too.
 */
export function verdictWithHistory(verdict: Verdict, history: ObjectHistory): Verdict {
  if (history.madeAgain) return { kind: 'attention', reason: 'madeAgain' };
  if (verdict.kind === 'missing' && history.restoration.kind === 'restored')
    return { kind: 'attention', reason: 'restored' };
  if (verdict.kind === 'none' && verdict.because === 'notCovered' && history.domainRetired)
    return { kind: 'attention', reason: 'retiredDomain' };
  return verdict;
}

/** Reasons that only the scan can tell, from what it remembers and from the rules. */
export const historyReasons = ['restored', 'madeAgain', 'retiredDomain'] as const satisfies AttentionReason[];
export type HistoryReason = (typeof historyReasons)[number];
export const isOfHistory = (reason: AttentionReason): reason is HistoryReason =>
  historyReasons.some(one => one === reason);

/**
 * The verdict of a comparison that was made without the history, with what the scan has on record: where it says that the object was
 * restored, made again or left behind by a retired domain, that still counts.
 */
export function verdictOnRecord(
  verdict: Verdict,
  facts: Pick<CandidateFacts, 'state' | 'attention'> | null,
): Verdict {
  const reason = facts?.state === 'attention' ? facts.attention : null;
  if (reason === null || !isOfHistory(reason)) return verdict;
  return verdictWithHistory(verdict, {
    madeAgain: reason === 'madeAgain',
    restoration: reason === 'restored' ? { kind: 'restored', until: 0 as Instant } : { kind: 'none' },
    domainRetired: reason === 'retiredDomain',
  });
}

/** What a missing object waits for because of its history: that nobody knows it is no reason to delete (promise 3). */
export const historyWaits = (verdict: Verdict, { restoration }: ObjectHistory): readonly Wait[] =>
  verdict.kind === 'missing' && restoration.kind === 'unknown'
    ? [{ for: 'deletedItems', until: restoration.until }]
    : [];
