import { AppError } from '../core/appError';
import type { SourceName } from '../core/exportFormat';
import type { StoredFacts } from '../core/facts';
import { planRun } from '../core/runPlan';
import type { RunState, ScanRun } from '../core/scanRun';
import { compareTenant, type CompareTenantPorts } from './compareTenant';
import type { CandidateTable, Clock, HeldLock, RunLock, ScanRunTable } from './ports';

export interface DetectOrphansPorts extends CompareTenantPorts {
  readonly candidates: CandidateTable;
  readonly runs: ScanRunTable;
  readonly lock: RunLock;
  readonly clock: Clock;
  readonly newRunId: () => string;
}

export interface DetectOrphansSettings {
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** The app's version, for the run record. */
  readonly version: string;
}

/** How many run records are looked at for the last run number, and for runs that were left `running`. */
const recentRuns = 100;
/** How long (ms) closing the run record may take after the run itself was stopped. */
const closingMs = 30_000;

/**
 * The nightly scan: one run at a time, and one run record whatever happens. Returns the record as it was closed: `finished`,
 * `refused` (a gate was breached: the candidates are as they were), `failed`, `aborted` or `skipped`. Throws only where the
 * record itself can not be written.
 */
export async function detectOrphans(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  signal: AbortSignal,
): Promise<ScanRun> {
  const opened = openRecord(ports.newRunId(), settings, ports.clock.now());
  let lock: HeldLock | null;
  try {
    lock = await ports.lock.acquire(signal);
  } catch (error) {
    return await recordOnly(ports, opened, stoppedOrFailed(error, signal));
  }
  const reason = 'Another scan is running: it holds the lease. Nothing to do; look at its record.';
  if (!lock) return await recordOnly(ports, opened, { state: 'skipped', reasons: [reason] });
  try {
    return await runUnderLock(ports, settings, opened, lock, signal);
  } finally {
    await lock.release();
  }
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
): Promise<ScanRun> {
  const { runs, clock, log } = ports;
  const runNumber = await nextRunNumber(ports, signal);
  const running: ScanRun = { ...opened, runNumber, fence: lock.fence };
  await runs.create(running, signal);
  log.info(`scan ${runNumber} (${running.runId}) started, sources: ${settings.sources.join(', ')}`);
  const stop = AbortSignal.any([signal, lock.lost]);
  const durations: Record<string, number> = {};
  let outcome: RunOutcome;
  try {
    outcome = await scan(ports, settings, running, durations, lock, stop);
  } catch (error) {
    outcome = stoppedOrFailed(error, stop);
  }
  const finishedAt = clock.now();
  durations['total'] = finishedAt - running.startedAt;
  const closed: ScanRun = { ...running, ...outcome, durations, finishedAt };
  await runs.replace(closed, 'running', AbortSignal.timeout(closingMs));
  report(closed, ports);
  return closed;
}

type RunOutcome = Pick<ScanRun, 'state'> & Partial<ScanRun>;

/** Closes what an earlier process left behind (the lock is ours, so it can not be running) and gives the next run's number. */
async function nextRunNumber({ runs, clock, log }: DetectOrphansPorts, signal: AbortSignal): Promise<number> {
  const recent = await runs.newest(recentRuns, signal);
  const reasons = ['The process ended without closing this run; the next run closed it.'];
  for (const run of recent.filter(candidate => candidate.state === 'running')) {
    log.warn(`scan ${run.runNumber} (${run.runId}) was left running: closed as aborted`);
    await runs.replace({ ...run, state: 'aborted', finishedAt: clock.now(), reasons }, 'running', signal);
  }
  return Math.max(0, ...recent.map(run => run.runNumber)) + 1;
}

async function scan(
  ports: DetectOrphansPorts,
  settings: DetectOrphansSettings,
  running: ScanRun,
  durations: Record<string, number>,
  lock: HeldLock,
  signal: AbortSignal,
): Promise<RunOutcome> {
  let phaseStart = ports.clock.now();
  const time = (phase: string): void => {
    const now = ports.clock.now();
    durations[phase] = now - phaseStart;
    phaseStart = now;
  };
  const previous = await readPrevious(ports, signal);
  const compared = await compareTenant(ports, settings.sources, previous, time, signal);
  const { gates, exports, result } = compared;
  if (!result) {
    const reasons = gates.filter(gate => !gate.passed && gate.reason !== '').map(gate => gate.reason);
    return { state: 'refused', gates, exports, reasons };
  }
  const { findings, withdrawals, counts } = result;
  const plan = planRun({
    runNumber: running.runNumber,
    at: running.startedAt,
    previous,
    findings,
    withdrawals,
  });
  await ports.candidates.write(plan.writes, () => lock.assertHeld(signal), signal);
  time('write');
  return { state: 'finished', gates, exports, counts, plan: plan.counts, planDigest: plan.digest };
}

async function readPrevious({ candidates }: DetectOrphansPorts, signal: AbortSignal): Promise<StoredFacts[]> {
  const rows: StoredFacts[] = [];
  for await (const row of candidates.readAll(signal)) rows.push(row);
  return rows;
}

/** What went wrong on the side of the evidence, wherever it was noticed, refuses the run; anything else fails it. */
const evidenceErrors: ReadonlySet<string> = new Set([
  'exportMissing',
  'exportRefused',
  'graphUnavailable',
  'graphRefused',
  'graphAnswerInvalid',
]);

function stoppedOrFailed(error: unknown, stop: AbortSignal): RunOutcome {
  if (stop.aborted) return { state: 'aborted', reasons: [reasonOf(stop.reason)] };
  const refused = error instanceof AppError && evidenceErrors.has(error.code);
  return { state: refused ? 'refused' : 'failed', reasons: [reasonOf(error)] };
}

/** An unexpected error is named by its class as well: its message alone may say little. */
function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

const loudStates: ReadonlySet<RunState> = new Set(['refused', 'failed', 'aborted', 'skipped']);

function report(run: ScanRun, { log }: DetectOrphansPorts): void {
  const seconds = (((run.finishedAt ?? run.startedAt) - run.startedAt) / 1000).toFixed(1);
  const line = `scan ${run.runNumber} (${run.runId}) ${run.state} after ${seconds} s`;
  if (loudStates.has(run.state)) log.error([line, ...run.reasons].join('\n  '));
  else log.info(`${line}: ${JSON.stringify(run.plan)}`);
}
