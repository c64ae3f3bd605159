import fc from 'fast-check';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { CandidateFacts, StoredFacts, Wait, WithdrawalReason } from '../../../shared/core/facts';
import { withdrawalReasons } from '../../../shared/core/facts';
import { planRun, type Finding, type PlanInput, type RunPlan } from '../../../shared/core/runPlan';
import { factTransitions, transition } from '../../../shared/core/transitions';
import type { Verdict } from '../../../shared/core/verdict';
import { aContact, aDevice, aGroup, aUser, instant } from '../../support/builders';

const idOf = (number: number): CloudId =>
  `0a0a0a0a-0000-0000-0000-${String(number).padStart(12, '0')}` as CloudId;
const at = instant('2026-11-20T02:00:00Z');
const later = instant('2026-11-21T02:00:00Z');

const missing: Finding['verdict'] = { kind: 'missing', proof: 'absence' };
const attention: Finding['verdict'] = { kind: 'attention', reason: 'reCreated' };

const finding = (given: Partial<Finding> & { cloud?: CloudObject } = {}): Finding => ({
  cloud: aUser({ id: idOf(1), displayName: 'Ada' }),
  outcome: 'absent',
  verdict: missing,
  evidence: { json: '{"a":1}', hash: 'a'.repeat(64) },
  waitsFor: [],
  ...given,
});

const plan = (given: Partial<PlanInput>): RunPlan =>
  planRun({ runNumber: 1, at, previous: [], findings: [], withdrawals: new Map(), ...given });

/** The table after a plan was written. */
function written({ writes }: RunPlan, before: readonly StoredFacts[] = []): StoredFacts[] {
  const rows = new Map(before.map(row => [`${row.type}/${row.id}`, row]));
  for (const { facts, etag } of writes)
    rows.set(`${facts.type}/${facts.id}`, { ...facts, etag: `${etag ?? ''}+` });
  return [...rows.values()];
}

const only = ({ writes }: RunPlan): CandidateFacts => {
  expect(writes).toHaveLength(1);
  return writes[0]!.facts;
};

