import { generateKeyPairSync, verify } from 'node:crypto';
import type { ExportFindings } from '../../../../agent/src/app/exportPorts';
import { sealManifest, type ManifestFrame } from '../../../../agent/src/io/manifest/sealManifest';
import { manifestSchema, signedBytes, sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { sampleFindings, sampleLine } from '../../../support/agent/sampleFindings';
import { testKey } from '../../../support/agent/testKey';

const key = testKey();
const lines = [sampleLine(1), sampleLine(2), sampleLine(9)];
const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678) as Instant;
const finishedAt = (startedAt + 60_000) as Instant;
const frame: ManifestFrame = {
  source: sourceNameSchema.parse('contoso'),
  sequence: 7,
  previousManifest: 'a'.repeat(64),
  agentVersion: '0.1.0',
  startedAt,
  parts: [{ name: 'part-00000.ndjson.gz', bytes: 99, sha256: 'b'.repeat(64), lines: 3 }],
};
const requestId = '00000000-0000-4000-8000-000000000001';

test('everything that was found is in the signed manifest', () => {
  const findings = sampleFindings(lines, finishedAt, {
    synchronisationRuns: [{ startedAt, finishedAt, succeeded: true, exportedDeletes: null }],
    answeredRequests: [{ id: requestId, kind: 'export', outcome: 'exported', answeredAt: finishedAt }],
  });
  const { bytes, signature, manifest } = sealManifest(frame, findings, key);
  expect(manifest).toEqual({
    ...findings,
    ...frame,
    schemaVersion: 1,
    keyId: key.keyId,
    complete: true,
  });
  expect(manifestSchema.parse(JSON.parse(bytes.toString()))).toEqual(manifest);
  expect(signature).toHaveLength(64);
  expect(verify(null, signedBytes(bytes), key.privateKey, signature)).toBe(true);
  // Over the context and these bytes, and nothing else.
  expect(verify(null, bytes, key.privateKey, signature)).toBe(false);
});

const findings = sampleFindings(lines, finishedAt);
const [context] = findings.namingContexts;
test.each<[string, Partial<ManifestFrame>, Partial<ExportFindings>, RegExp]>([
  ['counts that are not those of the parts', { parts: [{ ...frame.parts[0]!, lines: 4 }] }, {}, /lines/],
  ['an end before the start', {}, { finishedAt: (startedAt - 1) as Instant }, /finishedAt/],
  [
    'a naming context that comes twice',
    {},
    { namingContexts: [context!, context!] },
    /dc=contoso,dc=example is listed twice/,
  ],
  ['no naming context', {}, { namingContexts: [] }, /namingContexts/],
  ['a number that is none', { sequence: 0 }, {}, /sequence/],
  ['a manifest that is too long', {}, { anchorAttribute: 'x'.repeat(4 * 1024 * 1024) }, /at most/],
])('what the app would refuse is never signed for it: %s', (_, frameChanges, changes, message) => {
  expect(() => sealManifest({ ...frame, ...frameChanges }, { ...findings, ...changes }, key)).toThrow(
    expect.objectContaining({ code: 'exportIncomplete', message: expect.stringMatching(message) }),
  );
});

test('a key that can not sign is a fault of the program', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  expect(() => sealManifest(frame, findings, { keyId: '1', privateKey: publicKey })).toThrow(
    'Invalid key object type',
  );
});
