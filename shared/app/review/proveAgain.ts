import { AppError } from '../../core/appError';
import type { ComparisonContext } from '../../core/correlate';
import type { CloudObject } from '../../core/cloudObject';
import { DuplicateFinder, referenceKey, type CloudReference } from '../../core/duplicates';
import { DomainsSeen } from '../../core/coverage';
import type { LapseReason, StoredDecision } from '../../core/decision';
import { approvalFault } from '../../core/decisionLapse';
import type { CandidateFacts } from '../../core/facts';
import { formatInstant } from '../../core/instant';
import { endingOfDetails, unconfirmed } from '../../core/review/deletionEnding';
import { lockReason } from '../../core/holds';
import { refusedItem, type ItemOutcome } from '../../core/review/itemOutcome';
import { factsOfGone, namesNoDomain, proofFault } from '../../core/review/proof';
import { allowsDeletionOf } from '../../core/rollout';
import { eachLimited } from '../eachLimited';
import { judgeObjects, type JudgedObject } from '../judgeObjects';
import { readCloud } from '../readCloud';
import { backToReview } from './backToReview';
import type { DeletableDecision, ProvedItem } from './deleteOne';
import type { Asked, DeletionPorts, DeletionSettings } from './deletionUseCasePorts';
import { excludingRule } from './excludingRule';
import { leaveQuarantine } from './leaveQuarantine';
import { readEvidence, type CallEvidence } from './readEvidence';
import { settleAudit } from './settleAudit';

/** An object whose approval stands, as far as the app's own tables go. */
interface ApprovedItem {
  readonly decision: DeletableDecision;
  readonly facts: CandidateFacts;
}

/** An object that can be deleted now, or what became of it instead. */
export type Proved =
  | { readonly kind: 'proved'; readonly item: ProvedItem }
  | { readonly kind: 'outcome'; readonly outcome: ItemOutcome };

/** Reads by id that run at the same time. */
const readsAtOnce = 4;

/**
 * Proves again what was approved (promise 5), for all objects of a call at once, since the exports are read once a call: the tables;
 * the newest exports of every source, begun after the approval; the object as it is now; and the judgement, by the scan's own code.
 * What does not hold goes back to review, with its audit row. The answer has an entry for every object, by `type/id`.
 */
