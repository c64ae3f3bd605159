import { canonicalJson } from '../../core/canonicalJson';
import type { CloudObject } from '../../core/cloudObject';
import type { StoredDecision } from '../../core/decision';
import { quarantine } from '../../core/decisionSteps';
import { formatInstant, type Instant } from '../../core/instant';
import { personActor, reconciler } from '../../core/review/deletionAudit';
import { quarantineOperation } from '../../core/review/deletionOperation';
import { refusedItem, type ItemOutcome } from '../../core/review/itemOutcome';
import { decidedFacts, factsOfGone } from '../../core/review/proof';
import { backToReview, isConflict, withoutEtag } from './backToReview';
import { refusalOfStep, type DeleteOneRequest, type DeletableDecision } from './deleteOne';
import { closingMs, type DeletionPorts, type DeletionSettings } from './deletionUseCasePorts';
import { excludingRule } from './excludingRule';
import { giveSignInBack } from './giveSignInBack';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Blocks the sign-in of a user who was proved again, and lets the days begin: the last look; `quarantined`, whose ETag decides who
 * does it; the audit row, which keeps what `accountEnabled` was; the block. A crash before the block leaves a quarantine of somebody
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
  const rule = facts && (await excludingRule(ports, facts, signal));
  if (rule) return refusedItem('excluded', `The rule ${rule.ruleId} keeps it from being deleted.`);
  const live = await ports.directory.readById('user', id, signal);
  if (live === null || canonicalJson({ ...live }) !== canonicalJson({ ...judged }))
    return refusedItem('evidenceChanged', 'The object changed while it was looked at: call again.');
  const at = ports.clock.now();
  const until = (at + quarantineDays * dayMs) as Instant;
  const operationId = quarantineOperation(id, at);
  const step = quarantine(withoutEtag(decision), facts, { by, at, operationId, until });
  if (step.kind === 'refused') return refusedItem(refusalOfStep(step.refusal), step.reason);
  signal.throwIfAborted();
  let stored: StoredDecision;
  try {
    stored = await ports.decisions.write(step.decision, decision.etag, signal);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return refusedItem('beingDeleted', 'Somebody else deletes it, or decided about it, at the same time.');
  }
  const { evidenceHash, runId } = decision.approval;
  await ports.audit.record(
    {
      operationId,
      at,
      actor: personActor(by),
      action: 'quarantined',
      object: { type: 'user', id },
      evidenceHash,
      runId,
      correlationId,
      details: { accountEnabled: live.accountEnabled, until: formatInstant(until) },
    },
    AbortSignal.timeout(closingMs),
  );
  const { outcome } = await ports.deleter.block({ id, deadline, privileged: 'unknown' }, signal);
  if (outcome.kind === 'blocked')
    return { kind: 'quarantined', until, sessionsRevoked: outcome.sessions.kind === 'done' };
  return notBlocked(ports, stored, { outcome, until, correlationId }, AbortSignal.timeout(closingMs));
}

interface NotBlocked {
  readonly outcome: { readonly kind: 'notThere' | 'needsHuman' | 'failed' };
  readonly until: Instant;
  readonly correlationId: string | null;
}

/** Graph did not confirm the block: what the object says now decides whether the quarantine stands. */
async function notBlocked(
  ports: DeletionPorts,
  stored: StoredDecision,
  { outcome, until, correlationId }: NotBlocked,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const live = await ports.directory.readById('user', stored.id, signal);
  if (outcome.kind === 'failed' && live?.accountEnabled === false)
    return { kind: 'quarantined', until, sessionsRevoked: false };
  const because = `notBlocked: ${outcome.kind}`;
  const released = await giveSignInBack(
    ports,
    stored,
    { actor: reconciler, correlationId, because, cloud: live },
    signal,
  );
  if (live === null && released.kind === 'released') {
    const facts = await ports.facts.read('user', stored.id, signal);
    if (facts) await backToReview(ports, released.decision, factsOfGone(decidedFacts(facts)), correlationId, signal);
    return { kind: 'gone' };
  }
  const human =
    outcome.kind === 'needsHuman' ? 'Graph refuses: it may hold a role, and needs a person.' : 'Call again.';
  return refusedItem('quarantineFailed', `Sign-in could not be blocked. ${human}`);
}
