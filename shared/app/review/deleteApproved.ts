import { AppError } from '../../core/appError';
import { canonicalJson, type Json } from '../../core/canonicalJson';
import { referenceKey, type CloudReference } from '../../core/duplicates';
import type { StoredDecision } from '../../core/decision';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { endingOfDetails } from '../../core/review/deletionEnding';
import { endOperation, operationsOfCall } from '../../core/review/deletionOperation';
import { outcomeOfEnding, type ItemOutcome } from '../../core/review/itemOutcome';
import { allowsDeletion, allowsDeletionOf, type Rollout } from '../../core/rollout';
import { checkQuarantines } from './checkQuarantines';
import { deleteOne, type DeleteOneRequest, type ProvedItem } from './deleteOne';
import {
  lastRequestMs,
  lastStartMs,
  type Asked,
  type DeletionCall,
  type DeletionPorts,
  type DeletionScope,
  type DeletionSettings,
} from './deletionUseCasePorts';
import { eachDecision } from './eachDecision';
import { lookUpRestorableUntil } from './lookAfter';
import { proveAgain } from './proveAgain';
import { quarantineOne } from './quarantineOne';
import { reconcileDeletions, type Reconciled } from './reconcileDeletions';

export interface DeleteApprovedRequest extends Asked {
  /** Chosen by the client: the same again is the same call. */
  readonly callId: Guid;
  readonly scope: DeletionScope;
  /** How many, as the person typed it. */
  readonly confirmation: string;
}

export interface ItemResult extends CloudReference {
  readonly outcome: ItemOutcome;
}

export type DeleteApproved =
  | {
      readonly kind: 'answered';
      readonly items: readonly ItemResult[];
      /** Of the call, not begun: there was no time left, or the app is being stopped. The same call again goes on with them. */
      readonly remaining: readonly CloudReference[];
      /** What was found of earlier calls that had not come to their end. */
      readonly reconciled: Reconciled;
    }
  | {
      readonly kind: 'refused';
      readonly refusal: 'deletionDisabled' | 'tooMany' | 'confirmationWrong' | 'callIdUsed';
      readonly reason: string;
    };

/**
 * Deletes what was approved, after proving it again: named objects, or all that is approved up to a number. In this order: the kill
 * switch; what earlier calls left undone; quarantines; which objects the call is about, kept under its id; the proof, for all at once;
 * then one object after the other. It ends within its budget, by its own clock, and says what remains; an abort ends it between two
 * steps. Throws as the ports do, where nothing of the call itself was begun.
 */
export async function deleteApproved(
  ports: DeletionPorts,
  settings: DeletionSettings,
  request: DeleteApprovedRequest,
  stop: AbortSignal,
): Promise<DeleteApproved> {
  const startedAt = ports.clock.now();
  const refusal = refusalOf(settings, request);
  if (refusal) return refusal;
  // Also by a real clock: a read that hangs must not take the call's records with it.
  const signal = AbortSignal.any([stop, AbortSignal.timeout(lastRequestMs)]);
  const reconciled = await reconcileDeletions(ports, request.correlationId, signal);
  await checkQuarantines(ports, request.correlationId, signal);
  const begun = await beginCall(ports, settings, request, startedAt, signal);
  if (begun.kind === 'refused') return begun;
  const results = new Map<string, ItemOutcome>();
  if (begun.repeated) await replay(ports, begun.call, results, signal);
  const open = begun.call.items.filter(item => !results.has(referenceKey(item)));
  await carryOut(ports, settings, open, { ...request, startedAt }, results, signal);
  const items = begun.call.items.flatMap(item => {
    const outcome = results.get(referenceKey(item));
    return outcome ? { type: item.type, id: item.id, outcome } : [];
  });
  const remaining = begun.call.items.filter(item => !results.has(referenceKey(item)));
  return { kind: 'answered', items, remaining, reconciled };
}

/** Of a call in the stage reportOnly. */
export const deletionDisabledReason =
  'Deletion is switched off: the app setting ROLLOUT_STAGE is reportOnly, absent, or not exactly one of the stages.';

type Refused = Extract<DeleteApproved, { kind: 'refused' }>;

const refused = (refusal: Refused['refusal'], reason: string): Refused => ({
  kind: 'refused',
  refusal,
  reason,
});

function refusalOf(
  { rollout, perCall }: DeletionSettings,
  { scope, confirmation }: DeleteApprovedRequest,
): Refused | null {
  if (!allowsDeletion(rollout)) return refused('deletionDisabled', deletionDisabledReason);
  const count = scope.kind === 'named' ? scope.ids.length : scope.upTo;
  if (count > perCall)
    return refused(
      'tooMany',
      `At most ${perCall} objects a call were expected (${limitedBy(rollout)}), found ${count}.`,
    );
  if (confirmation !== String(count))
    return refused('confirmationWrong', `The number of objects, ${count}, was expected to be typed.`);
  return null;
}

const limitedBy = ({ stage }: Rollout): string =>
  stage === 'capped' ? 'DELETIONS_PER_CALL, ROLLOUT_STAGE is capped' : 'DELETIONS_PER_CALL';

type CallBegun =
  { readonly kind: 'begun'; readonly call: DeletionCall; readonly repeated: boolean } | Refused;

