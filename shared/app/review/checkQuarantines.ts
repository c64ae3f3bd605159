import { AppError } from '../../core/appError';
import type { CloudUser } from '../../core/cloudObject';
import type { DecidedFacts } from '../../core/decision';
import type { CandidateFacts } from '../../core/facts';
import type { Instant } from '../../core/instant';
import { reconciler } from '../../core/review/deletionAudit';
import { quarantineOperation } from '../../core/review/deletionOperation';
import { decidedFacts, factsOfGone } from '../../core/review/proof';
import { abandonedAfterMs, type DeletionPorts } from './deletionUseCasePorts';
import { eachDecision } from './eachDecision';
import { giveSignInBack, type SignInReleased } from './giveSignInBack';
import { leaveQuarantine } from './leaveQuarantine';
import { isQuarantined, recordBlock, type QuarantinedDecision } from './recordBlock';

/** States whose decisions may keep a quarantine, of somebody who is there. */
const states = ['quarantined', 'approved', 'failed', 'manual', 'lapsed', 'rejected'] as const;

/**
 * Lets out of quarantine, by itself and with an audit row, whoever does not belong there, whatever was decided since: somebody
 * re-enabled the account; it came back on-premises, was synchronised, or is cloud-only now; it is gone; it was never blocked, because
 * of a crash; its approval lapsed since it turned out to live, or was taken back or followed by a rejection.
 */
export async function checkQuarantines(
  ports: DeletionPorts,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<{ readonly left: number }> {
  let left = 0;
  const check = async (state: (typeof states)[number]): Promise<void> => {
    for await (const decision of eachDecision(ports, 'user', state, signal)) {
      if (!isQuarantined(decision)) continue;
      // A younger one has an owner, who may not have blocked it yet.
      if (ports.clock.now() - decision.changedAt < abandonedAfterMs) continue;
      try {
        await checkOne(ports, decision, correlationId, signal);
      } catch (error) {
        if (signal.aborted || !(error instanceof AppError)) throw error;
        left += 1;
        ports.log.error(`user ${decision.id}: its quarantine could not be checked: ${error.message}`);
      }
    }
  };
  for (const state of states) await check(state);
  return { left };
}

async function checkOne(
  ports: DeletionPorts,
  decision: QuarantinedDecision,
  correlationId: string | null,
  signal: AbortSignal,
): Promise<void> {
  const { id, quarantine } = decision;
  const cloud = await ports.directory.readById('user', id, signal);
  if (cloud?.accountEnabled === false) await recordBlock(ports, decision, correlationId, signal);
  const release = (because: string): Promise<SignInReleased> =>
    giveSignInBack(ports, decision, { actor: reconciler, correlationId, because, cloud }, signal);
  if (decision.state === 'rejected') {
    await release('rejected');
    return;
  }
  const facts = await ports.facts.read('user', id, signal);
  const factsOfNow = facts && (cloud === null ? factsOfGone(facts) : factsNow(facts, cloud, quarantine.at));
  if (decision.state === 'lapsed') {
    const { reason } = decision.lapse;
    if (reason === 'notCandidate' || reason === 'reopened') await release(reason);
    // It expired, say, and lives, as was found out since.
    else if (cloud !== null && factsOfNow?.state === 'withdrawn')
      await release(factsOfNow.withdrawal ?? factsOfNow.state);
    return;
  }
  // What a delete of ours may have taken is told by the next call.
  if (cloud === null && decision.state === 'failed') return;
  if (cloud?.accountEnabled === true) {
    const operationId = quarantineOperation(id, quarantine.at);
    // A crash came before the block.
    if ((await ports.trail.find(operationId, quarantine.at, signal)) === null) {
      await release('neverBlocked');
      return;
    }
  }
  await leaveQuarantine(ports, decision, factsOfNow, cloud, correlationId, signal);
}

/** The facts, as the object itself corrects them. */
function factsNow(facts: CandidateFacts, cloud: CloudUser, quarantinedAt: Instant): DecidedFacts {
  const synced = cloud.onPremisesLastSyncDateTime;
  if (cloud.onPremisesSyncEnabled !== true)
    return { ...decidedFacts(facts), state: 'withdrawn', withdrawal: 'notSynced' };
  if (synced !== null && synced > quarantinedAt)
    return { ...decidedFacts(facts), state: 'withdrawn', withdrawal: 'alive' };
  // Somebody enabled it again: a person, who wants it.
  if (cloud.accountEnabled === true) return { ...decidedFacts(facts), state: 'attention' };
  return decidedFacts(facts);
}
