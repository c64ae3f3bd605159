import { alertLine } from '../../core/alert';
import { AppError } from '../../core/appError';
import type { StoredDecision } from '../../core/decision';
import { approvalFault } from '../../core/decisionLapse';
import type { Instant } from '../../core/instant';
import { reconciler, startEntry } from '../../core/review/deletionAudit';
import { unconfirmed, type DeletionEnding } from '../../core/review/deletionEnding';
import { abandonedAfterMs, type DeletionPorts } from './deletionUseCasePorts';
import { eachDecision } from './eachDecision';
import { endDeletion, recordedEnding, type DeletingDecision } from './endDeletion';
import { lookAfter } from './lookAfter';

export interface Reconciled {
  /** How many ended, by kind of ending. */
  readonly ended: Readonly<Partial<Record<DeletionEnding['kind'], number>>>;
  /** Left as they are, because something did not answer: the next call tries again. */
  readonly left: number;
}

/**
 * Ends every delete that a crash left in `deleting`, before anything new is begun: by what its audit row says where there is one, else
 * by what Microsoft Entra ID says. Only those that are older than any host lets a call live: a younger one has an owner. Two who do
 * it at once come to one end: the audit log records one, and the other goes by it.
 */
export async function reconcileDeletions(
  ports: DeletionPorts,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<Reconciled> {
  const ended: Partial<Record<DeletionEnding['kind'], number>> = {};
  let left = 0;
  for await (const decision of eachDecision(ports, null, 'deleting', signal)) {
    if (!isAbandoned(decision, ports.clock.now())) continue;
    try {
      const { kind } = await reconcileDeletion(ports, decision, correlationId, signal);
      ended[kind] = (ended[kind] ?? 0) + 1;
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError)) throw error;
      left += 1;
      ports.log.error(`${decision.type} ${decision.id}: left under way: ${error.message}`);
    }
  }
  return { ended, left };
}

/** Whether a delete has no owner any more; of a younger one the host may still be working. */
export const isAbandoned = (decision: StoredDecision, now: Instant): decision is DeletingDecision =>
  decision.state === 'deleting' && now - decision.changedAt >= abandonedAfterMs;

/** Ends one delete that nobody owns any more, and writes to the log how; that it failed is an alert, whatever becomes of the rest. */
export async function reconcileDeletion(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<DeletionEnding> {
  await ports.audit.record(startEntry(deleting, correlationId), signal);
  const ending =
    (await recordedEnding(ports.trail, deleting, signal)) ?? (await lookForEnding(ports, deleting, signal));
  const at = ports.clock.now();
  const recorded = await endDeletion(
    ports,
    deleting,
    ending,
    { actor: reconciler, at, correlationId, trace: null },
    signal,
  );
  const line = `${deleting.type} ${deleting.id}: a delete that was left under way ended as ${recorded.kind}`;
  if (recorded.kind === 'failed') ports.log.error(alertLine('deletionFailed', line));
  else ports.log.warn(line);
  return recorded;
}

async function lookForEnding(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  signal: AbortSignal,
): Promise<DeletionEnding> {
  const { type, id, approval, operationId, deletion } = deleting;
  // Without a snapshot nothing was sent in this attempt; an earlier one may have been.
  const sent = deletion.attempt > 1 || (await ports.records.hasSnapshot(operationId, signal));
  const found = await lookAfter(ports, deleting, signal);
  if (found !== null) return sent ? found : { kind: 'gone' };
  const fault = approvalFault(approval, await ports.facts.read(type, id, signal), ports.clock.now());
  if (fault !== null) return { kind: 'abandoned', because: fault === 'gone' ? 'notCandidate' : fault };
  if (sent) return unconfirmed;
  return {
    kind: 'failed',
    reason: 'The process ended before it was deleted.',
    retryable: true,
    mayHaveTakenEffect: false,
  };
}
