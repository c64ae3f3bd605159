import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLdifDirectory } from '../../../../agent/src/io/ldif/ldifDirectory';
import { chunkBytes } from '../../../../agent/src/io/ldif/ldifFile';
import { LdifParser } from '../../../../agent/src/io/ldif/ldifParser';
import { parseInstant } from '../../../../shared/core/instant';
import { entryOf, writeLdif } from './ldifWriter';
import { attributeList, domainDn, guid, sampleEntries, writeFolder } from './sampleFolder';

const records = 20_000;
const pageSize = 1000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'ldif-large-'));
  await writeFolder(folder, { attributes: `${attributeList},description` });
  const walk = createWriteStream(path.join(folder, 'walk.ldf'));
  walk.write(writeLdif(sampleEntries.walk.slice(0, 1)));
  for (let at = 1; at < records; at += 1) {
    const entry = entryOf(`CN=User ${at},${domainDn}`, {
      objectClass: ['top', 'user'],
      objectGUID: guid(at + 100),
      uSNChanged: `${at}`,
      description: Buffer.alloc(700, at),
    });
    if (!walk.write(writeLdif([entry]))) await once(walk, 'drain');
  }
  walk.end();
  await once(walk, 'finish');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Bytes that are in use after everything that can be freed was freed. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

it('a large file is read page by page: nothing is read ahead of the visitor, and nothing of a page is kept', async () => {
  const { size } = await stat(path.join(folder, 'walk.ldf'));
  expect(size).toBeGreaterThan(20_000_000);
  const { signal } = new AbortController();
  const directory = createLdifDirectory({
    paths: [folder],
    clock: { now: () => parseInstant('2026-01-02T09:00:00Z')! },
  });
  await directory.describe(signal);
  let bytesRead = 0;
  // oxlint-disable-next-line typescript/unbound-method -- it is called on the parser again
  const push = LdifParser.prototype.push;
  const spy = jest.spyOn(LdifParser.prototype, 'push').mockImplementation(function count(
    this: LdifParser,
    chunk: Buffer,
  ) {
    bytesRead += chunk.length;
    spy.mock.calls.length = 0;
    push.call(this, chunk);
  });
  const ahead: number[] = [];
  const inUse: number[] = [];
  let visited = 0;
  await directory.readObjects(
    0,
    ['objectGUID', 'description'],
    async page => {
      visited += page.length;
      await new Promise(setImmediate);
      ahead.push(bytesRead - (visited * size) / records);
      inUse.push(bytesInUse());
    },
    signal,
  );
  spy.mockRestore();
  expect(visited).toBe(records);
  expect(ahead).toHaveLength(records / pageSize);
  expect(Math.max(...ahead)).toBeLessThan(2 * chunkBytes);
  // Measured: 3 MB in all. Holding on to what was read would be 20.
  expect(Math.max(...inUse) - inUse[0]!).toBeLessThan(8_000_000);
});
