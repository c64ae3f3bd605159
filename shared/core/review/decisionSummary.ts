import type { DecidedFacts, Decision, LapseReason, Person } from '../decision';
import { lapse } from '../decisionLapse';
import type { Instant } from '../instant';
import type { DecisionState } from '../transitions';

/** A decision in one line, as it stands now. */
export interface DecisionSummary {
  /** What is in force: `lapsed` also where time or facts ended the decision and nobody has written that down yet. */
  readonly state: DecisionState;
  /** What the row says. */
  readonly recorded: DecisionState;
  readonly lapseReason: LapseReason | null;
  /** Who brought it into the recorded state; null: time or facts did. */
  readonly by: Person | null;
  readonly at: Instant;
  /** In force before this time; null: not limited, or not in force. */
  readonly until: Instant | null;
}

/** Sums a decision up, and whether it still stands in the light of the facts (`null`: there is no row). */
export function summaryOf(decision: Decision, facts: DecidedFacts | null, now: Instant): DecisionSummary {
  const { state: recorded } = decision;
  const standing = lapse(decision, facts, now);
  if (standing.kind === 'lapsed')
    return { state: 'lapsed', recorded, lapseReason: standing.reason, ...signatureOf(decision), until: null };
  const lapseReason = decision.state === 'lapsed' ? decision.lapse.reason : null;
  return { state: recorded, recorded, lapseReason, ...signatureOf(decision) };
}

function signatureOf(decision: Decision): Pick<DecisionSummary, 'by' | 'at' | 'until'> {
  switch (decision.state) {
    case 'approved':
    case 'failed':
    case 'manual': {
      const { by, at, expiresAt } = decision.approval;
      return { by, at, until: expiresAt };
    }
    case 'quarantined':
      return {
        by: decision.quarantine.by,
        at: decision.quarantine.at,
        until: decision.approval.expiresAt,
      };
    case 'rejected': {
      const { by, at, expiresAt } = decision.rejection;
      return { by, at, until: expiresAt };
    }
    case 'deleting':
      return { by: decision.deletion.by, at: decision.deletion.at, until: null };
    case 'deleted':
      return { by: decision.deletion.by, at: decision.deletedAt, until: null };
    case 'restored':
      return { by: decision.restoration.by, at: decision.restoration.at, until: null };
    case 'lapsed':
      return { by: decision.lapse.by, at: decision.lapse.at, until: null };
  }
}
