import { createHash, generateKeyPairSync, verify } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { ExportLineInput } from '../../shared/core/exportFormat';
import { amendManifest, manifestOf, replacePart, writeExport, type ExportInput } from './exportWriter';

// Written down from docs/export-format.md, without the code that reads exports.
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const line = (number: number, namingContext = 0): ExportLineInput => ({
  kind: 'object',
  objectClass: 'user',
  namingContext,
  objectGUID: guid(number),
  distinguishedName: `CN=Zoë ${number}`,
  inScope: true,
});
const domainController = {
  dnsHostName: 'dc1.contoso.example',
  invocationId: guid(0),
  highestCommittedUSN: '1',
  oldestInboundSuccess: null,
};
const input = (changes: Partial<ExportInput> = {}): ExportInput => ({
  source: 'contoso',
  tenantId: guid(1),
  sequence: 7,
  previousManifest: null,
  key: privateKey,
  keyId: 'contoso-1',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 999),
  finishedAt: Date.UTC(2026, 0, 2, 3, 5),
  namingContexts: [
    { distinguishedName: 'DC=a', domain: null, domainController },
    { distinguishedName: 'DC=b', domain: null, domainController },
  ],
  anchorAttribute: null,
  tombstones: 'included',
  lines: [
    line(1),
    line(2, 1),
    {
      kind: 'tombstone',
      objectClass: 'user',
      namingContext: 1,
      objectGUID: guid(3),
      whenChanged: '2026-01-01T00:00:00Z',
      isRecycled: true,
    },
  ],
  linesPerPart: 2,
  ...changes,
});
const signatureHolds = (files: ReadonlyMap<string, Buffer>): boolean =>
  verify(
    null,
    Buffer.concat([Buffer.from('entra-orphans export manifest, version 1\n'), files.get('manifest.json')!]),
    publicKey,
    files.get('manifest.sig')!,
  );
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test('the folder is the start to the second, and the files come in the order of upload', () => {
  const { folder, files } = writeExport(input());
  expect(folder).toBe('20260102T030405Z');
  expect([...files.keys()]).toEqual([
    'part-00000.ndjson.gz',
    'part-00001.ndjson.gz',
    'manifest.sig',
    'manifest.json',
  ]);
});

test('parts hold the lines in order, and the manifest their bytes, hashes and numbers', () => {
  const written = writeExport(input());
  const parts = manifestOf(written).parts;
  const texts = parts.map(({ name }) => gunzipSync(written.files.get(name)!).toString());
  expect(texts).toEqual([
    `${JSON.stringify(line(1))}\n${JSON.stringify(line(2, 1))}\n`,
    expect.stringMatching(/^\{"kind":"tombstone".*\}\n$/),
  ]);
  expect(parts).toEqual(
    parts.map(({ name }, index) => {
      const bytes = written.files.get(name)!;
      return { name, bytes: bytes.length, sha256: sha256(bytes), lines: 2 - index };
    }),
  );
});

test('lines are counted by naming context and class, tombstones by themselves', () => {
  const none = { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 };
  expect(manifestOf(writeExport(input())).namingContexts.map(({ counts }) => counts)).toEqual([
    { ...none, user: 1 },
    { ...none, user: 1, tombstone: 1 },
  ]);
});

test('an export without lines has one empty part', () => {
  const written = writeExport(input({ lines: [] }));
  expect(manifestOf(written).parts).toMatchObject([{ name: 'part-00000.ndjson.gz', lines: 0 }]);
  expect(gunzipSync(written.files.get('part-00000.ndjson.gz')!)).toHaveLength(0);
});

test('a line outside of the naming contexts can not be written', () => {
  expect(() => writeExport(input({ lines: [line(1, 2)] }))).toThrow('no naming context 2');
});

test('the signature and the hash are over the bytes of the manifest, also after it was amended', () => {
  const written = writeExport(input());
  const amended = amendManifest(written, manifest => ({ ...manifest, sequence: 8 }), privateKey);
  const replaced = replacePart(written, 'part-00001.ndjson.gz', Buffer.from('x'), privateKey);
  for (const { files, manifestHash } of [written, amended, replaced]) {
    expect(signatureHolds(files)).toBe(true);
    expect(manifestHash).toBe(sha256(files.get('manifest.json')!));
  }
  expect(manifestOf(amended).sequence).toBe(8);
  expect(manifestOf(replaced).parts[1]).toMatchObject({ bytes: 1, sha256: sha256(Buffer.from('x')) });
});
