import type { Decision, DecisionIn } from '../decision';
import type { Guid } from '../keys/guid';

/**
 * Ids of operations. They are made from what the operation is about, so that a repetition, by whomever and after whatever crash, is
 * the same operation: the caps count it once, the audit log records it once.
 */

/** One attempt to delete one object, in one call. The approval's time tells apart what was approved again. */
export function startOperation(
  callId: Guid,
  { id, approval }: DecisionIn<'approved' | 'quarantined' | 'failed'>,
  attempt: number,
): string {
  return `${operationsOfCall(callId)}${id}.${approval.at}.${attempt}`;
}

const ofDeletions = 'delete.';

/** What the ids of a call's attempts begin with. */
export const operationsOfCall = (callId: Guid): string => `${ofDeletions}${callId}.`;

/** The end of an attempt. */
export const endOperation = (start: string): string => `${start}.end`;

/** That sign-in was blocked, at this time. */
export const quarantineOperation = (id: string, at: number): string => `quarantine.${id}.${at}`;
export const releaseOperation = (id: string, quarantinedAt: number): string =>
  `release.${id}.${quarantinedAt}`;
export const restoreOperation = (id: string, deletedAt: number): string => `restore.${id}.${deletedAt}`;

/** The number of the attempt that a decision would begin next. */
export const nextAttempt = (decision: Decision): number =>
  decision.state === 'failed' ? decision.deletion.attempt + 1 : 1;

/**
 * Whether a decision that somebody wrote first may show the attempt that begins with `start`: under way or ended, by whoever made the
 * same call. In doubt it may: a place under the caps that is kept too long costs a delete until tomorrow, one that is given back
 * too early lets one through.
 */
export function mayShowAttempt(decision: Decision, start: string): boolean {
  switch (decision.state) {
    case 'deleting':
      return decision.operationId === start;
    case 'deleted':
    case 'failed':
    case 'manual':
      // Releasing a quarantine leaves these states as they are, under an id that does not say which attempt it was.
      return !decision.operationId.startsWith(ofDeletions) || decision.operationId === endOperation(start);
    case 'restored':
    case 'lapsed':
      return decision.deletion !== null;
    case 'approved':
    case 'quarantined':
    case 'rejected':
      return false;
  }
}
