import type { DeletedUsersMemory } from '../cloudHistory';
import { formatInstant } from '../instant';
import type { ObjectType } from '../objectType';
import type { TypeCounts } from '../scanRun';
import type { TenantSynchronisation } from '../synchronisation';
import { breachedGate, passedGate, subjectOf, type GateResult } from './gate';
import type { GateLimits } from './limits';

/** How far a list's distinct ids may lie outside of the counts taken before and after: tenants change while one reads. */
export const listToleranceObjects = 10;
export const listTolerancePercent = 0.1;

/** What became of reading one of Graph's lists. */
export type ListOutcome =
  | {
      readonly status: 'read';
      readonly distinct: number;
      readonly countBefore: number;
      readonly countAfter: number;
    }
  | { readonly status: 'failed'; readonly reason: string };

/**
 * A list is complete when its distinct ids lie within the counts taken before and after, give or take (design.md). It holds nobody:
 * the next reading is judged by itself.
 */
export function graphListComplete(type: ObjectType, outcome: ListOutcome): GateResult {
  const subject = subjectOf('graphListComplete', { type });
  if (outcome.status === 'failed') {
    const figures = { found: 'not read', limit: 'read to its end' };
    return breachedGate('evidence', subject, figures, { reason: outcome.reason, severity: 1, holds: false });
  }
  const { distinct, countBefore, countAfter } = outcome;
  const largest = Math.max(countBefore, countAfter);
  const tolerance = Math.max(listToleranceObjects, Math.ceil((largest * listTolerancePercent) / 100));
  const low = Math.max(0, Math.min(countBefore, countAfter) - tolerance);
  const high = largest + tolerance;
  const figures = { found: String(distinct), limit: `${low} to ${high}` };
  if (distinct >= low && distinct <= high) return passedGate('evidence', subject, figures);
  return breachedGate('evidence', subject, figures, {
    reason:
      `The list of ${type}s is not complete: ${low} to ${high} distinct ids were expected, from the counts ` +
      `${countBefore} before and ${countAfter} after, and ${distinct} were found, twice. Run the scan again; ` +
      `if it happens again, open a support case with Microsoft: Graph's list and Graph's count disagree.`,
    severity: distinct < low ? low - distinct : distinct - high,
    holds: false,
  });
}

/** What became of reading the deleted users. */
export type DeletedItemsOutcome =
  | { readonly status: 'read'; readonly memory: DeletedUsersMemory }
  | { readonly status: 'failed'; readonly reason: string };

/**
 * The deleted users must be read: without them one who was restored looks like any other (domain.md, case 14). It holds nobody: the
 * memory tells of its own gaps.
 */
export function deletedItemsRead(outcome: DeletedItemsOutcome): GateResult {
  const subject = subjectOf('deletedItemsRead', { type: 'user' });
  const limit = 'read to its end';
  if (outcome.status === 'failed') {
    const { reason } = outcome;
    return breachedGate(
      'evidence',
      subject,
      { found: 'not read', limit },
      { reason, severity: 1, holds: false },
    );
  }
  const { deleted, completeSince } = outcome.memory;
  const gap = completeSince === null ? '' : `, remembered since ${formatInstant(completeSince)}`;
  return passedGate('evidence', subject, { found: `${deleted.size} deleted users${gap}`, limit });
}

/**
 * The tenant that answered, which is the one of the token, must be the configured one; the manifests are compared with that, too
 * (`exportVerified`). null: Graph did not tell, for this reason.
 */
export function tenantAgrees(
  tenant: Pick<TenantSynchronisation, 'tenantId'> | null,
  unread: string,
  expected: string,
): GateResult {
  const subject = subjectOf('tenantAgrees');
  if (tenant === null)
    return breachedGate(
      'evidence',
      subject,
      { found: 'not read', limit: expected },
      { reason: unread, severity: 1, holds: false },
    );
  const figures = { found: tenant.tenantId, limit: expected };
  if (tenant.tenantId === expected) return passedGate('evidence', subject, figures);
  return breachedGate('evidence', subject, figures, {
    reason:
      `The token was expected to be for the tenant ${expected} of the setting TENANT_ID; Graph answers for ${tenant.tenantId}. ` +
      'Correct the setting, or the identity, and release this breach.',
    severity: 1,
    holds: true,
  });
}

/** Outcomes of a comparison that say that the keys of both sides do fit: something on-premises was found. */
const found = ['live', 'outOfScope', 'reAnchored', 'duplicate', 'deleted'];
/** Outcomes of which no strong key found anything. What is not covered or unknown counts on neither side. */
const nowhere = ['absent', 'reCreated'];
/** As few as this (objects) say nothing about a rate, where anything was found at all. */
export const matchRateLeastMissing = 3;

/**
 * Where most objects of a type are found nowhere, the comparison is wrong and not the tenant: a byte order, upper and lower case,
 * another anchor than declared (domain.md, case 24).
 */
export function matchRate(
  type: ObjectType,
  { outcomes }: Pick<TypeCounts, 'outcomes'>,
  { matchRateFloorPercent }: GateLimits,
): GateResult {
  const subject = subjectOf('matchRate', { type });
  const floor = matchRateFloorPercent[type];
  const sum = (names: readonly string[]): number =>
    names.reduce((total, name) => total + (outcomes[name] ?? 0), 0);
  const missing = sum(nowhere);
  const all = sum(found) + missing;
  const percent = all === 0 ? 100 : ((all - missing) * 100) / all;
  // Rounded down: what is below the floor must not look as if it were at it.
  const shown = (Math.floor(percent * 10) / 10).toFixed(1);
  const limit = `${floor} % or more, or fewer than ${matchRateLeastMissing} missing of some`;
  const figures = { found: `${shown} % of ${all}`, limit };
  const tooFew = missing < matchRateLeastMissing && missing < all;
  if (percent >= floor || tooFew) return passedGate('evidence', subject, figures);
  return breachedGate('evidence', subject, figures, {
    reason:
      `${type}s: some key was expected to find ${floor} % or more of the ${all} comparable objects on-premises; ${shown} % ` +
      'were found. Check the declared anchor attribute and that every forest has its export. If as many really are orphans, release ' +
      'this breach, which lets one run through; matchRateFloorPercent lets every run.',
    severity: floor - percent,
    holds: true,
  });
}
