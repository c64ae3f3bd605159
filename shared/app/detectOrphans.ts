import { AppError } from '../core/appError';
import type { SourceName } from '../core/exportFormat';
import type { StoredFacts } from '../core/facts';
import { blocks, type GateResult } from '../core/gates/gate';
import type { GateLimits } from '../core/gates/limits';
import { decideHolds, type Hold } from '../core/holds';
import { activeRules, type ActiveRules, type Rule } from '../core/rule';
import { planRun, type Finding } from '../core/runPlan';
import type { RunState, ScanRun } from '../core/scanRun';
import { laxerThanDefault, type WaitingRules } from '../core/waiting';
import type { SourceSynchronisation } from '../core/synchronisation';
import { waitingSinceOf } from '../core/synchronisationRequest';
import { askForSynchronisation, type AskForSynchronisationPorts } from './askForSynchronisation';
import { alertMadeAgain, newlyMadeAgain, readCloudHistory, type CloudHistoryPorts } from './cloudHistory';
import { compareTenant, type CompareTenantPorts } from './compareTenant';
import { comparisonGates, evidenceGates, readSynchronisation, sourcesOf, volumeGates } from './evaluateGates';
import type {
  CandidateTable,
  Clock,
  HeldLock,
  OpenedExport,
  RunLock,
  ScanRunTable,
  SynchronisationReader,
} from './ports';
import { baselineOf, readAccepted, readLegacy, recentRuns, type RunLegacy } from './runHistory';

/** The table Rules, for reading. */
export interface RuleReader {
  readAll(signal: AbortSignal): AsyncIterable<Rule>;
}

export interface DetectOrphansPorts extends CompareTenantPorts {
  /** What the scan knows of the cloud's past. */
  readonly history: Omit<CloudHistoryPorts, 'log'>;
  /** How agents are asked for a synchronisation. */
  readonly asking: Pick<AskForSynchronisationPorts, 'requestBlobs' | 'requests'>;
  readonly candidates: CandidateTable;
  readonly runs: ScanRunTable;
  readonly rules: RuleReader;
  readonly synchronisation: SynchronisationReader;
  readonly lock: RunLock;
  readonly clock: Clock;
  readonly newRunId: () => string;
}

export interface DetectOrphansSettings {
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** The tenant that is scanned, as a lower-case GUID. */
  readonly tenantId: string;
  readonly limits: GateLimits;
  /** How long a missing object is observed. */
  readonly waiting: WaitingRules;
  /** The app's version, for the run record. */
  readonly version: string;
}

/** How long (ms) closing the run record may take after the run itself was stopped. */
const closingMs = 30_000;

/**
 * The nightly scan: one run at a time, and one run record whatever happens. Returns the record as it was closed: `finished`,
 * `refused` or `held` (the candidates are as they were), `failed`, `aborted` or `skipped`. Throws only where the
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
  const known = recordOf(recent, opened.runId);
  if (known) return { kind: 'known', run: known };
  const runNumber = Math.max(0, ...recent.map(run => run.runNumber)) + 1;
  const legacy = await readLegacy(runs, recent, signal);
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
    outcome = await scan(ports, settings, running, { ...legacy, recent }, soFar, lock, stop);
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

/** What a run knows while it goes on; its record keeps that, also where it fails afterwards. */
class RunSoFar {
  readonly durations: Record<string, number> = {};
  known: Partial<ScanRun> = {};
  #phaseStart: number;

  constructor(private readonly clock: Clock) {
    this.#phaseStart = clock.now();
  }

  readonly time = (phase: string): void => {
    const now = this.clock.now();
    this.durations[phase] = now - this.#phaseStart;
    this.#phaseStart = now;
  };

