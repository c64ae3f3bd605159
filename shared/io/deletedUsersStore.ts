import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { DeletedUsersStore } from '../app/ports';
import { AppError } from '../core/appError';
import { mostRememberedUsers, type DeletedUsersMemory } from '../core/cloudHistory';
import type { CloudId } from '../core/cloudObject';
import { guid } from '../core/exportPrimitives';
import { formatInstant, parseInstant } from '../core/instant';
import { answeredWith, serviceCode, storageError, type StorageResource } from './storageErrors';

/** In the container `evidence`, beside the blobs that are named by their hash. */
export const deletedUsersBlob = 'memory/deleted-users.json';

/** An id and a date take 70 bytes at most. */
const defaultLargestBytes = 80 * mostRememberedUsers;

const id = guid.transform(text => text as CloudId);
const instant = z.iso
  .datetime()
  .transform((text, context) => parseInstant(text) ?? (context.addIssue('not a date'), z.NEVER));

const memorySchema = z.strictObject({
  version: z.literal(1),
  completeSince: instant.nullable(),
  readAt: instant,
  deleted: z.array(id),
  left: z.array(z.tuple([id, instant])),
});

/** The memory of the deleted users: one blob, replaced every night under its ETag. It holds ids and times, no names. */
export function createDeletedUsersStore(
  container: ContainerClient,
  largestBytes = defaultLargestBytes,
): DeletedUsersStore {
  const blob = container.getBlockBlobClient(deletedUsersBlob);
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };
  return {
    async read(signal) {
      try {
        const { etag = '', contentLength = Infinity } = await blob.getProperties({ abortSignal: signal });
        if (contentLength > largestBytes) return { kind: 'lost', etag };
        const bytes = await blob.downloadToBuffer(0, undefined, {
          abortSignal: signal,
          conditions: { ifMatch: etag },
        });
        const memory = parseMemory(bytes);
        return memory ? { kind: 'kept', memory, etag } : { kind: 'lost', etag };
      } catch (error) {
        if (answeredWith(error, 412)) throw changedMeanwhile();
        if (answeredWith(error, 404) && serviceCode(error) !== 'ContainerNotFound') return { kind: 'none' };
        throw storageError(error, resource, signal);
      }
    },

    async write(memory, etag, signal) {
      const text = JSON.stringify(jsonOf(memory));
      try {
        await blob.upload(text, Buffer.byteLength(text), {
          abortSignal: signal,
          conditions: etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag },
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
      } catch (error) {
        if (answeredWith(error, 409, 412) && serviceCode(error) !== 'ContainerBeingDeleted')
          throw changedMeanwhile();
        throw storageError(error, resource, signal);
      }
    },
  };
}

const jsonOf = ({
  completeSince,
  readAt,
  deleted,
  left,
}: DeletedUsersMemory): z.input<typeof memorySchema> => ({
  version: 1,
  completeSince: completeSince === null ? null : formatInstant(completeSince),
  readAt: formatInstant(readAt),
  deleted: [...deleted].sort(),
  left: [...left.keys()].sort().map(one => [one, formatInstant(left.get(one) ?? readAt)]),
});

function parseMemory(bytes: Uint8Array): DeletedUsersMemory | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { completeSince, readAt, deleted, left } = memorySchema.parse(JSON.parse(text));
    return { completeSince, readAt, deleted: new Set(deleted), left: new Map(left) };
  } catch {
    return null;
  }
}

const changedMeanwhile = (): AppError =>
  new AppError(
    'writeConflict',
    `The blob ${deletedUsersBlob} (container evidence) was expected to be what was read, found that somebody wrote there meanwhile. ` +
      'Only one scan runs at a time: find out who else writes; the next scan reads it anew.',
  );
