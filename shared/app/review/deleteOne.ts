import type { DeletionClaim } from '../decisionPorts';
import type { Written } from '../deletionPorts';
import { AppError } from '../../core/appError';
import { canonicalJson, type Json } from '../../core/canonicalJson';
import type { CloudObject } from '../../core/cloudObject';
import type { DeletionOutcome } from '../../core/cloudWrites/deletionOutcome';
import type { DecisionIn, StoredDecision } from '../../core/decision';
import { approvalFault } from '../../core/decisionLapse';
import { startDeletion, type Refusal } from '../../core/decisionSteps';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { personActor, startEntry } from '../../core/review/deletionAudit';
import { unconfirmed, type DeletionEnding } from '../../core/review/deletionEnding';
import { mayShowAttempt, nextAttempt, startOperation } from '../../core/review/deletionOperation';
import {
  outcomeOfEnding,
  refusedItem,
  type ItemOutcome,
  type ItemRefusal,
} from '../../core/review/itemOutcome';
import { isConflict, withoutEtag } from './backToReview';
import { closingMs, type Asked, type DeletionPorts, type DeletionSettings } from './deletionUseCasePorts';
import { endDeletion, type DeletingDecision } from './endDeletion';
import { lookAfter, lookUpRestorableUntil } from './lookAfter';
import { obstacleOf } from './obstacle';

export type DeletableDecision = StoredDecision & DecisionIn<'approved' | 'quarantined' | 'failed'>;

/** One object that was proved again. */
export interface ProvedItem {
  readonly decision: DeletableDecision;
  /** As it was read and judged; null: it is not there any more, and a DELETE of an earlier attempt may be the reason. */
  readonly cloud: CloudObject | null;
}

export interface DeleteOneRequest extends Asked {
  readonly callId: Guid;
  /** No request to Graph goes on after this. */
  readonly deadline: Instant;
}

/**
 * Deletes one object that was proved again, step by step (docs/how-it-works.md, "Deletion"): the last look at what the app itself
 * knows; a place under the caps; `deleting`, whose ETag decides who deletes; the audit row of the beginning; the snapshot; the last
 * look at the object; the DELETE; its end. An abort between the steps ends the attempt as failed, with nothing sent.
 */
export async function deleteOne(
  ports: DeletionPorts,
  settings: DeletionSettings,
  item: ProvedItem,
  request: DeleteOneRequest,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const { decision } = item;
  const { type, id } = decision;
  const begun = await begin(ports, settings, decision, request, signal);
  if (begun.kind === 'refused') return begun.outcome;
  const { deleting } = begun;
  const sent = await attempt(ports, deleting, item, request, signal);
  // From here on nothing may be lost, whoever wants to stop.
  const closing = AbortSignal.timeout(closingMs);
  if (sent.kind === 'notKnown')
    return {
      kind: 'failed',
      reason: 'It is not known whether it was deleted. The next call looks, and says so.',
      retryable: true,
    };
  const ending = await endDeletion(
    ports,
    deleting,
    sent.ending,
    {
      actor: personActor(request.by),
      at: ports.clock.now(),
      correlationId: request.correlationId,
      trace: sent.trace,
    },
    closing,
  );
  const until = ending.kind === 'deleted' ? await lookUpRestorableUntil(ports, decision, closing) : null;
  return outcomeOfEnding(type, id, ending, until);
}

type Begun =
  | { readonly kind: 'begun'; readonly deleting: DeletingDecision }
  | { readonly kind: 'refused'; readonly outcome: ItemOutcome };

const refused = (refusal: ItemRefusal, detail: string): Begun => ({
  kind: 'refused',
  outcome: refusedItem(refusal, detail),
});

async function begin(
  ports: DeletionPorts,
  { fourEyesTypes }: DeletionSettings,
  decision: DeletableDecision,
  { callId, by, correlationId }: DeleteOneRequest,
  signal: AbortSignal,
): Promise<Begun> {
  const { type, id } = decision;
  // Once more, and not from the call's beginning: a scan, or somebody who wants it to stop, may have been faster.
  const facts = await ports.facts.read(type, id, signal);
  const obstacle = facts && (await obstacleOf(ports, facts, signal));
  if (obstacle) return refused(obstacle.refusal, obstacle.detail);
  const at = ports.clock.now();
  const operationId = startOperation(callId, decision, nextAttempt(decision));
  const step = startDeletion(
    withoutEtag(decision),
    facts,
    { by, at, operationId },
    { fourEyes: fourEyesTypes.has(type) },
  );
  if (step.kind === 'refused') return refused(refusalOfStep(step.refusal), step.reason);
  signal.throwIfAborted();
  const claim = await ports.caps.claim({ operationId, type, count: 1, at }, signal);
  // A claim of an earlier process that went no further is ours; one that was given back is not.
  if (claim.granted - claim.returned < 1)
    return refused('capReached', 'The cap for today, or for this type, is reached. Call again tomorrow.');
  let stored: StoredDecision;
  try {
    stored = await ports.decisions.write(step.decision, decision.etag, signal);
  } catch (error) {
    if (!isConflict(error)) throw error;
    await giveBackUnlessUsed(ports, claim, decision);
    return refused('beingDeleted', 'Somebody else deletes it, or decided about it, at the same time.');
  }
  const deleting = stored as DeletingDecision;
  const started = await ports.audit.record(
    startEntry(deleting, correlationId),
    AbortSignal.timeout(closingMs),
  );
  // The same call, made twice in the same millisecond, writes the same row twice: the log takes its beginning from one of them.
  return started.status === 'recorded'
    ? { kind: 'begun', deleting }
    : refused('beingDeleted', 'The same call deletes it already.');
}

