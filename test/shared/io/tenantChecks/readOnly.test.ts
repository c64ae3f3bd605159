import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../../../..');

/** Files of this project that `entry` leads to by imports that exist at run time. */
function closureOf(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const imports = readFileSync(path.join(root, entry), 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*?from '(?<from>\.[^']+)'|import\('(?<lazy>\.[^']+)'\)|require\('(?<required>\.[^']+)'\)/gms,
  );
  for (const { groups } of imports) {
    const from = groups?.['from'] ?? groups?.['lazy'] ?? groups?.['required'] ?? '';
    const file = `${path.join(path.dirname(entry), from)}.ts`;
    if (existsSync(path.join(root, file))) closureOf(file, found);
  }
  return found;
}

/** What is sent anywhere: verbs of the Graph SDK, of fetch, and of the storage SDKs. */
const sending =
  /\brequest\s*\.\s*(?:post|put|patch|del|delete|create|update)\w*\(|\bmethod: |\.(?:upload|uploadData|uploadStream|create|createIfNotExists|delete|deleteIfExists|deleteBlob|setMetadata|setHTTPHeaders|appendBlock|stageBlock|commitBlockList|createEntity|updateEntity|upsertEntity|deleteEntity|submitTransaction|sendMessage|acquireLease)\(/g;
const sendingIn = (file: string): string[] =>
  [...readFileSync(path.join(root, file), 'utf8').matchAll(sending)].map(([match]) => `${file}: ${match}`);

describe('what the command leads to', () => {
  const files = [...closureOf('shared/io/cli/verifyTenant.ts')].sort();

  test('is the read-only connection to Graph, and every check', () => {
    expect(files).toContain('shared/io/graph/graphClient.ts');
    expect(files).toContain('shared/io/graph/graphConnection.ts');
    expect(files.filter(file => file.startsWith('shared/io/tenantChecks/checks/'))).toHaveLength(6);
  });

  test('is nothing that writes: no deleter, no table, no snapshot, no lease, no queue, no wiring', () => {
    const allowed =
      /^shared\/(?:core\/|io\/(?:tenantChecks|graph|exports|retrying)\/|io\/configuration\/|io\/(?:storageErrors|storageNames)\.ts|io\/http\/boundedJson\.ts|io\/cli\/(?:verifyTenant|runAsProgram)\.ts)/;
    expect(files.filter(file => !allowed.test(file))).toEqual([]);
    expect(
      files.filter(file => /graphWrite|cloudDeleter|Wiring|wiring|\/tables\/|\/audit\//.test(file)),
    ).toEqual([]);
  });

  test('names no verb but GET', () => {
    // Core has nothing to send by; its tables and sets have a `delete`, too.
    expect(files.filter(file => file.startsWith('shared/io/')).flatMap(sendingIn)).toEqual([]);
  });
});

test('the test sees what it looks for', () => {
  expect(closureOf('shared/io/graph/cloudDeleter.ts')).toContain('shared/io/graph/graphWriteClient.ts');
  expect(sendingIn('shared/io/graph/graphWriteClient.ts')).not.toEqual([]);
  expect(sendingIn('shared/io/snapshots.ts')).not.toEqual([]);
  expect(sendingIn('shared/io/tables/candidateTable.ts')).not.toEqual([]);
});
