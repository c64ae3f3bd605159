import { createHash, createPublicKey } from 'node:crypto';
import type { SigningKey } from '../../../agent/src/io/keys/signingKey';
import { manifestFileName, manifestSchema, type SourceName } from '../../../shared/core/exportFormat';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import type { OpenedExport } from '../../../shared/app/ports';
import type { BlobSource } from '../../../shared/io/exports/blobSource';
import { exportStoreOn } from '../../../shared/io/exports/exportStore';
import { tenantId } from './sampleFindings';

const never = new AbortController().signal;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** An export as the app has read it to its end. */
export interface ReadExport extends OpenedExport {
  readonly records: readonly ExportRecord[];
}

/** Reads the newest export with the app's own reader, which refuses whatever is not right. */
export async function readNewest(
  blobs: BlobSource,
  source: SourceName,
  ...keys: readonly SigningKey[]
): Promise<ReadExport> {
  const publicKeys = keys.map(({ keyId, privateKey }) => ({ keyId, publicKey: createPublicKey(privateKey) }));
  const store = exportStoreOn(blobs, { tenantId, sources: [{ source, publicKeys }], log: silent });
  const opened = await store.openNewest(source, never);
  const records: ExportRecord[] = [];
  await opened.readRecords(record => records.push(record), never);
  return { ...opened, records };
}

/**
 * Reads every export that has a manifest, the oldest first, and holds them against each other: each is complete, numbers grow by one,
 * and each names the hash of the one before.
 */
export async function readChain(
  files: ReadonlyMap<string, Buffer>,
  source: SourceName,
  key: SigningKey,
): Promise<readonly ReadExport[]> {
  const manifests = [...files.keys()].filter(name => name.endsWith(`/${manifestFileName}`)).toSorted();
  const chain: ReadExport[] = [];
  for (const name of manifests) {
    const folder = name.split('/')[1]!;
    const only: BlobSource = {
      listFolders: async () => [folder],
      read: async file => {
        const content = files.get(file);
        return content === undefined ? null : inOneChunk(content);
      },
    };
    chain.push(await readNewest(only, source, key));
  }
  for (const [index, { manifest }] of chain.entries()) {
    const before = manifests[index - 1];
    expect(manifest.sequence).toBe(index + 1);
    expect(manifest.previousManifest).toBe(
      before === undefined ? null : createHash('sha256').update(files.get(before)!).digest('hex'),
    );
  }
  return chain;
}

async function* inOneChunk(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

/** Whether everything that the manifest names is stored already. */
export function isWhole(files: ReadonlyMap<string, Buffer>, prefix: string, manifest: Buffer): boolean {
  const { parts } = manifestSchema.parse(JSON.parse(manifest.toString()));
  return [...parts.map(part => part.name), 'manifest.sig'].every(name => files.has(`${prefix}/${name}`));
}
