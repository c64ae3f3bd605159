import type { AcceptedRun } from '../../../shared/core/acceptedRun';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { Correlation } from '../../../shared/core/correlate';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { StoredFacts, Wait } from '../../../shared/core/facts';
import type { Instant } from '../../../shared/core/instant';
import type { Tombstone } from '../../../shared/core/onPremisesObject';
import { planRun } from '../../../shared/core/runPlan';
import {
  defaultWaitingRules,
  waitsOf,
  type WaitingContext,
  type WaitingSource,
} from '../../../shared/core/waiting';
import { aTombstone, aUser, instant } from '../../support/builders';

export const hourMs = 60 * 60 * 1000;
export const dayMs = 24 * hourMs;
export const after = (from: Instant, ms: number): Instant => (from + ms) as Instant;

/** The first night of the tests. */
export const firstNight = instant('2026-11-01T02:00:00Z');
/** Night 1 is the first. */
export const night = (number: number): Instant => after(firstNight, (number - 1) * dayMs);

export const contoso = 'contoso' as SourceName;
export const fabrikam = 'fabrikam' as SourceName;
export const contosoSid = 'S-1-5-21-1-1-1';
export const fabrikamSid = 'S-1-5-21-2-2-2';
export const idOfAda = '0a0a0a0a-0000-0000-0000-000000000001' as CloudId;

export const ada = aUser({
  id: idOfAda,
  onPremisesSecurityIdentifier: `${contosoSid}-1105`,
  onPremisesDomainName: 'contoso.example',
});

export const absent: Correlation = { kind: 'absent' };
export const tombstoneOf = (given: Partial<Tombstone> = {}): Tombstone =>
  aTombstone({ objectGUID: '0b0b0b0b-0000-0000-0000-000000000001', objectClass: 'user', ...given });
export const deleted = (given: Partial<Tombstone> = {}): Correlation => ({
  kind: 'deleted',
  tombstone: tombstoneOf(given),
});

type History = NonNullable<WaitingSource['synchronisationRuns']>;
/** A run of synchronisation that took five minutes. */
export const syncRun = (startedAt: Instant, given: Partial<History[number]> = {}): History[number] => ({
  startedAt,
  finishedAt: after(startedAt, 5 * 60_000),
  succeeded: true,
  exportedDeletes: null,
  ...given,
});

export const ofContoso = (synchronisationRuns: History | null): WaitingSource => ({
  source: contoso,
  domainSids: new Set([contosoSid]),
  domainNames: new Set(['contoso.example']),
  synchronisationRuns,
});
export const ofFabrikam = (synchronisationRuns: History | null): WaitingSource => ({
  source: fabrikam,
  domainSids: new Set([fabrikamSid]),
  domainNames: new Set(['fabrikam.example']),
  synchronisationRuns,
});

/** Runs 1 to `count`, one a night, each over exports of its own, and the tenant's time an hour before each. */
export const runsOf = (count: number): AcceptedRun[] =>
  Array.from({ length: count }, (_, index) => ({
    runNumber: index + 1,
    startedAt: night(index + 1),
    exportsKey: `exports ${index + 1}`,
    tenantLastSync: after(night(index + 1), -hourMs),
  }));

/** The night of this number, with strict rules and a synchronisation that ran an hour before. */
export const contextOf = (number: number, given: Partial<WaitingContext> = {}): WaitingContext => ({
  rules: defaultWaitingRules,
  now: night(number),
  runNumber: number,
  runs: runsOf(number),
  sources: [ofContoso([syncRun(after(night(number), -hourMs))])],
  ...given,
});

/** Only this condition is left to wait for. */
export const only = {
  synchronisation: { consecutiveRuns: 1, graceDays: 0, recycleBinDays: 0, synchronisation: 'proved' },
  consecutiveRuns: { consecutiveRuns: 3, graceDays: 0, recycleBinDays: 0, synchronisation: 'notAsked' },
  grace: { consecutiveRuns: 1, graceDays: 7, recycleBinDays: 0, synchronisation: 'notAsked' },
  recycleBin: { consecutiveRuns: 1, graceDays: 0, recycleBinDays: 30, synchronisation: 'notAsked' },
} as const;

/** The row as the table has it after a run that found the object like this. */
export function rowAfter(
  runNumber: number,
  correlation: Correlation,
  waitsFor: readonly Wait[],
  row: StoredFacts | null,
  at: Instant,
  cloud: CloudObject = ada,
): StoredFacts {
  const plan = planRun({
    runNumber,
    at,
    previous: row ? [row] : [],
    findings: [
      {
        cloud,
        outcome: correlation.kind,
        verdict: { kind: 'missing', proof: correlation.kind === 'deleted' ? 'tombstone' : 'absence' },
        evidence: { json: '{}', hash: correlation.kind.padEnd(64, '0') },
        waitsFor,
      },
    ],
    withdrawals: new Map(),
  });
  const [write] = plan.writes;
  if (write) return { ...write.facts, etag: 'e' };
  if (row) return row;
  throw new RangeError('a first finding is written');
}

/** The row of an object that was first seen missing in this run, after that run. */
export const firstSeen = (
  runNumber: number,
  correlation: Correlation = absent,
  given: Partial<StoredFacts> = {},
): StoredFacts => {
  const waits = waitsOf(ada, correlation, null, contextOf(runNumber));
  return { ...rowAfter(runNumber, correlation, waits, null, night(runNumber)), ...given };
};

export const kinds = (waits: readonly Wait[]): string[] => waits.map(wait => wait.for);
