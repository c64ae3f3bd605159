import type { BlobSource } from '../../../../shared/io/exports/blobSource';
import type { WrittenExport } from '../../../support/exportWriter';
import {
  contoso,
  never,
  readAll,
  RecordedLog,
  refusalOf,
  sampleExport,
  sampleLines,
  startedAt,
  storeOn,
} from './sampleExport';

/** An empty container for one test. */
export interface TestContainer {
  readonly blobs: BlobSource;
  upload(written: Pick<WrittenExport, 'source' | 'folder' | 'files'>): Promise<void>;
}

const day = 24 * 60 * 60 * 1000;

const without = (written: WrittenExport, ...names: readonly string[]): WrittenExport => ({
  ...written,
  files: new Map([...written.files].filter(([name]) => !names.includes(name))),
});

/** What the store promises on any container. */
export function describeExportStore(makeContainer: () => Promise<TestContainer>): void {
  let container: TestContainer;
  beforeEach(async () => {
    container = await makeContainer();
  });

  test('every line is handed over with its source and the name of its domain, in the same order each time', async () => {
    await container.upload(sampleExport());
    const opened = await storeOn(container.blobs).openNewest(contoso, never);
    const first: unknown[] = [];
    const second: unknown[] = [];
    await opened.readRecords(record => first.push(record), never);
    await opened.readRecords(record => second.push(record), never);
    const domainNames = ['contoso.example', 'emea.contoso.example', null];
    expect(first).toEqual(
      sampleLines.map(line => ({
        ...line,
        ...(line.kind === 'tombstone' ? { whenChanged: Date.parse(line.whenChanged) } : {}),
        source: 'contoso',
        domainName: domainNames[line.namingContext],
      })),
    );
    expect(second).toEqual(first);
  });

  test('the opened export tells its folder, its manifest and the hash of the manifest', async () => {
    const written = sampleExport();
    await container.upload(written);
    const opened = await storeOn(container.blobs).openNewest(contoso, never);
    expect(opened).toMatchObject({
      source: 'contoso',
      folder: '20260102T030405Z',
      manifestHash: written.manifestHash,
      manifest: { sequence: 1, startedAt, parts: [{ lines: 2 }, { lines: 2 }, { lines: 1 }] },
    });
  });

  test('the newest export with a manifest is opened, and a newer upload without one is logged and passed over', async () => {
    const log = new RecordedLog();
    await container.upload(sampleExport({ startedAt: startedAt - day, sequence: 1 }));
    await container.upload(sampleExport({ sequence: 2 }));
    await container.upload(
      without(
        sampleExport({ startedAt: startedAt + day, finishedAt: startedAt + 2 * day, sequence: 3 }),
        'manifest.json',
      ),
    );
    await container.upload({ ...sampleExport({ sequence: 4 }), folder: 'drafts' });
    await container.upload({
      ...sampleExport({ startedAt: startedAt + 5 * day, sequence: 5 }),
      source: 'contoso-2',
    });
    const opened = await storeOn(container.blobs, log).openNewest(contoso, never);
    expect(opened.manifest.sequence).toBe(2);
    expect(log.messages).toEqual([expect.stringContaining('contoso/20260103T030405Z has no manifest.json')]);
  });

  test('an older export never stands in for the newest one when that does not verify', async () => {
    const newest = sampleExport();
    await container.upload(sampleExport({ startedAt: startedAt - day }));
    await container.upload({ ...newest, files: new Map(newest.files).set('manifest.sig', Buffer.alloc(64)) });
    await expect(storeOn(container.blobs).openNewest(contoso, never)).rejects.toMatchObject({
      code: 'exportRefused',
    });
  });

  test('no export, or none that is complete, is reported as missing', async () => {
    const missing = {
      code: 'exportMissing',
      message: expect.stringMatching(/contoso.*Run the source's agent/s) as string,
    };
    await expect(storeOn(container.blobs).openNewest(contoso, never)).rejects.toMatchObject(missing);
    await container.upload(without(sampleExport(), 'manifest.json'));
    await expect(storeOn(container.blobs).openNewest(contoso, never)).rejects.toMatchObject(missing);
  });

  test.each([
    ['manifest.sig', /manifest\.sig: the signature is missing/],
    ['part-00000.ndjson.gz', /part-00000\.ndjson\.gz: the part is missing/],
    ['part-00002.ndjson.gz', /part-00002\.ndjson\.gz: the part is missing/],
  ])('an export without %s is refused', async (name, message) => {
    await container.upload(without(sampleExport(), name));
    expect(await refusalOf(container.blobs)).toMatchObject({
      code: 'exportRefused',
      message: expect.stringMatching(message) as string,
    });
  });

  test('an export without any line is complete', async () => {
    await container.upload(sampleExport({ lines: [] }));
    expect(await readAll(container.blobs)).toEqual([]);
  });

  test('a stop ends opening and reading with its reason', async () => {
    await container.upload(sampleExport());
    const reason = new Error('stopped');
    const stopped = AbortSignal.abort(reason);
    await expect(storeOn(container.blobs).openNewest(contoso, stopped)).rejects.toBe(reason);
    const opened = await storeOn(container.blobs).openNewest(contoso, never);
    await expect(opened.readRecords(() => {}, stopped)).rejects.toBe(reason);
    const stop = new AbortController();
    await expect(opened.readRecords(() => stop.abort(reason), stop.signal)).rejects.toBe(reason);
  });
}
