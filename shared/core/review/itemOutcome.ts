import { manualSteps, type ManualSteps } from '../cloudWrites/manualSteps';
import type { CloudId } from '../cloudObject';
import type { ManualReason } from '../cloudWrites/deletionOutcome';
import type { Instant } from '../instant';
import type { ObjectType } from '../objectType';
import type { DeletionEnding } from './deletionEnding';

/** Why one object of a call was not deleted. */
export const itemRefusals = [
  /** The stage of the roll-out allows named test objects only. */
  'notTestObject',
  /** No approval is in force. */
  'notApproved',
  'approvalExpired',
  /** The evidence of now is not what was approved. */
  'evidenceChanged',
  /** It was found alive on-premises. */
  'cameBack',
  /** Something on-premises has written to it since. */
  'syncedSince',
  /** It is not synced any more: its source of authority was transferred. */
  'notSynced',
  /** A DELETE may have reached it before, and it is there: somebody may have restored it. */
  'mayBeRestored',
  /** The scan does not call it a candidate. */
  'notCandidate',
  'protected',
  /** A rule excludes it. */
  'excluded',
  'fourEyes',
  'quarantineNotOver',
  /** Sign-in could not be blocked. */
  'quarantineFailed',
  /** No export of every source has been started after the approval yet. */
  'waitingForExport',
  /** The newest exports do not pass the gates. */
  'evidenceRefused',
  /** A breach of volume locks all objects of its type until it is released. */
  'locked',
  'capReached',
  /** Somebody else is deleting it, or has just done so. */
  'beingDeleted',
] as const;
export type ItemRefusal = (typeof itemRefusals)[number];

/** What became of one object of a call. */
export type ItemOutcome =
  | {
      readonly kind: 'deleted';
      /** null: treat it as final. */
      readonly restorableUntil: Instant | null;
      /** false: a DELETE was sent and it is no more, and nothing tells that the one is because of the other. */
      readonly confirmed: boolean;
    }
  /** It was gone already, and not by us. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'manual'; readonly reason: ManualReason; readonly steps: ManualSteps }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean }
  /** Sign-in is blocked; a call after this time deletes. */
  | { readonly kind: 'quarantined'; readonly until: Instant; readonly sessionsRevoked: boolean }
  | {
      readonly kind: 'refused';
      readonly refusal: ItemRefusal;
      readonly detail: string;
      /** The approval is void: somebody has to look again. */
      readonly backToReview: boolean;
    };

export const refusedItem = (
  refusal: ItemRefusal,
  detail: string,
  backToReview = false,
): Extract<ItemOutcome, { kind: 'refused' }> => ({ kind: 'refused', refusal, detail, backToReview });

const abandonedDetails = {
  expired: ['approvalExpired', 'The approval expired while the delete was prepared.'],
  evidenceChanged: ['evidenceChanged', 'The object changed after it was proved again: look at it again.'],
  notCandidate: ['notCandidate', 'The scan does not call it a candidate any more.'],
} as const;

/** An ending as the caller learns it. */
export function outcomeOfEnding(
  type: ObjectType,
  id: CloudId,
  ending: DeletionEnding,
  restorableUntil: Instant | null,
): ItemOutcome {
  switch (ending.kind) {
    case 'deleted': {
      const confirmed = ending.confirmation === 'answered' || ending.confirmation === 'ours';
      return { kind: 'deleted', restorableUntil, confirmed };
    }
    case 'gone':
      return { kind: 'gone' };
    case 'manual':
      return { kind: 'manual', reason: ending.reason, steps: manualSteps(type, ending.reason, id) };
    case 'failed':
      return { kind: 'failed', reason: ending.reason, retryable: ending.retryable };
    case 'abandoned': {
      const [refusal, detail] = abandonedDetails[ending.because];
      return refusedItem(refusal, detail, true);
    }
  }
}
