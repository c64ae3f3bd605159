import fc from 'fast-check';
import { alertEvents, alertLine, alertsOfMissedWork } from '../../../shared/core/alert';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import { isAnyMissed, missedWork, missedWorkAfterHours, type RunSeen } from '../../../shared/core/missedWork';
import { runStates } from '../../../shared/core/scanRun';
import { instant } from '../../support/builders';

const hourMs = 60 * 60 * 1000;
const now = instant('2026-11-20T12:00:00Z');
const ago = (hours: number, ms = 0): Instant => (now - hours * hourMs - ms) as Instant;
const contoso = 'contoso' as SourceName;
const fabrikam = 'fabrikam' as SourceName;
const limit = missedWorkAfterHours;

const used = (source: SourceName, finishedAt: Instant): RunSeen['exports'][number] => ({
  source,
  folder: 'f',
  sequence: 1,
  manifestHash: '0',
  startedAt: finishedAt,
  finishedAt,
  namingContexts: [],
  lines: 1,
});
const run = (finishedAt: Instant | null, given: Partial<RunSeen> = {}): RunSeen => ({
  runNumber: 1,
  state: 'finished',
  startedAt: finishedAt ?? now,
  finishedAt,
  exports: [used(contoso, now)],
  ...given,
});

test('26 hours', () => expect(limit).toBe(26));

test.each([
  ['below', ago(limit, -1), false],
  ['at', ago(limit), false],
  ['above', ago(limit, 1), true],
])('a scan that finished %s the limit', (_where, at, missed) =>
  expect(missedWork([run(at)], [contoso], now)).toEqual({
    scan: missed ? { lastFinishedAt: at } : null,
    exports: [],
  }),
);

test.each([
  ['below', ago(limit, -1), false],
  ['at', ago(limit), false],
  ['above', ago(limit, 1), true],
])('an export that was finished %s the limit', (_where, at, missed) =>
  expect(missedWork([run(now, { exports: [used(contoso, at)] })], [contoso], now)).toEqual({
    scan: null,
    exports: missed ? [{ source: contoso, lastFinishedAt: at }] : [],
  }),
);

test('a tenant without any run has missed its first scan, and nothing is said of exports', () => {
  expect(missedWork([], [contoso], now)).toEqual({ scan: { lastFinishedAt: null }, exports: [] });
});

test('a scan that did not finish does not count, however new', () => {
  const old = run(ago(30), { exports: [used(contoso, ago(31))] });
  for (const state of runStates.filter(one => one !== 'finished'))
    expect(missedWork([run(now, { state }), old], [contoso], now)).toEqual({
      scan: { lastFinishedAt: ago(30) },
      exports: [{ source: contoso, lastFinishedAt: ago(31) }],
    });
});

test('each source counts for itself, and one that no scan has used yet is missed', () => {
  const runs = [
    run(now, { exports: [used(contoso, ago(40)), used(contoso, ago(1)), used(contoso, ago(50))] }),
  ];
  expect(missedWork(runs, [contoso, fabrikam], now).exports).toEqual([
    { source: fabrikam, lastFinishedAt: null },
  ]);
});

test('a finished record without an end counts by its beginning', () => {
  expect(missedWork([run(null, { startedAt: ago(27) })], [], now).scan).toEqual({ lastFinishedAt: ago(27) });
});

test('neither the order of the runs nor older ones change the answer', () => {
  const hours = fc.integer({ min: 0, max: 80 });
  const seen = fc.record({ at: fc.integer({ min: 1, max: 80 }), exported: hours, finished: fc.boolean() });
  const runs = fc.array(seen, { maxLength: 8 }).map(all =>
    all.map(({ at, exported, finished }, runNumber) =>
      run(ago(at), {
        runNumber,
        state: finished ? 'finished' : 'refused',
        exports: [used(contoso, ago(exported))],
      }),
    ),
  );
  fc.assert(
    fc.property(runs, hours, (some, at) => {
      const newer = run(ago(0), { runNumber: some.length });
      expect(missedWork([...some, newer], [contoso], now)).toEqual({ scan: null, exports: [] });
      const { scan } = missedWork(some, [contoso], now);
      expect(missedWork(some.toReversed(), [contoso], now).scan).toEqual(scan);
      const later = (now + at * hourMs) as Instant;
      expect(scan === null || missedWork(some, [contoso], later).scan !== null).toBe(true);
    }),
  );
});

describe('alerts', () => {
  test('are one line with a stable beginning', () => {
    for (const event of alertEvents) expect(alertLine(event, 'a\r\nb\tc ')).toBe(`alert ${event}: a b c`);
  });

  test('one for the scan, one for each source', () => {
    expect(
      alertsOfMissedWork({
        scan: { lastFinishedAt: null },
        exports: [{ source: contoso, lastFinishedAt: ago(30) }],
      }),
    ).toEqual([
      'alert missedScan: no scan has finished for 26 hours; the last one finished: none is known',
      'alert missedExport: no export of contoso was accepted for 26 hours; the last one was of: 2026-11-19T06:00:00.000Z',
    ]);
  });

  test('none where nothing is missed', () => {
    const nothing = { scan: null, exports: [] };
    expect([isAnyMissed(nothing), alertsOfMissedWork(nothing)]).toEqual([false, []]);
    expect(isAnyMissed({ ...nothing, scan: { lastFinishedAt: null } })).toBe(true);
    expect(isAnyMissed({ ...nothing, exports: [{ source: contoso, lastFinishedAt: null }] })).toBe(true);
  });
});

describe('a clock that is not right hides nothing', () => {
  const ahead = (hours: number, ms = 0): Instant => (now + hours * hourMs + ms) as Instant;

  test.each([
    ['below', ahead(1, -1), false],
    ['at', ahead(1), false],
    ['above', ahead(1, 1), true],
  ])('a time %s an hour ahead', (_where, at, missed) => {
    expect(missedWork([run(at)], [contoso], now).scan).toEqual(missed ? { lastFinishedAt: at } : null);
    const exported = run(now, { exports: [used(contoso, at)] });
    expect(missedWork([exported], [contoso], now).exports).toHaveLength(missed ? 1 : 0);
  });

  test('the newest run is the one with the highest number, whatever a clock said', () => {
    const wrong = run(ahead(300), { runNumber: 7, exports: [] });
    const right = run(ago(1), { runNumber: 8 });
    expect(missedWork([right, wrong], [contoso], now)).toEqual({ scan: null, exports: [] });
  });
});
