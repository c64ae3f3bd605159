import { domainSidOfCloudObject } from '../coverage';
import type { CloudObject } from '../cloudObject';
import type { Compared } from '../correlate';
import type { DecidedFacts } from '../decision';
import type { CandidateFacts, WithdrawalReason } from '../facts';
import type { Instant } from '../instant';
import { protectionOf } from '../protection';
import type { Verdict } from '../verdict';
import { refusedItem, type ItemOutcome, type ItemRefusal } from './itemOutcome';

/** An object that was read and judged again. */
export interface Reproved {
  readonly cloud: CloudObject;
  readonly compared: Compared;
  readonly verdict: Verdict;
  readonly evidence: { readonly hash: string };
}

/** Why the proof of now does not carry an approval, and what the facts are then. */
export interface ProofFault {
  readonly outcome: Extract<ItemOutcome, { kind: 'refused' }>;
  readonly facts: DecidedFacts;
}

const fault = (refusal: ItemRefusal, detail: string, facts: DecidedFacts): ProofFault => ({
  outcome: refusedItem(refusal, detail, true),
  facts,
});

/**
 * Decides whether what was read just now proves what was approved (promise 5): still synced, not synced since, not protected, the
 * source missing still, and by the same evidence, key by key. null: it does.
 */
export function proofFault(
  facts: CandidateFacts,
  approvedAt: Instant,
  reproved: Reproved,
): ProofFault | null {
  const { cloud, compared, verdict, evidence } = reproved;
  const withdrawn = (withdrawal: WithdrawalReason): DecidedFacts => ({
    ...decidedFacts(facts),
    state: 'withdrawn',
    withdrawal,
  });
  if (cloud.onPremisesSyncEnabled !== true)
    return fault(
      'notSynced',
      'It is not synced any more: its source of authority is the cloud.',
      withdrawn('notSynced'),
    );
  const synced = cloud.onPremisesLastSyncDateTime;
  const { correlation } = compared;
  const byRecency = correlation.kind === 'live' && correlation.by === 'onPremisesLastSyncDateTime';
  if (byRecency || (synced !== null && (synced > approvedAt || synced !== facts.onPremisesLastSyncDateTime)))
    return fault(
      'syncedSince',
      'Something on-premises has synchronised it since it was judged.',
      withdrawn('alive'),
    );
  if (protectionOf(cloud) !== null)
    return fault('protected', `It must never be deleted: ${String(protectionOf(cloud))}.`, {
      ...decidedFacts(facts),
      state: 'attention',
    });
  if (correlation.kind === 'live')
    return fault('cameBack', 'It was found alive on-premises.', withdrawn('alive'));
  if (verdict.kind !== 'missing')
    return fault('evidenceChanged', `It is not missing any more: the outcome is ${correlation.kind}.`, {
      ...decidedFacts(facts),
      state: verdict.kind === 'attention' ? 'attention' : 'withdrawn',
      withdrawal: verdict.kind === 'none' ? verdict.because : null,
    });
  if (evidence.hash !== facts.evidenceHash)
    return fault('evidenceChanged', 'It is missing still, and the evidence is not what was approved.', {
      ...decidedFacts(facts),
      evidenceHash: evidence.hash,
    });
  return null;
}

/** Whether an object names no domain, so that an uncovered domain anywhere makes its absence say nothing (case 30). */
export const namesNoDomain = (cloud: CloudObject): boolean =>
  (cloud.type === 'contact' || cloud.type === 'device') && domainSidOfCloudObject(cloud) === null;

/** What of a row of facts decisions depend on. */
export const decidedFacts = ({ type, id, state, evidenceHash, withdrawal }: DecidedFacts): DecidedFacts => ({
  type,
  id,
  state,
  evidenceHash,
  withdrawal,
});

/** The facts of an object that is no more. */
export const factsOfGone = (facts: DecidedFacts): DecidedFacts => ({
  ...decidedFacts(facts),
  state: 'withdrawn',
  withdrawal: 'gone',
});
