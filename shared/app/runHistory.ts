import { AppError } from '../core/appError';
import type { Hold } from '../core/holds';
import type { ScanRun } from '../core/scanRun';
import type { ScanRunTable } from './ports';

/** How many run records are looked at, and how many where these are all of runs that never held the lease. */
export const recentRuns = 100;
export const manyRuns = 10_000;

/** What earlier runs left for the next one, and for whoever asks what holds. */
export interface RunLegacy {
  /** Id of the newest accepted run; null: there is none. */
  readonly accepted: string | null;
  readonly holds: readonly Hold[];
}

const nothingYet: RunLegacy = { accepted: null, holds: [] };

/**
 * The newest record carries on what holds (core/holds), but for those of runs that never held the lease: these know only what was in
 * force while another run was going on. The newest is the one with the highest number, whatever the clocks of the hosts said. Throws
 * `scanFailed` where there are nothing but records of such runs: then nobody knows what holds.
 */
export async function readLegacy(
  runs: Pick<ScanRunTable, 'newest'>,
  recent: readonly ScanRun[],
  signal: AbortSignal,
): Promise<RunLegacy> {
  const newest = newestOf(recent);
  if (newest) return legacyOf(newest);
  if (recent.length < recentRuns) return nothingYet;
  const all = await runs.newest(manyRuns, signal);
  const older = newestOf(all);
  if (older) return legacyOf(older);
  if (all.length < manyRuns) return nothingYet;
  throw new AppError(
    'scanFailed',
    `Of the newest ${manyRuns} runs one was expected to have held the lease; none has. What holds is not known: look at who asks for ` +
      'scans, and remove the records of runs that are "skipped", or "failed" without a fencing number, from ScanRuns.',
  );
}

/** The newest records that are looked at where only what holds is asked for: enough to meet one of a run that held the lease. */
const fewRuns = 10;

/** What holds now, for whoever asks often. Throws as `readLegacy`. */
export async function readHolds(
  runs: Pick<ScanRunTable, 'newest'>,
  signal: AbortSignal,
): Promise<readonly Hold[]> {
  const few = await runs.newest(fewRuns, signal);
  const newest = newestOf(few);
  if (newest) return newest.holds;
  return (await readLegacy(runs, await runs.newest(recentRuns, signal), signal)).holds;
}

type RunUnderLease = ScanRun & { readonly fence: number };

function newestOf(runs: readonly ScanRun[]): RunUnderLease | undefined {
  const underLease = runs.filter((run): run is RunUnderLease => run.fence !== null);
  // Of two with one number, which a lost lease can make, the one that held it last.
  return underLease.toSorted((a, b) => b.runNumber - a.runNumber || b.fence - a.fence)[0];
}

/**
 * The record of the last accepted run, which everything is compared with; null: there is none. Throws `rowInvalid` where its record
 * is gone, or is not one of an accepted run: compared with anything else, an old or short export would pass.
 */
export async function readAccepted(
  runs: Pick<ScanRunTable, 'read'>,
  { accepted }: Pick<RunLegacy, 'accepted'>,
  signal: AbortSignal,
): Promise<ScanRun | null> {
  if (accepted === null) return null;
  const run = await runs.read(accepted, signal);
  if (run?.state === 'finished') return run;
  throw new AppError(
    'rowInvalid',
    `The record of the last accepted run (${accepted}) was expected in ScanRuns, ` +
      `${run === null ? 'and is not there' : `found one that is "${run.state}"`}. Nothing can be compared with it: restore the table.`,
  );
}

/**
 * The exports that tonight's are compared with: those of the last accepted run; and of a source that it did not use, those of the
 * newest accepted run that did, as far as the newest records tell. So a source that was taken out for a while is not the first of its
 * name again, for which any export would do. null: no run was accepted yet.
 */
export function baselineOf(
  accepted: Pick<ScanRun, 'exports'> | null,
  recent: readonly ScanRun[],
): Pick<ScanRun, 'exports'> | null {
  if (accepted === null) return null;
  const exports = [...accepted.exports];
  const earlier = recent
    .filter(run => run.state === 'finished')
    .toSorted((a, b) => b.runNumber - a.runNumber);
  for (const used of earlier.flatMap(run => run.exports))
    if (!exports.some(({ source }) => source === used.source)) exports.push(used);
  return { exports };
}

const legacyOf = (run: ScanRun): RunLegacy => ({
  accepted: run.state === 'finished' ? run.runId : run.acceptedBefore,
  holds: run.holds,
});
