import type { TableClient } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import fc from 'fast-check';
import type { ScanRunTable } from '../../../../shared/app/ports';
import { AppError } from '../../../../shared/core/appError';
import type { Instant } from '../../../../shared/core/instant';
import type { ScanRun } from '../../../../shared/core/scanRun';
import { rowOfRun, runOfRow } from '../../../../shared/io/tables/scanRunRow';
import { createScanRunTable } from '../../../../shared/io/tables/scanRunTable';
import { cutMark } from '../../../../shared/io/tables/storableText';
import { instant } from '../../../support/builders';
import { aGate } from '../../../support/scanDefaults';
import { anyRun } from './arbitraries';
import { startPages } from './pagesStandIn';
import { listeningLog, open, startStorage, type Storage } from './storage';

const start = instant('2026-02-03T01:00:00Z');
const night = 24 * 60 * 60 * 1000;

const aRun = (given: Partial<ScanRun> = {}): ScanRun => ({
  runId: 'run-1',
  runNumber: 1,
  state: 'running',
  startedAt: start,
  finishedAt: null,
  durations: {},
  reasons: [],
  gates: [],
  exports: [],
  counts: {},
  plan: null,
  planDigest: null,
  fence: 1,
  version: '0.1.0',
  acceptedBefore: null,
  holds: [],
  synchronisation: null,
  ...given,
});
/** Too long for a column. */
const manyGates = [aGate({ passed: false, reason: 'x'.repeat(31_000) })];
const noBlob = async (): Promise<null> => null;

let storage: Storage;
let table: TableClient;
let spill: ContainerClient;
let runs: ScanRunTable;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  table = await storage.table();
  spill = await storage.container();
  runs = createScanRunTable({ table, spill, log: listeningLog() });
});

const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('what is written is what is read', () => {
  test('any run, as a row', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async run => {
        const { row, spilled } = rowOfRun(run);
        expect(spilled).toEqual([]);
        expect(await runOfRow('T', row, noBlob)).toEqual(run);
      }),
    );
  });

  test('of several under one id, the one that held the lease, whatever was recorded without it', async () => {
    const ran = aRun({ state: 'finished', fence: 3 });
    const skipped = (ms: number) =>
      aRun({ state: 'skipped', fence: null, startedAt: (start + ms) as Instant, acceptedBefore: null });
    await runs.create(skipped(1), open);
    expect(await runs.read('run-1', open)).toEqual(skipped(1));
    await runs.create(ran, open);
    await runs.create(skipped(-1), open);
    await runs.create({ ...skipped(2), state: 'failed' }, open);
    expect(await runs.read('run-1', open)).toEqual(ran);
  });

  test('any runs, through the service, newest first', async () => {
    const sample = fc.sample(anyRun, { numRuns: 25, seed: 11 });
    for (const run of sample) await runs.create(run, open);
    const newestFirst = sample.toSorted((a, b) => b.startedAt - a.startedAt);
    expect(await runs.newest(100, open)).toEqual(newestFirst);
    expect(await runs.newest(3, open)).toEqual(newestFirst.slice(0, 3));
    expect(await runs.newest(0, open)).toEqual([]);
  });

  test('columns that are too long, by way of their blobs', async () => {
    const run = aRun({ gates: manyGates, durations: { read: 5 } });
    await runs.create(run, open);
    expect(await runs.newest(1, open)).toEqual([run]);
    const [row] = await Array.fromAsync(table.listEntities());
    expect(row).toMatchObject({ gatesBlob: 'run-run-1-gates.json', durations: '{"read":5}' });
    expect(row).not.toHaveProperty('gates');
    const closed = { ...run, state: 'finished' as const, gates: [...manyGates, aGate({ reason: 'second' })] };
    await runs.replace(closed, 'running', open);
    expect(await runs.newest(1, open)).toEqual([closed]);
  });

  test('a column that is short again is no blob any more', async () => {
    await runs.create(aRun({ gates: manyGates }), open);
    await runs.replace(aRun({ state: 'finished' }), 'running', open);
    expect(await runs.newest(1, open)).toEqual([aRun({ state: 'finished' })]);
    expect(await table.getEntity('scan', rowOfRun(aRun()).row.rowKey)).not.toHaveProperty('gatesBlob');
  });
});

