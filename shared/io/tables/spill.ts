import type { ContainerClient } from '@azure/storage-blob';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';

/** A text that is longer than this (UTF-16 units) goes to a blob instead of its column. */
export const longestInline = 30_000;

/** Where texts go that are too long for a column. Throws `storageUnavailable`. */
export interface Spill {
  /** Writes the blob unless there is one with this name: it is named by its content's hash. */
  create(blob: string, text: string, signal: AbortSignal): Promise<void>;
  replace(blob: string, text: string, signal: AbortSignal): Promise<void>;
  /** null: there is no such blob. */
  read(blob: string, signal: AbortSignal): Promise<string | null>;
}

export function createSpill(container: ContainerClient): Spill {
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };
  const upload = (blob: string, text: string, abortSignal: AbortSignal, conditions = {}): Promise<unknown> =>
    container.getBlockBlobClient(blob).upload(text, Buffer.byteLength(text), {
      abortSignal,
      conditions,
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  return {
    async create(blob, text, signal) {
      try {
        await upload(blob, text, signal, { ifNoneMatch: '*' });
      } catch (error) {
        if (answeredWith(error, 409) && serviceCode(error) === 'BlobAlreadyExists') return;
        throw storageError(error, resource, signal);
      }
    },

    async replace(blob, text, signal) {
      try {
        await upload(blob, text, signal);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async read(blob, signal) {
      try {
        const bytes = await container
          .getBlobClient(blob)
          .downloadToBuffer(0, undefined, { abortSignal: signal });
        return bytes.toString('utf8');
      } catch (error) {
        if (answeredWith(error, 404) && serviceCode(error) !== 'ContainerNotFound') return null;
        throw storageError(error, resource, signal);
      }
    },
  };
}
