import type { Actor } from '../../core/audit';
import type { CloudObject } from '../../core/cloudObject';
import type { StoredDecision } from '../../core/decision';
import { releaseQuarantine } from '../../core/decisionSteps';
import type { Instant } from '../../core/instant';
import { quarantineOperation, releaseOperation } from '../../core/review/deletionOperation';
import { withoutEtag } from './backToReview';
import { lastRequestMs, type DeletionPorts } from './deletionUseCasePorts';
import { isQuarantined, recordBlock } from './recordBlock';
import { settleAudit } from './settleAudit';

export interface SignInRelease {
  readonly actor: Actor;
  readonly correlationId: string | null;
  /** For the audit. */
  readonly because: string;
  /** The object as it is; null: it is not there. */
  readonly cloud: CloudObject | null;
}

export type SignInReleased =
  | {
      readonly kind: 'released';
      readonly decision: StoredDecision;
      /** What `accountEnabled` is now, as far as we know; null: nothing was changed. */
      readonly accountEnabled: boolean | null;
    }
  /** Graph did not do it; the decision is as it was. */
  | { readonly kind: 'notReleased'; readonly reason: string; readonly retryable: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Makes a user's sign-in what it was before we blocked it, then takes the quarantine off the decision. What was kept before the block
 * says what it was; without that nothing was ever blocked. In this order (what the log lacks, Graph, audit, decision) a crash leaves a
 * decision that still says "quarantined", and to do all of it again is harmless. Throws as the ports do; `writeConflict` where somebody else was faster.
 */
export async function giveSignInBack(
  ports: Pick<DeletionPorts, 'deleter' | 'audit' | 'records' | 'decisions' | 'clock'>,
  stored: StoredDecision,
  { actor, correlationId, because, cloud }: SignInRelease,
  signal: AbortSignal,
): Promise<SignInReleased> {
  const { type, id, quarantine } = stored;
  const at = ports.clock.now();
  const operationId = quarantine === null ? '' : releaseOperation(id, quarantine.at);
  const step = releaseQuarantine(withoutEtag(stored), {
    by: { id: actor.id, name: actor.name ?? actor.id },
    at,
    operationId,
  });
  if (step.kind === 'refused' || quarantine === null)
    return { kind: 'refused', reason: step.kind === 'refused' ? step.reason : '' };
  await settleAudit(ports.audit, stored, { correlationId }, signal);
  const before = await ports.records.readSignIn(quarantineOperation(id, quarantine.at), signal);
  // Where Graph had not said: to enable it could let somebody in who was kept out before.
  const was = before && (before.accountEnabled ?? false);
  const enabled = cloud?.type === 'user' && cloud.accountEnabled === true;
  const toEnable = was === true && cloud !== null && !enabled;
  if (toEnable) {
    if (isQuarantined(stored)) await recordBlock(ports, stored, correlationId, signal);
    const deadline = (at + lastRequestMs) as Instant;
    const { outcome } = await ports.deleter.release(
      { id, deadline, privileged: 'unknown', accountEnabled: true },
      signal,
    );
    if (outcome.kind === 'failed')
      return { kind: 'notReleased', reason: outcome.reason, retryable: outcome.retryable };
    if (outcome.kind === 'needsHuman')
      return { kind: 'notReleased', reason: outcome.reason, retryable: false };
  }
  const approval = 'approval' in stored ? stored.approval : null;
  await ports.audit.record(
    {
      operationId,
      at,
      actor,
      action: 'quarantineReleased',
      object: { type, id },
      evidenceHash: approval?.evidenceHash ?? null,
      runId: approval?.runId ?? null,
      correlationId,
      details: { because, accountEnabledBefore: was, enabledNow: toEnable },
    },
    signal,
  );
  const decision = await ports.decisions.write(step.decision, stored.etag, signal);
  return { kind: 'released', decision, accountEnabled: toEnable || enabled ? true : was };
}
