import type { Instant } from '../../core/instant';

/** Graph allows 3,000 writes in 150 s for an app and a tenant (docs/assumptions.md, G21): this is half of it. */
const writesPerSecond = 10;

/** Spaces writes out. */
export interface WriteRate {
  /**
   * Reserves the next place: how long to wait for it, in milliseconds. null: it would come after `latest`, and is not taken.
   */
  reserve(now: Instant, latest: Instant): number | null;
}

/**
 * A token bucket that holds one token: `perSecond` places a second, evenly spaced, so that no second holds more. A place that is
 * not used is lost.
 */
export function createWriteRate(perSecond: number): WriteRate {
  const spacingMs = Math.ceil(1_000 / perSecond);
  let next = -Infinity;
  return {
    reserve(now, latest) {
      // A clock that was set back must not make us wait for as long as it was wrong.
      const due = Math.max(now, Math.min(next, now + longestQueueMs));
      if (due > latest) return null;
      next = due + spacingMs;
      return due - now;
    },
  };
}

const longestQueueMs = 10 * 60_000;

/** All writes of this process share it, whichever call they belong to: the limit is the service's, per app. */
export const rateOfThisProcess: WriteRate = createWriteRate(writesPerSecond);
