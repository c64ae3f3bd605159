import { amendManifest, manifestOf, signed, type WrittenExport } from '../../../support/exportWriter';
import { MemoryBlobs } from './memoryBlobs';
import {
  contosoKey,
  contosoNextKey,
  fabrikamKey,
  readAll,
  refusalOf,
  sampleExport,
  sampleLines,
} from './sampleExport';

const reasonOf = async (written: WrittenExport): Promise<string> => {
  const error = await refusalOf(MemoryBlobs.of(written));
  expect(error).toMatchObject({ name: 'AppError', code: 'exportRefused' });
  return error.message;
};

const withSignature = (signature: Buffer): WrittenExport => {
  const written = sampleExport();
  return { ...written, files: new Map(written.files).set('manifest.sig', signature) };
};

test('each of the keys of a source may sign while the key is replaced', async () => {
  const written = sampleExport({ key: contosoNextKey.privateKey, keyId: 'contoso-2' });
  expect(await readAll(MemoryBlobs.of(written))).toHaveLength(sampleLines.length);
});

test("a key signs for its own source only: another source's signature is refused", async () => {
  const reason = await reasonOf(sampleExport({ key: fabrikamKey.privateKey, keyId: 'fabrikam-1' }));
  expect(reason).toMatch(
    /^Export contoso\/20260102T030405Z is refused\. manifest\.sig: expected a signature .*configured: contoso-1, contoso-2/,
  );
});

test('a manifest that names another key than the one that signed it is refused', async () => {
  expect(await reasonOf(sampleExport({ keyId: 'contoso-2' }))).toMatch(
    /keyId: expected contoso-1, whose key verified the signature, found "contoso-2"/,
  );
});

test.each([0, 63, 65])('a signature of %i bytes is refused', async bytes => {
  expect(await reasonOf(withSignature(Buffer.alloc(bytes)))).toMatch(
    /manifest\.sig: expected (at most )?64 bytes, found/,
  );
});

test('the signature is looked at before anything in the manifest', async () => {
  const written = signed(
    sampleExport(),
    sampleExport().files,
    Buffer.from('no JSON'),
    fabrikamKey.privateKey,
  );
  expect(await reasonOf(written)).toMatch(/manifest\.sig: expected a signature/);
});

test.each([
  ['2', 'found 2'],
  ['"1"', 'found "1"'],
  ['null', 'found none'],
])('an unknown version is refused as such, before the shape (%s)', async (version, found) => {
  const written = sampleExport();
  const manifest = Buffer.from(`{"schemaVersion":${version}}`);
  expect(await reasonOf(signed(written, written.files, manifest, contosoKey.privateKey))).toContain(
    `schemaVersion: expected 1, the version that this app reads, ${found}. Update the app`,
  );
});

test.each([
  ['text that is not JSON', Buffer.from('{'), 'expected JSON'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'expected UTF-8'],
  ['JSON that is no manifest', Buffer.from('[]'), 'schemaVersion: expected 1'],
])('a signed manifest of %s is refused', async (_, manifest, message) => {
  const written = sampleExport();
  expect(await reasonOf(signed(written, written.files, manifest, contosoKey.privateKey))).toContain(message);
});

test.each([
  ['complete', false],
  ['sequence', 0],
  ['parts', []],
  ['startedAt', '2026-13-45T00:00:00Z'],
  ['previousManifest', 'abc'],
  ['namingContexts', []],
])('a manifest whose %s is %j is refused with the name of the property', async (property, value) => {
  const written = amendManifest(
    sampleExport(),
    manifest => ({ ...manifest, [property]: value }),
    contosoKey.privateKey,
  );
  expect(await reasonOf(written)).toContain(`manifest.json: ${property}: `);
});

test('a domain without a SID is refused', async () => {
  const written = amendManifest(
    sampleExport(),
    manifest => ({
      ...manifest,
      namingContexts: manifest.namingContexts.map(context => ({
        ...context,
        domain: { dnsName: 'contoso.example' },
      })),
    }),
    contosoKey.privateKey,
  );
  expect(await reasonOf(written)).toContain('namingContexts.0.domain.sid: ');
});

test('of many faults the first few are named and the others counted', async () => {
  const written = amendManifest(sampleExport(), () => ({ schemaVersion: 1 }), contosoKey.privateKey);
  expect(await reasonOf(written)).toMatch(/tenantId: .*; and \d+ more\. /);
});

test('properties that this version does not know are ignored', async () => {
  const written = amendManifest(
    sampleExport(),
    manifest => ({ ...manifest, runHistory: [{ at: 'now' }] }),
    contosoKey.privateKey,
  );
  expect(await readAll(MemoryBlobs.of(written))).toHaveLength(sampleLines.length);
});

test('every rule that a manifest breaks is named at once', async () => {
  const written = amendManifest(
    sampleExport(),
    manifest => ({
      ...manifest,
      source: 'fabrikam',
      tenantId: manifestOf(sampleExport()).namingContexts[0]?.domainController.invocationId,
    }),
    contosoKey.privateKey,
  );
  expect(await reasonOf(written)).toMatch(
    /source: expected contoso, as the folder says, found fabrikam; tenantId: expected the configured tenant 1{8}-/,
  );
});

test('an export copied into the folder of another source is refused', async () => {
  const written = sampleExport({ source: 'fabrikam', key: fabrikamKey.privateKey, keyId: 'fabrikam-1' });
  expect(await reasonOf({ ...written, source: 'contoso' })).toContain('manifest.sig: expected a signature');
});

test('an export copied into another folder of its source is refused', async () => {
  expect(await reasonOf({ ...sampleExport(), folder: '20270101T000000Z' })).toContain(
    'startedAt: expected the time that names the folder, found 2026-01-02T03:04:05.678Z',
  );
});
