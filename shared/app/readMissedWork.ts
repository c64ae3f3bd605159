import type { SourceName } from '../core/exportFormat';
import { missedWork, type MissedWork } from '../core/missedWork';
import type { Clock, ScanRunTable } from './ports';

/** How many records are looked at for the newest scan that finished. */
export const recentRuns = 100;

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
  return missedWork(await runs.newest(recentRuns, signal), sources, clock.now());
}
