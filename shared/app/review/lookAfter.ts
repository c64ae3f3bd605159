import { confirmDeletion } from '../../core/cloudWrites/deletionOutcome';
import { restorableUntil } from '../../core/cloudWrites/deletedItem';
import type { CloudObject } from '../../core/cloudObject';
import type { Instant } from '../../core/instant';
import type { DeletionEnding } from '../../core/review/deletionEnding';
import type { DeletionPorts } from './deletionUseCasePorts';
import type { DeletingDecision } from './endDeletion';

/**
 * Looks at Microsoft Entra ID for what became of an object that a DELETE of ours may have reached. null: it is there. Throws as the
 * ports do: then nobody knows.
 */
export async function lookAfter(
  { directory, deletedItems }: Pick<DeletionPorts, 'directory' | 'deletedItems'>,
  deleting: DeletingDecision,
  signal: AbortSignal,
): Promise<Extract<DeletionEnding, { kind: 'deleted' | 'gone' }> | null> {
  const { type, id } = deleting;
  const live: CloudObject | null = await directory.readById(type, id, signal);
  if (live !== null) return null;
  const item = type === 'user' ? await deletedItems.read(id, signal) : null;
  const confirmation = confirmDeletion(type, item, earliestTry(deleting));
  return confirmation === 'notOurs' ? { kind: 'gone' } : { kind: 'deleted', confirmation };
}

/**
 * From when on a deletion can be ours. The object was read, alive, before the first attempt, and that was after the approval: so
 * whatever deleted it since did so after that, and for a later attempt the approval's time is a bound as good as the first attempt's.
 */
const earliestTry = ({ approval, deletion }: DeletingDecision): Instant =>
  deletion.attempt > 1 ? approval.at : deletion.at;

/** Until when a deleted object can be restored; null: treat it as final, or it could not be looked up. Never throws for what Graph does. */
export async function lookUpRestorableUntil(
  { deletedItems, log }: Pick<DeletionPorts, 'deletedItems' | 'log'>,
  { type, id }: Pick<CloudObject, 'type' | 'id'>,
  signal: AbortSignal,
): Promise<Instant | null> {
  if (type !== 'user') return null;
  try {
    const item = await deletedItems.read(id, signal);
    return item && restorableUntil(type, item);
  } catch (error) {
    log.warn(`user ${id}: deleted; until when it can be restored could not be looked up: ${String(error)}`);
    return null;
  }
}
