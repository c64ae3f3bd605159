import { gzipSync } from 'node:zlib';
import { amendManifest, manifestOf, replacePart, type WrittenExport } from '../../../support/exportWriter';
import { MemoryBlobs } from './memoryBlobs';
import { contosoKey, readAll, refusalOf, sampleExport, userLine } from './sampleExport';

const name = 'part-00000.ndjson.gz';
const plain = Buffer.from(`${JSON.stringify(userLine(1))}\n${JSON.stringify(userLine(2))}\n`);
const twoLines = sampleExport({ lines: [userLine(1), userLine(2)] });

/** The reason, with chunks of every kind of size: a file may be cut anywhere. */
async function reasonOf(written: WrittenExport): Promise<string> {
  const reasons = new Set<string>();
  for (const chunkBytes of [1, 7, 64 * 1024]) {
    const blobs = new MemoryBlobs(chunkBytes);
    blobs.add(written);
    reasons.add((await refusalOf(blobs)).message);
  }
  expect([...reasons]).toHaveLength(1);
  return [...reasons].join('');
}
const signedAnew = (bytes: Buffer): Promise<string> =>
  reasonOf(replacePart(twoLines, name, bytes, contosoKey.privateKey));
const changedLater = (bytes: Buffer): Promise<string> =>
  reasonOf({ ...twoLines, files: new Map(twoLines.files).set(name, bytes) });
const damaged = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};
const part = twoLines.files.get(name)!;

test('a file that was changed after it was signed is refused by its bytes or its hash, whatever broke first', async () => {
  const bytes = part.length;
  expect(await changedLater(part.subarray(0, -1))).toContain(
    `${name}: expected ${bytes} bytes, found ${bytes - 1}`,
  );
  expect(await changedLater(Buffer.concat([part, Buffer.alloc(1)]))).toContain(
    `${name}: expected ${bytes} bytes, found more`,
  );
  expect(await changedLater(damaged(part, 40))).toMatch(
    /expected the SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}\. .*find out who/,
  );
  expect(await changedLater(Buffer.alloc(0))).toContain(`${name}: expected ${bytes} bytes, found 0`);
});

test.each<[string, Buffer, string]>([
  ['no gzip file', plain, 'found bytes that can not be decompressed'],
  [
    'a file too short for gzip',
    gzipSync(plain).subarray(0, 19),
    'expected a gzip file, found a manifest that says 19 bytes',
  ],
  ['a gzip file that is cut', gzipSync(plain).subarray(0, -9), 'found bytes that can not be decompressed'],
  ['two gzip members', Buffer.concat([gzipSync(plain), gzipSync(plain)]), 'expected one gzip member'],
  [
    'two gzip members, the first of them empty',
    Buffer.concat([gzipSync(''), gzipSync(plain)]),
    'expected one gzip member',
  ],
  [
    'bytes after the gzip member',
    Buffer.concat([gzipSync(plain), Buffer.from('more')]),
    'expected one gzip member',
  ],
  [
    'padding after the gzip member',
    Buffer.concat([gzipSync(plain), Buffer.alloc(512)]),
    'expected one gzip member',
  ],
  [
    'far more bytes than the gzip member',
    Buffer.concat([gzipSync(plain), Buffer.alloc(300_000, 'x')]),
    'expected one gzip member',
  ],
  ['gzip with another magic number', damaged(gzipSync(plain), 0), 'expected a gzip header'],
  [
    'gzip with optional header fields',
    damaged(gzipSync(plain), 3),
    'expected a gzip header without optional fields',
  ],
  [
    'gzip with a wrong CRC',
    damaged(gzipSync(plain), gzipSync(plain).length - 8),
    'expected the CRC and the length',
  ],
  [
    'gzip with a wrong length',
    damaged(gzipSync(plain), gzipSync(plain).length - 4),
    'expected the CRC and the length',
  ],
  ['a line too few', gzipSync(`${JSON.stringify(userLine(1))}\n`), 'expected 2 lines, found 1'],
  [
    'a line too many',
    gzipSync(`${plain.toString()}${JSON.stringify(userLine(3))}\n`),
    'expected 2 lines, found more',
  ],
  [
    'a last line without a line feed',
    gzipSync(plain.subarray(0, -1)),
    'line 2: expected a line feed at its end',
  ],
  ['nothing', gzipSync(''), 'expected 2 lines, found 0'],
])('a part that the agent wrote as %s is refused', async (_, bytes, problem) => {
  const reason = await signedAnew(bytes);
  expect(reason).toContain('Export contoso/20260102T030405Z is refused. part-00000.ndjson.gz');
  expect(reason).toContain(problem);
  expect(reason).toContain('update the agent');
});

test('what expands without end is left at the first line that is too long', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 1 });
  const blobs = new MemoryBlobs(512);
  blobs.add(replacePart(twoLines, name, bomb, contosoKey.privateKey));
  const readings: number[] = [];
  const read = blobs.read.bind(blobs);
  blobs.read = async (blob, signal) => {
    const chunks = await read(blob, signal);
    return chunks && counted(chunks, readings.push(0) - 1);
  };
  async function* counted(chunks: AsyncIterable<Uint8Array>, reading: number): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      readings[reading] = (readings[reading] ?? 0) + chunk.length;
      yield chunk;
    }
  }
  expect((await refusalOf(blobs)).message).toContain('line 1: expected at most 4194304 bytes, found more');
  const [, , decompressed, hashed] = readings;
  expect(decompressed).toBeLessThan(bomb.length / 2);
  expect(hashed).toBe(bomb.length);
});

test('parts that changed places are refused', async () => {
  const written = sampleExport();
  const files = new Map(written.files);
  files.set('part-00000.ndjson.gz', written.files.get('part-00001.ndjson.gz')!);
  files.set('part-00001.ndjson.gz', written.files.get('part-00000.ndjson.gz')!);
  expect(await reasonOf({ ...written, files })).toMatch(
    /part-00000\.ndjson\.gz: expected (\d+ bytes|the SHA-256)/,
  );
});

test('a manifest that announces more bytes than there are is refused', async () => {
  const written = amendManifest(
    twoLines,
    manifest => ({ ...manifest, parts: manifest.parts.map(each => ({ ...each, bytes: each.bytes + 1 })) }),
    contosoKey.privateKey,
  );
  expect(await reasonOf(written)).toMatch(/expected \d+ bytes, found \d+\. /);
});

test('large parts are read in many chunks', async () => {
  const lines = Array.from({ length: 5000 }, (_, number) => userLine(number));
  const written = sampleExport({ lines, linesPerPart: 3000 });
  expect(manifestOf(written).parts.map(each => each.lines)).toEqual([3000, 2000]);
  const blobs = new MemoryBlobs(1000);
  blobs.add(written);
  expect((await readAll(blobs)).map(record => record.objectGUID)).toEqual(lines.map(line => line.objectGUID));
});

test('storage that fails in the middle of a part is not taken for a fault of the export', async () => {
  const failure = new Error('storage failed');
  const blobs = MemoryBlobs.of(twoLines);
  const read = blobs.read.bind(blobs);
  blobs.read = async (blob, signal) =>
    blob.endsWith('.gz')
      ? (async function* () {
          yield await Promise.resolve(part.subarray(0, 30));
          throw failure;
        })()
      : read(blob, signal);
  await expect(readAll(blobs)).rejects.toBe(failure);
});
