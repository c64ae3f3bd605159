import { canonicalHash, canonicalJson, type Json } from './canonicalJson';
import type { CloudObject } from './cloudObject';
import { referenceKey } from './duplicates';
import type { Evidence } from './evidence';
import {
  continuesFrom,
  isMissing,
  type CandidateFacts,
  type FactState,
  type StoredFacts,
  type Wait,
  type WithdrawalReason,
} from './facts';
import type { Instant } from './instant';
import type { PlanCounts } from './scanRun';
import { factTransitions, transition } from './transitions';
import type { Verdict } from './verdict';

/** An object that the run has something to say about. */
export interface Finding {
  readonly cloud: CloudObject;
  readonly outcome: string;
  readonly verdict: Exclude<Verdict, { kind: 'none' }>;
  readonly evidence: Evidence;
  /** What a missing object still waits for; empty: it is a candidate at once. */
  readonly waitsFor: readonly Wait[];
}

/** What the plan is made from. */
export interface PlanInput {
  readonly runNumber: number;
  readonly at: Instant;
  /** Every row of the table. */
  readonly previous: readonly StoredFacts[];
  readonly findings: readonly Finding[];
  /** For every row without a finding that is not withdrawn yet: why it is no longer one. Keyed by `type/id`. */
  readonly withdrawals: ReadonlyMap<string, WithdrawalReason>;
}

export type PlannedKind = 'created' | 'refreshed' | 'attention' | 'withdrawn';

/** One row to write. `etag` null creates it. */
export interface PlannedWrite {
  readonly kind: PlannedKind;
  readonly etag: string | null;
  readonly facts: CandidateFacts;
}

/** What a run writes, as a value: nothing that did not change is in it. */
export interface RunPlan {
  /** In canonical order: by type, then by id. */
  readonly writes: readonly PlannedWrite[];
  readonly counts: PlanCounts;
  /** SHA-256 over the writes in that order: equal plans have equal digests, whatever the order of the input. */
  readonly digest: string;
}

/**
 * Compares what the run found with what the table says. An unchanged object gives no write; an object of the table that no
 * finding speaks of is withdrawn for the reason given, and one without a reason stays as it is: nothing is withdrawn by default.
 */
export function planRun(input: PlanInput): RunPlan {
  const rows = new Map(input.previous.map(row => [referenceKey(row), row]));
  const writes: PlannedWrite[] = [];
  let unchanged = 0;
  for (const finding of input.findings) {
    const row = rows.get(referenceKey(finding.cloud)) ?? null;
    const facts = factsOf(finding, row, input);
    if (row && sameFacts(row, facts)) unchanged += 1;
    else writes.push(planned(kindOf(facts.state, row), row, facts));
  }
  for (const [key, withdrawal] of input.withdrawals) {
    const row = rows.get(key);
    if (row && transition(factTransitions, row.state, 'withdrawn').legal)
      writes.push(planned('withdrawn', row, withdrawn(row, withdrawal, input)));
  }
  writes.sort((a, b) => (referenceKey(a.facts) < referenceKey(b.facts) ? -1 : 1));
  return { writes, counts: countsOf(writes, unchanged), digest: digestOf(writes) };
}

const planned = (kind: PlannedKind, row: StoredFacts | null, facts: CandidateFacts): PlannedWrite => ({
  kind,
  etag: row?.etag ?? null,
  facts,
});

function kindOf(state: FactState, row: StoredFacts | null): PlannedKind {
  if (state === 'attention') return 'attention';
  return row === null || row.state === 'withdrawn' ? 'created' : 'refreshed';
}

function factsOf(finding: Finding, row: StoredFacts | null, { runNumber, at }: PlanInput): CandidateFacts {
  const { cloud, verdict, evidence, waitsFor } = finding;
  const missing = verdict.kind === 'missing';
  const state = missing ? (waitsFor.length > 0 ? 'observed' : 'candidate') : 'attention';
  const attention = missing ? null : verdict.reason;
  const continues =
    row !== null && row.state !== 'withdrawn' && isMissing(row) === missing && continuesFrom(row, runNumber);
  const same =
    continues && row.state === state && row.attention === attention && row.evidenceHash === evidence.hash;
  return {
    type: cloud.type,
    id: cloud.id,
    state,
    outcome: finding.outcome,
    attention,
    withdrawal: null,
    proof: missing ? verdict.proof : null,
    evidence: { kind: 'inline', json: evidence.json },
    evidenceHash: evidence.hash,
    waitsFor,
    firstObservedRun: continues ? row.firstObservedRun : runNumber,
    firstObservedAt: continues ? row.firstObservedAt : at,
    changedRun: same ? row.changedRun : runNumber,
    changedAt: same ? row.changedAt : at,
    ...descriptionOf(cloud),
  };
}

type Description = Pick<
  CandidateFacts,
  | 'displayName'
  | 'userPrincipalName'
  | 'mail'
  | 'onPremisesSamAccountName'
  | 'onPremisesDomainName'
  | 'accountEnabled'
  | 'assignedLicenseCount'
  | 'onPremisesLastSyncDateTime'
>;

/** What a person recognises the object by. It is no evidence. */
function descriptionOf(cloud: CloudObject): Description {
  const account = cloud.type === 'user' || cloud.type === 'group' ? cloud : null;
  return {
    displayName: cloud.displayName,
    userPrincipalName: cloud.type === 'user' ? cloud.userPrincipalName : null,
    mail: cloud.type === 'device' ? null : cloud.mail,
    onPremisesSamAccountName: account?.onPremisesSamAccountName ?? null,
    onPremisesDomainName: account?.onPremisesDomainName ?? null,
    accountEnabled: cloud.type === 'user' || cloud.type === 'device' ? cloud.accountEnabled : null,
    assignedLicenseCount: account?.assignedLicenseCount ?? null,
    onPremisesLastSyncDateTime: cloud.onPremisesLastSyncDateTime,
  };
}

function withdrawn(
  row: StoredFacts,
  withdrawal: WithdrawalReason,
  { runNumber, at }: PlanInput,
): CandidateFacts {
  return {
    ...row,
    state: 'withdrawn',
    withdrawal,
    attention: null,
    proof: null,
    waitsFor: [],
    changedRun: runNumber,
    changedAt: at,
  };
}

/** The ETag is no fact, and the evidence is compared by its hash: a detail that is outside of it is not worth a write. */
const uncompared: ReadonlySet<string> = new Set(['etag', 'evidence']);

const comparable = (facts: CandidateFacts): Json =>
  Object.fromEntries(Object.entries(facts).filter(([column]) => !uncompared.has(column)));

const sameFacts = (row: StoredFacts, facts: CandidateFacts): boolean =>
  canonicalJson(comparable(row)) === canonicalJson(comparable(facts));

function countsOf(writes: readonly PlannedWrite[], unchanged: number): PlanCounts {
  const count = (kind: PlannedKind): number => writes.filter(write => write.kind === kind).length;
  return {
    created: count('created'),
    refreshed: count('refreshed'),
    attention: count('attention'),
    withdrawn: count('withdrawn'),
    unchanged,
  };
}

const digestOf = (writes: readonly PlannedWrite[]): string =>
  canonicalHash(writes.map(write => ({ kind: write.kind, facts: comparable(write.facts) })));
