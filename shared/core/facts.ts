import type { Instant } from './instant';
import type { CloudId } from './cloudObject';
import type { ObjectType } from './objectType';

/**
 * What the scan says of one cloud object, over time (docs/how-it-works.md, state diagram "facts").
 * observed: its source is missing, but a rule of time is not met yet. candidate: may be approved. attention: a person must
 * look, nobody may approve. withdrawn: came back, changed, or is gone.
 */
export const factStates = ['observed', 'candidate', 'attention', 'withdrawn'] as const;
export type FactState = (typeof factStates)[number];

/** Why a person must look at an object that is no candidate. */
export const attentionReasons = [
  'outOfScope',
  'reAnchored',
  'reCreated',
  'duplicate',
  'protected',
  'synchronisationError',
  'restored',
  'madeAgain',
  'retiredDomain',
] as const;
export type AttentionReason = (typeof attentionReasons)[number];

/** Why an earlier candidate or attention is none any more. */
export const withdrawalReasons = ['alive', 'unknown', 'notCovered', 'notSynced', 'gone'] as const;
export type WithdrawalReason = (typeof withdrawalReasons)[number];

/**
 * What an observed object waits for before it becomes a candidate; the rules come with the gates of time. deletedItems: the memory of
 * the deleted items has a gap, so that nobody knows whether the user was restored.
 */
export const waitNames = [
  'synchronisation',
  'consecutiveRuns',
  'grace',
  'recycleBin',
  'deletedItems',
] as const;
export interface Wait {
  readonly for: (typeof waitNames)[number];
  /** null: not a matter of time alone. */
  readonly until: Instant | null;
}

/** The evidence as canonical JSON, in place or, where it is too long for a column, in a blob that is named by its hash. */
export type EvidenceText =
  { readonly kind: 'inline'; readonly json: string } | { readonly kind: 'spilled'; readonly blob: string };

/** One row of the table OrphanCandidates (docs/table-schema.md), without its ETag. */
export interface CandidateFacts {
  readonly type: ObjectType;
  readonly id: CloudId;
  readonly state: FactState;
  /** The comparison's outcome: a kind of `Correlation`. */
  readonly outcome: string;
  readonly attention: AttentionReason | null;
  readonly withdrawal: WithdrawalReason | null;
  /** tombstone: AD's own record of the deletion was seen. absence: no key found anything, in complete lists. */
  readonly proof: 'tombstone' | 'absence' | null;
  readonly evidence: EvidenceText;
  /** SHA-256 over stable facts only; an approval is given for this hash. */
  readonly evidenceHash: string;
  readonly waitsFor: readonly Wait[];
  readonly firstObservedRun: number;
  readonly firstObservedAt: Instant;
  /** The run that put the row into its state and evidence of now. */
  readonly changedRun: number;
  readonly changedAt: Instant;
  readonly displayName: string | null;
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly onPremisesSamAccountName: string | null;
  readonly onPremisesDomainName: string | null;
  readonly accountEnabled: boolean | null;
  readonly assignedLicenseCount: number | null;
  readonly onPremisesLastSyncDateTime: Instant | null;
}

/** Whether the row says that the object's source is missing. */
export const isMissing = ({ state }: Pick<CandidateFacts, 'state'>): boolean =>
  state === 'observed' || state === 'candidate';

/**
 * Whether the run of this number may go on from the row. A higher number is of records that were lost, after which numbers began anew:
 * nobody can count on from there.
 */
export const continuesFrom = (row: Pick<CandidateFacts, 'firstObservedRun'>, runNumber: number): boolean =>
  row.firstObservedRun <= runNumber;

/** A row as it was read; `etag` is the precondition of the next write. */
export type StoredFacts = CandidateFacts & { readonly etag: string };
