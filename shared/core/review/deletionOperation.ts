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

/** What the ids of a call's attempts begin with. */
export const operationsOfCall = (callId: Guid): string => `delete.${callId}.`;

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