/** Which objects the call is about: decided once, and kept under its id, so that a repeated call deletes no others. */
async function beginCall(
  ports: DeletionPorts,
  settings: DeletionSettings,
  request: DeleteApprovedRequest,
  at: Instant,
  signal: AbortSignal,
): Promise<CallBegun> {
  const { callId, by, scope } = request;
  const earlier = await ports.records.readCall(callId, signal);
  const items = earlier ? earlier.items : await itemsOf(ports, settings, request, signal);
  const call = earlier ?? (await ports.records.beginCall({ callId, by: by.id, at, scope, items }, signal));
  if (call.by !== by.id || canonicalJson(scopeJson(call.scope)) !== canonicalJson(scopeJson(scope)))
    return refused('callIdUsed', 'This callId was used for another call. Send a new one.');
  // Where two begin at once, both go on with the objects of the first.
  return { kind: 'begun', call, repeated: earlier !== null };
}

const scopeJson = (scope: DeletionScope): Json =>
  scope.kind === 'named'
    ? { kind: scope.kind, ids: scope.ids.map(referenceKey) }
    : { kind: scope.kind, upTo: scope.upTo, type: scope.type };

/** Everything that could be deleted now, as far as the decision says, up to the number; without what the caller may not delete. */
async function itemsOf(
  ports: DeletionPorts,
  settings: DeletionSettings,
  { scope, by }: DeleteApprovedRequest,
  signal: AbortSignal,
): Promise<readonly CloudReference[]> {
  if (scope.kind === 'named') return scope.ids.map(({ type, id }) => ({ type, id }));
  const items: CloudReference[] = [];
  for (const state of ['approved', 'quarantined', 'failed'] as const) {
    for await (const decision of eachDecision(ports, scope.type, state, signal)) {
      if (items.length === scope.upTo) return items;
      if (mayBeTried(decision, by.id, settings, ports.clock.now()))
        items.push({ type: decision.type, id: decision.id });
    }
  }
  return items;
}

function mayBeTried(
  decision: StoredDecision,
  by: string,
  { fourEyesTypes, rollout }: DeletionSettings,
  now: Instant,
): boolean {
  if (!allowsDeletionOf(rollout, decision)) return false;
  if (decision.quarantine !== null && now < decision.quarantine.until) return false;
  const approver = 'approval' in decision ? decision.approval?.by.id : undefined;
  return !(fourEyesTypes.has(decision.type) && approver === by);
}

/** What the call came to when it was made before: each end of an attempt of this call, but for those that may be tried again. */
async function replay(
  ports: DeletionPorts,
  { callId, items, at }: DeletionCall,
  results: Map<string, ItemOutcome>,
  signal: AbortSignal,
): Promise<void> {
  for (const item of items) {
    const decision = await ports.decisions.read(item.type, item.id, signal);
    if (!decision?.operationId.startsWith(operationsOfCall(callId)) || decision.state === 'deleting')
      continue;
    const start = decision.operationId.replace(/\.end(?:\.lapsed)?$/, '');
    const row = await ports.trail.find(endOperation(start), at, signal);
    const ending = row && endingOfDetails(row.details);
    if (!ending || ending.kind === 'failed') continue;
    const until = ending.kind === 'deleted' ? await lookUpRestorableUntil(ports, item, signal) : null;
    results.set(referenceKey(item), outcomeOfEnding(item.type, item.id, ending, until));
  }
}

async function carryOut(
  ports: DeletionPorts,
  settings: DeletionSettings,
  items: readonly CloudReference[],
  request: DeleteApprovedRequest & { readonly startedAt: Instant },
  results: Map<string, ItemOutcome>,
  signal: AbortSignal,
): Promise<void> {
  if (items.length === 0) return;
  let proved: Awaited<ReturnType<typeof proveAgain>>;
  try {
    proved = await proveAgain(ports, settings, items, request, signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const deadline = (request.startedAt + lastRequestMs) as Instant;
  for (const [key, each] of proved) if (each.kind === 'outcome') results.set(key, each.outcome);
  for (const item of items) {
    const each = proved.get(referenceKey(item));
    if (each?.kind !== 'proved') continue;
    if (signal.aborted || ports.clock.now() - request.startedAt >= lastStartMs) return;
    const outcome = await carryOutOne(ports, settings, each.item, { ...request, deadline }, signal);
    if (outcome) results.set(referenceKey(item), outcome);
  }
}

/** null: it was not begun, since the app is being stopped. */
async function carryOutOne(
  ports: DeletionPorts,
  settings: DeletionSettings,
  item: ProvedItem,
  request: DeleteOneRequest,
  signal: AbortSignal,
): Promise<ItemOutcome | null> {
  const { decision, cloud } = item;
  const toQuarantine =
    decision.type === 'user' &&
    settings.quarantineDays > 0 &&
    decision.state === 'approved' &&
    decision.quarantine === null;
  try {
    return toQuarantine && cloud !== null
      ? await quarantineOne(ports, settings, decision, cloud, request, signal)
      : await deleteOne(ports, settings, item, request, signal);
  } catch (error) {
    if (signal.aborted) return null;
    if (!(error instanceof AppError)) throw error;
    ports.log.error(`${decision.type} ${decision.id}: ${error.message}`);
    const reason = `It was interrupted: ${error.code}. The next call finds out how far it came.`;
    return { kind: 'failed', reason, retryable: true };
  }
}