describe('the run plan', () => {
  test('a first finding is created, without an ETag', () => {
    const first = plan({ findings: [finding()] });
    expect(first.writes).toMatchObject([{ kind: 'created', etag: null }]);
    expect(only(first)).toMatchObject({
      state: 'candidate',
      proof: 'absence',
      firstObservedRun: 1,
      changedRun: 1,
      attention: null,
    });
    expect(first.counts).toEqual({ created: 1, refreshed: 0, attention: 0, withdrawn: 0, unchanged: 0 });
  });

  test('an unchanged night writes nothing', () => {
    const previous = written(plan({ findings: [finding()] }));
    const second = plan({ runNumber: 2, at: later, previous, findings: [finding()] });
    expect(second.writes).toEqual([]);
    expect(second.counts.unchanged).toBe(1);
  });

  test('a changed detail outside of the hash is not worth a write', () => {
    const previous = written(plan({ findings: [finding()] }));
    const moved = finding({ evidence: { json: '{"a":2}', hash: 'a'.repeat(64) } });
    expect(plan({ previous, findings: [moved] }).writes).toEqual([]);
  });

  test('a new display name refreshes the row and leaves its evidence as old as it is', () => {
    const previous = written(plan({ findings: [finding()] }));
    const renamed = finding({ cloud: aUser({ id: idOf(1), displayName: 'Ada L.' }) });
    const second = plan({ runNumber: 2, at: later, previous, findings: [renamed] });
    expect(second.writes).toMatchObject([{ kind: 'refreshed', etag: '+' }]);
    expect(only(second)).toMatchObject({ displayName: 'Ada L.', changedRun: 1, changedAt: at });
  });

  test('new evidence refreshes the row; it has been missing since its first night', () => {
    const previous = written(plan({ findings: [finding()] }));
    const proved = finding({
      verdict: { kind: 'missing', proof: 'tombstone' },
      evidence: { json: '{}', hash: 'b'.repeat(64) },
    });
    expect(only(plan({ runNumber: 2, at: later, previous, findings: [proved] }))).toMatchObject({
      proof: 'tombstone',
      firstObservedRun: 1,
      changedRun: 2,
      changedAt: later,
    });
  });

  test('what still waits is observed, and becomes a candidate without losing its first night', () => {
    const waits: Wait[] = [{ for: 'grace', until: later }];
    const first = plan({ findings: [finding({ waitsFor: waits })] });
    expect(only(first)).toMatchObject({ state: 'observed', waitsFor: waits });
    const second = plan({ runNumber: 2, at: later, previous: written(first), findings: [finding()] });
    expect(only(second)).toMatchObject({ state: 'candidate', firstObservedRun: 1, changedRun: 2 });
  });

  test('attention ends a streak: missing again, it starts from that night', () => {
    const first = written(plan({ findings: [finding()] }));
    const second = plan({
      runNumber: 2,
      at: later,
      previous: first,
      findings: [finding({ verdict: attention })],
    });
    expect(second.writes).toMatchObject([{ kind: 'attention' }]);
    expect(only(second)).toMatchObject({
      state: 'attention',
      attention: 'reCreated',
      proof: null,
      firstObservedRun: 2,
    });
    const third = plan({ runNumber: 3, at: later, previous: written(second, first), findings: [finding()] });
    expect(only(third)).toMatchObject({ state: 'candidate', firstObservedRun: 3 });
  });

  test('another reason for attention is a change', () => {
    const first = written(plan({ findings: [finding({ verdict: attention })] }));
    const other = finding({ verdict: { kind: 'attention', reason: 'outOfScope' } });
    expect(only(plan({ runNumber: 2, previous: first, findings: [other] }))).toMatchObject({
      changedRun: 2,
      firstObservedRun: 1,
    });
  });

  test.each(withdrawalReasons)('a row is withdrawn for a reason: %s', reason => {
    const previous = written(plan({ findings: [finding()] }));
    const second = plan({
      runNumber: 2,
      at: later,
      previous,
      withdrawals: new Map([[`user/${idOf(1)}`, reason]]),
    });
    expect(second.counts.withdrawn).toBe(1);
    expect(only(second)).toMatchObject({
      state: 'withdrawn',
      withdrawal: reason,
      proof: null,
      firstObservedRun: 1,
      changedRun: 2,
    });
    const third = plan({
      runNumber: 3,
      previous: written(second, previous),
      withdrawals: new Map([[`user/${idOf(1)}`, reason]]),
    });
    expect(third.writes).toEqual([]);
    const fourth = plan({
      runNumber: 4,
      at: later,
      previous: written(second, previous),
      findings: [finding()],
    });
    expect(fourth.writes).toMatchObject([
      { kind: 'created', facts: { state: 'candidate', withdrawal: null, firstObservedRun: 4 } },
    ]);
  });

  test('nothing is withdrawn without a reason, and nothing that is not on record', () => {
    const previous = written(plan({ findings: [finding()] }));
    expect(plan({ previous }).writes).toEqual([]);
    expect(plan({ withdrawals: new Map([['user/nobody', 'gone']]) }).writes).toEqual([]);
  });

  test.each<[string, CloudObject, Partial<CandidateFacts>]>([
    [
      'user',
      aUser({
        id: idOf(1),
        userPrincipalName: 'ada@x',
        mail: 'm@x',
        assignedLicenseCount: 2,
        onPremisesSamAccountName: 'ada',
        onPremisesDomainName: 'x',
      }),
      {
        userPrincipalName: 'ada@x',
        mail: 'm@x',
        assignedLicenseCount: 2,
        accountEnabled: true,
        onPremisesSamAccountName: 'ada',
        onPremisesDomainName: 'x',
      },
    ],
    [
      'group',
      aGroup({ id: idOf(1), mail: 'g@x' }),
      { userPrincipalName: null, mail: 'g@x', accountEnabled: null, assignedLicenseCount: 0 },
    ],
    [
      'contact',
      aContact({ id: idOf(1), mail: 'c@x' }),
      { mail: 'c@x', accountEnabled: null, assignedLicenseCount: null, onPremisesSamAccountName: null },
    ],
    [
      'device',
      aDevice({ id: idOf(1), accountEnabled: false }),
      { mail: null, accountEnabled: false, assignedLicenseCount: null },
    ],
  ])('a %s is described by what it has', (_, cloud, expected) =>
    expect(only(plan({ findings: [finding({ cloud })] }))).toMatchObject(expected),
  );
});

