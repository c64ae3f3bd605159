import { AppError } from '../core/appError';
import type { Hold } from '../core/holds';
import type { ExportUsed, ScanRun } from '../core/scanRun';
import type { ScanRunTable } from './ports';

/** How many run records are looked at, and how many where too few of these are of runs that held the lease. */
export const recentRuns = 100;
export const manyRuns = 10_000;
/**
 * Of the records that are looked at first, so many must be of runs that held the lease: only these tell anything, and the clock of a host
 * that is ahead puts its records before newer ones.
 */
export const leastUnderLease = 50;

/**
 * The newest run records, by the clocks of the hosts. Who asks for scans while one is going on leaves a record for each, and must not
 * push the others out of sight: then more are read.
 */
export async function readRecent(
  runs: Pick<ScanRunTable, 'newest'>,
  signal: AbortSignal,
): Promise<readonly ScanRun[]> {
  const recent = await runs.newest(recentRuns, signal);
  const crowded = recent.length >= recentRuns && recent.filter(heldLease).length < leastUnderLease;
  return crowded ? runs.newest(manyRuns, signal) : recent;
}

/** What earlier runs left for the next one, and for whoever asks what holds. */
export interface RunLegacy {
  /** The number of the newest run; 0: there is none. */
  readonly runNumber: number;
  /** Id of the newest accepted run; null: there is none. */
  readonly accepted: string | null;
  readonly holds: readonly Hold[];
}

/**
 * The newest record carries on what holds (core/holds), but for those of runs that never held the lease: these know only what was in
 * force while another run was going on. The newest is the one with the highest number, whatever the clocks of the hosts said. `recent`:
 * as `readRecent` answers. Throws `scanFailed` where there are nothing but records of such runs: then nobody knows what holds.
 */
export function legacyOf(recent: readonly ScanRun[]): RunLegacy {
  const newest = newestOf(recent);
  if (newest) {
    const { state, runId, acceptedBefore, runNumber, holds } = newest;
    return { runNumber, accepted: state === 'finished' ? runId : acceptedBefore, holds };
  }
  if (recent.length < manyRuns) return { runNumber: 0, accepted: null, holds: [] };
  throw new AppError(
    'scanFailed',
    `Of the newest ${manyRuns} runs one was expected to have held the lease; none has. What holds is not known: look at who asks for ` +
      'scans, and remove the records of runs that are "skipped", or "failed" without a fencing number, from ScanRuns.',
  );
}

/** How many records are looked at by whoever has looked at all of them (`readRecent`), and asks whether anything holds since. */
const fewRuns = 10;

/** What holds now. Throws as `legacyOf`. */
export async function readHolds(
  runs: Pick<ScanRunTable, 'newest'>,
  signal: AbortSignal,
): Promise<readonly Hold[]> {
  const few = await runs.newest(fewRuns, signal);
  return legacyOf(few.some(heldLease) ? few : await readRecent(runs, signal)).holds;
}

type RunUnderLease = ScanRun & { readonly fence: number };
const heldLease = (run: ScanRun): run is RunUnderLease => run.fence !== null;

function newestOf(runs: readonly ScanRun[]): RunUnderLease | undefined {
  // Of two with one number, which a lost lease can make, the one that held it last.
  return runs.filter(heldLease).toSorted((a, b) => b.runNumber - a.runNumber || b.fence - a.fence)[0];
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
 * name again, for which any export would do. Empty where no run was accepted yet.
 */
export function baselineOf(
  accepted: Pick<ScanRun, 'exports'> | null,
  recent: readonly ScanRun[],
): readonly ExportUsed[] {
  if (accepted === null) return [];
  const exports = [...accepted.exports];
  const earlier = recent
    .filter(run => run.state === 'finished')
    .toSorted((a, b) => b.runNumber - a.runNumber);
  for (const used of earlier.flatMap(run => run.exports))
    if (!exports.some(({ source }) => source === used.source)) exports.push(used);
  return exports;
}
