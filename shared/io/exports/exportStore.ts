import { createHash } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { ExportStore, Log, OpenedExport } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { SourceName } from '../../core/exportFormat';
import {
  exportFolderPattern,
  manifestFileName,
  maxManifestBytes,
  signatureFileName,
} from '../../core/exportFormat';
import { azureBlobSource } from './azureBlobSource';
import type { BlobSource } from './blobSource';
import { readRecords } from './readRecords';
import { advice, exportRefused, type Place } from './refusal';
import { signatureBytes, verifyManifest, type ExportKey } from './verifyManifest';

/** A source that is expected to export, and the keys that may sign for it, and for it alone. */
export interface ExpectedSource {
  readonly source: SourceName;
  readonly publicKeys: readonly ExportKey[];
}

export interface ExportStoreOptions {
  /** A lower-case GUID. */
  readonly tenantId: string;
  readonly sources: readonly ExpectedSource[];
  readonly log: Log;
}

/** The exports in a container of Azure Blob Storage. */
export function createExportStore({
  container,
  ...options
}: ExportStoreOptions & { readonly container: ContainerClient }): ExportStore {
  return exportStoreOn(azureBlobSource(container), options);
}

/** The same, on any source of blobs. */
export function exportStoreOn(
  blobs: BlobSource,
  { tenantId, sources, log }: ExportStoreOptions,
): ExportStore {
  return {
    async openNewest(source, signal) {
      const expected = sources.find(candidate => candidate.source === source);
      if (expected === undefined) {
        throw new AppError(
          'configurationInvalid',
          `The source ${source} has no public keys in the configuration: name it there, with the keys that sign for it.`,
        );
      }
      const folders = (await blobs.listFolders(`${source}/`, signal)).filter(name =>
        exportFolderPattern.test(name),
      );
      for (const folder of folders.toSorted().toReversed()) {
        const manifest = await readSmall(
          blobs,
          { source, folder, file: manifestFileName },
          maxManifestBytes,
          signal,
        );
        if (manifest !== null) return open(manifest, folder, expected, signal);
        log.info(
          `Export ${source}/${folder} has no ${manifestFileName}: its upload is going on, or broke off.`,
        );
      }
      throw new AppError(
        'exportMissing',
        `Expected an export of the source ${source}: a folder ${source}/<yyyyMMddTHHmmssZ>/ with ${manifestFileName}; ` +
          `found ${folders.length} folders, none of them complete. Run the source's agent.`,
      );
    },
  };

  async function open(
    raw: Buffer,
    folder: string,
    { source, publicKeys }: ExpectedSource,
    signal: AbortSignal,
  ): Promise<OpenedExport> {
    const place: Place = { source, folder, file: signatureFileName };
    const signature = await readSmall(blobs, place, signatureBytes, signal);
    if (signature === null) throw exportRefused(place, 'the signature is missing', advice.exportAgain);
    const manifest = verifyManifest(raw, signature, { tenantId, source, folder, publicKeys });
    return {
      source,
      folder,
      manifest,
      manifestHash: createHash('sha256').update(raw).digest('hex'),
      readRecords: (visit, readSignal) => readRecords(blobs, { source, folder, manifest }, visit, readSignal),
    };
  }
}

/** A whole blob of bounded size; null where there is none. */
async function readSmall(
  blobs: BlobSource,
  place: Place,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const chunks = await blobs.read(`${place.source}/${place.folder}/${place.file}`, signal);
  if (chunks === null) return null;
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw exportRefused(place, `expected at most ${maxBytes} bytes, found more`, advice.findWriter);
    read.push(chunk);
  }
  return Buffer.concat(read);
}
