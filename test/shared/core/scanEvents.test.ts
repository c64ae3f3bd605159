import type { CloudId } from '../../../shared/core/cloudObject';
import type { PlannedWrite } from '../../../shared/core/runPlan';
import { alertOfScanEvent, eventsOfRun, newCandidatesOf } from '../../../shared/core/scanEvents';
import { runStates, type ScanRun, type TypeCounts } from '../../../shared/core/scanRun';
import { someFacts, aRun } from '../../functions/reviewBench';
import { aGate } from '../../support/scanDefaults';
import { samples } from './notifications';

const counts = (outcomes: TypeCounts['outcomes']): TypeCounts => ({
  read: 10,
  notSynced: 0,
  outcomes,
  unknownReasons: {},
});
const breach = aGate({
  passed: false,
  found: 'missing',
  reason: 'There is no export of contoso: look at its agent.',
  severity: 1,
});
const passed = aGate({ gate: 'exportVerified' });
const { gate, source, type, found, limit } = breach;
const announced = { gate, source, type, found, limit };
const run = (given: Partial<ScanRun> = {}): ScanRun => aRun(given);
const kinds = (...all: Parameters<typeof eventsOfRun>): string[] =>
  eventsOfRun(...all).map(({ kind }) => kind);

describe('a hold', () => {
  test('is announced of a refused run, with the gates that were breached and no others', () => {
    const refused = run({ state: 'refused', gates: [passed, breach] });
    expect(eventsOfRun(refused, null)).toEqual([
      { kind: 'hold', at: refused.startedAt, runId: refused.runId, refused: true, gates: [announced] },
    ]);
  });

  test('also without a gate: an error of the evidence', () => {
    expect(eventsOfRun(run({ state: 'refused' }), null)).toMatchObject([{ kind: 'hold', gates: [] }]);
  });

  test('of a run that lists what it found, locked, beside its candidates', () => {
    const held = run({ gates: [breach], counts: { user: counts({ absent: 1 }) } });
    expect(eventsOfRun(held, null)).toMatchObject([
      { kind: 'hold', refused: false },
      { kind: 'newCandidates', added: { user: 1 } },
    ]);
  });

  test('is announced of a run that an earlier breach holds, and names that one', () => {
    const hold = { gate: 'exportDrop', source: 'contoso', type: null, context: null } as const;
    const held = run({ state: 'held', gates: [passed] });
    const heldBy = [{ ...hold, kind: 'evidence', runId: 'run-3', since: held.startedAt, severity: 9 }] as const;
    expect(eventsOfRun(held, null, { heldBy })).toMatchObject([
      { kind: 'hold', refused: true, gates: [{ gate: 'exportDrop', found: 'breached in run run-3' }] },
    ]);
  });

  test('of no breach that was let go', () => {
    const released = { ...breach, releasedBy: { ruleId: 'rule', severity: 1 } };
    expect(kinds(run({ gates: [released] }), null)).toEqual([]);
  });

  test('of no run that went well, failed, or was no run', () => {
    for (const state of runStates.filter(one => one !== 'refused' && one !== 'held'))
      expect(kinds(run({ state, gates: [passed] }), null)).toEqual([]);
  });
});

describe('new candidates', () => {
  const before = run({ counts: { user: counts({ absent: 3, deleted: 1 }), group: counts({ absent: 5 }) } });
  const now = { user: counts({ absent: 4, deleted: 2, live: 9 }), group: counts({ absent: 4 }) };

  test('are those that the run counted', () => {
    expect(eventsOfRun(run({ counts: now }), before, { newCandidates: { group: 1 } })).toMatchObject([
      {
        kind: 'newCandidates',
        added: { group: 1 },
        missing: { user: 6, group: 4 },
        missingBefore: { user: 4, group: 5 },
      },
    ]);
    expect(kinds(run({ counts: now }), before, { newCandidates: {} })).toEqual([]);
  });

  test('or, where it did not count them, what is missing beyond the run before', () => {
    expect(eventsOfRun(run({ counts: now }), before)).toMatchObject([{ added: { user: 2, group: 0 } }]);
    expect(kinds(before, run({ counts: now }))).toEqual(['newCandidates']);
    expect(kinds(before, before)).toEqual([]);
    expect(eventsOfRun(before, null)).toMatchObject([{ added: { user: 4, group: 5 }, missingBefore: null }]);
  });

  test('are announced of a finished run only', () => {
    for (const state of ['failed', 'aborted', 'running', 'skipped'] as const)
      expect(kinds(run({ state, counts: now }), before, { newCandidates: { user: 1 } })).toEqual([]);
  });

  test('of a plan are the rows that become candidates, not those whose evidence changed', () => {
    const id = (n: number): CloudId => `0b0b0b0b-0000-0000-0000-00000000000${n}` as CloudId;
    const write = (n: number, given: Partial<PlannedWrite['facts']> = {}) => ({
      facts: { ...someFacts({ id: id(n) }), ...given },
    });
    const row = (n: number, state: 'observed' | 'candidate' | 'withdrawn') => someFacts({ id: id(n), state });
    expect(
      newCandidatesOf(
        [
          write(1),
          write(2),
          write(3),
          write(4),
          write(5, { state: 'observed' }),
          write(6, { state: 'withdrawn' }),
          write(2, { type: 'group' }),
        ],
        [row(2, 'candidate'), row(3, 'observed'), row(4, 'withdrawn'), row(6, 'candidate')],
      ),
    ).toEqual({ user: 3, group: 1 });
  });
});

test('what was made again is announced whatever became of the run', () => {
  for (const state of runStates)
    expect(kinds(run({ state }), null, { madeAgain: { user: 1 } })).toContain('madeAgain');
  expect(kinds(run(), null, { madeAgain: { user: 0 } })).toEqual([]);
});

test('a hold is an alert; new candidates are none, and what was made again is one of the scan itself', () => {
  expect(alertOfScanEvent(samples.newCandidates)).toBeNull();
  expect(alertOfScanEvent(samples.hold)).toBe(
    `alert hold: run ${samples.hold.runId}: exportPresent (found missing, limit one complete export); ` +
      'graphListComplete (found 90, limit 100 to 110); clocksAgree (found 900 s, limit 300 s)',
  );
  expect(alertOfScanEvent({ ...samples.hold, gates: [] })).toContain('refused, its record says why');
  expect(alertOfScanEvent(samples.madeAgain)).toBeNull();
});
