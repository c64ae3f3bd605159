import type { ObjectType } from '../objectType';
import { breachedGate, passedGate, subjectOf, type GateResult } from './gate';
import type { GateLimits } from './limits';

/** What a night would leave in the table, of one type. */
export interface MissingCounts {
  /** Synced objects that the list returned. */
  readonly synced: number;
  /** Objects that are missing: observed and candidates. */
  readonly missing: number;
  /** Of these, how many were not missing before tonight. */
  readonly newlyMissing: number;
}

const locked =
  'The list is complete, and nobody can approve or delete from it until an administrator releases this breach with a reason.';

/** How many objects of a type may be missing at all: the smaller of a figure and a share (design.md). */
export function candidates(
  type: ObjectType,
  { synced, missing }: MissingCounts,
  { candidatesObjects, candidatesPercent, candidatesLeastObjects }: GateLimits,
): GateResult {
  const subject = subjectOf('candidates', { type });
  const share = Math.max(candidatesLeastObjects, Math.floor((synced * candidatesPercent[type]) / 100));
  const limit = Math.min(candidatesObjects[type], share);
  const figures = { found: `${missing} of ${synced}`, limit: String(limit) };
  if (missing <= limit) return passedGate('volume', subject, figures);
  return breachedGate('volume', subject, figures, {
    reason:
      `At most ${limit} missing ${type}s were expected (${candidatesObjects[type]}, or ${candidatesPercent[type]} % of ${synced}); ` +
      `found ${missing}. ${locked}`,
    severity: missing - limit,
    holds: true,
  });
}

/** How many objects of a type may become missing in one night: an OU that was renamed, a script that ran. */
export function newMissing(
  type: ObjectType,
  { newlyMissing }: MissingCounts,
  { newMissingObjects }: GateLimits,
): GateResult {
  const subject = subjectOf('newMissing', { type });
  const limit = newMissingObjects[type];
  const figures = { found: String(newlyMissing), limit: String(limit) };
  if (newlyMissing <= limit) return passedGate('volume', subject, figures);
  return breachedGate('volume', subject, figures, {
    reason: `At most ${limit} newly missing ${type}s were expected in one night; found ${newlyMissing}. ${locked}`,
    severity: newlyMissing - limit,
    holds: true,
  });
}

/**
 * While more deletions are pending than the tenant's accidental-delete threshold, synchronisation exports none of them: then what is
 * missing is no orphan but waits behind the threshold (domain.md, case 12). `unproved`: objects, of all types, that synchronisation would
 * delete, and of which no run history of it says that their deletion was exported.
 */
export function pendingDeletions(unproved: number, { pendingDeletionsObjects }: GateLimits): GateResult {
  const subject = subjectOf('pendingDeletions');
  const figures = { found: String(unproved), limit: String(pendingDeletionsObjects) };
  if (unproved <= pendingDeletionsObjects) return passedGate('volume', subject, figures);
  return breachedGate('volume', subject, figures, {
    reason:
      `At most ${pendingDeletionsObjects} objects were expected to be missing or out of scope without proof that synchronisation exported ` +
      `deletions since; found ${unproved}. Above the accidental-delete threshold synchronisation exports no deletion at all ` +
      '(Get-ADSyncExportDeletionThreshold; the export run says stopped-deletion-threshold-exceeded): these may be deletions that ' +
      `wait, and no orphans. ${locked}`,
    severity: unproved - pendingDeletionsObjects,
    holds: true,
  });
}
