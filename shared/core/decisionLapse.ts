import type { Approval, DecidedFacts, Decision, LapseReason, Rejection } from './decision';
import type { Instant } from './instant';

/** Whether a decision still stands. */
export type Standing =
  | { readonly kind: 'stands' }
  | { readonly kind: 'lapsed'; readonly reason: LapseReason; readonly decision: Decision };

/**
 * Decides whether time or facts ended a decision; `facts` null: there is no row. A delete that was begun is not ended here: its own
 * outcome does. The operation id is made from what lapses, so that two who find out at once do the same thing once.
 */
export function lapse(decision: Decision, facts: DecidedFacts | null, now: Instant): Standing {
  const reason = lapseReason(decision, facts, now);
  if (reason === null) return { kind: 'stands' };
  const { type, id, quarantine, changedAt } = decision;
  return {
    kind: 'lapsed',
    reason,
    decision: {
      type,
      id,
      quarantine,
      changedAt: now,
      operationId: `lapse.${type}.${id}.${changedAt}`,
      state: 'lapsed',
      lapse: { at: now, reason, by: null },
      approval: 'approval' in decision ? decision.approval : null,
      rejection: 'rejection' in decision ? decision.rejection : null,
      deletion: 'deletion' in decision ? decision.deletion : null,
    },
  };
}

function lapseReason(decision: Decision, facts: DecidedFacts | null, now: Instant): LapseReason | null {
  switch (decision.state) {
    case 'approved':
    case 'quarantined':
    case 'failed':
    case 'manual':
      return approvalFault(decision.approval, facts, now);
    case 'rejected':
      return rejectionFault(decision.rejection, facts, now);
    case 'deleting':
    case 'deleted':
    case 'restored':
    case 'lapsed':
      return null;
  }
}

/** Why an approval does not allow a delete now; null: it does, as far as time and facts go. */
export function approvalFault(
  approval: Approval,
  facts: DecidedFacts | null,
  now: Instant,
): Exclude<LapseReason, 'reopened'> | null {
  if (facts?.withdrawal === 'gone') return 'gone';
  if (facts?.state !== 'candidate') return 'notCandidate';
  if (facts.evidenceHash !== approval.evidenceHash) return 'evidenceChanged';
  return now >= approval.expiresAt ? 'expired' : null;
}

/** A rejection outlives the object's absence from the facts: where it is missing again for the same reason, the answer stays no. */
function rejectionFault(rejection: Rejection, facts: DecidedFacts | null, now: Instant): LapseReason | null {
  if (rejection.expiresAt !== null && now >= rejection.expiresAt) return 'expired';
  if (facts === null || facts.state === 'withdrawn') return null;
  return facts.evidenceHash === rejection.evidenceHash ? null : 'evidenceChanged';
}
