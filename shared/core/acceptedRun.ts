import type { Instant } from './instant';

/**
 * Of a run that was accepted, what the rules of time go by (core/waiting). They derive everything from the records of the runs,
 * never from a counter that is written every night.
 */
export interface AcceptedRun {
  readonly runNumber: number;
  readonly startedAt: Instant;
  /** One value for the exports that the run rested on: two runs over the same exports saw the same thing once. */
  readonly exportsKey: string;
  /** The tenant's onPremisesLastSyncDateTime as this run saw it; null: unknown. */
  readonly tenantLastSync: Instant | null;
}
