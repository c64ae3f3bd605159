import type { BlobClient, ContainerClient } from '@azure/storage-blob';
import { AppError } from '../../core/appError';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';
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
        throw storageError(error, exportContainer(container), signal);
      }
    },

    async read(name, signal) {
      const blob = container.getBlobClient(name);
      try {
        const first = await openDownload(blob, 0, undefined, signal);
        return resumed(blob, first, stallMilliseconds, signal);
      } catch (error) {
        if (isBlobNotFound(error)) return null;
        throw storageError(error, exportContainer(container), signal);
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
  const stream = answer.readableStreamBody as Download['stream'];
  // A failure before the first byte is asked for has no listener yet, which would end the process; the iteration reports it.
  stream.on('error', () => {});
  return { stream, etag: answer.etag };
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
      signal.throwIfAborted();
      if (resumptions === maxResumptions) throw brokenBody(blob, error);
    }
    resumptions += 1;
    try {
      download = await openDownload(blob, offset, first.etag, signal);
    } catch (error) {
      throw storageError(error, exportContainer(blob), signal);
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
  answeredWith(error, 404) && serviceCode(error) !== 'ContainerNotFound';

const exportContainer = ({ containerName }: { readonly containerName: string }): StorageResource => ({
  name: `container ${containerName}`,
  role: 'Storage Blob Data Reader',
});

const brokenBody = (blob: BlobClient, cause: unknown): AppError =>
  new AppError(
    'storageUnavailable',
    `Expected all of ${blob.name} from the container ${blob.containerName}, found a body that broke off ` +
      `${maxResumptions + 1} times, at last with: ${String(cause)}. ` +
      'Check the network; the next run tries again.',
    { cause },
  );
