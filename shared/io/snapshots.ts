import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { DeletionCall, DeletionRecords } from '../app/review/deletionUseCasePorts';
import { AppError } from '../core/appError';
import { canonicalJson, type Json } from '../core/canonicalJson';
import type { CloudId } from '../core/cloudObject';
import { guid } from '../core/exportPrimitives';
import type { Instant } from '../core/instant';
import type { Guid } from '../core/keys/guid';
import { objectTypes } from '../core/objectType';
import { createSpill } from './tables/spill';

/** An id is made by the app, of these characters: nothing of it leads elsewhere. */
const idPattern = /^[A-Za-z0-9._-]{1,200}$/;
const nameOf = (folder: string, id: string): string => {
  if (idPattern.test(id) && !id.includes('..')) return `${folder}/${id}.json`;
  throw new RangeError(`an id of the app's own was expected, found ${id.length} characters`);
};

const reference = z.strictObject({
  type: z.enum(objectTypes),
  id: guid.transform(id => id as CloudId),
});

const callSchema = z.strictObject({
  version: z.literal(1),
  callId: guid.transform(id => id as Guid),
  by: z.string().min(1),
  at: z.int().transform(at => at as Instant),
  scope: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('named'), ids: z.array(reference) }),
    z.strictObject({
      kind: z.literal('allApproved'),
      upTo: z.int().min(0),
      type: z.enum(objectTypes).nullable(),
    }),
  ]),
  items: z.array(reference),
});

/**
 * The container `snapshots`: `deleted/<operation>.json`, an object as it was before the attempt to delete it;
 * `quarantined/<operation>.json`, what sign-in was before; `calls/<call id>.json`, which objects a call was about. Blobs are created and never replaced. They hold personal data.
 */
export function createDeletionRecords(container: ContainerClient): DeletionRecords {
  const blobs = createSpill(container);

  const readCall: DeletionRecords['readCall'] = async (callId, signal) => {
    const text = await blobs.read(nameOf('calls', callId), signal);
    return text === null ? null : parseCall(text, callId);
  };

  return {
    keepSnapshot: (operationId, snapshot, signal) =>
      blobs.create(nameOf('deleted', operationId), canonicalJson(snapshot), signal),
    hasSnapshot: async (operationId, signal) =>
      (await blobs.read(nameOf('deleted', operationId), signal)) !== null,
    keepSignIn: (operationId, { accountEnabled }, signal) =>
      blobs.create(nameOf('quarantined', operationId), canonicalJson({ version: 1, accountEnabled }), signal),
    async readSignIn(operationId, signal) {
      const text = await blobs.read(nameOf('quarantined', operationId), signal);
      if (text === null) return null;
      const parsed = signInSchema.safeParse(jsonOrNull(text));
      if (parsed.success) return { accountEnabled: parsed.data.accountEnabled };
      throw notOurs(`what sign-in was before the operation ${operationId}`);
    },
    readCall,
    async beginCall(call, signal) {
      await blobs.create(nameOf('calls', call.callId), canonicalJson(jsonOf(call)), signal);
      // Where there was one, it is the one that counts.
      return (await readCall(call.callId, signal)) ?? call;
    },
  };
}

const jsonOf = ({ callId, by, at, scope, items }: DeletionCall): Json => ({
  version: 1,
  callId,
  by,
  at,
  scope:
    scope.kind === 'named'
      ? { kind: scope.kind, ids: scope.ids.map(({ type, id }) => ({ type, id })) }
      : { kind: scope.kind, upTo: scope.upTo, type: scope.type },
  items: items.map(({ type, id }) => ({ type, id })),
});

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const signInSchema = z.strictObject({ version: z.literal(1), accountEnabled: z.boolean().nullable() });

function parseCall(text: string, callId: Guid): DeletionCall {
  const parsed = callSchema.safeParse(jsonOrNull(text));
  if (parsed.success && parsed.data.callId === callId) {
    const { version: _, ...call } = parsed.data;
    return call;
  }
  throw notOurs(`the call ${callId}`);
}

const notOurs = (what: string): AppError =>
  new AppError(
    'rowInvalid',
    `The record of ${what} (container snapshots) was expected as the app writes it; found something else. ` +
      'Nothing is done because of it: look who wrote there; for a call, send a new callId.',
  );
