import { AppError } from '../core/appError';
import type { Hold } from '../core/holds';
import type { ScanRun } from '../core/scanRun';
import type { ScanRunTable } from './ports';

/** How many run records are looked at, and how many where these are all of runs that never held the lease. */
export const recentRuns = 100;
const manyRuns = 1_000;

/** What earlier runs left for the next one, and for whoever asks what holds. */
export interface RunLegacy {
  /** Id of the newest accepted run; null: there is none. */
  readonly accepted: string | null;
  readonly holds: readonly Hold[];
}

const nothingYet: RunLegacy = { accepted: null, holds: [] };

/**
 * The newest record carries on what holds (core/holds), but for those of runs that never held the lease: these know only what was in
 * force while another run was going on. Throws `scanFailed` where there are nothing but such records: then nobody knows what holds.
 */
export async function readLegacy(
  runs: Pick<ScanRunTable, 'newest'>,
  recent: readonly ScanRun[],
  signal: AbortSignal,
): Promise<RunLegacy> {
  const newest = recent.find(run => run.fence !== null);
  if (newest) return legacyOf(newest);
  if (recent.length < recentRuns) return nothingYet;
  const many = (await runs.newest(manyRuns, signal)).find(run => run.fence !== null);
  if (many) return legacyOf(many);
  throw new AppError(
    'scanFailed',
    `Of the newest ${manyRuns} runs one was expected to have held the lease; none has. What holds is not known: look at who asks for scans.`,
  );
}

const legacyOf = (run: ScanRun): RunLegacy => ({
  accepted: run.state === 'finished' ? run.runId : run.acceptedBefore,
  holds: run.holds,
});
