import type { StoredDecision } from '../../core/decision';
import { quarantineEntry } from '../../core/review/deletionAudit';
import { quarantineOperation } from '../../core/review/deletionOperation';
import { abandonedAfterMs, type DeletionPorts } from './deletionUseCasePorts';

/** A decision, whatever its state, that keeps a quarantine. */
export type QuarantinedDecision = StoredDecision & {
  readonly quarantine: NonNullable<StoredDecision['quarantine']>;
};

/**
 * Records that sign-in was blocked, where it is and a crash came before the record: whatever was decided since, the log says who
 * blocked whom. Recorded once, however often it is called. Throws as the ports do.
 */
export async function recordBlock(
  { records, audit }: Pick<DeletionPorts, 'records' | 'audit'>,
  decision: QuarantinedDecision,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<void> {
  const operationId = quarantineOperation(decision.id, decision.quarantine.at);
  const before = await records.readSignIn(operationId, signal);
  await audit.record(quarantineEntry(decision, before?.accountEnabled ?? null, correlationId), signal);
}

/**
 * Whether its owner may still be about to block it: it is younger than any host lets a call live, and not recorded yet. What is given
 * back in that moment would be taken again, with no decision that says so. Throws as the ports do.
 */
export async function isBeingBlocked(
  { trail, clock }: Pick<DeletionPorts, 'trail' | 'clock'>,
  { id, quarantine: { at } }: QuarantinedDecision,
  signal: AbortSignal,
): Promise<boolean> {
  if (clock.now() - at >= abandonedAfterMs) return false;
  return (await trail.find(quarantineOperation(id, at), at, signal)) === null;
}

export const isQuarantined = (decision: StoredDecision): decision is QuarantinedDecision =>
  decision.quarantine !== null;
