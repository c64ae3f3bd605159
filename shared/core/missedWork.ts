import type { SourceName } from './exportFormat';
import type { Instant } from './instant';
import type { ScanRun } from './scanRun';

/** How long nothing may have come, in hours: a night, and two hours for one that began late or took long. */
export const missedWorkAfterHours = 26;

/** How far ahead of now a time may lie, in hours: a clock that was further off proves nothing, and would hide all that is missed. */
export const clockAheadHours = 1;

const hourMs = 60 * 60 * 1000;

/** No scan has finished in time. */
export interface MissedScan {
  /** null: none has finished, as far as the records go that were read. */
  readonly lastFinishedAt: Instant | null;
}

/** No export of this source was accepted in time. */
export interface MissedExport {
  readonly source: SourceName;
  /** When the agent finished the newest one that a finished scan used; null: that scan used none of this source. */
  readonly lastFinishedAt: Instant | null;
}

/** What should have happened and did not. */
export interface MissedWork {
  readonly scan: MissedScan | null;
  readonly exports: readonly MissedExport[];
}

/** What of a run record tells of finished work. */
export type RunSeen = Pick<ScanRun, 'runNumber' | 'state' | 'startedAt' | 'finishedAt' | 'exports'>;

/**
 * Decides what is missing at `now`. A scan counts when it finished, since a refused one changed nothing; an export counts when the
 * newest of these scans (the one with the highest number, whatever the clocks of the hosts said) used it, by the time at which its
 * agent finished it. What is exactly as old as the limit is in time. Before any scan has finished, that alone is missed: nothing is
 * known of exports then, and the scan's own record says what it lacks. `runs`: the newest ones, in any order.
 */
export function missedWork(
  runs: readonly RunSeen[],
  sources: readonly SourceName[],
  now: Instant,
): MissedWork {
  const finished = newestFinished(runs);
  if (finished === null) return { scan: { lastFinishedAt: null }, exports: [] };
  const inTime = (at: Instant | null): boolean =>
    at !== null && now - at <= missedWorkAfterHours * hourMs && at - now <= clockAheadHours * hourMs;
  const lastFinishedAt = finished.finishedAt ?? finished.startedAt;
  return {
    scan: inTime(lastFinishedAt) ? null : { lastFinishedAt },
    exports: sources
      .map(source => ({ source, lastFinishedAt: newestExport(finished, source) }))
      .filter(missing => !inTime(missing.lastFinishedAt)),
  };
}

/** Whether anything is missed at all. */
export const isAnyMissed = (missed: MissedWork): boolean => missed.scan !== null || missed.exports.length > 0;

const newestFinished = (runs: readonly RunSeen[]): RunSeen | null =>
  runs
    .filter(run => run.state === 'finished')
    .reduce<RunSeen | null>(
      (newest, run) => (newest === null || run.runNumber > newest.runNumber ? run : newest),
      null,
    );

const newestExport = (run: RunSeen, source: SourceName): Instant | null =>
  run.exports
    .filter(used => used.source === source)
    .reduce<Instant | null>(
      (newest, { finishedAt }) => (newest === null || finishedAt > newest ? finishedAt : newest),
      null,
    );
