import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { ExportRequest } from '../../../shared/core/exportRequest';
import type { Guid } from '../../../shared/core/keys/guid';
import { parseScanRequest } from '../../../shared/core/scanRequest';
import { createRequestBlobs } from '../../../shared/io/exportRequests';
import { createScanQueue } from '../../../shared/io/scanQueue';
import { createCandidateTable } from '../../../shared/io/tables/candidateTable';
import { createFactsReader } from '../../../shared/io/tables/factsReader';
import { someFacts } from '../../functions/reviewBench';
import { at, userId } from '../core/decisions';
import { listeningLog, open, startStorage, type Storage } from './tables/storage';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage?.stop());

describe('the container of requests', () => {
  const contoso = 'contoso' as SourceName;
  const request: ExportRequest = { schemaVersion: 1, id: randomUUID(), kind: 'export', requestedAt: at };
  let container: ContainerClient;
  beforeEach(async () => {
    container = await storage.container();
  });
  const put = (text: string): Promise<unknown> =>
    container.getBlockBlobClient('contoso/export.json').upload(text, Buffer.byteLength(text));

  test('a request is read as it was written, in the form that the agent expects', async () => {
    const blobs = createRequestBlobs(container);
    expect(await blobs.read(contoso, 'export', open)).toBeNull();
    expect(await blobs.write(contoso, request, null, open)).toBe('written');
    expect(await blobs.read(contoso, 'export', open)).toEqual({ etag: expect.any(String), request });
    expect(await blobs.read(contoso, 'synchronisation', open)).toBeNull();
    const text = (await container.getBlobClient('contoso/export.json').downloadToBuffer()).toString();
    expect(JSON.parse(text)).toEqual({ ...request, requestedAt: '2026-11-20T09:00:00.000Z' });
  });

  test('it is replaced as it was read, and in no other way', async () => {
    const blobs = createRequestBlobs(container);
    await blobs.write(contoso, request, null, open);
    const { etag } = (await blobs.read(contoso, 'export', open))!;
    const next = { ...request, id: randomUUID() };
    expect(await blobs.write(contoso, next, null, open)).toBe('conflict');
    expect(await blobs.write(contoso, next, etag, open)).toBe('written');
    expect(await blobs.write(contoso, request, etag, open)).toBe('conflict');
    expect((await blobs.read(contoso, 'export', open))?.request?.id).toBe(next.id);
  });

  test.each([
    ['no JSON', 'x'],
    [
      'another kind',
      JSON.stringify({ ...request, kind: 'synchronisation', requestedAt: '2026-11-20T09:00:00Z' }),
    ],
    [
      'another version',
      JSON.stringify({ ...request, schemaVersion: 2, requestedAt: '2026-11-20T09:00:00Z' }),
    ],
    ['too much', ' '.repeat(16 * 1024 + 1)],
    ['nothing', ''],
  ])('%s is no request, and can be replaced', async (_, text) => {
    const blobs = createRequestBlobs(container);
    await put(text);
    const stored = (await blobs.read(contoso, 'export', open))!;
    expect(stored.request).toBeNull();
    expect(await blobs.write(contoso, request, stored.etag, open)).toBe('written');
  });

  test('bytes that are not UTF-8 are no request', async () => {
    await container.getBlockBlobClient('contoso/export.json').uploadData(Buffer.from([0xff, 0xfe]));
    expect((await createRequestBlobs(container).read(contoso, 'export', open))?.request).toBeNull();
  });

  test('one that is replaced while it is read is read again', async () => {
    const blobs = createRequestBlobs(container);
    await blobs.write(contoso, request, null, open);
    const { etag } = (await blobs.read(contoso, 'export', open))!;
    const next = { ...request, id: randomUUID() };
    const getClient = container.getBlockBlobClient.bind(container);
    let meanwhile = (): Promise<unknown> => blobs.write(contoso, next, etag, open);
    jest.spyOn(container, 'getBlockBlobClient').mockImplementation(name => {
      const blob = getClient(name);
      const getProperties = blob.getProperties.bind(blob);
      blob.getProperties = async options => {
        const properties = await getProperties(options);
        const replace = meanwhile;
        meanwhile = async () => undefined;
        await replace();
        return properties;
      };
      return blob;
    });
    expect((await blobs.read(contoso, 'export', open))?.request?.id).toBe(next.id);
  });

  test('a container that is missing is an error with what to do', async () => {
    const blobs = createRequestBlobs(await storage.container({ missing: true }));
    await expect(blobs.read(contoso, 'export', open)).rejects.toMatchObject({ code: 'storageUnavailable' });
    await expect(blobs.write(contoso, request, null, open)).rejects.toMatchObject({
      code: 'storageUnavailable',
    });
  });
});

describe('the queue of scan requests', () => {
  test('holds the run id and nothing else, in base64', async () => {
    const queue = storage.queue();
    await queue.create();
    const runId = randomUUID() as string as Guid;
    await createScanQueue(queue).send(runId, open);
    const { receivedMessageItems } = await queue.receiveMessages();
    const text = Buffer.from(receivedMessageItems[0]!.messageText, 'base64').toString();
    expect(JSON.parse(text)).toEqual({ runId });
    expect(parseScanRequest(text)).toBe(runId);
  });

  test('that is missing is an error with what to do', async () => {
    const sending = createScanQueue(storage.queue()).send(randomUUID() as string as Guid, open);
    await expect(sending).rejects.toMatchObject({
      code: 'storageUnavailable',
      message: expect.stringContaining('deploy infra/'),
    });
  });
});

describe('single rows of the candidates', () => {
  test('are read as the scan wrote them', async () => {
    const table = await storage.table();
    const log = listeningLog();
    const { etag: _, ...facts } = someFacts();
    await createCandidateTable({ table, spill: await storage.container(), log }).write(
      [{ etag: null, facts }],
      async () => {},
      open,
    );
    const reader = createFactsReader(table);
    expect(await reader.read('user', userId, open)).toEqual({ ...facts, etag: expect.any(String) });
    expect(await reader.read('group', userId, open)).toBeNull();
  });

  test('of a table that is missing are an error, not an absence', async () => {
    const reader = createFactsReader(await storage.table({ missing: true }));
    await expect(reader.read('user', userId, open)).rejects.toMatchObject({ code: 'storageUnavailable' });
  });
});
