import { acceptedRunsOf, type RunGoingOn, type RunRecord } from '../core/acceptedRun';
import { AppError, type ErrorCode } from '../core/appError';
import { historyWaits, verdictWithHistory } from '../core/cloudHistory';
import type { CloudObject } from '../core/cloudObject';
import type { ComparisonContext } from '../core/correlate';
import { referenceKey, type CloudReference } from '../core/duplicates';
import type { StoredFacts, WithdrawalReason } from '../core/facts';
import { exportPresent, exportVerified } from '../core/gates/exportGates';
import { breachedGate, subjectOf, type GateResult } from '../core/gates/gate';
import type { ObjectType } from '../core/objectType';
import type { Finding } from '../core/runPlan';
import type { TypeCounts } from '../core/scanRun';
import type { SourceName } from '../core/exportFormat';
import { waitingSourceOf, waitsOf, type WaitingContext, type WaitingRules } from '../core/waiting';
import type { CloudHistory } from './cloudHistory';
import { contextOfExports, observedSinceOf } from './comparisonContext';
import { eachLimited } from './eachLimited';
import { judgeObjects } from './judgeObjects';
import type { CloudDirectory, ExportStore, Log, OpenedExport } from './ports';
import { readAgainById, readCloud, type CloudRead } from './readCloud';
import { readExports, type ExportsRead } from './readExports';

export interface CompareTenantPorts {
  readonly directory: CloudDirectory;
  readonly exports: ExportStore;
  readonly log: Log;
}

/** The comparison of one night, or the gates that say why there is none. */
export interface TenantComparison {
  /** Whether both sides could be read: presence and verification of every export, completeness of every list. */
  readonly gates: readonly GateResult[];
  readonly exports: ExportsRead;
  /** null where one of these gates was breached: then there was nothing to compare. */
  readonly result: ComparisonResult | null;
}

export interface ComparisonResult {
  readonly findings: readonly Finding[];
  readonly withdrawals: ReadonlyMap<string, WithdrawalReason>;
  readonly counts: Readonly<Record<ObjectType, TypeCounts>>;
}

/** What the rules of time go by, beside the exports. */
export interface RunTime extends Omit<RunGoingOn, 'exports'> {
  readonly rules: WaitingRules;
  /** The newest records of earlier runs. */
  readonly recent: readonly RunRecord[];
}

/** What a comparison goes by, besides both sides. */
export interface ComparisonInput {
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** Every row of the table. */
  readonly previous: readonly StoredFacts[];
  readonly runTime: RunTime;
  readonly history: CloudHistory;
}

/** Reads by id that run at the same time: few, beside the lists' own requests. */
const readsAtOnce = 4;

/**
 * Reads both sides and compares them, where both can be read. Every gate is evaluated, also after one was breached, so that the run
 * record says every reason at once (promise 4). `history` is what the scan knows of the objects besides. `time` is told when each phase ends.
 */
export async function compareTenant(
  { directory, exports, log }: CompareTenantPorts,
  { sources, previous, runTime, history }: ComparisonInput,
  time: (phase: string) => void,
  signal: AbortSignal,
): Promise<TenantComparison> {
  const read = await readExports(exports, sources, log, signal);
  time('exports');
  const onRecord = previous.filter(row => row.state !== 'withdrawn');
  const recorded = new Set(onRecord.map(referenceKey));
  const isAgain = (object: CloudObject): boolean => history.madeAgain(object) !== null;
  const cloud = await readCloud(directory, read.index, recorded, log, signal, isAgain);
  const gates = [...readableExportGates(read), ...cloud.gates, history.gate];
  if (gates.some(gate => !gate.passed)) {
    time('graph');
    return { gates, exports: read, result: null };
  }
  const pending = new PendingObjects(cloud);
  try {
    await readUnlisted(directory, onRecord, cloud, pending, signal);
    time('graph');
    const result = await lookCloser(
      read,
      cloud,
      onRecord,
      pending,
      waitingOf(read, runTime),
      history,
      signal,
    );
    return { gates, exports: read, result };
  } catch (error) {
    signal.throwIfAborted();
    const breach = error instanceof AppError ? breachesWhileRead[error.code]?.(error.message) : undefined;
    if (!breach) throw error;
    return { gates: [...gates, breach], exports: read, result: null };
  } finally {
    time('comparison');
  }
}

/** What was verified in the first pass, and is something else in the second, is a breach like what never was. */
const alteredWhileRead = (reason: string): GateResult =>
  breachedGate(
    'evidence',
    subjectOf('exportVerified'),
    { found: 'altered while it was read', limit: 'the same in both passes' },
    { reason, severity: 1, holds: true },
  );

/** An object on record that can be read neither in its list nor by its id is not gone. It holds nobody. */
const unreadById = (reason: string): GateResult =>
  breachedGate(
    'evidence',
    subjectOf('graphListComplete'),
    { found: 'an object that is not in its list was not read', limit: 'read by its id' },
    { reason, severity: 1, holds: false },
  );

/** What goes wrong after the first pass is a breach as well: the other gates are evaluated all the same. */
const breachesWhileRead: Readonly<Partial<Record<ErrorCode, (reason: string) => GateResult>>> = {
  exportRefused: alteredWhileRead,
  exportMissing: alteredWhileRead,
  graphUnavailable: unreadById,
  graphRefused: unreadById,
  graphAnswerInvalid: unreadById,
};

/** Whether every source has an export that can be read. */
export function readableExportGates({ outcomes }: ExportsRead): GateResult[] {
  return [...outcomes].flatMap(([source, outcome]) => [
    exportPresent(source, outcome),
    exportVerified(source, outcome),
  ]);
}

