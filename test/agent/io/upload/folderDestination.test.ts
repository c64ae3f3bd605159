import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { OutgoingFile } from '../../../../agent/src/app/exportPorts';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { folderDestination } from '../../../../agent/src/io/upload/folderDestination';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { MemoryBlobs } from '../../../shared/io/exports/memoryBlobs';
import { runAgent } from '../../../support/agent/agentRun';
import { readNewest } from '../../../support/agent/chain';
import { sampleLine } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { testKey } from '../../../support/agent/testKey';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const never = new AbortController().signal;
const file: OutgoingFile = {
  source: contoso,
  folder: '20260102T030405Z',
  name: 'manifest.sig',
  content: Buffer.from('signature'),
  attempted: false,
};
const stored = (root: string): string => path.join(root, 'contoso/20260102T030405Z/manifest.sig');

test('what is written into a folder is read by the app once it is carried to the container, and the chain goes on', async () => {
  const root = path.join(newFolder(), 'usb');
  const key = testKey();
  const lines = Array.from({ length: 20 }, (_, number) => sampleLine(number));
  let now = Date.UTC(2026, 0, 2, 3, 4, 5);
  const run = () =>
    runAgent({
      state: {
        folder: stateFolder,
        source: contoso,
        files: localFiles,
        clock: { now: () => (now += 1000) as Instant },
        partLimits: { maxLines: 6 },
      },
      destination: folderDestination(root, localFiles),
      key,
      lines,
    });
  const stateFolder = newFolder();
  await run();
  const last = await run();
  const carried = new MemoryBlobs();
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const full = path.join(root, name);
    if (path.extname(name) !== '') carried.files.set(name, readFileSync(full));
  }
  const read = await readNewest(carried, contoso, key);
  expect(read.manifest).toMatchObject({ sequence: 2, parts: [{}, {}, {}, {}] });
  expect(read.manifestHash).toBe(last.manifestHash);
  expect(read.records.map(record => record.objectGUID)).toEqual(lines.map(line => line.objectGUID));
});

test('a file is there as a whole, and nothing beside it', async () => {
  const root = newFolder();
  await expect(folderDestination(root, localFiles).put(file, never)).resolves.toBe('stored');
  expect(readdirSync(path.dirname(stored(root)))).toEqual(['manifest.sig']);
  expect(readFileSync(stored(root), 'utf8')).toBe('signature');
});

test('the same file that is there already is taken for ours', async () => {
  const root = newFolder();
  const destination = folderDestination(root, localFiles);
  await destination.put(file, never);
  await expect(destination.put(file, never)).resolves.toBe('alreadyThere');
});

test('another file of this name is refused, and stays as it is', async () => {
  const root = newFolder();
  const destination = folderDestination(root, localFiles);
  await destination.put(file, never);
  writeFileSync(stored(root), 'of somebody else');
  await expect(destination.put({ ...file, attempted: true }, never)).rejects.toMatchObject({
    name: 'NameTakenError',
    code: 'uploadRefused',
  });
  expect(readFileSync(stored(root), 'utf8')).toBe('of somebody else');
});

test('a folder that can not be written to is named', async () => {
  const root = newFolder();
  writeFileSync(path.join(root, 'contoso'), '');
  await expect(folderDestination(root, localFiles).put(file, never)).rejects.toMatchObject({
    code: 'unexpected',
    message: expect.stringContaining(path.join(root, 'contoso')),
  });
});

test('a stopped agent writes nothing more', async () => {
  const root = newFolder();
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(folderDestination(root, localFiles).put(file, stopped)).rejects.toThrow('stopped');
  expect(existsSync(stored(root))).toBe(false);
});
