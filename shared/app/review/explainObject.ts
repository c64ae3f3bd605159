import { z } from 'zod';
import { AppError } from '../../core/appError';
import { verdictOnRecord } from '../../core/cloudHistory';
import type { CloudId, CloudObject } from '../../core/cloudObject';
import type { SourceName } from '../../core/exportFormat';
import type { StoredFacts } from '../../core/facts';
import type { GateResult } from '../../core/gates/gate';
import type { ObjectType } from '../../core/objectType';
import { protectionOf, type Protection } from '../../core/protection';
import { summaryOf, type DecisionSummary } from '../../core/review/decisionSummary';
import { explanationOf } from '../../core/review/explanation';
import { uncoveredDomainSeenBy } from '../../core/review/lastScan';
import { repairOf, type Repair } from '../../core/review/repair';
import type { ExportUsed, ScanRun } from '../../core/scanRun';
import type { Verdict } from '../../core/verdict';
import { readableExportGates } from '../compareTenant';
import { contextOfExports, observedSinceOf } from '../comparisonContext';
import type { DecisionTable } from '../decisionPorts';
import { judgeObjects, type JudgedObject } from '../judgeObjects';
import type { CandidateReader, CloudDirectory, Clock, ExportStore, Log, ScanRunTable } from '../ports';
import { readExports, type ExportsRead } from '../readExports';
import { readRecordedEvidence } from './recordedEvidence';

export interface ExplainObjectPorts {
  readonly directory: Pick<CloudDirectory, 'readById'>;
  readonly exports: ExportStore;
  readonly candidates: Pick<CandidateReader, 'read' | 'readEvidence'>;
  readonly decisions: Pick<DecisionTable, 'read'>;
  readonly runs: Pick<ScanRunTable, 'newest'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ExplainObjectSettings {
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** After how long (ms) from the call on the exports are given up. The host answers by itself after 230 seconds. */
  readonly budgetMs: number;
}

export const defaultExplainBudgetMs = 200_000;

/** What comparing the object with the exports of now gives. */
export type Judgement =
  | {
      readonly kind: 'judged';
      readonly outcome: JudgedObject['compared']['correlation']['kind'];
      readonly verdict: Verdict;
      /** Every key that was tried on both sides, and what each found. */
      readonly evidence: JudgedObject['evidence'];
      readonly explanation: string;
      readonly repair: Repair | null;
    }
  /** onPremisesSyncEnabled is not true: not of the kind that is judged (domain.md, case 13). */
  | { readonly kind: 'notSynced' }
  /** The exports do not allow a verdict. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export interface ObjectExplanation {
  readonly kind: 'explained';
  /** As Graph has it now. */
  readonly cloud: CloudObject;
  readonly protection: Protection | null;
  readonly judgement: Judgement;
  /** Of the exports; empty where they were not looked at. */
  readonly gates: readonly GateResult[];
  readonly exports: readonly ExportUsed[];
  /** What the scan has on record; null: nothing. */
  readonly facts: StoredFacts | null;
  readonly decision: DecisionSummary | null;
  /** The newest scan that finished. */
  readonly lastScan: Pick<ScanRun, 'runId' | 'runNumber' | 'startedAt'> | null;
  /** What a scan looks at and one object alone can not show. */
  readonly limits: readonly string[];
}

const recentRuns = 30;

/**
 * Explains any object, on record or not: reads it from Graph, and judges it by the code of the scan against the newest exports.
 * notFound: Graph says that there is none. Throws where Graph or the tables do not answer; exports that do not hold are an answer.
 */
export async function explainObject(
  ports: ExplainObjectPorts,
  settings: ExplainObjectSettings,
  { type, id }: { readonly type: ObjectType; readonly id: CloudId },
  signal: AbortSignal,
): Promise<ObjectExplanation | { readonly kind: 'notFound' }> {
  const late = AbortSignal.timeout(settings.budgetMs);
  const cloud: CloudObject | null = await ports.directory.readById(type, id, signal);
  if (cloud === null) return { kind: 'notFound' };
  const [facts, decision, runs] = await Promise.all([
    ports.candidates.read(type, id, signal),
    ports.decisions.read(type, id, signal),
    ports.runs.newest(recentRuns, signal),
  ]);
  const finished = runs.find(run => run.state === 'finished') ?? null;
  const twins = await recordedTwins(ports, facts, signal);
  const compared =
    cloud.onPremisesSyncEnabled === true
      ? await compareNow(ports, settings, { cloud, facts, finished, twins }, { signal, late })
      : ({ judgement: { kind: 'notSynced' }, gates: [], exports: [] } as const);
  return {
    kind: 'explained',
    cloud,
    protection: protectionOf(cloud),
    ...compared,
    facts,
    decision: decision && summaryOf(decision, facts, ports.clock.now()),
    lastScan: finished,
    limits: compared.judgement.kind === 'judged' ? limitsOf(cloud, facts, finished, twins) : [],
  };
}

