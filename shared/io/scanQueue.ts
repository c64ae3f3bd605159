import type { QueueClient } from '@azure/storage-queue';
import { scanRequestText } from '../core/scanRequest';
import type { ScanQueue } from '../app/review/requestScan';
import { storageError, type StorageResource } from './storageErrors';

/** How long a message waits to be taken: a run that nobody took in a day is not wanted any more (seconds). */
const messageTimeToLive = 24 * 60 * 60;

/** The queue `scan-requests`. In base64, which is what the Functions host expects (host.json, `messageEncoding`). */
export function createScanQueue(queue: QueueClient): ScanQueue {
  const resource: StorageResource = {
    name: `queue ${queue.name}`,
    role: 'Storage Queue Data Message Sender',
  };
  return {
    async send(runId, signal) {
      const text = Buffer.from(scanRequestText(runId)).toString('base64');
      try {
        await queue.sendMessage(text, { messageTimeToLive, abortSignal: signal });
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}
