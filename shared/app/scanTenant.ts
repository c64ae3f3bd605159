import type { SourceName } from '../core/exportFormat';
import type { StoredFacts } from '../core/facts';
import { blocks, type GateResult } from '../core/gates/gate';
import type { GateLimits } from '../core/gates/limits';
import { decideHolds, type Hold } from '../core/holds';
import { activeRules, type ActiveRules } from '../core/rule';
import { planRun, type Finding } from '../core/runPlan';
import type { ScanRun } from '../core/scanRun';
import type { SourceSynchronisation } from '../core/synchronisation';
import { waitingSinceOf } from '../core/synchronisationRequest';
import type { WaitingRules } from '../core/waiting';
import { askForSynchronisation, type AskForSynchronisationPorts } from './askForSynchronisation';
import { alertMadeAgain, newlyMadeAgain, readCloudHistory, type CloudHistoryPorts } from './cloudHistory';
import { compareTenant, type CompareTenantPorts } from './compareTenant';
import type { RuleTable } from './decisionPorts';
import { comparisonGates, evidenceGates, readSynchronisation, sourcesOf, volumeGates } from './evaluateGates';
import type {
  CandidateTable,
  Clock,
  HeldLock,
  OpenedExport,
  ScanRunTable,
  SynchronisationReader,
} from './ports';
import { readAccepted, type RunLegacy } from './runHistory';

export interface ScanTenantPorts extends CompareTenantPorts {
  /** What the scan knows of the cloud's past. */
  readonly history: Omit<CloudHistoryPorts, 'log'>;
  /** How agents are asked for a synchronisation. */
  readonly asking: Pick<AskForSynchronisationPorts, 'requestBlobs' | 'requests'>;
  readonly candidates: CandidateTable;
  readonly runs: ScanRunTable;
  readonly rules: Pick<RuleTable, 'readAll'>;
  readonly synchronisation: SynchronisationReader;
  readonly clock: Clock;
}

export interface ScanTenantSettings {
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** The tenant that is scanned, as a lower-case GUID. */
  readonly tenantId: string;
  readonly limits: GateLimits;
  /** How long a missing object is observed. */
  readonly waiting: WaitingRules;
}

/** A run that holds the lease and has its record. */
export interface OpenedRun {
  /** Its record, as it was opened. */
  readonly running: ScanRun;
  /** What earlier runs left to it. */
  readonly legacy: RunLegacy;
  /** The newest records before it. */
  readonly recent: readonly ScanRun[];
  readonly soFar: RunSoFar;
  readonly lock: HeldLock;
}

/** How a record is to be closed. */
export type RunOutcome = Pick<ScanRun, 'state'> & Partial<ScanRun>;

/** What a run knows while it goes on; its record keeps that, also where it fails afterwards. */
export class RunSoFar {
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

/**
 * What happens between the opening of a run's record and its closing: reads everything, compares, evaluates every gate, decides what
 * holds, and writes the plan where the run is accepted. Answers how the record is to be closed; what it knows by then is in `soFar`, also
 * where it throws. Throws as the ports do.
 */
export async function scanTenant(
  ports: ScanTenantPorts,
  settings: ScanTenantSettings,
  run: OpenedRun,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { running, legacy, recent, soFar, lock } = run;
  const { runs, clock } = ports;
  const { limits, tenantId } = settings;
  const previous = await Array.fromAsync(ports.candidates.readAll(signal));
  const rules = await readRules(ports, signal);
  const accepted = await readAccepted(runs, legacy, signal);
  const synchronisation = await readSynchronisation(ports.synchronisation, signal);
  const { runNumber, startedAt } = running;
  const runTime = {
    rules: settings.waiting,
    runNumber,
    startedAt,
    tenantLastSync: synchronisation.tenant?.lastSyncDateTime ?? null,
    recent,
  };
  const history = await readCloudHistory(
    { ...ports.history, log: ports.log },
    {
      at: startedAt,
      firstScan: legacy.accepted === null && previous.length === 0,
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
    ...evidenceGates({ exports, synchronisation, accepted, recent, tenantId, limits, now: clock.now() }),
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
  const asked = await askAgents(ports, run, exports.accepted, findings, previous, signal);
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
  ports: ScanTenantPorts,
  { running, recent }: OpenedRun,
  accepted: readonly Pick<OpenedExport, 'manifest'>[],
  findings: readonly Finding[],
  previous: readonly StoredFacts[],
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

async function readRules({ rules, clock }: ScanTenantPorts, signal: AbortSignal): Promise<ActiveRules> {
  return activeRules(await Array.fromAsync(rules.readAll(signal)), clock.now());
}
