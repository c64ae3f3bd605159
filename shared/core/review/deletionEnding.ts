import { z } from 'zod';
import { manualReasons } from '../cloudWrites/deletionOutcome';
import type { DeletionOutcome as FinishedAs } from '../decisionSteps';
import type { AuditAction } from '../audit';
import type { Json } from '../canonicalJson';

/**
 * How one attempt to delete ended. It is recorded in the audit log before the decision is finished, and read from there by whoever
 * has to finish it after a crash, so that log and decision never tell two stories.
 */
export const deletionEndingSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deleted'),
    /**
     * answered: Graph answered 204. ours: it lies in deletedItems, deleted since our first try. notThere: a DELETE of ours may have
     * arrived, the object is no more, and deletedItems does not have it. notKnowable: the same, of a type that does not go there.
     */
    confirmation: z.enum(['answered', 'ours', 'notThere', 'notKnowable']),
  }),
  /** It was gone, and not by us. */
  z.strictObject({ kind: z.literal('gone') }),
  /** Graph refuses for good. `status` and `code` are Graph's; null: nothing was sent. */
  z.strictObject({
    kind: z.literal('manual'),
    reason: z.enum(manualReasons),
    status: z.int().nullable(),
    code: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    reason: z.string(),
    /** Whether the same may succeed later, without anything being repaired. */
    retryable: z.boolean(),
    /** Whether a DELETE of ours may still take effect. */
    mayHaveTakenEffect: z.boolean(),
  }),
  /** What was proved again just before did not hold: nothing was sent. */
  z.strictObject({
    kind: z.literal('abandoned'),
    because: z.enum(['expired', 'evidenceChanged', 'notCandidate']),
  }),
]);
export type DeletionEnding = z.output<typeof deletionEndingSchema>;

/** A DELETE of ours may have arrived, and the object is there: it was not deleted, or somebody has restored it since. */
export const unconfirmed = {
  kind: 'failed',
  reason:
    'A DELETE may have been sent, and the object is there: look whether somebody restored it, and approve it again.',
  retryable: false,
  mayHaveTakenEffect: true,
} as const satisfies DeletionEnding;

/** What is audited for each ending; for a deletion that took place, exactly this row says so. */
export const actionOfEnding: Readonly<Record<DeletionEnding['kind'], AuditAction>> = {
  deleted: 'deletionSucceeded',
  gone: 'deletionGone',
  manual: 'deletionManual',
  failed: 'deletionFailed',
  abandoned: 'decisionLapsed',
};

/** The ending that an audit row tells; null: the row tells none. */
export function endingOfDetails(details: Json): DeletionEnding | null {
  const parsed = z.object({ ending: deletionEndingSchema }).safeParse(details);
  return parsed.success ? parsed.data.ending : null;
}

/** The ending as the decision's own steps know it. */
export function finishedAs(ending: DeletionEnding): FinishedAs {
  switch (ending.kind) {
    case 'deleted':
    case 'gone':
      return { kind: ending.kind };
    case 'manual':
      return {
        kind: 'manual',
        reason: ending.code === null ? ending.reason : `${ending.reason} (${ending.code})`,
      };
    case 'failed':
      return { kind: 'failed', reason: ending.reason };
    case 'abandoned':
      return { kind: 'abandoned', because: ending.because };
  }
}

/** Whether it is certain that this attempt deleted nothing, so that its place under the caps can be given to another. */
export const nothingDeleted = (ending: DeletionEnding): boolean =>
  ending.kind !== 'deleted' && !(ending.kind === 'failed' && ending.mayHaveTakenEffect);
