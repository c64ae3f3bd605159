import { AppError } from '../../core/appError';
import type { DecidedFacts, Decision, LapseReason, StoredDecision } from '../../core/decision';
import { lapse } from '../../core/decisionLapse';
import type { DeletionPorts } from './deletionUseCasePorts';
import { settleAudit } from './settleAudit';

/**
 * Takes a decision that no longer stands out of force; `facts`: as they were found now, which may be later than the scan's row. Writes
 * the row and then its audit row, as every decision does (settleAudit). null: it stands, or somebody else decided meanwhile.
 */
export async function backToReview(
  ports: Pick<DeletionPorts, 'decisions' | 'audit' | 'clock'>,
  stored: StoredDecision,
  facts: DecidedFacts | null,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<LapseReason | null> {
  const standing = lapse(withoutEtag(stored), facts, ports.clock.now());
  if (standing.kind === 'stands') return null;
  try {
    await ports.decisions.write(standing.decision, stored.etag, signal);
  } catch (error) {
    if (isConflict(error)) return null;
    throw error;
  }
  await settleAudit(ports.audit, standing.decision, { correlationId }, signal);
  return standing.reason;
}

export const withoutEtag = ({ etag: _, ...decision }: StoredDecision): Decision => decision;

export const isConflict = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'writeConflict';
