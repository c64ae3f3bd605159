import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { notify, type Notify } from '../app/notify';
import type { Log } from '../app/ports';
import type { Configuration } from './configuration/configuration';
import { createNotificationMarkers } from './notifications/markers';
import { createNotificationWebhook } from './notifications/webhook';
import { containerNames } from './storageNames';
import { systemClock } from './wiring';

/** How both parts announce what happened: by the reader identity of the part, to the address of the settings. */
export function buildNotify(
  { blobEndpoint, readerClientId, tenantId, notification }: Configuration,
  log: Log,
): Notify {
  const { webhookUrl: url, format } = notification;
  const credential = new ManagedIdentityCredential({ clientId: readerClientId });
  const container = new BlobServiceClient(blobEndpoint, credential).getContainerClient(
    containerNames.notifications,
  );
  const ports = {
    markers: createNotificationMarkers(container),
    webhook: url === null ? null : createNotificationWebhook({ url, clock: systemClock }),
    log,
  };
  return (event, signal) => notify(ports, { format, tenantId }, event, signal);
}
