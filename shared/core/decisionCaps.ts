import type { Brand } from './brand';
import { formatInstant, type Instant } from './instant';
import { objectTypes, type ObjectType } from './objectType';

/** A day of UTC, `yyyyMMdd`. */
export type UtcDay = Brand<string, 'UtcDay'>;
export const utcDayOf = (at: Instant): UtcDay => formatInstant(at).slice(0, 10).replaceAll('-', '') as UtcDay;

/** How many objects may be deleted on one day of UTC. */
export interface DeletionLimits {
  readonly perDay: number;
  readonly perType: Readonly<Record<ObjectType, number>>;
}

/** How many deletes were claimed on a day and not given back. */
export interface DeletionCounter {
  readonly day: UtcDay;
  readonly claimed: Readonly<Record<ObjectType, number>>;
}

export const emptyCounter = (day: UtcDay): DeletionCounter => ({
  day,
  claimed: { user: 0, group: 0, contact: 0, device: 0 },
});

/** Decides how many of `count` objects may be deleted now, 0 to `count`, and counts them. */
export function claimDeletions(
  counter: DeletionCounter,
  limits: DeletionLimits,
  type: ObjectType,
  count: number,
): { readonly granted: number; readonly counter: DeletionCounter } {
  const inAll = objectTypes.reduce((sum, each) => sum + counter.claimed[each], 0);
  const left = Math.min(limits.perType[type] - counter.claimed[type], limits.perDay - inAll);
  const granted = Math.max(0, Math.min(count, left));
  return { granted, counter: counted(counter, type, granted) };
}

/** Gives back what was claimed for deletes that did not happen; a counter is never below zero. */
export const giveBackDeletions = (
  counter: DeletionCounter,
  type: ObjectType,
  count: number,
): DeletionCounter => counted(counter, type, -Math.max(0, count));

const counted = (counter: DeletionCounter, type: ObjectType, change: number): DeletionCounter => ({
  ...counter,
  claimed: { ...counter.claimed, [type]: Math.max(0, counter.claimed[type] + change) },
});
