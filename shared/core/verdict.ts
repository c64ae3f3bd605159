import type { CloudObject } from './cloudObject';
import type { Compared } from './correlate';
import type { AttentionReason, WithdrawalReason } from './facts';
import { protectionOf } from './protection';

/** What the run makes of one compared object. */
export type Verdict =
  | { readonly kind: 'missing'; readonly proof: 'tombstone' | 'absence' }
  | { readonly kind: 'attention'; readonly reason: AttentionReason }
  | { readonly kind: 'none'; readonly because: WithdrawalReason };

/**
 * Turns an outcome into a verdict: only `deleted` and `absent` are missing, and not where the object is protected; what a
 * person must look at is attention; the rest is none.
 */
export function judge(cloud: CloudObject, { correlation, strong }: Compared): Verdict {
  switch (correlation.kind) {
    case 'live':
      return hasBlockedLink(cloud, strong)
        ? { kind: 'attention', reason: 'synchronisationError' }
        : { kind: 'none', because: 'alive' };
    case 'outOfScope':
    case 'reAnchored':
    case 'reCreated':
    case 'duplicate':
      return { kind: 'attention', reason: correlation.kind };
    case 'deleted':
    case 'absent':
      if (protectionOf(cloud) !== null) return { kind: 'attention', reason: 'protected' };
      return { kind: 'missing', proof: correlation.kind === 'deleted' ? 'tombstone' : 'absence' };
    case 'notCovered':
      return { kind: 'none', because: 'notCovered' };
    case 'unknown':
      return { kind: 'none', because: 'unknown' };
  }
}

/**
 * A live user whose anchor was carried to a new account, but whose SID in the cloud is still one that AD no longer knows,
 * and which reports provisioning errors: the new link is blocked (case 36).
 */
export function hasBlockedLink(cloud: CloudObject, strong: Compared['strong']): boolean {
  if (cloud.type !== 'user' || cloud.onPremisesProvisioningErrorCount === 0) return false;
  const sid = strong.find(key => key.property === 'onPremisesSecurityIdentifier');
  return sid !== undefined && sid.hits.every(hit => hit.tombstone);
}
