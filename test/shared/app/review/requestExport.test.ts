import type { ExportStore } from '../../../../shared/app/ports';
import type { AskedAgent, ExportRequests } from '../../../../shared/app/review/exportRequestPort';
import {
  createExportRequests,
  type ExportRequestsOptions,
  type RequestBlobs,
  type StoredRequest,
} from '../../../../shared/app/review/requestExport';
import { AppError } from '../../../../shared/core/appError';
import type { SourceName } from '../../../../shared/core/exportFormat';
import type { RequestKind } from '../../../../shared/core/exportRequest';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { memoryAuditLog } from '../../../support/memory/memoryAudit';
import { at } from '../../core/decisions';
import { recordingLog } from '../../io/http/sampleApi';

const contoso = 'contoso' as SourceName;
const requestedFor = {
  actor: { kind: 'person', id: '0a0a0a0a-0000-0000-0000-000000000001', name: null },
  correlationId: null,
} as const;
const minute = 60_000;

let blobs: Map<string, StoredRequest>;
let audit: ReturnType<typeof memoryAuditLog>;
let now: number;
let answered: string[] | AppError;
let ids: number;
let log: ReturnType<typeof recordingLog>;
let onWrite: (() => void) | null;
beforeEach(() => {
  blobs = new Map();
  audit = memoryAuditLog('review');
  now = at;
  answered = [];
  ids = 0;
  log = recordingLog();
  onWrite = null;
});

const memoryBlobs: RequestBlobs = {
  read: async (source, kind) => blobs.get(`${source}/${kind}`) ?? null,
  write: async (source, request, etag) => {
    onWrite?.();
    const key = `${source}/${request.kind}`;
    if ((blobs.get(key)?.etag ?? null) !== etag) return 'conflict';
    blobs.set(key, { etag: `"${request.id}"`, request });
    return 'written';
  },
};
const exportsOf = (): ExportStore =>
  ({
    openNewest: async () => {
      if (answered instanceof AppError) throw answered;
      return { manifest: { answeredRequests: answered.map(id => ({ id })) } };
    },
  }) as unknown as ExportStore;

const requests = (given: Partial<ExportRequestsOptions> = {}): ExportRequests =>
  createExportRequests({
    blobs: memoryBlobs,
    exports: exportsOf(),
    audit,
    clock: { now: () => now as Instant },
    log,
    newId: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}` as Guid,
    waitMinutes: 60,
    ...given,
  });
const ask = (kind: RequestKind = 'export', given: Partial<ExportRequestsOptions> = {}): Promise<AskedAgent> =>
  requests(given).ask(contoso, kind, requestedFor, AbortSignal.timeout(5_000));

test('a request is written and audited', async () => {
  const asked = await ask();
  expect(asked).toEqual({
    status: 'requested',
    request: { schemaVersion: 1, id: expect.any(String), kind: 'export', requestedAt: at },
  });
  expect(blobs.get('contoso/export')?.request).toEqual(asked.request);
  expect(audit.rows).toMatchObject([
    {
      action: 'exportRequested',
      object: { type: 'source', id: 'contoso' },
      details: { id: asked.request.id },
    },
  ]);
});

test('a synchronisation has a request of its own', async () => {
  await ask();
  expect(await ask('synchronisation')).toMatchObject({ status: 'requested' });
  expect(audit.rows.map(row => row.action)).toEqual(['exportRequested', 'synchronisationRequested']);
});

test.each([
  ['at once', 0, 'waiting'],
  ['just before it is old', 60 * minute - 1, 'waiting'],
  ['when it is old', 60 * minute, 'requested'],
  ['long after', 600 * minute, 'requested'],
])('an unanswered one is asked again: %s', async (_, later, status) => {
  const first = await ask();
  now += later;
  const second = await ask();
  expect(second.status).toBe(status);
  expect(second.request.id === first.request.id).toBe(status === 'waiting');
  expect(audit.rows).toHaveLength(status === 'waiting' ? 1 : 2);
});

test('one that an export answers is followed by another at once', async () => {
  const first = await ask();
  answered = [first.request.id];
  expect(await ask()).toMatchObject({ status: 'requested' });
});

test.each(['exportMissing', 'exportRefused'] as const)(
  'an export that can not be opened (%s) answers nothing',
  async code => {
    await ask();
    answered = new AppError(code, 'no');
    expect(await ask()).toMatchObject({ status: 'waiting' });
  },
);

test('storage that does not answer is an error, not an absence', async () => {
  await ask();
  answered = new AppError('storageUnavailable', 'no');
  await expect(ask()).rejects.toMatchObject({ code: 'storageUnavailable' });
});

test('a request of the far future is not waited for', async () => {
  now = at + 600 * minute;
  await ask();
  now = at;
  expect(await ask()).toMatchObject({ status: 'requested' });
});

test('what is no request is replaced, and told of', async () => {
  blobs.set('contoso/export', { etag: 'x', request: null });
  expect(await ask()).toMatchObject({ status: 'requested' });
  expect(log.lines).toEqual([expect.stringContaining('it is replaced')]);
});

test('who comes second at the same time waits for the first one', async () => {
  const request = {
    schemaVersion: 1,
    id: 'other' as Guid,
    kind: 'export',
    requestedAt: at,
  } as const;
  onWrite = () => {
    onWrite = null;
    blobs.set('contoso/export', { etag: 'other', request });
  };
  expect(await ask()).toEqual({ status: 'waiting', request });
});

test('others who are always first are an error in the end', async () => {
  await expect(
    ask('export', { blobs: { ...memoryBlobs, write: async () => 'conflict' } }),
  ).rejects.toMatchObject({
    code: 'writeConflict',
  });
});

test('a crash before the audit row is made good by whoever asks next', async () => {
  await expect(
    ask('export', { audit: { record: () => Promise.reject(new AppError('storageUnavailable', 'crash')) } }),
  ).rejects.toThrow('crash');
  expect(audit.rows).toEqual([]);
  expect(await ask()).toMatchObject({ status: 'waiting' });
  await ask();
  expect(audit.rows).toHaveLength(1);
});
