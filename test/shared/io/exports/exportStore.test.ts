import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import { describeExportStore } from './exportStoreContract';
import { MemoryBlobs } from './memoryBlobs';
import { contoso, never, refusalOf, sampleExport, storeOn } from './sampleExport';

describeExportStore(() => {
  const blobs = new MemoryBlobs();
  return Promise.resolve({ blobs, upload: written => Promise.resolve(blobs.add(written)) });
});

test('a source without keys in the configuration is a mistake of the configuration', async () => {
  await expect(
    storeOn(new MemoryBlobs()).openNewest(sourceNameSchema.parse('northwind'), never),
  ).rejects.toMatchObject({
    code: 'configurationInvalid',
    message: expect.stringContaining('northwind') as string,
  });
});

test.each([
  ['manifest.json', 4 * 1024 * 1024 + 1],
  ['manifest.sig', 65],
])('a %s that is too large is not read to its end', async (name, bytes) => {
  const written = sampleExport();
  const blobs = MemoryBlobs.of({ ...written, files: new Map(written.files).set(name, Buffer.alloc(bytes)) });
  expect((await refusalOf(blobs)).message).toMatch(
    new RegExp(`${name}: expected at most ${bytes - 1} bytes, found more`),
  );
});

test('what the caller throws while it visits is not taken for a fault of the export', async () => {
  const opened = await storeOn(MemoryBlobs.of(sampleExport())).openNewest(contoso, never);
  const own = new Error('out of space');
  await expect(
    opened.readRecords(() => {
      throw own;
    }, never),
  ).rejects.toBe(own);
});

test('an export that was changed between two readings is refused by the second', async () => {
  const blobs = MemoryBlobs.of(sampleExport());
  const opened = await storeOn(blobs).openNewest(contoso, never);
  await opened.readRecords(() => {}, never);
  blobs.add({
    ...sampleExport({ lines: [] }),
    files: new Map([...sampleExport({ lines: [] }).files].slice(0, 1)),
  });
  await expect(opened.readRecords(() => {}, never)).rejects.toMatchObject({ code: 'exportRefused' });
});
