import type { ContainerClient } from '@azure/storage-blob';
import { maxRequestBytes, requestBlobName, requestSchema, type ExportRequest } from '../core/exportRequest';
import { formatInstant } from '../core/instant';
import type { RequestBlobs } from '../app/review/requestExport';
import { answeredWith, serviceCode, storageError, type StorageResource } from './storageErrors';

/** The container `requests`: one blob for each source and kind, which this app alone writes. */
export function createRequestBlobs(container: ContainerClient): RequestBlobs {
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };

  const blobs: RequestBlobs = {
    async read(source, kind, signal) {
      const blob = container.getBlockBlobClient(requestBlobName(source, kind));
      try {
        const { etag, contentLength } = await blob.getProperties({ abortSignal: signal });
        if (etag === undefined || contentLength === undefined || contentLength > maxRequestBytes)
          return { etag: etag ?? '', request: null };
        const bytes = await blob.downloadToBuffer(0, undefined, {
          abortSignal: signal,
          conditions: { ifMatch: etag },
        });
        const request = parseRequest(bytes);
        return { etag, request: request?.kind === kind ? request : null };
      } catch (error) {
        // Replaced since its ETag was read: there are few of them, minutes apart.
        if (answeredWith(error, 412)) return await blobs.read(source, kind, signal);
        if (answeredWith(error, 404) && serviceCode(error) !== 'ContainerNotFound') return null;
        throw storageError(error, resource, signal);
      }
    },

    async write(source, request, etag, signal) {
      const blob = container.getBlockBlobClient(requestBlobName(source, request.kind));
      const { requestedAt } = request;
      const text = JSON.stringify({ ...request, requestedAt: formatInstant(requestedAt) });
      try {
        await blob.upload(text, Buffer.byteLength(text), {
          abortSignal: signal,
          conditions: etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag },
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
        return 'written';
      } catch (error) {
        if (answeredWith(error, 409, 412) && serviceCode(error) !== 'ContainerBeingDeleted')
          return 'conflict';
        throw storageError(error, resource, signal);
      }
    },
  };
  return blobs;
}

function parseRequest(bytes: Uint8Array): ExportRequest | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return requestSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
