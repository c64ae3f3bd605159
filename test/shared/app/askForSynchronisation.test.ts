import {
  askForSynchronisation,
  type ExportedSynchronisation,
} from '../../../shared/app/askForSynchronisation';
import type { ExportStore } from '../../../shared/app/ports';
import { createExportRequests } from '../../../shared/app/review/requestExport';
import { AppError } from '../../../shared/core/appError';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { AnsweredRequest } from '../../../shared/core/exportRequest';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import type { SourceSynchronisation } from '../../../shared/core/synchronisation';
import { instant } from '../../support/builders';
import { memoryAuditLog } from '../../support/memory/memoryAudit';
import { MemoryRequestBlobs } from '../../support/memory/memoryRequests';
import { recordingLog } from '../io/http/sampleApi';

const contoso = 'contoso' as SourceName;
const fabrikam = 'fabrikam' as SourceName;
const start = instant('2026-11-20T02:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const idOf = (n: number): Guid => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as Guid;
const answer = (
  n: number,
  outcome: AnsweredRequest['outcome'],
  kind: AnsweredRequest['kind'] = 'synchronisation',
) => ({
  id: idOf(n),
  kind,
  outcome,
  answeredAt: (start + n) as Instant,
});

/** Night after night, with the run's record as the memory of what was answered. */
class Nights {
  readonly blobs = new MemoryRequestBlobs();
  readonly audit = memoryAuditLog('scan');
  readonly log = recordingLog();
  now = start as number;
  answers: readonly AnsweredRequest[] = [];
  runs: ExportedSynchronisation['synchronisationRuns'] = null;
  record: readonly SourceSynchronisation[] = [];
  sources: readonly SourceName[] = [contoso];
  #ids = 0;

  /** `waiting`: sources, and how many days before this night the newest object was found missing. */
  async run(
    waiting: Partial<Record<string, number>> = { contoso: 0 },
  ): Promise<readonly SourceSynchronisation[]> {
    const clock = { now: () => this.now as Instant };
    const manifest = { synchronisationRuns: this.runs, answeredRequests: [...this.answers] };
    const exports = { openNewest: async () => ({ manifest }) } as unknown as ExportStore;
    const newId = (): Guid => idOf((this.#ids += 1));
    const { blobs, audit, log } = this;
    const requests = createExportRequests({ blobs, exports, audit, clock, log, newId });
    const waitingSince = new Map(
      Object.entries(waiting).map(([source, days]) => [
        source as SourceName,
        (this.now - days! * dayMs) as Instant,
      ]),
    );
    this.record = await askForSynchronisation(
      { requestBlobs: blobs, requests, clock, log },
      {
        manifests: this.sources.map(source => ({ source, ...manifest })),
        waitingSince,
        earlier: this.record,
      },
      AbortSignal.timeout(5_000),
    );
    this.now += dayMs;
    return this.record;
  }

  request = (): SourceSynchronisation['request'] => this.record[0]?.request ?? null;
}

test('a source that objects wait for is asked once, and not again until it answered', async () => {
  const nights = new Nights();
  await nights.run();
  expect(nights.request()).toEqual({ id: idOf(1), status: 'requested' });
  for (const days of [1, 0, 3]) {
    await nights.run({ contoso: days });
    expect(nights.request()).toEqual({ id: idOf(1), status: 'waiting' });
  }
  expect(nights.blobs.blobs.size).toBe(1);
  expect(nights.audit.rows).toMatchObject([
    {
      part: 'scan',
      action: 'synchronisationRequested',
      actor: { kind: 'system', id: 'scan' },
      object: { type: 'source', id: 'contoso' },
    },
  ]);
});

test('after the answer it is not asked again for the same evidence, although no later export tells the answer', async () => {
  const nights = new Nights();
  await nights.run();
  nights.answers = [answer(1, 'failed')];
  await nights.run({ contoso: 1 });
  expect(nights.request()).toEqual({ id: idOf(1), status: 'failed' });
  nights.answers = [];
  for (const days of [2, 3]) {
    await nights.run({ contoso: days });
    expect(nights.request()).toEqual({ id: idOf(1), status: 'failed' });
  }
  await nights.run({ contoso: 0 });
  expect(nights.request()).toEqual({ id: idOf(2), status: 'requested' });
  expect(nights.audit.rows).toHaveLength(2);
});

test('an answer to another request is none', async () => {
  const nights = new Nights();
  await nights.run();
  nights.record = [{ ...nights.record[0]!, request: { id: idOf(7), status: 'started' } }];
  await nights.run({ contoso: 1 });
  expect(nights.request()).toEqual({ id: idOf(1), status: 'waiting' });
});

test('who waits for nothing asks nobody; what the export answers is told all the same', async () => {
  const nights = new Nights();
  await nights.run({});
  expect(nights.request()).toBeNull();
  nights.answers = [answer(4, 'started'), answer(5, 'notConfigured'), answer(6, 'exported', 'export')];
  await nights.run({});
  expect(nights.request()).toEqual({ id: idOf(5), status: 'notConfigured' });
  expect(nights.blobs.blobs.size).toBe(0);
});

test('each source is asked for itself', async () => {
  const nights = new Nights();
  nights.sources = [contoso, fabrikam];
  expect(await nights.run({ fabrikam: 0 })).toMatchObject([
    { source: 'contoso', request: null },
    { source: 'fabrikam', request: { status: 'requested' } },
  ]);
  expect([...nights.blobs.blobs.keys()]).toEqual(['fabrikam/synchronisation']);
});

test('the record says of each source when synchronisation last succeeded, by its own history', async () => {
  const nights = new Nights();
  const run = (startedAt: string, succeeded: boolean) => ({
    startedAt: instant(startedAt),
    finishedAt: instant(startedAt),
    succeeded,
    exportedDeletes: null,
  });
  expect(await nights.run({})).toMatchObject([{ hasHistory: false, lastSucceededStart: null }]);
  nights.runs = [run('2026-11-20T01:00:00Z', false)];
  expect(await nights.run({})).toMatchObject([{ hasHistory: true, lastSucceededStart: null }]);
  nights.runs = [run('2026-11-20T00:30:00Z', true), run('2026-11-20T00:00:00Z', true), ...nights.runs];
  expect(await nights.run({})).toMatchObject([{ lastSucceededStart: instant('2026-11-20T00:30:00Z') }]);
});

test('a request that can not be read is replaced', async () => {
  const nights = new Nights();
  nights.blobs.blobs.set('contoso/synchronisation', { etag: '"x"', request: null });
  await nights.run();
  expect(nights.request()).toEqual({ id: idOf(1), status: 'requested' });
});

test('where storage fails, the scan goes on, and says so', async () => {
  const nights = new Nights();
  nights.blobs.error = new AppError('storageUnavailable', 'the storage is away');
  expect(await nights.run()).toMatchObject([{ source: 'contoso', request: null }]);
  expect(JSON.stringify(nights.log)).toContain('the storage is away');
  nights.blobs.error = new TypeError('a mistake');
  await expect(nights.run()).rejects.toThrow('a mistake');
});
