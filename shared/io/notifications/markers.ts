import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { NotificationMarkers } from '../../app/notify';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';

/**
 * The container `notifications`: `<night>/<event>.json`, created and never replaced. Both parts write there. Each marker has an id of
 * whoever creates it: where an answer was lost on its way, the SDK asks again, and finds what it wrote itself.
 */
export function createNotificationMarkers(container: ContainerClient): NotificationMarkers {
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };
  return {
    async create(name, marker, signal) {
      const text = JSON.stringify({ ...marker, by: randomUUID() });
      const blob = container.getBlockBlobClient(name);
      try {
        await blob.upload(text, Buffer.byteLength(text), {
          abortSignal: signal,
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
        return 'created';
      } catch (error) {
        if (!answeredWith(error, 409, 412) || serviceCode(error) === 'ContainerBeingDeleted')
          throw storageError(error, resource, signal);
      }
      try {
        const stored = await blob.downloadToBuffer(0, undefined, { abortSignal: signal });
        return stored.toString('utf8') === text ? 'created' : 'exists';
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}
