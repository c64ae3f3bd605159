import type { Instant } from '../../../../shared/core/instant';
import {
  deletionGates,
  exportClockToleranceMs,
  oldestExportHours,
} from '../../../../shared/core/review/exportGates';
import type { ExportUsed, ScanRun } from '../../../../shared/core/scanRun';
import { instant } from '../../../support/builders';

const now = instant('2026-11-20T12:00:00Z');
const hourMs = 60 * 60 * 1000;
const used = (given: Partial<ExportUsed> = {}): ExportUsed => ({
  source: 'contoso' as ExportUsed['source'],
  folder: '20261120T110000Z',
  sequence: 8,
  manifestHash: 'b'.repeat(64),
  startedAt: (now - hourMs) as Instant,
  finishedAt: (now - hourMs) as Instant,
  lines: 100,
  ...given,
});
const earlier = used({
  sequence: 7,
  manifestHash: 'a'.repeat(64),
  startedAt: (now - 24 * hourMs) as Instant,
});
const run = (given: Partial<ScanRun> = {}): ScanRun => ({
  runId: 'run-1',
  runNumber: 1,
  state: 'finished',
  startedAt: (now - 20 * hourMs) as Instant,
  finishedAt: null,
  durations: {},
  reasons: [],
  gates: [],
  exports: [earlier],
  counts: {},
  plan: null,
  planDigest: null,
  fence: 1,
  version: '1',
  ...given,
});
const breached = (exports: readonly ExportUsed[], runs: readonly ScanRun[]): string[] =>
  deletionGates(exports, runs, now).flatMap(gate => (gate.passed ? [] : gate.gate));

test('a fresh export that follows an accepted one passes, and so does the accepted one itself', () => {
  expect(deletionGates([used()], [run()], now).map(gate => [gate.gate, gate.passed, gate.reason])).toEqual([
    ['deletionExportFresh', true, ''],
    ['deletionExportNotReplayed', true, ''],
    ['deletionExportNotShorter', true, ''],
    ['deletionExportNotRefused', true, ''],
  ]);
  expect(breached([earlier], [run()])).toEqual([]);
});

test('an export is fresh up to its limit, and not begun in the future beyond a wrong clock', () => {
  const begun = (at: number): string[] => breached([used({ startedAt: at as Instant })], [run()]);
  const oldest = now - oldestExportHours * hourMs;
  // Older than the accepted one as well.
  expect(begun(oldest)).toEqual(['deletionExportNotReplayed']);
  expect(begun(oldest - 1)).toEqual(['deletionExportFresh', 'deletionExportNotReplayed']);
  expect(begun(now + exportClockToleranceMs)).toEqual([]);
  expect(begun(now + exportClockToleranceMs + 1)).toEqual(['deletionExportFresh']);
});

test('an export that was replaced by an older one is a replay', () => {
  expect(breached([used({ sequence: 7 })], [run()])).toEqual(['deletionExportNotReplayed']);
  expect(breached([used({ sequence: 6 })], [run()])).toEqual(['deletionExportNotReplayed']);
});

test.each([
  [95, []],
  [94, ['deletionExportNotShorter']],
  [1_000, []],
])('an export of %i lines after one of 100', (lines, expected) => {
  expect(breached([used({ lines })], [run()])).toEqual(expected);
});

test('without an accepted scan of this source nothing passes', () => {
  const both = ['deletionExportNotReplayed', 'deletionExportNotShorter'];
  expect(breached([used()], [])).toEqual(both);
  expect(breached([used()], [run({ state: 'failed' })])).toEqual(both);
  expect(breached([used({ source: 'fabrikam' as ExportUsed['source'] })], [run()])).toEqual(both);
});

test('the last accepted scan counts, in whatever order they come', () => {
  const older = run({
    startedAt: (now - 48 * hourMs) as Instant,
    exports: [used({ sequence: 1, lines: 10 })],
  });
  expect(breached([used({ lines: 20 })], [older, run()])).toEqual(['deletionExportNotShorter']);
  expect(breached([used({ lines: 20 })], [run(), older])).toEqual(['deletionExportNotShorter']);
});

test('an export that a scan refused passes only after a later scan accepted it', () => {
  const refused = run({
    runId: 'run-2',
    state: 'refused',
    startedAt: (now - 2) as Instant,
    exports: [used()],
  });
  const later = run({ runId: 'run-3', startedAt: (now - 1) as Instant, exports: [used()] });
  const before = run({ runId: 'run-0', startedAt: (now - 3) as Instant, exports: [used()] });
  expect(breached([used()], [refused, run()])).toEqual(['deletionExportNotRefused']);
  expect(breached([used()], [refused, before])).toEqual(['deletionExportNotRefused']);
  expect(breached([used()], [later, refused])).toEqual([]);
  expect(breached([used()], [run({ ...refused, exports: [earlier] }), run()])).toEqual([]);
});