describe('columns for reports', () => {
  test('every outcome of a type that was counted has one', () => {
    const counts = {
      user: { read: 10, notSynced: 1, outcomes: { live: 7, absent: 2, later: 1 }, unknownReasons: {} },
    };
    const { row } = rowOfRun(aRun({ counts }));
    expect(row).toMatchObject({
      userRead: 10,
      userNotSynced: 1,
      user_live: 7,
      user_absent: 2,
      user_deleted: 0,
    });
    expect(row).not.toHaveProperty('user_later');
    expect(row).not.toHaveProperty('groupRead');
  });

  test('reasons are text, one a line', () => {
    const { row } = rowOfRun(aRun({ reasons: ['first', 'second\nwith a line feed'] }));
    expect(row['reasons']).toBe('first\nsecond\\u000awith a line feed');
  });

  test('too many reasons are cut with a visible mark; the gates have them in full', () => {
    const reasons = Array.from({ length: 2000 }, () => 'a reason of some length');
    const cut = rowOfRun(aRun({ reasons })).row['reasons'] as string;
    expect(cut.length).toBeLessThanOrEqual(32_000);
    expect(cut.endsWith(cutMark)).toBe(true);
  });

  test('a run that was left for months can still be closed', async () => {
    await runs.create(aRun(), open);
    const finishedAt = (start + 90 * night) as Instant;
    await runs.replace(aRun({ state: 'aborted', finishedAt }), 'running', open);
    expect(await runs.newest(1, open)).toMatchObject([{ state: 'aborted', finishedAt }]);
    expect(await table.getEntity('scan', rowOfRun(aRun()).row.rowKey)).toMatchObject({
      durationMs: 2 ** 31 - 1,
    });
  });
});

describe('newest', () => {
  test('goes on over short and empty pages until it has as many as were asked for', async () => {
    const row = (ordinal: number) =>
      rowOfRun(aRun({ runId: `run-${ordinal}`, startedAt: (start - ordinal) as Instant })).row;
    const pages = await startPages([[], [row(1)], [], [row(2), row(3)], [row(4)]]);
    try {
      const stored = createScanRunTable({ table: pages.table, spill, log: listeningLog() });
      expect((await stored.newest(3, open)).map(run => run.runId)).toEqual(['run-1', 'run-2', 'run-3']);
      expect(pages.asked).toHaveLength(4);
      expect((await stored.newest(9, open)).map(run => run.runId)).toHaveLength(4);
    } finally {
      await pages.stop();
    }
  });

  test.each([
    ['a version that it does not know', { schemaVersion: 2 }, 'schemaVersion'],
    ['a state that there is not', { state: 'done' }, 'state'],
    ['counts of something else', { counts: '{"computer":{}}' }, 'counts'],
    ['half a plan', { created: 1 }, 'plan'],
    ['a key that does not fit', { rowKey: '0000000000000-run-1' }, 'key'],
    ['a start before all keys', { startedAt: new Date('1900-01-01') }, 'key'],
  ])('refuses a row with %s', async (_, given, problem) => {
    await table.createEntity({ ...rowOfRun(aRun()).row, ...given });
    expect(await thrownBy(runs.newest(1, open))).toMatchObject({
      code: 'rowInvalid',
      message: expect.stringMatching(new RegExp(`${table.tableName}.*run-1.*${problem}`)),
    });
  });

  test('refuses a row whose blob is gone', async () => {
    await runs.create(aRun({ gates: manyGates }), open);
    await spill.deleteBlob('run-run-1-gates.json');
    expect(await thrownBy(runs.newest(1, open))).toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('run-run-1-gates.json'),
    });
    await spill.delete();
    expect(await thrownBy(runs.newest(1, open))).toMatchObject({ code: 'storageUnavailable' });
  });

  test('throws what the caller stopped for', async () => {
    const stop = new AppError('stopped', 'SIGTERM');
    const stopped = AbortSignal.abort(stop);
    expect(await thrownBy(runs.newest(1, stopped))).toBe(stop);
    expect(await thrownBy(runs.create(aRun(), stopped))).toBe(stop);
    expect(await thrownBy(runs.replace(aRun(), 'running', stopped))).toBe(stop);
  });
});

