import type { CloudId } from '../../core/cloudObject';
import type { StoredDecision } from '../../core/decision';
import { personActor } from '../../core/review/deletionAudit';
import { isConflict } from './backToReview';
import type { Asked, DeletionPorts } from './deletionUseCasePorts';
import { giveSignInBack } from './giveSignInBack';
import { isBeingBlocked, isQuarantined } from './recordBlock';

export type QuarantineRelease =
  | {
      readonly kind: 'released';
      readonly decision: StoredDecision;
      /** What `accountEnabled` is now; null: we never blocked it. */
      readonly accountEnabled: boolean | null;
    }
  | { readonly kind: 'noDecision' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Graph did not do it; everything is as it was. */
  | { readonly kind: 'notReleased'; readonly reason: string; readonly retryable: boolean }
  | { readonly kind: 'changedMeanwhile' };

/** Gives a user's sign-in back, in one call, whatever the decision is now. Works while deletion is switched off: it takes nothing away. */
export async function releaseQuarantineOf(
  ports: DeletionPorts,
  id: CloudId,
  { by, correlationId }: Asked,
  signal: AbortSignal,
): Promise<QuarantineRelease> {
  const decision = await ports.decisions.read('user', id, signal);
  if (decision === null) return { kind: 'noDecision' };
  if (isQuarantined(decision) && (await isBeingBlocked(ports, decision, signal)))
    return { kind: 'changedMeanwhile' };
  const cloud = await ports.directory.readById('user', id, signal);
  try {
    return await giveSignInBack(
      ports,
      decision,
      { actor: personActor(by), correlationId, because: 'asked for', cloud },
      signal,
    );
  } catch (error) {
    if (isConflict(error)) return { kind: 'changedMeanwhile' };
    throw error;
  }
}
