import { AppError } from '../core/appError';
import type { RunState, ScanRun } from '../core/scanRun';
import { laxerThanDefault } from '../core/waiting';
import type { HeldLock, RunLock } from './ports';
import { legacyOf, readRecent } from './runHistory';
import {
  RunSoFar,
  scanTenant,
  type RunOutcome,
  type ScanTenantPorts,
  type ScanTenantSettings,
} from './scanTenant';

export interface DetectOrphansPorts extends ScanTenantPorts {
  readonly lock: RunLock;
  readonly newRunId: () => string;
}

export interface DetectOrphansSettings extends ScanTenantSettings {
  /** The app's version, for the run record. */
  readonly version: string;
}

/** How long (ms) closing the run record may take after the run itself was stopped. */
const closingMs = 30_000;

/**
 * The nightly scan: one run at a time, and one run record whatever happens. Returns the record as it was closed: `finished`,
 * `refused` or `held` (the candidates are as they were), `failed`, `aborted` or `skipped`. Throws only where the
 * record itself can not be written, or nobody knows what holds (`legacyOf`).
 */
export async function detectOrphans(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  signal: AbortSignal,
): Promise<ScanRun> {
  const opened = openRecord(ports.newRunId(), settings, ports.clock.now());
  const { run } = await runOnce(ports, settings, opened, () => skip(ports, opened), signal);
  return run;
}

/** What became of a run that was asked for by its id. known: it has a record from before, and nothing was done now. */
export interface RequestedScan {
  readonly kind: 'ran' | 'known';
  readonly run: ScanRun;
}

/**
 * A scan that was asked for, under the run id that was asked for: once, however often the request arrives and wherever a process
 * ended in between, since a run that has a record does not run again. Throws as `detectOrphans`, and `scanFailed` where another
 * process holds the lease and has not said yet which run it is: the request has to come again.
 */
export async function runRequestedScan(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  runId: string,
  signal: AbortSignal,
): Promise<RequestedScan> {
  const opened = openRecord(runId, settings, ports.clock.now());
  const whileOthersScan = async (): Promise<RequestedScan> => {
    const known = await ports.runs.read(runId, signal);
    if (known) return { kind: 'known', run: known };
    const recent = await readRecent(ports.runs, signal);
    if (recent.some(run => run.state === 'running')) return skip(ports, opened);
    throw new AppError(
      'scanFailed',
      `Scan ${runId}: expected the lease, or the record of who holds it; found neither. The request comes again by itself.`,
    );
  };
  return runOnce(ports, settings, opened, whileOthersScan, signal);
}

async function runOnce(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  opened: ScanRun,
  whileOthersScan: () => Promise<RequestedScan>,
  signal: AbortSignal,
): Promise<RequestedScan> {
  let lock: HeldLock | null;
  try {
    lock = await ports.lock.acquire(signal);
  } catch (error) {
    // A request that comes again must not leave a second record under the id of a run that others are compared with.
    const known = await ports.runs.read(opened.runId, AbortSignal.timeout(closingMs));
    if (known) return { kind: 'known', run: known };
    const run = await recordOnly(ports, opened, stoppedOrFailed(error, signal));
    return { kind: 'ran', run };
  }
  if (!lock) return await whileOthersScan();
  try {
    return await runUnderLock(ports, settings, opened, lock, signal);
  } finally {
    await lock.release();
  }
}

async function skip(ports: DetectOrphansPorts, opened: ScanRun): Promise<RequestedScan> {
  const reasons = ['Another scan is running: it holds the lease. Nothing to do; look at its record.'];
  const run = await recordOnly(ports, opened, { state: 'skipped', reasons });
  return { kind: 'ran', run };
}

const openRecord = (
  runId: string,
  settings: DetectOrphansSettings,
  startedAt: ScanRun['startedAt'],
): ScanRun => ({
  runId,
  runNumber: 0,
  state: 'running',
  startedAt,
  finishedAt: null,
  durations: {},
  reasons: [],
  gates: [],
  exports: [],
  counts: {},
  plan: null,
  planDigest: null,
  fence: null,
  version: settings.version,
  acceptedBefore: null,
  holds: [],
  synchronisation: null,
});

