import type { SourceName } from './exportFormat';
import type { Instant } from './instant';
import type { ScanRun } from './scanRun';

/** How long nothing may have come, in hours: a night, and two hours for one that began late or took long. */
export const missedWorkAfterHours = 26;

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
export type RunSeen = Pick<ScanRun, 'state' | 'startedAt' | 'finishedAt' | 'exports'>;

/**
 * Decides what is missing at `now`. A scan counts when it finished, since a refused one changed nothing; an export counts when the
 * newest of these scans used it, by the time at which its agent finished it. What is exactly as old as the limit is in time. Before any scan has finished, that
 * alone is missed: nothing is known of exports then, and the scan's own record says what it lacks. `runs`: the newest ones, in any order.
 */
export function missedWork(
  runs: readonly RunSeen[],
  sources: readonly SourceName[],
  now: Instant,
): MissedWork {
  const finished = newestFinished(runs);
  if (finished === null) return { scan: { lastFinishedAt: null }, exports: [] };
  const tooOld = (at: Instant | null): boolean => at === null || now - at > missedWorkAfterHours * hourMs;
  return {
    scan: tooOld(finished.at) ? { lastFinishedAt: finished.at } : null,
    exports: sources
      .map(source => ({ source, lastFinishedAt: newestExport(finished.run, source) }))
      .filter(({ lastFinishedAt }) => tooOld(lastFinishedAt)),
  };
}

/** Whether anything is missed at all. */
export const isAnyMissed = (missed: MissedWork): boolean => missed.scan !== null || missed.exports.length > 0;

function newestFinished(runs: readonly RunSeen[]): { readonly run: RunSeen; readonly at: Instant } | null {
  let newest: { readonly run: RunSeen; readonly at: Instant } | null = null;
  for (const run of runs) {
    if (run.state !== 'finished') continue;
    const at = run.finishedAt ?? run.startedAt;
    if (newest === null || at > newest.at) newest = { run, at };
  }
  return newest;
}

const newestExport = (run: RunSeen, source: SourceName): Instant | null =>
  run.exports
    .filter(used => used.source === source)
    .reduce<Instant | null>(
      (newest, { finishedAt }) => (newest === null || finishedAt > newest ? finishedAt : newest),
      null,
    );
