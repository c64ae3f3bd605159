import type { CloudObject } from '../../core/cloudObject';
import type { DecidedFacts, StoredDecision } from '../../core/decision';
import { lapse } from '../../core/decisionLapse';
import { reconciler } from '../../core/review/deletionAudit';
import { backToReview, isConflict, withoutEtag, type WentBack } from './backToReview';
import type { DeletionPorts } from './deletionUseCasePorts';
import { giveSignInBack } from './giveSignInBack';

/**
 * Takes an object whose approval no longer stands out of quarantine, and back to review. Where it turned out to live, its sign-in is
 * given back first: somebody may be waiting in front of a closed door. Where merely the time is over, or the evidence is another one
 * of its absence, it stays blocked until a person releases it. stands: also where Graph does not give the sign-in back now.
 */
export async function leaveQuarantine(
  ports: Pick<DeletionPorts, 'deleter' | 'audit' | 'records' | 'decisions' | 'clock' | 'log'>,
  stored: StoredDecision,
  facts: DecidedFacts | null,
  cloud: CloudObject | null,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<WentBack> {
  const standing = lapse(withoutEtag(stored), facts, ports.clock.now());
  if (standing.kind === 'stands') return 'stands';
  let current = stored;
  if (standing.reason === 'notCandidate' && cloud !== null) {
    const because = facts?.withdrawal ?? facts?.state ?? 'noRow';
    const released = await giveSignInBack(
      ports,
      stored,
      { actor: reconciler, correlationId, because, cloud },
      signal,
    ).catch((error: unknown) => {
      if (isConflict(error)) return null;
      throw error;
    });
    if (released === null) return 'changedMeanwhile';
    if (released.kind !== 'released') {
      ports.log.error(`user ${stored.id}: its sign-in could not be given back: ${released.reason}`);
      return 'stands';
    }
    current = released.decision;
  }
  return await backToReview(ports, current, facts, correlationId, signal);
}
