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
    const recent = await ports.runs.newest(recentRuns, signal);
    const known = recordOf(recent, runId);
    if (known) return { kind: 'known', run: known };
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
    return { kind: 'ran', run: await recordOnly(ports, opened, stoppedOrFailed(error, signal)) };
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
  return { kind: 'ran', run: await recordOnly(ports, opened, { state: 'skipped', reasons }) };
}

/** Of several under one id, which only a skip can make, the one that ran. */
const recordOf = (runs: readonly ScanRun[], runId: string): ScanRun | null => {
  const records = runs.filter(run => run.runId === runId);
  return records.find(run => run.state !== 'skipped') ?? records[0] ?? null;
};

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
): Promise<RequestedScan> {
  const { runs, clock, log } = ports;
  const recent = await closeAbandoned(ports, signal);
  const known = recordOf(recent, opened.runId);
  if (known) return { kind: 'known', run: known };
  const runNumber = Math.max(0, ...recent.map(run => run.runNumber)) + 1;
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
  return { kind: 'ran', run: closed };
}

type RunOutcome = Pick<ScanRun, 'state'> & Partial<ScanRun>;

/** Closes what an earlier process left behind: the lock is ours, so it can not be running. Answers the newest runs, as they are then. */
async function closeAbandoned(
  { runs, clock, log }: DetectOrphansPorts,
  signal: AbortSignal,
): Promise<readonly ScanRun[]> {
  const recent = await runs.newest(recentRuns, signal);
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
