import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gunzipSync } from 'node:zlib';
import { localFiles, type FileSystem } from '../../../../agent/src/io/files/fileSystem';
import { GzipPartWriter, type PartWriterOptions } from '../../../../agent/src/io/parts/partWriter';
import { maxLineBytes, partName, sourceNameSchema } from '../../../../shared/core/exportFormat';
import { MemoryBlobs } from '../../../shared/io/exports/memoryBlobs';
import { readPart } from '../../../../shared/io/exports/readPart';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const writerIn = (folder: string, options: Partial<PartWriterOptions> = {}) =>
  new GzipPartWriter({ folder, files: localFiles, ...options });
const textOf = (folder: string, name: string): string =>
  gunzipSync(readFileSync(path.join(folder, name))).toString();

async function partsOf(lines: readonly string[], options: Partial<PartWriterOptions> = {}) {
  const folder = newFolder();
  const writer = writerIn(folder, options);
  for (const line of lines) writer.append(line);
  return { folder, parts: await writer.close() };
}

test('an export without a line has one part, of nothing', async () => {
  const { folder, parts } = await partsOf([]);
  expect(parts).toMatchObject([{ name: 'part-00000.ndjson.gz', lines: 0 }]);
  expect(textOf(folder, partName(0))).toBe('');
});

test.each([
  [2, [2]],
  [3, [3]],
  [4, [3, 1]],
  [6, [3, 3]],
  [7, [3, 3, 1]],
])('%d lines in parts of three make parts of %j', async (count, expected) => {
  const { parts } = await partsOf(
    Array.from({ length: count }, () => '{}'),
    { maxLines: 3 },
  );
  expect(parts.map(part => part.lines)).toEqual(expected);
  expect(parts.map(part => part.name)).toEqual(expected.map((_, ordinal) => partName(ordinal)));
});

test.each([
  ['below', 15, [2]],
  ['at', 14, [2]],
  ['above', 13, [1, 1]],
])('two lines of 14 bytes, with their line feeds, are %s a limit of %d', async (_, maxBytes, expected) => {
  const { parts } = await partsOf(['"äé"', '"äé"'], { maxBytes });
  expect(parts.map(part => part.lines)).toEqual(expected);
});

test('the app reads every part as it was written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: 'grapheme', maxLength: 300 }).map(text => JSON.stringify(text)),
        { maxLength: 200 },
      ),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 4000 }),
      async (lines, maxLines, maxBytes) => {
        const { folder, parts } = await partsOf(lines, { maxLines, maxBytes });
        const blobs = new MemoryBlobs(97);
        for (const { name } of parts)
          blobs.files.set(`contoso/f/${name}`, readFileSync(path.join(folder, name)));
        const read: string[] = [];
        for (const part of parts) {
          const place = { source: sourceNameSchema.parse('contoso'), folder: 'f', file: part.name };
          await readPart(blobs, part, place, text => read.push(text), new AbortController().signal);
        }
        expect(read).toEqual(lines);
      },
    ),
    { numRuns: 50 },
  );
});

test('size and hash are those of the stored file, and nothing else is left in the folder', async () => {
  const { folder, parts } = await partsOf(['"one"', '"two"'], { maxLines: 1 });
  expect(readdirSync(folder).toSorted()).toEqual(parts.map(part => part.name));
  for (const { name, bytes, sha256 } of parts) {
    const stored = readFileSync(path.join(folder, name));
    expect({ bytes, sha256 }).toEqual({
      bytes: stored.length,
      sha256: createHash('sha256').update(stored).digest('hex'),
    });
  }
});

test('a part is told of when it is durable, while the next one is being written', async () => {
  const folder = newFolder();
  const told = Promise.withResolvers<string>();
  const writer = writerIn(folder, { maxLines: 1, onClosed: part => told.resolve(textOf(folder, part.name)) });
  writer.append('"one"');
  writer.append('"two"');
  expect(await told.promise).toBe('"one"\n');
  expect(readdirSync(folder)).toContain('part-00001.ndjson.gz.tmp');
  expect(await writer.close()).toHaveLength(2);
});

test('drained waits for a compression that is behind, and appending never does', async () => {
  const gate = Promise.withResolvers<void>();
  const slow: FileSystem = {
    ...localFiles,
    async open(file, how) {
      const open = await localFiles.open(file, how);
      return { ...open, append: async bytes => (await gate.promise, open.append(bytes)) };
    },
  };
  const writer = writerIn(newFolder(), { files: slow });
  await writer.drained();
  // It does not compress well, so that the compression has something to hand on.
  const line = (): string =>
    JSON.stringify(Buffer.from(crypto.getRandomValues(new Uint8Array(48_000))).toString('base64'));
  for (let index = 0; index < 100; index += 1) writer.append(line());
  let drained = false;
  const waiting = writer.drained().then(() => (drained = true));
  await new Promise(resolve => setImmediate(resolve));
  expect(drained).toBe(false);
  gate.resolve();
  await waiting;
  expect(await writer.close()).toMatchObject([{ lines: 100 }]);
});

test('a disk that is full ends the export with what to do, wherever it is noticed', async () => {
  const full: FileSystem = {
    ...localFiles,
    open: async (file, how) => ({
      ...(await localFiles.open(file, how)),
      append: () => localFiles.rename('/nowhere/a', '/nowhere/b'),
    }),
  };
  const writer = writerIn(newFolder(), { files: full });
  writer.append('"one"');
  await expect(writer.close()).rejects.toMatchObject({
    code: 'unexpected',
    message: expect.stringContaining('/nowhere/b'),
  });
  expect(() => writer.append('"two"')).toThrow('/nowhere/b');
  await expect(writer.drained()).rejects.toThrow('/nowhere/b');
});

test.each([
  ['at the limit', maxLineBytes, true],
  ['above it', maxLineBytes + 1, false],
])('a line %s', async (_, bytes, accepted) => {
  const writer = writerIn(newFolder());
  const append = (): void => writer.append('x'.repeat(bytes));
  const outcome = (() => {
    try {
      append();
      return 'accepted';
    } catch (error) {
      return (error as { code?: string }).code;
    }
  })();
  await writer.close();
  expect(outcome).toBe(accepted ? 'accepted' : 'exportIncomplete');
});

test('a line feed inside of a line is a programming error', async () => {
  const writer = writerIn(newFolder());
  expect(() => writer.append('{}\n{}')).toThrow(RangeError);
  await writer.close();
});

test('an export that is given up writes no further file', async () => {
  const folder = newFolder();
  const writer = writerIn(folder, { maxLines: 2 });
  for (let index = 0; index < 5; index += 1) writer.append('{}');
  await writer.abandon();
  const left = readdirSync(folder);
  expect(() => writer.append('{}')).toThrow('given up');
  expect(readdirSync(folder)).toEqual(left);
  expect(left).not.toContain('part-00002.ndjson.gz');
});

test('memory stays flat however many lines there are', async () => {
  const writer = writerIn(newFolder(), { maxLines: 20_000 });
  const text = 'x'.repeat(500);
  // What is kept counts, not what the garbage collector has not come to yet.
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const kept = (): number => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = kept();
  let most = 0;
  for (let page = 0; page < 200; page += 1) {
    for (let index = 0; index < 1000; index += 1) writer.append(`${page}-${index}-${text}`);
    await writer.drained();
    if (page % 20 === 19) most = Math.max(most, kept() - before);
  }
  expect(await writer.close()).toHaveLength(10);
  // 100 MB of text went through.
  expect(most).toBeLessThan(20 * 1024 * 1024);
});