describe('laws of the run plan', () => {
  const verdicts: Verdict[] = [
    missing,
    attention,
    { kind: 'missing', proof: 'tombstone' },
    { kind: 'attention', reason: 'duplicate' },
  ];
  const someFindings = fc.uniqueArray(
    fc.record({
      id: fc.nat(12),
      verdict: fc.constantFrom(...(verdicts as Finding['verdict'][])),
      hash: fc.constantFrom('a', 'b'),
      name: fc.constantFrom('x', 'y'),
      waits: fc.boolean(),
    }),
    { selector: one => one.id, maxLength: 12 },
  );
  const toFindings = (
    given: readonly { id: number; verdict: Finding['verdict']; hash: string; name: string; waits: boolean }[],
  ): Finding[] =>
    given.map(({ id, verdict, hash, name, waits }) =>
      finding({
        cloud:
          id % 2 ? aUser({ id: idOf(id), displayName: name }) : aGroup({ id: idOf(id), displayName: name }),
        verdict,
        evidence: { json: `"${hash}"`, hash: hash.repeat(64) },
        waitsFor: waits && verdict.kind === 'missing' ? [{ for: 'consecutiveRuns', until: null }] : [],
      }),
    );
  /** Every row that no finding speaks of came back. */
  const withdrawals = (
    previous: readonly StoredFacts[],
    findings: readonly Finding[],
  ): Map<string, WithdrawalReason> => {
    const found = new Set(findings.map(({ cloud }) => `${cloud.type}/${cloud.id}`));
    return new Map(
      previous
        .map(row => `${row.type}/${row.id}`)
        .filter(key => !found.has(key))
        .map(key => [key, 'alive']),
    );
  };

  test('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(someFindings, someFindings, (before, now) => {
        const previous = written(plan({ findings: toFindings(before) }));
        const findings = toFindings(now);
        const forward = { previous, findings, withdrawals: withdrawals(previous, findings) };
        const backward = {
          previous: previous.toReversed(),
          findings: findings.toReversed(),
          withdrawals: new Map([...forward.withdrawals].toReversed()),
        };
        expect(plan(backward)).toEqual(plan(forward));
      }),
    );
  });

  test('planning twice adds nothing, through any history', () => {
    fc.assert(
      fc.property(fc.array(someFindings, { minLength: 1, maxLength: 5 }), nights => {
        let rows: StoredFacts[] = [];
        nights.forEach((night, number) => {
          const findings = toFindings(night);
          const input = {
            runNumber: number + 1,
            previous: rows,
            findings,
            withdrawals: withdrawals(rows, findings),
          };
          const before = new Map(rows.map(row => [row.id, row.state]));
          for (const { facts } of plan(input).writes)
            expect(transition(factTransitions, before.get(facts.id) ?? 'none', facts.state).legal).toBe(true);
          rows = written(plan(input), rows);
          expect(
            plan({
              ...input,
              runNumber: number + 2,
              previous: rows,
              withdrawals: withdrawals(rows, findings),
            }).writes,
          ).toEqual([]);
          const open = rows.filter(row => row.state !== 'withdrawn').map(row => row.id);
          expect(open.sort()).toEqual(findings.map(({ cloud }) => cloud.id).sort());
        });
      }),
    );
  });
});
