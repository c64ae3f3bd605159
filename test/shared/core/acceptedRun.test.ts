import { acceptedRunsOf, type RunRecord } from '../../../shared/core/acceptedRun';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import { runStates, type ExportUsed } from '../../../shared/core/scanRun';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { night } from './waitingBench';

/** Exports by source: `{ contoso: 'a' }`. */
const exportsOf = (hashes: Readonly<Record<string, string>>): ExportUsed[] =>
  Object.entries(hashes).map(([source, manifestHash]) => ({
    source: source as SourceName,
    folder: '',
    sequence: 1,
    manifestHash,
    startedAt: night(1),
    finishedAt: night(1),
    lines: 0,
    namingContexts: [],
  }));

const record = (
  runNumber: number,
  hashes: Readonly<Record<string, string>>,
  given: Partial<RunRecord> = {},
): RunRecord => ({
  runNumber,
  state: 'finished',
  startedAt: night(runNumber),
  exports: exportsOf(hashes),
  synchronisation: { tenant: new MemorySynchronisation().state, sources: [] },
  ...given,
});

const goingOn = (runNumber: number, hashes: Readonly<Record<string, string>>) => ({
  runNumber,
  startedAt: night(runNumber),
  exports: exportsOf(hashes),
  tenantLastSync: null,
});

const keysOf = (...given: Parameters<typeof acceptedRunsOf>): string[] =>
  acceptedRunsOf(...given).map(run => run.exportsKey);
const distinct = (...given: Parameters<typeof acceptedRunsOf>): number => new Set(keysOf(...given)).size;

describe('the accepted runs', () => {
  test('are those that finished, and the one that is going on, newest first', () => {
    const records = runStates.map((state, index) => record(index + 1, { contoso: state }, { state }));
    const runs = acceptedRunsOf(records, goingOn(9, { contoso: 'i' }));
    const finished = runStates.indexOf('finished') + 1;
    expect(runs.map(run => run.runNumber)).toEqual([9, finished]);
    expect(runs[1]).toMatchObject({ startedAt: night(finished), tenantLastSync: 0 });
  });

  test('a record of the run itself, or of a later one, is not counted again', () => {
    const records = [record(3, { contoso: 'c' }), record(2, { contoso: 'b' }), record(1, { contoso: 'a' })];
    expect(acceptedRunsOf(records, goingOn(2, { contoso: 'b' })).map(run => run.runNumber)).toEqual([2, 1]);
  });

  test('what is not known of the tenant stays unknown', () => {
    const times = [
      record(1, {}, { synchronisation: null }),
      record(2, {}, { synchronisation: { tenant: null, sources: [] } }),
      record(
        3,
        {},
        {
          synchronisation: {
            tenant: { ...new MemorySynchronisation().state, lastSyncDateTime: null },
            sources: [],
          },
        },
      ),
    ];
    expect(acceptedRunsOf(times, goingOn(4, {})).map(run => run.tenantLastSync)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    const known = { ...goingOn(4, {}), tenantLastSync: 7 as Instant };
    expect(acceptedRunsOf([], known)[0]?.tenantLastSync).toBe(7);
  });

  test('runs over the same exports have one key, whatever lies between them', () => {
    const records = [1, 2].map(number => record(number, { contoso: 'a', fabrikam: 'x' }));
    expect(distinct(records, goingOn(3, { fabrikam: 'x', contoso: 'a' }))).toBe(1);
    expect(distinct(records, goingOn(3, { contoso: 'b', fabrikam: 'y' }))).toBe(2);
  });

  test('one source that is exported anew is not enough: the other one may be where the object is missing', () => {
    const records = [
      record(1, { contoso: 'a', fabrikam: 'x' }),
      record(2, { contoso: 'b', fabrikam: 'x' }),
      record(3, { contoso: 'c', fabrikam: 'x' }),
    ];
    expect(distinct(records, goingOn(4, { contoso: 'd', fabrikam: 'x' }))).toBe(1);
    expect(keysOf(records, goingOn(4, { contoso: 'd', fabrikam: 'y' }))).toEqual([
      'contoso d, fabrikam y',
      ...Array.from({ length: 3 }, () => 'contoso a, fabrikam x'),
    ]);
  });

  test('a new source makes none of the others new', () => {
    expect(distinct([record(1, { contoso: 'a' })], goingOn(2, { contoso: 'a', fabrikam: 'x' }))).toBe(1);
    expect(distinct([record(1, { contoso: 'a' })], goingOn(2, { contoso: 'b', fabrikam: 'x' }))).toBe(2);
  });

  test('the order of the records is of no matter', () => {
    const records = [1, 2, 3].map(number => record(number, { contoso: String(number) }));
    const going = goingOn(4, { contoso: '4' });
    expect(acceptedRunsOf(records.toReversed(), going)).toEqual(acceptedRunsOf(records, going));
  });
});
