import type { Instant } from './instant';
import type { LineCounts, SourceName } from './exportFormat';
import type { GateResult } from './gates/gate';
import type { Hold } from './holds';
import type { ObjectType } from './objectType';
import type { RecordedSynchronisation } from './synchronisation';

/**
 * running → finished: accepted, compared and written. refused: an evidence gate was breached; held: its own gates were passed, but a
 * breach of an earlier run is not released. Both write nothing but this record, which says what they would have found. failed: an
 * unexpected error. aborted: stopped (SIGTERM, lease lost), or found still running by the next run. skipped: another run held the lease.
 */
export const runStates = ['running', 'finished', 'refused', 'held', 'failed', 'aborted', 'skipped'] as const;
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
  /** Lines of each naming context by class, as the manifest counts them: what the next run's drop is measured from. */
  readonly namingContexts: readonly { readonly distinguishedName: string; readonly counts: LineCounts }[];
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
  /** What the run wrote; where it was refused or held, what it would have written; null: it did not get as far. */
  readonly plan: PlanCounts | null;
  /** SHA-256 of the plan in canonical order. */
  readonly planDigest: string | null;
  /** The lease's fencing number of this run; null where it held none. */
  readonly fence: number | null;
  readonly version: string;
  /** Id of the newest accepted run before this one; null: there is none. */
  readonly acceptedBefore: string | null;
  /** What holds, released or not, as this run leaves it to the next one (core/holds). */
  readonly holds: readonly Hold[];
  /** null: the run did not get as far. */
  readonly synchronisation: RecordedSynchronisation | null;
}
