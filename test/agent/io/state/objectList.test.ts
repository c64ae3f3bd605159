import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localFiles, type FileSystem } from '../../../../agent/src/io/files/fileSystem';
import { ObjectListFile, openObjectList } from '../../../../agent/src/io/state/objectList';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const never = new AbortController().signal;

async function written(count: number) {
  const folder = newFolder();
  const list = new ObjectListFile(localFiles, folder);
  const keys = Buffer.alloc(count * 16);
  for (let index = 0; index < count; index += 1) keys.writeUInt32BE(index + 1, index * 16 + 4);
  for (let index = 0; index < count; index += 1) {
    list.add(keys.subarray(index * 16, index * 16 + 16));
    await list.drained();
  }
  return { keys, facts: await list.close(), file: path.join(folder, 'last-objects') };
}

async function read(file: string, facts: Awaited<ReturnType<typeof written>>['facts']): Promise<Buffer> {
  const blocks: Buffer[] = [];
  const list = await openObjectList(localFiles, file, facts);
  await list.read(block => {
    expect(block.length % 16).toBe(0);
    blocks.push(Buffer.from(block));
  }, never);
  return Buffer.concat(blocks);
}

test.each([0, 1, 4095, 4096, 4097, 100_000])('%d objects are read as they were written', async count => {
  const { keys, facts, file } = await written(count);
  expect(facts.count).toBe(count);
  expect((await read(file, facts)).equals(keys)).toBe(true);
});

test('a bit that changed anywhere in the file is noticed', async () => {
  const { facts, file } = await written(50);
  const bytes = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async bit => {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(file, damaged);
      await expect(read(file, facts)).rejects.toMatchObject({ code: 'stateInvalid' });
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['shorter', (bytes: Buffer) => bytes.subarray(0, -16)],
  ['longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(16)])],
  ['empty', () => Buffer.alloc(0)],
])('a file that is %s is refused before it is read', async (_, change) => {
  const { facts, file } = await written(50);
  writeFileSync(file, change(readFileSync(file)));
  await expect(openObjectList(localFiles, file, facts)).rejects.toMatchObject({ code: 'stateInvalid' });
});

test('a whole list of another export is refused', async () => {
  const [{ facts }, other] = [await written(3), await written(3)];
  const swapped = { ...facts, sha256: '0'.repeat(64) };
  await expect(read(other.file, swapped)).rejects.toThrow('does not fit its hash');
});

test('a list that is missing is refused, and the message says what to do', async () => {
  const facts = { count: 1, sha256: '0'.repeat(64) };
  await expect(openObjectList(localFiles, path.join(newFolder(), 'last-objects'), facts)).rejects.toThrow(
    /no such file.*Restore/,
  );
});

test('only 16 bytes are an objectGUID', () => {
  const list = new ObjectListFile(localFiles, newFolder());
  expect(() => list.add(Buffer.alloc(15))).toThrow(RangeError);
});

test('a disk that fails is told by the next call, and at the end', async () => {
  const broken: FileSystem = { ...localFiles, open: () => Promise.reject(new Error('no disk')) };
  const list = new ObjectListFile(broken, newFolder());
  for (let index = 0; index < 4096 * 10; index += 1) list.add(Buffer.alloc(16));
  await expect(list.drained()).rejects.toThrow('no disk');
  expect(() => list.add(Buffer.alloc(16))).toThrow('no disk');
  await expect(list.close()).rejects.toThrow('no disk');
  await list.abandon();
});
