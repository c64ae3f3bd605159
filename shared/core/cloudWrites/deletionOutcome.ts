import type { Instant } from '../instant';
import type { ObjectType } from '../objectType';
import { failureOf, refusalOf, saysNotFound, type WriteAttempt, type WriteFailure } from './attempt';
import { confirmableTypes, type DeletedItem } from './deletedItem';

/** Why Graph refuses to delete, so that a person must do it. */
export const manualReasons = [
  /** It holds a directory role, or is a group that roles can be assigned to; the app has no directory role, and shall have none. */
  'roleHolder',
  /** 403, and it is not known whether because of a role or of a permission that was not granted: Graph says the same for both. */
  'insufficientRights',
  /** v1.0 does not delete organizational contacts. */
  'contactUnsupported',
  /** Exchange Online owns mail-enabled security groups and distribution lists. */
  'exchangeOwned',
  /** A member of a restricted management administrative unit. */
  'restrictedManagement',
  /** Another refusal; its code says more. */
  'other',
] as const;
export type ManualReason = (typeof manualReasons)[number];

export type DeletionOutcome =
  /** Graph answered 204: this request deleted it. */
  | { readonly kind: 'deleted' }
  /** It is not there, and an earlier try of ours may have done it. To be confirmed in deletedItems where the type goes there. */
  | { readonly kind: 'deletedProbably' }
  /** It was not there when we first tried: somebody else deleted it. Not ours. */
  | { readonly kind: 'goneBefore' }
  | {
      readonly kind: 'manual';
      readonly reason: ManualReason;
      /** null: nothing was sent. */
      readonly status: number | null;
      readonly code: string | null;
      readonly mayHaveTakenEffect: boolean;
    }
  | WriteFailure;

export interface DeletionContext {
  readonly type: ObjectType;
  /** Whether an earlier try of ours, in this call or before it (a crash), may have reached Graph. */
  readonly mayHaveArrived: boolean;
  /** Whether it holds a directory role or roles can be assigned to it, as far as that is known. */
  readonly privileged: boolean | 'unknown';
}

/**
 * Decides what one try of a DELETE means (domain.md, "Deleting"): 204 deleted; 404 gone before, or deleted probably where an
 * earlier try may have arrived; a refusal by Graph itself is for a person; everything else failed, and says whether to retry.
 */
export function deletionOutcome(attempt: WriteAttempt, context: DeletionContext): DeletionOutcome {
  const { mayHaveArrived } = context;
  if (attempt.kind === 'answered' && attempt.status === 204) return { kind: 'deleted' };
  if (saysNotFound(attempt)) return { kind: mayHaveArrived ? 'deletedProbably' : 'goneBefore' };
  const refusal = refusalOf(attempt);
  if (refusal === null) return failureOf(attempt, mayHaveArrived);
  return {
    kind: 'manual',
    reason: manualReasonOf(refusal, context),
    status: refusal.status,
    code: refusal.code,
    mayHaveTakenEffect: mayHaveArrived,
  };
}

/** Deleting a contact by v1.0 is refused whatever one sends, so nothing is sent. */
export const contactUnsupported: DeletionOutcome = {
  kind: 'manual',
  reason: 'contactUnsupported',
  status: null,
  code: null,
  mayHaveTakenEffect: false,
};

/** Graph has no code for these: its text tells them apart, as seen in public issues and documents (docs/assumptions.md, G18). */
const texts: readonly (readonly [RegExp, ManualReason])[] = [
  [/restricted management/i, 'restrictedManagement'],
  [/data contract version does not allow/i, 'contactUnsupported'],
  [/mail-enabled|distribution list|originated within an external service/i, 'exchangeOwned'],
];

function manualReasonOf(
  { status, message }: { readonly status: number; readonly message: string },
  { privileged }: DeletionContext,
): ManualReason {
  for (const [text, reason] of texts) if (text.test(message)) return reason;
  if (status !== 403) return 'other';
  return privileged === true ? 'roleHolder' : 'insufficientRights';
}

export type Confirmation =
  /** It lies in deletedItems, deleted since our first try. */
  | 'ours'
  /** It was deleted before our first try: by somebody else. */
  | 'notOurs'
  /** It is not in deletedItems. */
  | 'notThere'
  /** The type does not go there, or the date is not told. */
  | 'notKnowable';

/** How far the clocks of Graph and of this app may be apart. */
export const clockToleranceMs = 5 * 60_000;

/** Decides whether a deletion that is `deletedProbably` was ours. `firstTryAt`: when the first DELETE was sent. */
export function confirmDeletion(
  type: ObjectType,
  item: DeletedItem | null,
  firstTryAt: Instant,
): Confirmation {
  if (!confirmableTypes.includes(type)) return 'notKnowable';
  if (item === null) return 'notThere';
  if (item.deletedDateTime === null) return 'notKnowable';
  return item.deletedDateTime >= firstTryAt - clockToleranceMs ? 'ours' : 'notOurs';
}
