import type { Decision } from '../../core/decision';
import { auditOfDecision } from '../../core/review/decisionAudit';
import type { AuditLog } from '../auditPorts';

/** What the row of a decision does not say, and whoever is writing it knows. */
export interface AuditContext {
  readonly correlationId?: string | null;
  /** What was said about the step, where it has no column. */
  readonly note?: string | null;
}

/**
 * Records the step that brought a decision into its state of now, where that is not recorded yet: an earlier process may have ended
 * between the row and its audit. Called for every row before it is written over and before anything is done because of it, so no
 * step is lost. Recorded once, however often it is called. Throws as `AuditLog.record`.
 */
export async function settleAudit(
  audit: Pick<AuditLog, 'record'>,
  decision: Decision | null,
  { correlationId = null, note = null }: AuditContext,
  signal: AbortSignal,
): Promise<void> {
  const entry = decision && auditOfDecision(decision);
  if (!entry) return;
  const details = note === null ? entry.details : { ...entry.details, note };
  await audit.record({ ...entry, details, correlationId }, signal);
}
