import { AppError } from '../../core/appError';
import type { DecidedFacts, Decision, StoredDecision } from '../../core/decision';
import { lapse } from '../../core/decisionLapse';
import type { DeletionPorts } from './deletionUseCasePorts';
import { settleAudit } from './settleAudit';

/** changedMeanwhile: somebody else deletes it, or decided about it, and what was found counts for nothing. */
export type WentBack = 'lapsed' | 'stands' | 'changedMeanwhile';

/**
 * Takes a decision that no longer stands out of force; `facts`: as they were found now, which may be later than the scan's row. Writes
 * the row and then its audit row, as every decision does (settleAudit).
 */
export async function backToReview(
  ports: Pick<DeletionPorts, 'decisions' | 'audit' | 'clock'>,
  stored: StoredDecision,
  facts: DecidedFacts | null,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<WentBack> {
  const standing = lapse(withoutEtag(stored), facts, ports.clock.now());
  if (standing.kind === 'stands') return 'stands';
  await settleAudit(ports.audit, stored, { correlationId }, signal);
  try {
    await ports.decisions.write(standing.decision, stored.etag, signal);
  } catch (error) {
    if (isConflict(error)) return 'changedMeanwhile';
    throw error;
  }
  await settleAudit(ports.audit, standing.decision, { correlationId }, signal);
  return 'lapsed';
}

export const withoutEtag = ({ etag: _, ...decision }: StoredDecision): Decision => decision;

export const isConflict = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'writeConflict';
