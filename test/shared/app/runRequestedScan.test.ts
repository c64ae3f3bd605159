import { detectOrphans, runRequestedScan, type DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import type { ScanRun } from '../../../shared/core/scanRun';
import { instant } from '../../support/builders';
import { MemoryDirectory } from '../../support/memory/memoryDirectory';
import { MemoryExports } from '../../support/memory/memoryExports';
import { MemoryRules } from '../../support/memory/memoryDecisions';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { recentRuns } from '../../../shared/app/runHistory';
import { scanSettings } from '../../support/scanDefaults';
import { memoryAsking, memoryHistory } from '../../support/memory/memoryHistory';
import { MemoryLock } from '../../support/memory/memoryLock';
import { MemoryCandidates, MemoryRuns } from '../../support/memory/memoryTables';
import { aRun } from '../../functions/reviewBench';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const runId = 'asked-for';
let ports: DetectOrphansPorts & { readonly runs: MemoryRuns; readonly lock: MemoryLock };
let reads: number;
beforeEach(() => {
  reads = 0;
  let now = instant('2026-11-20T02:00:00Z') as number;
  const exports = new MemoryExports([]);
  ports = {
    directory: new MemoryDirectory([]),
    exports: {
      openNewest: source => {
        reads += 1;
        return exports.openNewest(source);
      },
    },
    candidates: new MemoryCandidates(),
    runs: new MemoryRuns(),
    rules: new MemoryRules(),
    synchronisation: new MemorySynchronisation(),
    history: memoryHistory(),
    asking: memoryAsking(),
    lock: new MemoryLock(),
    log: silent,
    clock: { now: () => (now += 1000) as ReturnType<typeof instant> },
    newRunId: () => 'nightly',
  };
});
const settings = scanSettings([]);
const requested = (): ReturnType<typeof runRequestedScan> =>
  runRequestedScan(ports, settings, runId, new AbortController().signal);
const states = (): string[] => ports.runs.runs.map(run => `${run.runId} ${run.state}`);

test('a scan that was asked for runs under its id', async () => {
  expect(await requested()).toMatchObject({ kind: 'ran', run: { runId, state: 'finished', runNumber: 1 } });
  expect(states()).toEqual(['asked-for finished']);
});

test('a message that comes again runs nothing', async () => {
  await requested();
  expect(await requested()).toMatchObject({ kind: 'known', run: { runId, state: 'finished' } });
  expect(states()).toEqual(['asked-for finished']);
});

test('a run whose process ended is closed when its message comes again, and not begun anew', async () => {
  ports.runs.runs.push(aRun({ runId, state: 'running', finishedAt: null }));
  expect(await requested()).toMatchObject({ kind: 'known', run: { state: 'aborted' } });
  expect(states()).toEqual(['asked-for aborted']);
});

test('while another scan runs it is skipped, as at night', async () => {
  const held = await ports.lock.acquire();
  ports.runs.runs.push(aRun({ runId: 'other', runNumber: 4, state: 'running' }));
  expect(await requested()).toMatchObject({ kind: 'ran', run: { state: 'skipped', runNumber: 4 } });
  await held?.release();
  expect(await requested()).toMatchObject({ kind: 'known', run: { state: 'skipped' } });
});

test('while its own first delivery runs it is known, and neither skipped nor run', async () => {
  await ports.lock.acquire();
  ports.runs.runs.push(aRun({ runId, state: 'running' }));
  expect(await requested()).toMatchObject({ kind: 'known', run: { state: 'running' } });
  expect(states()).toEqual(['asked-for running']);
});

test('while nobody knows whose the lease is, it leaves no record and comes again', async () => {
  await ports.lock.acquire();
  await expect(requested()).rejects.toMatchObject({ code: 'scanFailed' });
  expect(states()).toEqual([]);
});

test('delivered twice at once it runs once', async () => {
  const outcomes = await Promise.allSettled([requested(), requested()]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await requested()).toMatchObject({ kind: 'known' });
  expect(states()).toEqual(['asked-for finished']);
});

test('a message that comes again long after its run runs nothing', async () => {
  await requested();
  for (let later = 1; later <= recentRuns; later += 1)
    ports.runs.runs.push(aRun({ runId: `later-${later}`, startedAt: instant('2026-11-21T00:00:00Z') }));
  expect(await requested()).toMatchObject({ kind: 'known', run: { runId, state: 'finished' } });
});

test('a message that comes again while the lease can not be asked for leaves no second record', async () => {
  await requested();
  ports.lock.acquire = () => Promise.reject(new Error('away'));
  expect(await requested()).toMatchObject({ kind: 'known', run: { state: 'finished' } });
  expect(states()).toEqual(['asked-for finished']);
});

test('a run beats a skip under the same id', async () => {
  ports.runs.runs.push(
    aRun({ runId, state: 'skipped', fence: null, startedAt: instant('2026-11-21T00:00:00Z') }),
    aRun({ runId, state: 'finished' }),
  );
  expect(await requested()).toMatchObject({ run: { state: 'finished' } });
});

test('a lease that can not be asked for is a failed run', async () => {
  ports = {
    ...ports,
    lock: Object.assign(new MemoryLock(), { acquire: () => Promise.reject(new Error('away')) }),
  };
  expect(await requested()).toMatchObject({ kind: 'ran', run: { state: 'failed' } });
});

test('the nightly scan is not touched by records of others', async () => {
  ports.runs.runs.push(aRun({ runNumber: 8 }));
  const run: ScanRun = await detectOrphans(ports, settings, new AbortController().signal);
  expect(run).toMatchObject({ runId: 'nightly', runNumber: 9, state: 'finished' });
  expect(reads).toBe(0);
});