  learn(known: Partial<ScanRun>): void {
    this.known = { ...this.known, ...known };
  }
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
  legacy: RunLegacy & { readonly recent: readonly ScanRun[] },
  soFar: RunSoFar,
  lock: HeldLock,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { runs, clock } = ports;
  const { limits, tenantId } = settings;
  const previous = await readPrevious(ports, signal);
  const rules = await readRules(ports, signal);
  const accepted = await readAccepted(runs, legacy, signal);
  const baseline = baselineOf(accepted, legacy.recent);
  const synchronisation = await readSynchronisation(ports.synchronisation, signal);
  const { runNumber, startedAt } = running;
  const runTime = {
    rules: settings.waiting,
    runNumber,
    startedAt,
    tenantLastSync: synchronisation.tenant?.lastSyncDateTime ?? null,
    recent: legacy.recent,
  };
  const history = await readCloudHistory(
    { ...ports.history, log: ports.log },
    {
      at: startedAt,
      firstScan: legacy.accepted === null,
      previous,
      retiredDomains: new Set(rules.retiredDomains.keys()),
    },
    signal,
  );
  const { sources: expected } = settings;
  const input = { sources: expected, previous, runTime, history };
  const compared = await compareTenant(ports, input, soFar.time, signal);
  const { exports } = compared;
  const sources = sourcesOf(exports);
  const evidence = [
    ...compared.gates,
    ...evidenceGates({ exports, synchronisation, accepted: baseline, tenantId, limits, now: clock.now() }),
    ...(compared.result ? comparisonGates(compared.result, limits) : []),
  ];
  soFar.learn({
    gates: evidence,
    exports: exports.used,
    synchronisation: { tenant: synchronisation.tenant, sources },
  });
  if (!compared.result) {
    const { gates, open, carried } = decideHolds(running, evidence, legacy.holds, rules);
    soFar.learn({ gates, holds: carried.notAccepted });
    return { state: 'refused', reasons: reasonsOf(gates, open) };
  }
  const { findings, withdrawals, counts } = compared.result;
  const plan = planRun({
    runNumber: running.runNumber,
    at: running.startedAt,
    previous,
    findings,
    withdrawals,
  });
  const volume = volumeGates(compared.result, previous, sources, limits);
  const { gates, open, carried } = decideHolds(running, [...evidence, ...volume], legacy.holds, rules);
  const reasons = reasonsOf(gates, open);
  soFar.learn({ gates, counts, plan: plan.counts, planDigest: plan.digest });
  if (gates.some(gate => gate.kind === 'evidence' && blocks(gate)))
    return { state: 'refused', reasons, holds: carried.notAccepted };
  if (open.some(hold => hold.kind === 'evidence'))
    return { state: 'held', reasons, holds: carried.notAccepted };
  const asked = await askAgents(ports, legacy, exports.accepted, findings, previous, running, signal);
  soFar.learn({ synchronisation: { tenant: synchronisation.tenant, sources: asked } });
  // Before the rows: a run that ends in between alerts once more.
  alertMadeAgain(newlyMadeAgain(history, findings, previous), ports.log);
  // What locks the list is on record before the list is: a run that ends in between must not unlock it.
  soFar.learn({ reasons, holds: carried.whileWritten });
  await runs.replace({ ...running, ...soFar.known }, 'running', signal);
  await ports.candidates.write(plan.writes, () => lock.assertHeld(signal), signal);
  soFar.time('write');
  return { state: 'finished', holds: carried.accepted };
}

/** Asks for what objects wait for, in an accepted run only. */
function askAgents(
  ports: DetectOrphansPorts,
  { recent }: { readonly recent: readonly ScanRun[] },
  accepted: readonly Pick<OpenedExport, 'manifest'>[],
  findings: readonly Finding[],
  previous: readonly StoredFacts[],
  running: ScanRun,
  signal: AbortSignal,
): Promise<readonly SourceSynchronisation[]> {
  const manifests = accepted.map(({ manifest }) => manifest);
  return askForSynchronisation(
    { ...ports.asking, clock: ports.clock, log: ports.log },
    {
      manifests,
      waitingSince: waitingSinceOf(findings, previous, manifests, running.startedAt),
      earlier: recent.find(run => run.state === 'finished')?.synchronisation?.sources ?? [],
    },
    signal,
  );
}

/** Every reason at once: the breaches that nobody let go, and the holds of earlier runs. */
const reasonsOf = (gates: readonly GateResult[], open: readonly Hold[]): readonly string[] => [
  ...gates.filter(gate => blocks(gate) && gate.reason !== '').map(gate => gate.reason),
  ...open.map(holdLine),
];

function holdLine({ kind, gate, runId, source, type }: Hold): string {
  const about = [source, type].filter(one => one !== null).join(', ');
  const what = kind === 'evidence' ? 'holds every run' : 'locks approval and deletion';
  return (
    `The breach of ${gate}${about === '' ? '' : ` (${about})`} of run ${runId} ${what} until an administrator releases it with a ` +
    `reason: POST /api/scans/${runId}/release.`
  );
}

async function readRules({ rules, clock }: DetectOrphansPorts, signal: AbortSignal): Promise<ActiveRules> {
  const all: Rule[] = [];
  for await (const rule of rules.readAll(signal)) all.push(rule);
  return activeRules(all, clock.now());
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

const loudStates: ReadonlySet<RunState> = new Set(['refused', 'held', 'failed', 'aborted', 'skipped']);

function report(run: ScanRun, { log }: DetectOrphansPorts): void {
  const seconds = (((run.finishedAt ?? run.startedAt) - run.startedAt) / 1000).toFixed(1);
  const line = `scan ${run.runNumber} (${run.runId}) ${run.state} after ${seconds} s`;
  if (loudStates.has(run.state)) log.error([line, ...run.reasons].join('\n  '));
  else log.info(`${line}: ${JSON.stringify(run.plan)}`);
}
