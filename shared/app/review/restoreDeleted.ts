import type { CloudId } from '../../core/cloudObject';
import type { RestoreRefusal } from '../../core/cloudWrites/restoreOutcome';
import type { FailureReason } from '../../core/cloudWrites/attempt';
import { restorableUntil } from '../../core/cloudWrites/deletedItem';
import { clockToleranceMs } from '../../core/cloudWrites/deletionOutcome';
import type { DecisionIn, StoredDecision } from '../../core/decision';
import { restore } from '../../core/decisionSteps';
import { formatInstant, type Instant } from '../../core/instant';
import { personActor } from '../../core/review/deletionAudit';
import { restoreOperation } from '../../core/review/deletionOperation';
import { restoreAdvice } from '../../core/review/restoreAdvice';
import { isConflict, withoutEtag } from './backToReview';
import { isAbandoned, reconcileDeletion } from './reconcileDeletions';
import { closingMs, lastRequestMs, type Asked, type DeletionPorts } from './deletionUseCasePorts';

export interface RestoreDeletedRequest extends Asked {
  readonly id: CloudId;
  readonly comment: string | null;
}

export type Restored =
  | {
      readonly kind: 'restored';
      /** now: by this call. already: it was found restored; by an earlier call, or by somebody else. */
      readonly how: 'now' | 'already';
      readonly decision: StoredDecision;
      readonly advice: readonly string[];
    }
  | { readonly kind: 'noDecision' }
  /** The decision is in another state than `deleted`, or somebody else deleted what was restored. */
  | { readonly kind: 'notDeleted'; readonly reason: string }
  /** It lies in deletedItems no more, and it is not there either. */
  | { readonly kind: 'purged' }
  | { readonly kind: 'refused'; readonly refusal: RestoreRefusal; readonly code: string | null }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly retryable: boolean }
  | { readonly kind: 'changedMeanwhile' };

/**
 * Restores a user whom the app deleted, within 30 days. Graph first, then the audit row, then the decision: after a crash between
 * them the same call finds the user there, and writes down what is missing. Works while deletion is switched off.
 *
 * Right after the delete, Graph may still answer as before it (docs/assumptions.md, G5), so that the user seems to be back. Hence who
 * is said to be restored is looked for among the deleted items, and brought back from there once more.
 */
export async function restoreDeleted(
  ports: DeletionPorts,
  { id, by, correlationId, comment }: RestoreDeletedRequest,
  signal: AbortSignal,
): Promise<Restored> {
  const { clock } = ports;
  const stored = await readEnded(ports, id, correlationId, signal);
  if (stored === null) return { kind: 'noDecision' };
  const advice = restoreAdvice(stored.quarantine !== null);
  if (stored.state === 'restored') {
    const found = await lookForRestored(ports, stored, signal);
    if (found === 'notThere') return { kind: 'restored', how: 'already', decision: stored, advice };
    if (found === 'deletedSince')
      return { kind: 'notDeleted', reason: 'somebody else deleted it after it had been restored' };
  }
  const operationId = operationOf(stored);
  const step = restore(withoutEtag(stored), { by, at: clock.now(), operationId, comment });
  if (step.kind === 'refused') return { kind: 'notDeleted', reason: step.reason };
  const done = await bringBack(ports, id, signal);
  if (done.kind !== 'back') return done;
  const closing = AbortSignal.timeout(closingMs);
  const { approval, deletion, deletedAt } = step.decision;
  await ports.audit.record(
    {
      operationId,
      at: step.decision.changedAt,
      actor: personActor(by),
      action: 'restored',
      object: { type: 'user', id },
      evidenceHash: approval.evidenceHash,
      runId: approval.runId,
      correlationId,
      details: {
        how: done.how,
        deletion: deletion.operationId,
        deletedAt: formatInstant(deletedAt),
        comment,
        trace: done.trace,
      },
    },
    closing,
  );
  try {
    const decision = await ports.decisions.write(step.decision, stored.etag, closing);
    return { kind: 'restored', how: done.how, decision, advice };
  } catch (error) {
    if (isConflict(error)) return { kind: 'changedMeanwhile' };
    throw error;
  }
}

/** The decision; a delete that a crash left under way is ended first, so that it can be undone while deletion is switched off. */
async function readEnded(
  ports: DeletionPorts,
  id: CloudId,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<StoredDecision | null> {
  const stored = await ports.decisions.read('user', id, signal);
  if (stored === null || !isAbandoned(stored, ports.clock.now())) return stored;
  await reconcileDeletion(ports, stored, correlationId, signal);
  return ports.decisions.read('user', id, signal);
}

/** What the deleted items say of a user who was restored. deletedSince: by somebody else, after that. */
async function lookForRestored(
  { deletedItems }: Pick<DeletionPorts, 'deletedItems'>,
  { id, restoration }: DecisionIn<'restored'>,
  signal: AbortSignal,
): Promise<'notThere' | 'deletedSince' | 'there'> {
  const item = await deletedItems.read(id, signal);
  if (item === null) return 'notThere';
  const { deletedDateTime } = item;
  return deletedDateTime !== null && deletedDateTime > restoration.at + clockToleranceMs
    ? 'deletedSince'
    : 'there';
}

/** Made from what is undone: the delete, or a restoration that only seemed to be one. */
function operationOf(stored: StoredDecision): string {
  if (stored.state === 'deleted') return restoreOperation(stored.id, stored.deletedAt);
  return stored.state === 'restored' ? restoreOperation(stored.id, stored.restoration.at) : '';
}

type BroughtBack =
  | { readonly kind: 'back'; readonly how: 'now' | 'already'; readonly trace: string | null }
  | Extract<Restored, { kind: 'purged' | 'refused' | 'failed' }>;

async function bringBack(ports: DeletionPorts, id: CloudId, signal: AbortSignal): Promise<BroughtBack> {
  const { clock } = ports;
  const item = await ports.deletedItems.read(id, signal);
  if (item === null) return await alreadyBack(ports, id, null, signal);
  const until = restorableUntil('user', item);
  if (until !== null && clock.now() >= until) return { kind: 'purged' };
  const deadline = (clock.now() + lastRequestMs) as Instant;
  const { outcome, trace } = await ports.deleter.restore({ id, deadline }, signal);
  switch (outcome.kind) {
    case 'restored':
      return { kind: 'back', how: 'now', trace };
    case 'restoredProbably':
    case 'notThere':
      return await alreadyBack(ports, id, trace, AbortSignal.timeout(closingMs));
    case 'refused':
      return { kind: 'refused', refusal: outcome.reason, code: outcome.code };
    case 'failed': {
      const { reason, retryable, mayHaveTakenEffect } = outcome;
      if (mayHaveTakenEffect) {
        const seen = await alreadyBack(ports, id, trace, AbortSignal.timeout(closingMs));
        if (seen.kind === 'back') return seen;
      }
      return { kind: 'failed', reason, retryable };
    }
  }
}

async function alreadyBack(
  { directory }: DeletionPorts,
  id: CloudId,
  trace: string | null,
  signal: AbortSignal,
): Promise<BroughtBack> {
  const live = await directory.readById('user', id, signal);
  return live === null ? { kind: 'purged' } : { kind: 'back', how: 'already', trace };
}
