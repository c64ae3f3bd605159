import type { CloudId } from '../../../shared/core/cloudObject';
import type { GateResult } from '../../../shared/core/gates/gate';
import { alertOfHold, eventsOfRun, foundInWrites, type RowSeen } from '../../../shared/core/scanEvents';
import type { CountsByType } from '../../../shared/core/notification';
import { runStates, type ScanRun, type TypeCounts } from '../../../shared/core/scanRun';
import { aRun } from '../../functions/reviewBench';
import { at, samples } from './notifications';

const counts = (outcomes: TypeCounts['outcomes']): TypeCounts => ({
  read: 10,
  notSynced: 0,
  outcomes,
  unknownReasons: {},
});
const breach: GateResult = {
  kind: 'evidence',
  gate: 'exportPresent',
  source: 'contoso',
  type: null,
  context: null,
  severity: 1,
  holds: true,
  releasedBy: null,
  passed: false,
  found: 'missing',
  limit: 'one complete export',
  reason: 'There is no export of contoso: look at its agent.',
};
const released: GateResult = { ...breach, releasedBy: { ruleId: 'r', severity: 1 } };
const passed: GateResult = { ...breach, gate: 'exportVerified', passed: true, reason: '' };
const announced = {
  gate: breach.gate,
  source: breach.source,
  type: breach.type,
  found: breach.found,
  limit: breach.limit,
};
const found = (newCandidates: CountsByType, madeAgain: CountsByType = {}) => ({ newCandidates, madeAgain });
const run = (given: Partial<ScanRun> = {}): ScanRun => aRun(given);
const kinds = (...all: Parameters<typeof eventsOfRun>): string[] =>
  eventsOfRun(...all).map(({ kind }) => kind);

describe('a hold', () => {
  test('is announced of a refused run, with the gates that were breached and no others', () => {
    const refused = run({ state: 'refused', gates: [passed, breach] });
    expect(eventsOfRun(refused, null)).toEqual([
      {
        kind: 'hold',
        at: refused.startedAt,
        runId: refused.runId,
        refused: true,
        gates: [announced],
        earlier: [],
      },
    ]);
  });

  test('also without a gate: an error of the evidence', () => {
    expect(eventsOfRun(run({ state: 'refused' }), null)).toMatchObject([{ kind: 'hold', gates: [] }]);
  });

  test('of a run that lists what it found, locked, beside its candidates', () => {
    const held = run({ gates: [breach], counts: { user: counts({ absent: 1 }) } });
    expect(eventsOfRun(held, null, found({ user: 1 }))).toMatchObject([
      { kind: 'hold', refused: false },
      { kind: 'newCandidates', added: { user: 1 } },
    ]);
  });

  test('of no run that went well, failed, or was no run', () => {
    for (const state of runStates.filter(one => one !== 'refused' && one !== 'held'))
      expect(kinds(run({ state, gates: [passed, released] }), null)).toEqual([]);
  });

  test('of a run that an earlier breach holds, with the run and the gate to release', () => {
    const { gate, source, type, context, kind, severity } = breach;
    const hold = { gate, source, type, context, kind, severity, runId: 'run-7', since: at };
    const held = run({ state: 'held', gates: [passed], holds: [hold, { ...hold, runId: run().runId }] });
    expect(eventsOfRun(held, null)).toMatchObject([
      { kind: 'hold', refused: true, gates: [], earlier: [{ gate, source, runId: 'run-7' }] },
    ]);
    expect(kinds(run({ gates: [passed], holds: [hold] }), null)).toEqual([]);
  });
});

describe('new candidates', () => {
  const before = run({ counts: { user: counts({ absent: 3, deleted: 1 }), group: counts({ absent: 5 }) } });
  const now = { user: counts({ absent: 4, deleted: 2, live: 9 }), group: counts({ absent: 4 }) };

  test('are those that the run counted', () => {
    expect(eventsOfRun(run({ counts: now }), before, found({ group: 1 }))).toMatchObject([
      {
        kind: 'newCandidates',
        added: { group: 1 },
        missing: { user: 6, group: 4 },
        missingBefore: { user: 4, group: 5 },
      },
    ]);
    expect(kinds(run({ counts: now }), before, found({}))).toEqual([]);
  });

  test('are announced of a finished run only', () => {
    for (const state of ['failed', 'aborted', 'running', 'skipped'] as const)
      expect(kinds(run({ state, counts: now }), before, found({ user: 1 }))).toEqual([]);
  });
});

describe('what writes make new', () => {
  const id = (n: number): CloudId => `0b0b0b0b-0000-0000-0000-00000000000${n}` as CloudId;
  const row = (n: number, given: Partial<RowSeen> = {}): RowSeen => ({
    type: 'user',
    id: id(n),
    state: 'candidate',
    attention: null,
    changedRun: 5,
    ...given,
  });
  const observed = { state: 'observed' } as const;
  const withdrawn = { state: 'withdrawn' } as const;
  const madeAgain = { state: 'attention', attention: 'madeAgain' } as const;
  const writes = (...rows: readonly RowSeen[]) => rows.map(facts => ({ facts }));

  test('are rows that become candidates, not those whose evidence changed', () => {
    expect(
      foundInWrites(
        writes(
          row(1),
          row(2),
          row(3),
          row(4),
          row(5, observed),
          row(6, withdrawn),
          row(2, { type: 'group' }),
        ),
        [row(2), row(3, observed), row(4, withdrawn), row(6)],
        5,
      ),
    ).toEqual({ newCandidates: { user: 3, group: 1 }, madeAgain: {} });
  });

  test('and objects that were made again, once', () => {
    expect(
      foundInWrites(
        writes(row(1, madeAgain), row(2, madeAgain), row(3, { state: 'attention', attention: 'reCreated' })),
        [row(2, madeAgain)],
        5,
      ),
    ).toEqual({ newCandidates: {}, madeAgain: { user: 1 } });
  });

  test('and what a run wrote that ended before it was accepted: nobody was told of it', () => {
    const changedRun = 6;
    const rows = [
      row(1),
      row(2, { changedRun }),
      row(3, { ...madeAgain, changedRun }),
      row(4, { ...observed, changedRun }),
      row(5, { changedRun }),
    ];
    const now = writes(row(5, { ...withdrawn, changedRun: 7 }));
    expect(foundInWrites(now, rows, 5)).toEqual({ newCandidates: { user: 1 }, madeAgain: { user: 1 } });
    expect(foundInWrites(now, rows, 6)).toEqual({ newCandidates: {}, madeAgain: {} });
  });
});

test('what was made again is announced whatever became of the run', () => {
  for (const state of runStates)
    expect(kinds(run({ state }), null, found({}, { user: 1 }))).toContain('madeAgain');
  expect(kinds(run(), null, found({}, { user: 0 }))).toEqual([]);
});

test('the alert of a hold names gates with figure and limit, and what nobody released', () => {
  expect(alertOfHold(samples.hold)).toBe(
    `alert hold: run ${samples.hold.runId}: exportPresent (found missing, limit one complete export); ` +
      'graphListComplete (found 90, limit 100 to 110); clocksAgree (found 900 s, limit 300 s); held by exportDrop of run run-7',
  );
  expect(alertOfHold({ ...samples.hold, gates: [], earlier: [] })).toContain('refused, its record says why');
});