/** Gives a place back, unless the same call, made twice, has begun the attempt that it was claimed for. */
async function giveBackUnlessUsed(
  { caps, decisions }: DeletionPorts,
  claim: DeletionClaim,
  { type, id }: DeletableDecision,
): Promise<void> {
  const closing = AbortSignal.timeout(closingMs);
  const now = await decisions.read(type, id, closing);
  if (now === null || mayShowAttempt(now, claim.operationId)) return;
  await caps.giveBack(claim, 1, closing);
}

/** A step's refusal as the caller of a deletion learns it. */
export function refusalOfStep(refusal: Refusal): ItemRefusal {
  switch (refusal) {
    case 'approvalExpired':
    case 'evidenceChanged':
    case 'notCandidate':
    case 'quarantineNotOver':
    case 'fourEyes':
      return refusal;
    case 'illegalStep':
    case 'confirmationMissing':
    case 'expiryPassed':
    case 'notQuarantined':
      return 'notApproved';
  }
}

type Attempted =
  | { readonly kind: 'ended'; readonly ending: DeletionEnding; readonly trace: string | null }
  | { readonly kind: 'notKnown' };

const ended = (ending: DeletionEnding, trace: string | null = null): Attempted => ({
  kind: 'ended',
  ending,
  trace,
});

const unsent = (reason: string): Attempted =>
  ended({ kind: 'failed', reason, retryable: true, mayHaveTakenEffect: false });

async function attempt(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  item: ProvedItem,
  request: DeleteOneRequest,
  signal: AbortSignal,
): Promise<Attempted> {
  if (item.cloud === null) return lookInstead(ports, deleting, null, signal);
  const fault = await provedNoMore(ports, deleting, item.cloud, signal);
  if (fault) return fault;
  const { type, id } = deleting;
  const { deadline } = request;
  const written = await ports.deleter.delete({ type, id, deadline, privileged: 'unknown' }, signal);
  return understood(ports, deleting, written, AbortSignal.timeout(closingMs));
}

/** Snapshot, and the last look: whatever fails here, nothing was sent, and what vanished did so by somebody else. */
async function provedNoMore(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  judged: CloudObject,
  signal: AbortSignal,
): Promise<Attempted | null> {
  const { type, id, approval, operationId } = deleting;
  try {
    signal.throwIfAborted();
    const reading = await ports.snapshots.take(type, id, signal);
    if (reading.kind === 'notThere') return ended({ kind: 'gone' });
    const { json, missing } = reading.snapshot;
    const kept: Json = {
      version: 1,
      operationId,
      evidenceHash: approval.evidenceHash,
      missing: missing.map(({ part, why }) => ({ part, why })),
      object: json,
    };
    await ports.records.keepSnapshot(operationId, kept, signal);
    const live: CloudObject | null = await ports.directory.readById(type, id, signal);
    if (live === null) return ended({ kind: 'gone' });
    if (canonicalJson({ ...live }) !== canonicalJson({ ...judged }))
      return ended({ kind: 'abandoned', because: 'evidenceChanged' });
    const facts = await ports.facts.read(type, id, signal);
    const lapsed = approvalFault(approval, facts, ports.clock.now());
    if (lapsed !== null)
      return ended({ kind: 'abandoned', because: lapsed === 'gone' ? 'notCandidate' : lapsed });
    const obstacle = facts && (await obstacleOf(ports, facts, signal));
    if (obstacle) return unsent(`Nothing was sent. ${obstacle.detail}`);
    signal.throwIfAborted();
    return null;
  } catch (error) {
    if (signal.aborted) return unsent('It was stopped before anything was sent.');
    if (!(error instanceof AppError)) throw error;
    ports.log.error(`${type} ${id}: nothing was sent: ${error.message}`);
    return unsent(`Nothing was sent: ${error.code}. The log of the app says why.`);
  }
}

/** Looks for what a DELETE that was sent did. */
async function lookInstead(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  trace: string | null,
  signal: AbortSignal,
): Promise<Attempted> {
  try {
    const found = await lookAfter(ports, deleting, signal);
    return ended(found ?? unconfirmed, trace);
  } catch (error) {
    if (!(error instanceof AppError) && !signal.aborted) throw error;
    ports.log.error(
      `${deleting.type} ${deleting.id}: whether it was deleted could not be looked up: ${String(error)}`,
    );
    return { kind: 'notKnown' };
  }
}

async function understood(
  ports: DeletionPorts,
  deleting: DeletingDecision,
  { outcome, trace }: Written<DeletionOutcome>,
  signal: AbortSignal,
): Promise<Attempted> {
  switch (outcome.kind) {
    case 'deleted':
      return ended({ kind: 'deleted', confirmation: 'answered' }, trace);
    case 'goneBefore':
      return ended({ kind: 'gone' }, trace);
    case 'deletedProbably':
      return lookInstead(ports, deleting, trace, signal);
    case 'manual': {
      if (outcome.mayHaveTakenEffect) {
        const seen = await lookInstead(ports, deleting, trace, signal);
        if (seen.kind === 'notKnown' || seen.ending.kind !== 'failed') return seen;
      }
      const { reason, status, code } = outcome;
      return ended({ kind: 'manual', reason, status, code }, trace);
    }
    case 'failed': {
      if (outcome.mayHaveTakenEffect) return lookInstead(ports, deleting, trace, signal);
      const { reason, retryable } = outcome;
      return ended({ kind: 'failed', reason, retryable, mayHaveTakenEffect: false }, trace);
    }
  }
}