/** The objects that still need an outcome, and the outcomes of those that do not. */
class PendingObjects {
  readonly objects = new Map<string, CloudObject>();
  readonly withdrawals = new Map<string, WithdrawalReason>();
  readonly #settled = new Map<ObjectType, number>();

  constructor(cloud: CloudRead) {
    for (const [type, list] of cloud.lists) {
      this.#settled.set(type, list.settled);
      for (const object of list.pending) this.objects.set(referenceKey(object), object);
      for (const key of list.alive) this.withdrawals.set(key, 'alive');
    }
  }

  settled(type: ObjectType): number {
    return this.#settled.get(type) ?? 0;
  }

  /** An object that its list had settled needs a second judgement, because another object shares a key with it. */
  unsettle(object: CloudObject): void {
    // A reading that was given up may have been the only one that showed it: then it was not counted.
    this.#settled.set(object.type, Math.max(0, this.settled(object.type) - 1));
    this.add(object);
  }

  add(object: CloudObject): void {
    const key = referenceKey(object);
    this.withdrawals.delete(key);
    this.objects.set(key, object);
  }
}

/**
 * Reads by id what the lists do not tell: objects on record that their list did not show, before any is called gone, and
 * objects that were settled before their twin was seen.
 */
async function readUnlisted(
  directory: CloudDirectory,
  onRecord: readonly CloudReference[],
  cloud: CloudRead,
  pending: PendingObjects,
  signal: AbortSignal,
): Promise<void> {
  const unlisted = onRecord.filter(row => cloud.lists.get(row.type)?.seen.has(referenceKey(row)) !== true);
  await eachLimited(unlisted, readsAtOnce, async row => {
    const again = await readAgainById(directory, row, signal);
    if (again.status === 'synced') {
      // Its keys and its domain tell of other objects as much as those of one that was listed.
      cloud.duplicates.add(again.cloud);
      cloud.domains.add(again.cloud);
      pending.add(again.cloud);
    } else pending.withdrawals.set(referenceKey(row), again.status);
  });
  const twins = cloud.duplicates.all().filter(twin => !pending.objects.has(referenceKey(twin)));
  await eachLimited(twins, readsAtOnce, async twin => {
    const again = await readAgainById(directory, twin, signal);
    if (again.status === 'synced') pending.unsettle(again.cloud);
  });
}

async function lookCloser(
  read: ExportsRead,
  cloud: CloudRead,
  onRecord: readonly StoredFacts[],
  pending: PendingObjects,
  waiting: WaitingContext,
  history: CloudHistory,
  signal: AbortSignal,
): Promise<ComparisonResult> {
  const context = contextOf(read.accepted, cloud, onRecord);
  const judged = await judgeObjects(pending.objects.values(), read, context, signal);
  const counts = startCounts(cloud, pending);
  const rows = new Map(onRecord.map(row => [referenceKey(row), row]));
  const findings: Finding[] = [];
  for (const { cloud: object, compared, verdict: withoutHistory, evidence } of judged) {
    const { correlation } = compared;
    const past = history.of(object, correlation);
    const verdict = verdictWithHistory(withoutHistory, past);
    count(counts[object.type].outcomes, correlation.kind);
    if (correlation.kind === 'unknown') count(counts[object.type].unknownReasons, correlation.reason);
    if (verdict.kind !== 'none') {
      const row = rows.get(referenceKey(object)) ?? null;
      const waitsFor = [
        ...(verdict.kind === 'missing' ? waitsOf(object, correlation, row, waiting) : []),
        ...historyWaits(verdict, past),
      ];
      findings.push({ cloud: object, outcome: correlation.kind, verdict, evidence, waitsFor });
    } else if (rows.has(referenceKey(object))) {
      pending.withdrawals.set(referenceKey(object), verdict.because);
    }
  }
  return { findings, withdrawals: pending.withdrawals, counts };
}

function contextOf(
  accepted: readonly OpenedExport[],
  cloud: CloudRead,
  onRecord: readonly StoredFacts[],
): ComparisonContext {
  const fromExports = contextOfExports(accepted);
  return {
    ...fromExports,
    uncoveredDomainSeen: cloud.domains.anyUncovered(fromExports.coverage),
    duplicatesOf: object => cloud.duplicates.of(object),
    observedSince: observedSinceOf(onRecord),
  };
}

const waitingOf = (
  { accepted, used }: ExportsRead,
  { rules, recent, ...goingOn }: RunTime,
): WaitingContext => ({
  rules,
  now: goingOn.startedAt,
  runNumber: goingOn.runNumber,
  runs: acceptedRunsOf(recent, { ...goingOn, exports: used }),
  sources: accepted.map(({ manifest }) => waitingSourceOf(manifest)),
});

interface GrowingCounts extends TypeCounts {
  readonly outcomes: Record<string, number>;
  readonly unknownReasons: Record<string, number>;
}

function startCounts(cloud: CloudRead, pending: PendingObjects): Record<ObjectType, GrowingCounts> {
  const start = (type: ObjectType): GrowingCounts => ({
    read: cloud.lists.get(type)?.read ?? 0,
    notSynced: cloud.lists.get(type)?.notSynced ?? 0,
    outcomes: { live: pending.settled(type) },
    unknownReasons: {},
  });
  return { user: start('user'), group: start('group'), contact: start('contact'), device: start('device') };
}

function count(into: Record<string, number>, name: string): void {
  into[name] = (into[name] ?? 0) + 1;
}