/** The record of a run that never held the lease. Its number is that of the newest run: it is none of its own. */
async function recordOnly(ports: DetectOrphansPorts, opened: ScanRun, outcome: RunOutcome): Promise<ScanRun> {
  const closing = AbortSignal.timeout(closingMs);
  const [newest] = await ports.runs.newest(1, closing);
  const run: ScanRun = {
    ...opened,
    ...outcome,
    runNumber: newest?.runNumber ?? 0,
    finishedAt: ports.clock.now(),
  };
  await ports.runs.create(run, closing);
  report(run, ports);
  return run;
}

async function runUnderLock(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  opened: ScanRun,
  lock: HeldLock,
  signal: AbortSignal,
): Promise<RequestedScan> {
  const { runs, clock, log } = ports;
  const recent = await closeAbandoned(ports, signal);
  const known = await runs.read(opened.runId, signal);
  if (known) return { kind: 'known', run: known };
  const legacy = legacyOf(recent);
  const runNumber = legacy.runNumber + 1;
  const running: ScanRun = {
    ...opened,
    runNumber,
    fence: lock.fence,
    acceptedBefore: legacy.accepted,
    holds: legacy.holds,
  };
  await runs.create(running, signal);
  log.info(`scan ${runNumber} (${running.runId}) started, sources: ${settings.sources.join(', ')}`);
  const laxer = laxerThanDefault(settings.waiting);
  if (laxer.length > 0)
    log.warn(`WAITING_RULES lets objects be candidates earlier than by default: ${laxer.join(', ')}`);
  const stop = AbortSignal.any([signal, lock.lost]);
  const soFar = new RunSoFar(clock);
  let outcome: RunOutcome;
  try {
    outcome = await scanTenant(ports, settings, { running, legacy, recent, soFar, lock }, stop);
  } catch (error) {
    outcome = stoppedOrFailed(error, stop);
  }
  const finishedAt = clock.now();
  const durations = { ...soFar.durations, total: finishedAt - running.startedAt };
  const closed: ScanRun = { ...running, ...soFar.known, ...outcome, durations, finishedAt };
  await runs.replace(closed, 'running', AbortSignal.timeout(closingMs));
  report(closed, ports);
  return { kind: 'ran', run: closed };
}

/** Closes what an earlier process left behind: the lock is ours, so it can not be running. Answers the newest runs, as they are then. */
async function closeAbandoned(
  { runs, clock, log }: DetectOrphansPorts,
  signal: AbortSignal,
): Promise<readonly ScanRun[]> {
  const recent = await readRecent(runs, signal);
  const reasons = ['The process ended without closing this run; the next run closed it.'];
  const closed: ScanRun[] = [];
  for (const run of recent) {
    if (run.state !== 'running') {
      closed.push(run);
      continue;
    }
    log.warn(`scan ${run.runNumber} (${run.runId}) was left running: closed as aborted`);
    const aborted: ScanRun = { ...run, state: 'aborted', finishedAt: clock.now(), reasons };
    await runs.replace(aborted, 'running', signal);
    closed.push(aborted);
  }
  return closed;
}

function stoppedOrFailed(error: unknown, stop: AbortSignal): RunOutcome {
  if (stop.aborted) return { state: 'aborted', reasons: [reasonOf(stop.reason)] };
  return { state: 'failed', reasons: [reasonOf(error)] };
}

/** An unexpected error is named by its class as well: its message alone may say little. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const loudStates: ReadonlySet<RunState> = new Set(['refused', 'held', 'failed', 'aborted', 'skipped']);

function report(run: ScanRun, { log }: DetectOrphansPorts): void {
  const seconds = (((run.finishedAt ?? run.startedAt) - run.startedAt) / 1000).toFixed(1);
  const line = `scan ${run.runNumber} (${run.runId}) ${run.state} after ${seconds} s`;
  if (loudStates.has(run.state)) log.error([line, ...run.reasons].join('\n  '));
  else log.info(`${line}: ${JSON.stringify(run.plan)}`);
}
