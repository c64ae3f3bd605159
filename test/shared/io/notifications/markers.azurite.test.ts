import type { ContainerClient } from '@azure/storage-blob';
import { createNotificationMarkers } from '../../../../shared/io/notifications/markers';
import { open, startStorage, type Storage } from '../tables/storage';
import { markersContract } from './markersContract';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage?.stop());

describe('markers in a container', () => {
  markersContract(async () => {
    const container = await storage.container();
    return {
      markers: createNotificationMarkers(container),
      stored: async name => {
        const blob = container.getBlobClient(name);
        if (!(await blob.exists())) return null;
        return JSON.parse((await blob.downloadToBuffer()).toString('utf8')) as unknown;
      },
    };
  });
});

const marker = { version: 1, event: 'hold', night: '2026-11-20' } as const;

test('a container that is missing is an error, and no event counts as announced', async () => {
  const markers = createNotificationMarkers(await storage.container({ missing: true }));
  await expect(markers.create('2026-11-20/hold.json', marker, open)).rejects.toMatchObject({
    code: 'storageUnavailable',
    message: expect.stringContaining('HTTP 404 ContainerNotFound') as string,
  });
});

test('who stops waiting gets the reason of the stop', async () => {
  const markers = createNotificationMarkers(await storage.container());
  const reason = new Error('stop');
  await expect(markers.create('n/hold.json', marker, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('an answer that was lost is no other announcement: what the SDK finds when it asks again is its own', async () => {
  const container = await storage.container();
  const answerLost = {
    containerName: container.containerName,
    getBlockBlobClient(name: string) {
      const blob = container.getBlockBlobClient(name);
      const upload = blob.upload.bind(blob);
      // As the SDK does it, within one call.
      blob.upload = async (...request) => {
        await upload(...request);
        return upload(...request);
      };
      return blob;
    },
  } as ContainerClient;
  expect(await createNotificationMarkers(answerLost).create('n/hold.json', marker, open)).toBe('created');
  expect(await createNotificationMarkers(answerLost).create('n/hold.json', marker, open)).toBe('exists');
  expect(await createNotificationMarkers(container).create('n/hold.json', marker, open)).toBe('exists');
});
