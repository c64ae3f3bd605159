import { gzipSync } from 'node:zlib';
import type { ExportLineInput } from '../../../../shared/core/exportFormat';
import { amendManifest, replacePart, type WrittenExport } from '../../../support/exportWriter';
import { MemoryBlobs } from './memoryBlobs';
import {
  contosoKey,
  personal,
  readAll,
  refusalOf,
  sampleExport,
  sampleLines,
  tombstoneLine,
  userLine,
} from './sampleExport';

const where = 'Export contoso/20260102T030405Z is refused. ';

/** The reason, checked for what every reason must have, and must not have. */
async function reasonOf(written: WrittenExport): Promise<string> {
  const error = await refusalOf(MemoryBlobs.of(written));
  expect(error).toMatchObject({ name: 'AppError', code: 'exportRefused' });
  expect(error.message.startsWith(where)).toBe(true);
  expect(`${error.stack} ${String(error.cause)}`).not.toContain(personal);
  return error.message.slice(where.length);
}

/** The sample, with another second line in the second part; hash and signature hold. */
const withLine = (line: string | Buffer): WrittenExport =>
  replacePart(
    sampleExport(),
    'part-00001.ndjson.gz',
    gzipSync(
      Buffer.concat([
        Buffer.from(`${JSON.stringify(tombstoneLine(3))}\n`),
        Buffer.from(line),
        Buffer.from('\n'),
      ]),
    ),
    contosoKey.privateKey,
  );

const place = 'part-00001.ndjson.gz, line 2: ';

test.each<[string, string | Buffer, string]>([
  ['is not JSON', `{"mail":"${personal}"`, 'expected a JSON object, found text that is not JSON'],
  ['is empty', '', 'expected a JSON object, found text that is not JSON'],
  ['is no object', `"${personal}"`, 'value: '],
  ['begins with a byte order mark', `\uFEFF${JSON.stringify(userLine(4))}`, 'expected a JSON object'],
  ['is not UTF-8', Buffer.from([0x22, 0xe4, 0x22]), 'expected UTF-8, found other bytes'],
  ['is of an unknown kind', JSON.stringify({ ...userLine(4), kind: personal }), 'kind: '],
  ['is of an unknown class', JSON.stringify({ ...userLine(4), objectClass: personal }), 'objectClass: '],
  ['has a property of a wrong type', JSON.stringify({ ...userLine(4), mail: [personal] }), 'mail: '],
  [
    'has a GUID in upper case',
    JSON.stringify({ ...userLine(4), objectGUID: 'A'.repeat(36) }),
    'objectGUID: a lower-case GUID',
  ],
  ['has no SID for a SID', JSON.stringify({ ...userLine(4), objectSid: personal }), 'objectSid: a SID'],
  [
    'lies in no naming context',
    JSON.stringify({ ...userLine(4), namingContext: 3 }),
    'namingContext: expected a position below 3, found 3',
  ],
  [
    'is too long',
    JSON.stringify({ ...userLine(4), mail: 'ä'.repeat(2 * 1024 * 1024) }),
    'expected at most 4194304 bytes, found more',
  ],
])('a line that %s is refused with its place', async (_, line, problem) => {
  expect(await reasonOf(withLine(line))).toContain(place + problem);
});

test.each<[string, readonly ExportLineInput[]]>([
  ['two objects', [userLine(1), userLine(2), userLine(1)]],
  ['two tombstones', [tombstoneLine(1), userLine(2), tombstoneLine(1)]],
  ['an object and a tombstone', [userLine(1), userLine(2), tombstoneLine(1)]],
  ['a tombstone and an object', [tombstoneLine(1), userLine(2), userLine(1)]],
  ['two neighbours', [userLine(2), userLine(1), userLine(1)]],
])('one objectGUID for %s is refused, across parts too', async (_, lines) => {
  expect(await reasonOf(sampleExport({ lines }))).toContain(
    'part-00001.ndjson.gz, line 1: objectGUID: 00000000-0000-4000-8000-000000000001 came in an earlier line already',
  );
});

test('objects in counts of another class or naming context than announced are refused', async () => {
  const moved = amendManifest(
    sampleExport(),
    manifest => ({
      ...manifest,
      namingContexts: manifest.namingContexts.map((context, index) =>
        index === 0 ? { ...context, counts: { ...context.counts, user: 1, group: 1 } } : context,
      ),
    }),
    contosoKey.privateKey,
  );
  expect(await reasonOf(moved)).toContain(
    'manifest.json: DC=contoso,DC=example: expected 1 user lines, found 2; DC=contoso,DC=example: expected 1 group lines, found 0',
  );
});

test('properties of a line that this version does not know are left out', async () => {
  const lines = [{ ...userLine(1), employeeID: personal }];
  const [record] = await readAll(MemoryBlobs.of(sampleExport({ lines })));
  expect(record).toEqual({ ...userLine(1), source: 'contoso', domainName: 'contoso.example' });
});

test('text beyond ASCII comes as it was written, however the bytes are cut', async () => {
  const lines = sampleLines.map(line => (line.kind === 'object' ? { ...line, mail: 'Zoë 🜁 你好' } : line));
  const written = sampleExport({ lines, linesPerPart: 3 });
  for (const chunkBytes of [1, 2, 3, 5, 17]) {
    const blobs = new MemoryBlobs(chunkBytes);
    blobs.add(written);
    expect((await readAll(blobs)).map(record => 'mail' in record && record.mail)).toEqual(
      lines.map(line => 'mail' in line && line.mail),
    );
  }
});