describe('one run', () => {
  test('is read by its id, with what lies in blobs', async () => {
    const wanted = aRun({ runId: 'run-2', startedAt: (start + night) as Instant, gates: manyGates });
    for (const run of [aRun(), wanted, aRun({ runId: 'run-3', startedAt: (start + 2 * night) as Instant })])
      await runs.create(run, open);
    expect(await runs.read('run-2', open)).toEqual(wanted);
    expect(await runs.read("run-2' or runId ne '", open)).toBeNull();
  });

  test('says what is missing where there is no table, and throws what the caller stopped for', async () => {
    const missing = createScanRunTable({
      table: await storage.table({ name: 'MissingRun', missing: true }),
      spill,
      log: listeningLog(),
    });
    await expect(missing.read('run-1', open)).rejects.toMatchObject({ code: 'storageUnavailable' });
    const stop = new AppError('stopped', 'SIGTERM');
    await expect(runs.read('run-1', AbortSignal.abort(stop))).rejects.toBe(stop);
  });
});

describe('a run record is written by one', () => {
  const conflict = expect.objectContaining({
    code: 'writeConflict',
    message: expect.stringContaining('run-1'),
  });

  test('created once', async () => {
    await runs.create(aRun(), open);
    expect(await thrownBy(runs.create(aRun({ state: 'failed' }), open))).toEqual(conflict);
    expect(await runs.newest(2, open)).toEqual([aRun()]);
  });

  test('replaced only in the state that is expected', async () => {
    expect(await thrownBy(runs.replace(aRun(), 'running', open))).toEqual(conflict);
    await runs.create(aRun(), open);
    await runs.replace(aRun({ state: 'finished' }), 'running', open);
    expect(await thrownBy(runs.replace(aRun({ state: 'aborted' }), 'running', open))).toEqual(conflict);
    expect(await runs.newest(2, open)).toEqual([aRun({ state: 'finished' })]);
  });

  test('of several who close it at once, one does', async () => {
    await runs.create(aRun(), open);
    const closers = ['finished', 'failed', 'aborted', 'refused'] as const;
    const outcomes = await Promise.all(
      closers.map(state => thrownBy(runs.replace(aRun({ state }), 'running', open))),
    );
    expect(outcomes.filter(error => error === null)).toHaveLength(1);
    expect(outcomes.filter(error => error !== null)).toEqual([conflict, conflict, conflict]);
    const winner = closers[outcomes.indexOf(null)];
    expect(await runs.newest(1, open)).toMatchObject([{ state: winner }]);
  });

  test('a change between reading and writing is noticed by the ETag', async () => {
    await runs.create(aRun(), open);
    const readRow = table.getEntity.bind(table);
    jest.spyOn(table, 'getEntity').mockImplementationOnce(async (...given) => {
      const row = await readRow(...given);
      await runs.replace(aRun({ state: 'aborted' }), 'running', open);
      return row;
    });
    expect(await thrownBy(runs.replace(aRun({ state: 'finished' }), 'running', open))).toEqual(conflict);
    expect(await runs.newest(1, open)).toMatchObject([{ state: 'aborted' }]);
  });
});

test('a run that no key can hold is a programming error', async () => {
  await expect(runs.create(aRun({ runId: 'a/b' }), open)).rejects.toThrow(RangeError);
  await expect(runs.create(aRun({ startedAt: -1 as Instant }), open)).rejects.toThrow(RangeError);
  await expect(runs.create(aRun({ fence: 1.5 }), open)).rejects.toThrow(RangeError);
});

test('a run is not recorded where its blob can not be written', async () => {
  await spill.delete();
  const run = aRun({ gates: manyGates });
  expect(await thrownBy(runs.create(run, open))).toMatchObject({ code: 'storageUnavailable' });
  await expect(runs.newest(1, open)).resolves.toEqual([]);
});

test('says what is missing where there is no table', async () => {
  const missing = await storage.table({ name: 'Missing', missing: true });
  const stored = createScanRunTable({ table: missing, spill, log: listeningLog() });
  const expected = { code: 'storageUnavailable', message: expect.stringMatching(/table Missing.*infra/) };
  expect(await thrownBy(stored.newest(1, open))).toMatchObject(expected);
  expect(await thrownBy(stored.create(aRun(), open))).toMatchObject(expected);
  expect(await thrownBy(stored.replace(aRun(), 'running', open))).toMatchObject(expected);
});
