import type { AuditPart } from '../../core/audit';
import { verifyAudit, type AuditReport, type AuditStore } from '../verifyAudit';

/** notFinished: the time was over, and nothing is known; it never means that the log is whole. */
export type BoundedAuditReport = AuditReport | { readonly status: 'notFinished' };

/** Verifies the audit log as long as the time (ms) lasts. Throws what `verifyAudit` throws. */
export async function verifyAuditWithin(
  store: AuditStore,
  parts: readonly AuditPart[],
  budgetMs: number,
  signal: AbortSignal,
): Promise<BoundedAuditReport> {
  const late = AbortSignal.timeout(budgetMs);
  try {
    return await verifyAudit(store, parts, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { status: 'notFinished' };
    throw error;
  }
}