export async function proveAgain(
  ports: DeletionPorts,
  settings: DeletionSettings,
  items: readonly CloudReference[],
  asked: Asked,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Proved>> {
  const proved = new Map<string, Proved>();
  const approved: ApprovedItem[] = [];
  for (const item of items) {
    const checked = await unlessItFails(ports, item, signal, () =>
      checkTables(ports, settings, item, asked, signal),
    );
    if ('kind' in checked) proved.set(referenceKey(item), { kind: 'outcome', outcome: checked });
    else approved.push(checked);
  }
  if (approved.length === 0) return proved;
  const evidence = await readEvidence(ports, settings, signal);
  const timely = await afterApproval(ports, settings, approved, evidence, asked, proved, signal);
  if (evidence.kind === 'accepted' && timely.length > 0)
    await judgeAgain(ports, timely, evidence, asked, proved, signal);
  return proved;
}

/** Checks what the stage and the app's own tables say, cheapest first: an approval in force, the facts it was given for, rules, four eyes, quarantine. */
async function checkTables(
  ports: DeletionPorts,
  { rollout, fourEyesTypes, quarantineDays }: DeletionSettings,
  { type, id }: CloudReference,
  { by, correlationId }: Asked,
  signal: AbortSignal,
): Promise<ApprovedItem | ItemOutcome> {
  if (!allowsDeletionOf(rollout, { type, id }))
    return refusedItem(
      'notTestObject',
      'One of ROLLOUT_TEST_OBJECTS was expected: in this stage of the roll-out only these are deleted.',
    );
  const decision = await ports.decisions.read(type, id, signal);
  if (decision === null) return refusedItem('notApproved', 'Nobody has decided about it.');
  // An approval is in the audit log before anything is done because of it.
  await settleAudit(ports.audit, decision, { correlationId }, signal);
  if (decision.state === 'deleting')
    return refusedItem('beingDeleted', 'A delete is under way. The next call reports its end.');
  if (!isDeletable(decision))
    return refusedItem('notApproved', `An approval in force was expected, found "${decision.state}".`);
  const facts = await ports.facts.read(type, id, signal);
  const now = ports.clock.now();
  const fault = approvalFault(decision.approval, facts, now);
  if (facts === null || fault !== null) {
    const outcome = refusalOfLapse(fault ?? 'notCandidate');
    return leaveForReview(ports, decision, facts, null, outcome, { by, correlationId }, signal);
  }
  const rule = await excludingRule(ports, facts, signal);
  if (rule) return refusedItem('excluded', `The rule ${rule.ruleId} keeps it from being deleted.`);
  if (fourEyesTypes.has(type) && decision.approval.by.id === by.id)
    return refusedItem('fourEyes', 'Another person than the approver was expected to delete.');
  if (decision.quarantine !== null && now < decision.quarantine.until)
    return refusedItem(
      'quarantineNotOver',
      `The quarantine lasts until ${formatInstant(decision.quarantine.until)}.`,
    );
  // After a failed delete there is no way into quarantine, and none around it.
  if (type === 'user' && quarantineDays > 0 && decision.state === 'failed' && decision.quarantine === null)
    return refusedItem(
      'quarantineFailed',
      'A delete without quarantine failed before. Reopen it, and approve it again.',
    );
  return { decision, facts };
}

/** What goes wrong with one object is its own outcome: it must not keep the others from theirs. */
async function unlessItFails<Value>(
  { log }: DeletionPorts,
  { type, id }: CloudReference,
  signal: AbortSignal,
  action: () => Promise<Value>,
): Promise<Value | Extract<ItemOutcome, { kind: 'failed' }>> {
  try {
    return await action();
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    log.error(`${type} ${id}: it could not be proved again: ${error.message}`);
    return { kind: 'failed', reason: `It could not be proved again: ${error.code}.`, retryable: true };
  }
}

export const isDeletable = (decision: StoredDecision): decision is DeletableDecision =>
  decision.state === 'approved' || decision.state === 'quarantined' || decision.state === 'failed';

/** What lapsed, as the caller of a deletion learns it. */
export function refusalOfLapse(reason: Exclude<LapseReason, 'reopened'>): ItemOutcome {
  switch (reason) {
    case 'expired':
      return refusedItem('approvalExpired', 'The approval expired.', true);
    case 'evidenceChanged':
      return refusedItem('evidenceChanged', 'The evidence of now is not what was approved.', true);
    case 'notCandidate':
      return refusedItem('notCandidate', 'The scan does not call it a candidate any more.', true);
    case 'gone':
      return { kind: 'gone' };
  }
}

/** Only what was approved before every export was begun (case 37); for the rest the agents are asked, once a call and source. */
async function afterApproval(
  ports: DeletionPorts,
  { sources }: DeletionSettings,
  items: readonly ApprovedItem[],
  evidence: CallEvidence,
  { by, correlationId }: Asked,
  proved: Map<string, Proved>,
  signal: AbortSignal,
): Promise<readonly ApprovedItem[]> {
  const settle = ({ decision }: ApprovedItem, outcome: ItemOutcome): void =>
    void proved.set(referenceKey(decision), { kind: 'outcome', outcome });
  if (evidence.kind === 'refused') {
    const detail = evidence.reasons.join(' ');
    for (const item of items) settle(item, refusedItem('evidenceRefused', detail));
    return [];
  }
  const timely: ApprovedItem[] = [];
  const lacking = new Set(evidence.kind === 'missing' ? evidence.sources : []);
  for (const item of items) {
    const { at } = item.decision.approval;
    const [lock] = evidence.kind === 'accepted' ? evidence.locksOf(item.decision.type) : [];
    if (lock) {
      settle(item, refusedItem('locked', lockReason(lock)));
      continue;
    }
    if (evidence.kind === 'accepted' && evidence.earliestStart > at) {
      timely.push(item);
      continue;
    }
    if (evidence.kind === 'accepted')
      for (const opened of evidence.read.accepted)
        if (opened.manifest.startedAt <= at) lacking.add(opened.source);
    settle(
      item,
      refusedItem(
        'waitingForExport',
        `An export of every source, begun after ${formatInstant(at)}, was expected. The agents are asked for one.`,
      ),
    );
  }
  const actor = { kind: 'person', id: by.id, name: by.name } as const;
  for (const source of sources.filter(one => lacking.has(one)))
    await ports.requests.ask(source, 'export', { actor, correlationId }, signal).catch((error: unknown) => {
      if (signal.aborted || !(error instanceof AppError)) throw error;
      ports.log.error(`source ${source}: its agent could not be asked for an export: ${error.message}`);
    });
  return timely;
}

type AcceptedEvidence = Extract<CallEvidence, { kind: 'accepted' }>;

interface LiveItem extends ApprovedItem {
  readonly cloud: CloudObject;
}

async function judgeAgain(
  ports: DeletionPorts,
  items: readonly ApprovedItem[],
  evidence: AcceptedEvidence,
  by: Asked,
  proved: Map<string, Proved>,
  signal: AbortSignal,
): Promise<void> {
  const live: LiveItem[] = [];
  await eachLimited(items, readsAtOnce, async item => {
    const { decision } = item;
    const failed = await unlessItFails(ports, decision, signal, async () => {
      const cloud: CloudObject | null = await ports.directory.readById(decision.type, decision.id, signal);
      if (cloud === null) proved.set(referenceKey(decision), await notThere(ports, item, by, signal));
      else live.push({ ...item, cloud });
      return null;
    });
    if (failed !== null) proved.set(referenceKey(decision), { kind: 'outcome', outcome: failed });
  });
  if (live.length === 0) return;
  const context = await contextOf(ports, live, evidence, signal);
  if (context === null) {
    const detail = 'The lists of synced objects could not be read to their end: call again.';
    for (const { decision } of live)
      proved.set(referenceKey(decision), {
        kind: 'outcome',
        outcome: refusedItem('evidenceRefused', detail),
      });
    return;
  }
  const judged = await judgeObjects(
    live.map(({ cloud }) => cloud),
    evidence.read,
    context,
    signal,
  );
  const byKey = new Map(judged.map(one => [referenceKey(one.cloud), one]));
  for (const item of live) {
    const key = referenceKey(item.decision);
    const again = byKey.get(key);
    if (!again) continue;
    const settled = await unlessItFails(ports, item.decision, signal, () =>
      settleJudged(ports, item, again, by, signal),
    );
    proved.set(key, settled.kind === 'failed' ? { kind: 'outcome', outcome: settled } : settled);
  }
}

async function settleJudged(
  ports: DeletionPorts,
  { decision, facts, cloud }: LiveItem,
  again: JudgedObject,
  by: Asked,
  signal: AbortSignal,
): Promise<Proved> {
  const fault = proofFault(facts, decision.approval.at, again);
  if (fault) {
    const outcome = await leaveForReview(ports, decision, fault.facts, cloud, fault.outcome, by, signal);
    return { kind: 'outcome', outcome };
  }
  if (decision.quarantine !== null && cloud.type === 'user' && cloud.accountEnabled !== false) {
    const enabled = refusedItem(
      'evidenceChanged',
      'Its sign-in was enabled again while it was in quarantine.',
      true,
    );
    const now = { ...facts, state: 'attention' } as const;
    const outcome = await leaveForReview(ports, decision, now, cloud, enabled, by, signal);
    return { kind: 'outcome', outcome };
  }
  if (await mayHaveArrived(ports, decision, signal)) {
    const restored = refusedItem('mayBeRestored', unconfirmed.reason, true);
    const now = { ...facts, state: 'attention' } as const;
    const outcome = await leaveForReview(ports, decision, now, cloud, restored, by, signal);
    return { kind: 'outcome', outcome };
  }
  return { kind: 'proved', item: { decision, cloud } };
}

/** It is no more: gone by somebody else, unless an earlier attempt of ours may have arrived; then that attempt's end is looked for. */
async function notThere(
  ports: DeletionPorts,
  { decision, facts }: ApprovedItem,
  by: Asked,
  signal: AbortSignal,
): Promise<Proved> {
  if (await mayHaveArrived(ports, decision, signal))
    return { kind: 'proved', item: { decision, cloud: null } };
  const gone = { kind: 'gone' } as const;
  const outcome = await leaveForReview(ports, decision, factsOfGone(facts), null, gone, by, signal);
  return { kind: 'outcome', outcome };
}

/** Whether a DELETE of an earlier attempt may have reached Graph; where the audit log does not tell, it may. */
async function mayHaveArrived(
  { trail }: DeletionPorts,
  decision: DeletableDecision,
  signal: AbortSignal,
): Promise<boolean> {
  if (decision.state !== 'failed') return false;
  const row = await trail.find(decision.operationId, decision.deletion.at, signal);
  const ending = row && endingOfDetails(row.details);
  return ending?.kind === 'failed' ? ending.mayHaveTakenEffect : true;
}

/**
 * Takes the approval out of force; one under quarantine gives the sign-in back first, where the object lives. Where somebody else was
 * faster, what was found is his or her doing, most likely, and is not what became of the object.
 */
async function leaveForReview(
  ports: DeletionPorts,
  decision: DeletableDecision,
  facts: Parameters<typeof backToReview>[2],
  cloud: CloudObject | null,
  outcome: ItemOutcome,
  { correlationId }: Asked,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const went =
    decision.quarantine === null
      ? await backToReview(ports, decision, facts, correlationId, signal)
      : await leaveQuarantine(ports, decision, facts, cloud, correlationId, signal);
  return went === 'changedMeanwhile'
    ? refusedItem('beingDeleted', 'Somebody else deletes it, or decided about it, at the same time.')
    : outcome;
}

/**
 * The context of the scan's comparison, for a few objects. Twins are looked for among these: any other twin was found by the scan,
 * whose candidates these are. Where an object names no domain, only the whole lists tell whether some domain is not covered (case
 * 30): then they are read, and null means that they are not complete.
 */
async function contextOf(
  { directory, log }: DeletionPorts,
  items: readonly LiveItem[],
  { read, coverage, anchors, earliestStart }: AcceptedEvidence,
  signal: AbortSignal,
): Promise<ComparisonContext | null> {
  const observed = new Map(items.map(({ facts, cloud }) => [referenceKey(cloud), facts.firstObservedAt]));
  const observedSince: ComparisonContext['observedSince'] = cloud =>
    observed.get(referenceKey(cloud)) ?? null;
  const common = { anchors, coverage, earliestExportStart: earliestStart, observedSince };
  if (items.some(({ cloud }) => namesNoDomain(cloud))) {
    const cloud = await readCloud(directory, read.index, new Set(), log, signal);
    if (cloud.gates.some(gate => !gate.passed)) return null;
    const uncoveredDomainSeen = cloud.domains.anyUncovered(coverage);
    return { ...common, uncoveredDomainSeen, duplicatesOf: object => cloud.duplicates.of(object) };
  }
  const duplicates = new DuplicateFinder();
  const domains = new DomainsSeen();
  for (const { cloud } of items) {
    duplicates.add(cloud);
    domains.add(cloud);
  }
  const uncoveredDomainSeen = domains.anyUncovered(coverage);
  return { ...common, uncoveredDomainSeen, duplicatesOf: object => duplicates.of(object) };
}
