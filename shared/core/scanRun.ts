import type { Instant } from './instant';
import type { SourceName } from './exportFormat';
import type { GateResult } from './gates';
import type { ObjectType } from './objectType';

/**
 * running → finished: compared and written. refused: an evidence gate was breached, nothing but this record was written.
 * failed: an unexpected error. aborted: stopped (SIGTERM, lease lost), or found still running by the next run.
 * skipped: another run held the lease.
 */
export const runStates = ['running', 'finished', 'refused', 'failed', 'aborted', 'skipped'] as const;
export type RunState = (typeof runStates)[number];

export interface ExportUsed {
  readonly source: SourceName;
  readonly folder: string;
  readonly sequence: number;
  /** SHA-256 of manifest.json. */
  readonly manifestHash: string;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly lines: number;
}

/** How many cloud objects of one type were read, and how many had each outcome (a kind of `Correlation`). */
export interface TypeCounts {
  /** Distinct ids that the list returned. */
  readonly read: number;
  /** Returned although onPremisesSyncEnabled is not true: left out of scope. */
  readonly notSynced: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Reasons of the outcome `unknown`. */
  readonly unknownReasons: Readonly<Record<string, number>>;
}

export interface PlanCounts {
  readonly created: number;
  readonly refreshed: number;
  readonly attention: number;
  readonly withdrawn: number;
  readonly unchanged: number;
}

/** One row of the table ScanRuns (docs/table-schema.md). Durations are milliseconds. */
export interface ScanRun {
  readonly runId: string;
  /** 1 for the first run ever; grows by one from run to run. A run that never held the lease repeats the newest number. */
  readonly runNumber: number;
  readonly state: RunState;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
  readonly durations: Readonly<Record<string, number>>;
  readonly reasons: readonly string[];
  readonly gates: readonly GateResult[];
  readonly exports: readonly ExportUsed[];
  readonly counts: Readonly<Partial<Record<ObjectType, TypeCounts>>>;
  readonly plan: PlanCounts | null;
  /** SHA-256 of the plan in canonical order. */
  readonly planDigest: string | null;
  /** The lease's fencing number of this run; null where it held none. */
  readonly fence: number | null;
  readonly version: string;
}
