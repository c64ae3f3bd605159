import { AppError } from '../../core/appError';
import type { DecisionIn, StoredDecision } from '../../core/decision';
import { utcDayOf } from '../../core/decisionCaps';
import { finishDeletion } from '../../core/decisionSteps';
import { endEntry, startEntry, type EndedBy } from '../../core/review/deletionAudit';
import {
  endingOfDetails,
  finishedAs,
  nothingDeleted,
  type DeletionEnding,
} from '../../core/review/deletionEnding';
import { endOperation } from '../../core/review/deletionOperation';
import type { DeletionPorts } from './deletionUseCasePorts';
import { isConflict, withoutEtag } from './backToReview';

export type DeletingDecision = StoredDecision & DecisionIn<'deleting'>;

/**
 * Ends an attempt, in this order: the audit row says how; the place under the caps is given back where nothing was deleted; the
 * decision leaves `deleting`. Until that last write the decision is `deleting`, so what a crash leaves undone is found and done by
 * whoever comes next, by what the audit row says. Answers how it ended: where somebody else was first, by their account.
 *
 * Throws as the ports do; the decision then stays in `deleting`.
 */
export async function endDeletion(
  ports: Pick<DeletionPorts, 'audit' | 'trail' | 'caps' | 'decisions'>,
  deleting: DeletingDecision,
  proposed: DeletionEnding,
  by: EndedBy,
  signal: AbortSignal,
): Promise<DeletionEnding> {
  const ending = await recordEnding(ports, deleting, proposed, by, signal);
  if (nothingDeleted(ending)) await giveBack(ports, deleting, signal);
  const end = endOperation(deleting.operationId);
  // An object that is gone lapses in a step of its own, which has an audit row of its own.
  const operationId = ending.kind === 'gone' ? `${end}.lapsed` : end;
  const step = finishDeletion(withoutEtag(deleting), finishedAs(ending), { at: by.at, operationId });
  if (step.kind === 'refused')
    throw new AppError('rowInvalid', `Decision ${deleting.type}/${deleting.id}: ${step.reason}.`);
  if (ending.kind === 'gone') await recordLapse(ports, deleting, operationId, by, signal);
  try {
    await ports.decisions.write(step.decision, deleting.etag, signal);
  } catch (error) {
    // Whoever wrote first finished it by the same audit row.
    if (!isConflict(error)) throw error;
  }
  return ending;
}

async function recordEnding(
  { audit, trail }: Pick<DeletionPorts, 'audit' | 'trail'>,
  deleting: DeletingDecision,
  proposed: DeletionEnding,
  by: EndedBy,
  signal: AbortSignal,
): Promise<DeletionEnding> {
  try {
    const { row } = await audit.record(endEntry(deleting, proposed, by), signal);
    return endingOfDetails(row.details) ?? proposed;
  } catch (error) {
    if (!isConflict(error)) throw error;
    // Somebody else came to another end under this id.
    const found = await recordedEnding(trail, deleting, signal);
    if (found === null) throw error;
    return found;
  }
}

/** How the audit log says that this attempt ended; null: it does not say. */
export async function recordedEnding(
  trail: DeletionPorts['trail'],
  { operationId, deletion }: DeletingDecision,
  signal: AbortSignal,
): Promise<DeletionEnding | null> {
  const row = await trail.find(endOperation(operationId), deletion.at, signal);
  return row && endingOfDetails(row.details);
}

const giveBack = (
  { caps }: Pick<DeletionPorts, 'caps'>,
  { operationId, type, deletion }: DeletingDecision,
  signal: AbortSignal,
): Promise<void> =>
  caps.giveBack({ operationId, type, day: utcDayOf(deletion.at), granted: 1, returned: 0 }, 1, signal);

async function recordLapse(
  { audit }: Pick<DeletionPorts, 'audit'>,
  deleting: DeletingDecision,
  operationId: string,
  { at, actor, correlationId }: EndedBy,
  signal: AbortSignal,
): Promise<void> {
  const { object, evidenceHash, runId } = startEntry(deleting, correlationId);
  await audit.record(
    {
      operationId,
      at,
      actor,
      action: 'decisionLapsed',
      object,
      evidenceHash,
      runId,
      correlationId,
      details: { reason: 'gone' },
    },
    signal,
  );
}
