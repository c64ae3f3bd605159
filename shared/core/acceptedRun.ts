import type { Instant } from './instant';
import type { ExportUsed, ScanRun } from './scanRun';

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

/** What is taken of a run's record. */
export type RunRecord = Pick<ScanRun, 'runNumber' | 'state' | 'startedAt' | 'exports' | 'synchronisation'>;

/** The run that is going on, which has no record yet that says all this. */
export interface RunGoingOn extends Omit<AcceptedRun, 'exportsKey'> {
  readonly exports: readonly ExportUsed[];
}

/**
 * The accepted ones of these records, with the run that is going on; newest first. A run rests on exports of its own only where
 * the export of every source is another one than before: an object is seen in one source's, and that may be the one which is not
 * new.
 */
export function acceptedRunsOf(records: readonly RunRecord[], goingOn: RunGoingOn): readonly AcceptedRun[] {
  const accepted = records
    .filter(({ state, runNumber }) => state === 'finished' && runNumber < goingOn.runNumber)
    .map(({ synchronisation, ...run }): RunGoingOn => ({
      ...run,
      tenantLastSync: synchronisation?.tenant?.lastSyncDateTime ?? null,
    }));
  const oldestFirst = [...accepted, goingOn].toSorted((a, b) => a.runNumber - b.runNumber);
  const runs: AcceptedRun[] = [];
  let before: readonly ExportUsed[] = [];
  for (const { runNumber, startedAt, exports, tenantLastSync } of oldestFirst) {
    if (exports.every(used => !before.some(other => sameExport(used, other)))) before = exports;
    const exportsKey = before.map(used => `${used.source} ${used.manifestHash}`).join(', ');
    runs.unshift({ runNumber, startedAt, exportsKey, tenantLastSync });
  }
  return runs;
}

const sameExport = (one: ExportUsed, other: ExportUsed): boolean =>
  one.source === other.source && one.manifestHash === other.manifestHash;
