import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ContainerClient } from '@azure/storage-blob';
import type { ExportManifest } from '../../../shared/core/exportFormat';
import { formatInstant } from '../../../shared/core/instant';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import { azureBlobSource } from '../../../shared/io/exports/azureBlobSource';
import type { BlobSource } from '../../../shared/io/exports/blobSource';
import { exportStoreOn, type ExpectedSource } from '../../../shared/io/exports/exportStore';
import { publicKeyFromBase64 } from '../../../shared/io/exports/publicKey';
import { sourceNameSchema } from '../../../shared/core/exportFormat';
import { byGuid, type Lines, present } from './exportOracle';

/** An export as the app's own reader has read it to its end, signature and hashes included. */
export interface ReadExport {
  readonly manifest: ExportManifest;
  readonly records: readonly ExportRecord[];
  /** As the oracle writes them: what is false is left out, addresses are sorted. */
  readonly lines: Lines;
}

/** One element of EXPORT_SOURCES, as keygen prints it. */
interface PrintedSource {
  readonly source: string;
  readonly publicKeys: readonly { readonly keyId: string; readonly publicKey: string }[];
}

/** Reads the newest export of an agent with the app's reader, which throws for everything that it refuses. */
export async function readNewestExport(
  from: string | ContainerClient,
  exportSource: unknown,
  tenantId: string,
): Promise<ReadExport> {
  const signal = AbortSignal.timeout(60_000);
  const expected = expectedSource(exportSource as PrintedSource);
  const blobs = typeof from === 'string' ? folderBlobs(from) : azureBlobSource(from);
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const store = exportStoreOn(blobs, { tenantId, sources: [expected], log });
  const opened = await store.openNewest(expected.source, signal);
  const records: ExportRecord[] = [];
  await opened.readRecords(record => records.push(record), signal);
  return { manifest: opened.manifest, records, lines: byGuid(records.map(lineOf)) };
}

const expectedSource = ({ source, publicKeys }: PrintedSource): ExpectedSource => ({
  source: sourceNameSchema.parse(source),
  publicKeys: publicKeys.map(({ keyId, publicKey }) => ({
    keyId,
    publicKey: publicKeyFromBase64(publicKey),
  })),
});

function lineOf({ source: _, domainName: __, ...record }: ExportRecord): object {
  if (record.kind === 'tombstone')
    return present({ ...record, whenChanged: formatInstant(record.whenChanged) });
  return present({
    ...record,
    proxyAddresses: record.proxyAddresses?.toSorted(),
    sIDHistory: record.sIDHistory?.toSorted(),
  });
}

/** What `export --out` wrote. */
function folderBlobs(root: string): BlobSource {
  return {
    async listFolders(prefix) {
      return await readdir(path.join(root, prefix));
    },
    async read(name) {
      try {
        return inOneChunk(await readFile(path.join(root, name)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    },
  };
}

async function* inOneChunk(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

/** Every file below a folder, by its path in it; none where there is no such folder. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter(entry => entry.isFile())
      .map(entry => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
