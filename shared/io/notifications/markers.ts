import type { ContainerClient } from '@azure/storage-blob';
import type { NotificationMarkers } from '../../app/notify';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';

/** The container `notifications`: `<night>/<event>.json`, created and never replaced. Both parts write there. */
export function createNotificationMarkers(container: ContainerClient): NotificationMarkers {
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };
  return {
    async create(name, marker, signal) {
      const text = JSON.stringify(marker);
      try {
        await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
          abortSignal: signal,
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
        return 'created';
      } catch (error) {
        if (answeredWith(error, 409, 412) && serviceCode(error) !== 'ContainerBeingDeleted') return 'exists';
        throw storageError(error, resource, signal);
      }
    },
  };
}
