import type { BlobClient, ContainerClient } from '@azure/storage-blob';
import { RestError } from '@azure/storage-blob';
import { AppError } from '../../core/appError';
import type { BlobSource } from './blobSource';

/** Downloads that break off, or deliver nothing for this long, are resumed where they stopped. */
const defaultStallMilliseconds = 60_000;
const maxResumptions = 3;

/**
 * The container of the exports in Azure Blob Storage. Failed requests are retried by the SDK's policy. A body that breaks off is
 * not (azure-sdk-for-js issue 32268: it surfaces as an AbortError), so it is resumed here, bound to the ETag of the first answer.
 */
export function azureBlobSource(
  container: ContainerClient,
  stallMilliseconds: number = defaultStallMilliseconds,
): BlobSource {
  return {
    async listFolders(prefix, signal) {
      try {
        const folders: string[] = [];
        for await (const item of container.listBlobsByHierarchy('/', { prefix, abortSignal: signal })) {
          if (item.kind === 'prefix') folders.push(item.name.slice(prefix.length, -1));
        }
        return folders;
      } catch (error) {
        throw storageUnavailable(error, container.containerName, prefix, signal);
      }
    },

    async read(name, signal) {
      const blob = container.getBlobClient(name);
      try {
        const first = await openDownload(blob, 0, undefined, signal);
        return resumed(blob, first, stallMilliseconds, signal);
      } catch (error) {
        if (isBlobNotFound(error)) return null;
        throw storageUnavailable(error, container.containerName, name, signal);
      }
    },
  };
}

interface Download {
  readonly stream: NodeJS.ReadableStream & { destroy(error?: Error): void };
  readonly etag: string | undefined;
}

async function openDownload(
  blob: BlobClient,
  offset: number,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<Download> {
  const answer = await blob.download(offset, undefined, {
    abortSignal: signal,
    ...(etag === undefined ? {} : { conditions: { ifMatch: etag } }),
  });
  return { stream: answer.readableStreamBody as Download['stream'], etag: answer.etag };
}

async function* resumed(
  blob: BlobClient,
  first: Download,
  stallMilliseconds: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let resumptions = 0;
  let download = first;
  for (;;) {
    try {
      for await (const chunk of unstalled(download.stream, stallMilliseconds)) {
        offset += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (signal.aborted || resumptions === maxResumptions)
        throw storageUnavailable(error, blob.containerName, blob.name, signal);
    }
    resumptions += 1;
    try {
      download = await openDownload(blob, offset, first.etag, signal);
    } catch (error) {
      throw storageUnavailable(error, blob.containerName, blob.name, signal);
    }
  }
}

/** Fails the stream when its next chunk takes too long; the time that the consumer takes does not count. */
async function* unstalled(stream: Download['stream'], milliseconds: number): AsyncGenerator<Buffer> {
  const arm = (): NodeJS.Timeout =>
    setTimeout(() => stream.destroy(new Error(`no data came for ${milliseconds} ms`)), milliseconds);
  let timer = arm();
  try {
    for await (const chunk of stream) {
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = arm();
    }
  } finally {
    clearTimeout(timer);
  }
}

const isBlobNotFound = (error: unknown): boolean =>
  error instanceof RestError && error.statusCode === 404 && error.code !== 'ContainerNotFound';

/** The signal's reason where the caller stopped; else what keeps the app from the container, and what to do. */
function storageUnavailable(error: unknown, container: string, name: string, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const status = error instanceof RestError ? error.statusCode : undefined;
  const found = [status, error instanceof RestError ? error.code : undefined, messageOf(error)]
    .filter(part => part !== undefined)
    .join(' ');
  return new AppError(
    'storageUnavailable',
    `Expected to read ${name} in the blob container ${container}, found: ${found}. ${remedy(status, container)}`,
    { cause: error },
  );
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? firstLine(error.message) : String(error);
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

function remedy(status: number | undefined, container: string): string {
  if (status === 403)
    return `Grant the app's identity the role Storage Blob Data Reader on the container ${container}.`;
  if (status === 404) return `Create the container ${container}, or correct the setting that names it.`;
  return 'Check that the storage account can be reached from the app; the next run tries again.';
}
