import { alertLine } from '../../core/alert';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import type { DeletionCounts } from '../../core/notification';
import type { ItemOutcome } from '../../core/review/itemOutcome';
import { countByType } from '../../core/scanEvents';
import type { Notified, Notify } from '../notify';
import type { Log } from '../ports';
import type { DeleteApproved } from './deleteApproved';

export interface AnnounceDeletionsPorts {
  readonly notify: Notify;
  readonly log: Log;
}

/** How many objects of an answer had each outcome. */
export function countsOf(items: readonly { readonly outcome: ItemOutcome }[]): DeletionCounts {
  const count = (kind: ItemOutcome['kind']): number =>
    items.filter(({ outcome }) => outcome.kind === kind).length;
  return {
    deleted: count('deleted'),
    quarantined: count('quarantined'),
    manual: count('manual'),
    failed: count('failed'),
    refused: count('refused'),
    gone: count('gone'),
  };
}

/**
 * After a call to delete: an alert where a delete failed, and the announcement, where something was deleted, blocked, or tried and
 * not done. A call that was refused as a whole, or for every object, is nothing to announce. null: there was nothing. Never throws.
 */
export async function announceDeletions(
  { notify, log }: AnnounceDeletionsPorts,
  answer: DeleteApproved,
  { callId, at }: { readonly callId: Guid; readonly at: Instant },
  signal: AbortSignal,
): Promise<Notified | null> {
  if (answer.kind === 'refused') return null;
  const { items, remaining } = answer;
  const counts = countsOf(items);
  if (counts.failed > 0)
    log.error(alertLine('deletionFailed', `call ${callId}: ${counts.failed} of ${items.length} objects`));
  if (counts.deleted + counts.quarantined + counts.manual + counts.failed === 0) return null;
  const deleted = countByType(items.filter(({ outcome }) => outcome.kind === 'deleted'));
  return notify({ kind: 'deletions', at, callId, counts, deleted, remaining: remaining.length }, signal);
}
