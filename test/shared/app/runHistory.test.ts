import {
  baselineOf,
  legacyOf,
  leastUnderLease,
  manyRuns,
  readAccepted,
  readHolds,
  readRecent,
  recentRuns,
} from '../../../shared/app/runHistory';
import type { Hold } from '../../../shared/core/holds';
import type { Instant } from '../../../shared/core/instant';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { ExportUsed, ScanRun } from '../../../shared/core/scanRun';
import { aRun } from '../../functions/reviewBench';
import { instant } from '../../support/builders';
import { anExport } from '../core/gates/judgedExport';
import { MemoryRuns } from '../../support/memory/memoryTables';

const start = instant('2026-11-20T02:00:00Z');
const signal = new AbortController().signal;
const minutes = (count: number): Instant => (start + count * 60_000) as Instant;

const hold = (runId: string): Hold => ({
  gate: 'exportDrop',
  source: 'contoso',
  type: 'user',
  context: 'DC=contoso,DC=example',
  kind: 'evidence',
  runId,
  since: start,
  severity: 1,
});

/** A run that held the lease, and left one hold that says which run it was. */
const run = (runNumber: number, given: Partial<ScanRun> = {}): ScanRun =>
  aRun({
    runId: `run-${runNumber}`,
    runNumber,
    fence: runNumber,
    state: 'refused',
    startedAt: minutes(runNumber),
    holds: [hold(`run-${runNumber}`)],
    ...given,
  });
const skipped = (runNumber: number, at: number): ScanRun =>
  run(runNumber, { runId: `skip-${at}`, state: 'skipped', fence: null, startedAt: minutes(at), holds: [] });

/** Legacy of a table with these records, and how many of them were asked for. */
async function legacyIn(records: readonly ScanRun[]) {
  const table = new MemoryRuns();
  table.runs = [...records];
  const asked: number[] = [];
  const newest = (limit: number) => {
    asked.push(limit);
    return table.newest(limit);
  };
  const legacy = legacyOf(await readRecent({ newest }, signal));
  return { legacy, asked };
}
const holdersOf = ({ holds }: { readonly holds: readonly Hold[] }): string[] =>
  holds.map(({ runId }) => runId);

describe('what earlier runs left', () => {
  test('nothing, where there was none', async () =>
    expect((await legacyIn([])).legacy).toEqual({ runNumber: 0, accepted: null, holds: [] }));

  test('is what the newest record says', async () =>
    expect((await legacyIn([run(1), run(2)])).legacy).toMatchObject({ holds: [{ runId: 'run-2' }] }));

  test.each<[ScanRun['state'], string]>([
    ['finished', 'run-7'],
    ['running', 'run-3'],
    ['refused', 'run-3'],
    ['held', 'run-3'],
    ['failed', 'run-3'],
    ['aborted', 'run-3'],
  ])('a run that is %s leaves %s as the accepted one', async (state, accepted) =>
    expect((await legacyIn([run(7, { state, acceptedBefore: 'run-3' })])).legacy.accepted).toBe(accepted),
  );

  test('is not what a run knew that never held the lease', async () => {
    const { legacy, asked } = await legacyIn([run(1), skipped(1, 2), skipped(1, 3)]);
    expect(holdersOf(legacy)).toEqual(['run-1']);
    expect(asked).toEqual([recentRuns]);
  });

  test('is the run with the highest number, whatever the clocks said', async () => {
    const ahead = run(2, { startedAt: minutes(1_000) });
    for (const records of [
      [run(1), ahead, run(3)],
      [run(3), ahead, run(1)],
    ])
      expect(holdersOf((await legacyIn(records)).legacy)).toEqual(['run-3']);
  });

  test('is, of two with one number, the one that held the lease last', async () => {
    const lost = run(2, { runId: 'lost', fence: 5, startedAt: minutes(9), holds: [hold('lost')] });
    const took = run(2, { runId: 'took', fence: 6, holds: [hold('took')] });
    for (const records of [
      [lost, took],
      [took, lost],
    ])
      expect(holdersOf((await legacyIn(records)).legacy)).toEqual(['took']);
  });

  test('is found behind more skipped runs than are looked at first', async () => {
    const skips = Array.from({ length: recentRuns }, (_, at) => skipped(1, at + 2));
    const { legacy, asked } = await legacyIn([run(1), ...skips]);
    expect(holdersOf(legacy)).toEqual(['run-1']);
    expect(asked).toEqual([recentRuns, manyRuns]);
  });

  test('is looked for further back where skipped runs leave few to tell the newest by: clocks differ', async () => {
    const ahead = run(2, { startedAt: minutes(1_000) });
    const skips = (count: number) => Array.from({ length: count }, (_, at) => skipped(2, at + 4));
    const { legacy, asked } = await legacyIn([run(1), ahead, run(3), ...skips(recentRuns - 1)]);
    expect(holdersOf(legacy)).toEqual(['run-3']);
    expect(legacy.runNumber).toBe(3);
    expect(asked).toEqual([recentRuns, manyRuns]);
  });

  test.each([
    [leastUnderLease, [recentRuns]],
    [leastUnderLease - 1, [recentRuns, manyRuns]],
  ])('where %d of those that are looked at held the lease, %j are read', async (count, reads) => {
    const skips = Array.from({ length: recentRuns - count }, (_, at) => skipped(count, at + 1_000));
    const held = Array.from({ length: count }, (_, at) => run(at + 1));
    const { legacy, asked } = await legacyIn([...held, ...skips]);
    expect(legacy.runNumber).toBe(count);
    expect(asked).toEqual(reads);
  });

  test('is nothing where no run ever held the lease, however often one was asked for: a first run must be possible', async () => {
    const skips = Array.from({ length: recentRuns + 1 }, (_, at) => skipped(0, at));
    expect((await legacyIn(skips)).legacy).toEqual({ runNumber: 0, accepted: null, holds: [] });
  });

  test('is not known behind more of them than can be looked at, and nobody guesses', async () => {
    const skips = Array.from({ length: manyRuns }, (_, at) => skipped(0, at));
    await expect(legacyIn(skips)).rejects.toMatchObject({
      code: 'scanFailed',
      message: expect.stringMatching(/What holds is not known.*remove the records/),
    });
    expect((await legacyIn(skips.slice(1))).legacy).toEqual({ runNumber: 0, accepted: null, holds: [] });
  });
});

