import type { Decision } from '../../core/decision';
import { auditOfDecision } from '../../core/review/decisionAudit';
import type { AuditLog } from '../auditPorts';

/**
 * Records the step that brought a decision into its state of now, where that is not recorded yet: an earlier process may have ended
 * between the row and its audit. Called for every row before it is written over and before anything is done because of it, so no
 * step is lost. Recorded once, however often it is called. Throws as `AuditLog.record`.
 */
export async function settleAudit(
  audit: Pick<AuditLog, 'record'>,
  decision: Decision | null,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<void> {
  const entry = decision && auditOfDecision(decision);
  if (entry) await audit.record({ ...entry, correlationId }, signal);
}
