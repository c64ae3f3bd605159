import { canonicalJson } from '../../core/canonicalJson';
import type { CloudObject } from '../../core/cloudObject';
import type { DecisionIn, StoredDecision } from '../../core/decision';
import { quarantine } from '../../core/decisionSteps';
import type { Instant } from '../../core/instant';
import { quarantineEntry, reconciler } from '../../core/review/deletionAudit';
import { quarantineOperation } from '../../core/review/deletionOperation';
import { refusedItem, type ItemOutcome } from '../../core/review/itemOutcome';
import { decidedFacts, factsOfGone } from '../../core/review/proof';
import { backToReview, isConflict, withoutEtag } from './backToReview';
import { refusalOfStep, type DeleteOneRequest, type DeletableDecision } from './deleteOne';
import { closingMs, type DeletionPorts, type DeletionSettings } from './deletionUseCasePorts';
import { giveSignInBack } from './giveSignInBack';
import { obstacleOf } from './obstacle';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Blocks the sign-in of a user who was proved again, and lets the days begin: the last look; `quarantined`, whose ETag decides who
 * does it, after what `accountEnabled` was is kept; the block; its audit row. A crash before the block leaves a quarantine of somebody
 * who can sign in, which is taken back by itself (checkQuarantines); never the other way round.
 */
export async function quarantineOne(
  ports: DeletionPorts,
  { quarantineDays }: DeletionSettings,
  decision: DeletableDecision,
  judged: CloudObject,
  { by, correlationId, deadline }: DeleteOneRequest,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const { id } = decision;
  const facts = await ports.facts.read('user', id, signal);
  const obstacle = facts && (await obstacleOf(ports, facts, signal));
  if (obstacle) return refusedItem(obstacle.refusal, obstacle.detail);
  const live = await ports.directory.readById('user', id, signal);
  if (live === null || canonicalJson({ ...live }) !== canonicalJson({ ...judged }))
    return refusedItem('evidenceChanged', 'The object changed while it was looked at: call again.');
  const at = ports.clock.now();
  const until = (at + quarantineDays * dayMs) as Instant;
  const operationId = quarantineOperation(id, at);
  const step = quarantine(withoutEtag(decision), facts, { by, at, operationId, until });
  if (step.kind === 'refused') return refusedItem(refusalOfStep(step.refusal), step.reason);
  signal.throwIfAborted();
  const before = live.accountEnabled;
  await ports.records.keepSignIn(operationId, { accountEnabled: before }, signal);
  let stored: StoredDecision;
  try {
    stored = await ports.decisions.write(step.decision, decision.etag, signal);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return refusedItem('beingDeleted', 'Somebody else deletes it, or decided about it, at the same time.');
  }
  const { outcome } = await ports.deleter.block({ id, deadline, privileged: 'unknown' }, signal);
  const closing = AbortSignal.timeout(closingMs);
  if (outcome.kind !== 'blocked')
    return notBlocked(ports, stored as Quarantined, { outcome, until, correlationId, before }, closing);
  await ports.audit.record(quarantineEntry(stored as Quarantined, before, correlationId), closing);
  return { kind: 'quarantined', until, sessionsRevoked: outcome.sessions.kind === 'done' };
}

type Quarantined = StoredDecision & DecisionIn<'quarantined'>;

interface NotBlocked {
  readonly outcome: { readonly kind: 'notThere' | 'needsHuman' | 'failed' };
  readonly until: Instant;
  readonly correlationId: string | null;
  readonly before: boolean | null;
}

/** Graph did not confirm the block: what the object says now decides whether the quarantine stands. */
async function notBlocked(
  ports: DeletionPorts,
  stored: Quarantined,
  { outcome, until, correlationId, before }: NotBlocked,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const live = await ports.directory.readById('user', stored.id, signal);
  if (outcome.kind === 'failed' && live?.accountEnabled === false) {
    await ports.audit.record(quarantineEntry(stored, before, correlationId), signal);
    return { kind: 'quarantined', until, sessionsRevoked: false };
  }
  const because = `notBlocked: ${outcome.kind}`;
  const released = await giveSignInBack(
    ports,
    stored,
    { actor: reconciler, correlationId, because, cloud: live },
    signal,
  );
  if (live === null && released.kind === 'released') {
    const facts = await ports.facts.read('user', stored.id, signal);
    if (facts)
      await backToReview(ports, released.decision, factsOfGone(decidedFacts(facts)), correlationId, signal);
    return { kind: 'gone' };
  }
  const human =
    outcome.kind === 'needsHuman' ? 'Graph refuses: it may hold a role, and needs a person.' : 'Call again.';
  return refusedItem('quarantineFailed', `Sign-in could not be blocked. ${human}`);
}