describe('the last accepted run', () => {
  const read = (records: readonly ScanRun[], accepted: string | null) => {
    const table = new MemoryRuns();
    table.runs = [...records];
    return readAccepted(table, { accepted }, signal);
  };
  const finished = run(1, { state: 'finished' });

  test('is none, where none was accepted', async () => expect(await read([finished], null)).toBeNull());

  test('is the record of its id', async () =>
    expect(await read([run(2), finished], 'run-1')).toEqual(finished));

  test('is not the record that a skipped request left under its id', async () => {
    const twin = skipped(1, 5);
    expect(await read([{ ...twin, runId: 'run-1' }, finished], 'run-1')).toEqual(finished);
  });

  test('that is gone, or something else, is no reason to compare with nothing', async () => {
    await expect(read([], 'run-1')).rejects.toMatchObject({
      code: 'rowInvalid',
      message: expect.stringMatching(/and is not there.*restore the table/),
    });
    await expect(read([run(1, { state: 'skipped' })], 'run-1')).rejects.toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('found one that is "skipped"'),
    });
  });
});

describe('what the exports of a night are compared with', () => {
  const used = (source: string, sequence: number): ExportUsed =>
    anExport({ source: source as SourceName, sequence });
  const finished = (runNumber: number, ...exports: ExportUsed[]): ScanRun =>
    run(runNumber, { state: 'finished', exports });
  const told = (baseline: ReturnType<typeof baselineOf>) =>
    baseline.map(({ source, sequence }) => `${source} ${sequence}`);

  test('nothing, where no run was accepted', () =>
    expect(baselineOf(null, [run(1, { exports: [used('contoso', 1)] })])).toEqual([]));

  test('the exports of the last accepted run, whatever the others used', () => {
    const accepted = finished(5, used('contoso', 5), used('fabrikam', 5));
    const older = finished(4, used('contoso', 4), used('fabrikam', 4));
    expect(told(baselineOf(accepted, [accepted, older]))).toEqual(['contoso 5', 'fabrikam 5']);
    expect(told(baselineOf(accepted, []))).toEqual(['contoso 5', 'fabrikam 5']);
  });

  test('of a source that it did not use, those of the newest accepted run that did', () => {
    const accepted = finished(5, used('contoso', 5));
    const recent = [finished(3, used('fabrikam', 3)), finished(4, used('fabrikam', 4)), accepted];
    const refused = run(6, { exports: [used('fabrikam', 6)] });
    expect(told(baselineOf(accepted, [refused, ...recent]))).toEqual(['contoso 5', 'fabrikam 4']);
  });
});

describe('what holds now', () => {
  const holding = async (records: readonly ScanRun[]) => {
    const table = new MemoryRuns();
    table.runs = [...records];
    const asked: number[] = [];
    const newest = (limit: number) => {
      asked.push(limit);
      return table.newest(limit);
    };
    return { holders: holdersOf({ holds: await readHolds({ newest }, signal) }), asked };
  };

  test('is what the newest record of a run that held the lease says, and few are read for it', async () => {
    const { holders, asked } = await holding([run(1), run(2), skipped(2, 3)]);
    expect(holders).toEqual(['run-2']);
    expect(asked).toEqual([expect.any(Number)]);
    expect(asked[0]).toBeLessThan(recentRuns);
  });

  test('is looked for among more, where the newest few never held it', async () => {
    const { holders, asked } = await holding([
      run(1),
      ...Array.from({ length: 40 }, (_, at) => skipped(1, at + 2)),
    ]);
    expect(holders).toEqual(['run-1']);
    expect(asked).toHaveLength(2);
  });

  test('is nothing, where there was no run', async () => expect((await holding([])).holders).toEqual([]));
});