interface ObjectInContext {
  readonly cloud: CloudObject;
  readonly facts: StoredFacts | null;
  readonly finished: ScanRun | null;
  readonly twins: readonly string[];
}

async function compareNow(
  { exports, log }: ExplainObjectPorts,
  { sources, budgetMs }: ExplainObjectSettings,
  object: ObjectInContext,
  { signal, late }: { readonly signal: AbortSignal; readonly late: AbortSignal },
): Promise<Pick<ObjectExplanation, 'judgement' | 'gates' | 'exports'>> {
  const stop = AbortSignal.any([signal, late]);
  let read: ExportsRead | null = null;
  try {
    read = await readExports(exports, sources, log, stop);
    const gates = readableExportGates(read);
    const reasons = gates.flatMap(gate => (gate.passed || gate.reason === '' ? [] : gate.reason));
    const judgement: Judgement = gates.some(gate => !gate.passed)
      ? { kind: 'refused', reasons }
      : await judgeNow(read, object, stop);
    return { judgement, gates, exports: read.used };
  } catch (error) {
    signal.throwIfAborted();
    const reason = refusalOf(error, late, budgetMs);
    if (reason === null) throw error;
    log.warn(reason);
    const gates = read ? readableExportGates(read) : [];
    return { judgement: { kind: 'refused', reasons: [reason] }, gates, exports: read?.used ?? [] };
  }
}

/** An export may stop to hold in the second reading, and the time may be over. */
function refusalOf(error: unknown, late: AbortSignal, budgetMs: number): string | null {
  if (late.aborted)
    return (
      `The exports were expected to be read within ${budgetMs / 1000} seconds, and were not. Look at what the scan has on record; ` +
      'it has more time.'
    );
  return error instanceof AppError && error.code === 'exportRefused' ? error.message : null;
}

async function judgeNow(
  read: ExportsRead,
  { cloud, facts, finished, twins }: ObjectInContext,
  signal: AbortSignal,
): Promise<Judgement> {
  const context = {
    ...contextOfExports(read.accepted),
    uncoveredDomainSeen: uncoveredDomainSeenBy(finished, facts),
    duplicatesOf: () => twins,
    observedSince: observedSinceOf(facts ? [facts] : []),
  };
  const [judged] = (await judgeObjects([cloud], read, context, signal)) as [JudgedObject];
  const { compared, evidence } = judged;
  const verdict = verdictOnRecord(judged.verdict, facts);
  return {
    kind: 'judged',
    outcome: compared.correlation.kind,
    verdict,
    evidence,
    explanation: explanationOf(cloud, compared, verdict, protectionOf(cloud)),
    repair: repairOf(cloud, compared, context.anchors, verdict),
  };
}

const duplicateEvidence = z.object({ outcome: z.object({ of: z.array(z.string()).min(1) }) });

/** Other objects with the same key, as the last scan found them; looking for them takes all lists of the tenant. */
async function recordedTwins(
  { candidates }: ExplainObjectPorts,
  facts: StoredFacts | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (facts === null || facts.state === 'withdrawn' || facts.outcome !== 'duplicate') return [];
  const recorded = duplicateEvidence.safeParse(await readRecordedEvidence(candidates, facts, signal));
  if (recorded.success) return recorded.data.outcome.of;
  throw new AppError(
    'rowInvalid',
    `The evidence of ${facts.type}/${facts.id} was expected to name the objects that share its key. Only the scan writes it: find out who ` +
      'else did.',
  );
}

function limitsOf(
  cloud: CloudObject,
  facts: StoredFacts | null,
  finished: ScanRun | null,
  twins: readonly string[],
): readonly string[] {
  const limits =
    twins.length > 0
      ? [
          `Which other objects have the same key is from run ${facts?.changedRun}; it was not looked at again.`,
        ]
      : ['Other cloud objects with the same key are not looked for here; the scan does.'];
  limits.push(
    'Whether it was restored, deleted here before, or comes from a retired domain is from what the scan has on record.',
  );
  if (cloud.type === 'contact' || cloud.type === 'device')
    limits.push(
      finished === null
        ? 'No scan has finished, so it is assumed that some object comes from a domain that no export covers.'
        : `Whether some object comes from a domain that no export covers is from run ${finished.runNumber}.`,
    );
  return limits;
}
