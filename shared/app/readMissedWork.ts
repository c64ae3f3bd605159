import type { SourceName } from '../core/exportFormat';
import { missedWork, type MissedWork } from '../core/missedWork';
import type { ScanRun } from '../core/scanRun';
import type { Clock, ScanRunTable } from './ports';

/** How many records are looked at for the newest scan that finished: a few as a rule, and these where none of the few has. */
const fewRuns = 5;
const recentRuns = 100;

/**
 * At least the newest `atLeast` records, and more where that takes to find one that finished, as far as that goes: health is open to
 * anybody, and must not read a hundred rows each time. Throws as the table does.
 */
export async function runsForMissedWork(
  runs: Pick<ScanRunTable, 'newest'>,
  signal: AbortSignal,
  atLeast = fewRuns,
): Promise<readonly ScanRun[]> {
  const few = await runs.newest(atLeast, signal);
  if (few.length < atLeast || atLeast >= recentRuns || few.some(run => run.state === 'finished')) return few;
  return runs.newest(recentRuns, signal);
}

export interface ReadMissedWorkPorts {
  readonly runs: Pick<ScanRunTable, 'newest'>;
  readonly clock: Clock;
}

/** What should have happened by now and did not. Throws as the table of runs does. */
export async function readMissedWork(
  { runs, clock }: ReadMissedWorkPorts,
  sources: readonly SourceName[],
  signal: AbortSignal,
): Promise<MissedWork> {
  return missedWork(await runsForMissedWork(runs, signal), sources, clock.now());
}
