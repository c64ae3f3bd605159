import type { TokenCredential } from '@azure/identity';
import type { CloudDeleter, DeleteRequest, WriteRequest, Written } from '../../app/deletionPorts';
import { signInChange, type BlockOutcome, type SignInChange } from '../../core/cloudWrites/blockOutcome';
import {
  contactUnsupported,
  deletionOutcome,
  type DeletionOutcome,
} from '../../core/cloudWrites/deletionOutcome';
import { restoreOutcome } from '../../core/cloudWrites/restoreOutcome';
import { entityOf } from './entities';
import { createGraphWriteClient, type GraphWrite } from './graphWriteClient';
import { createGraphWrites, type GraphWrites, type GraphWritesOptions } from './graphWrites';
import { pathSegment } from './objectId';

export interface CloudDeleterOptions extends Omit<GraphWritesOptions, 'client'> {
  /** The https origin of Microsoft Graph: https://graph.microsoft.com, or a national cloud's. */
  readonly endpoint: string;
  /** Gives tokens of the deleter identity for `<endpoint>/.default`. */
  readonly credential: TokenCredential;
  /**
   * Tries `DELETE /beta/contacts/{id}`, which people report to work with an administrator's token (docs/assumptions.md, G20). Off:
   * a contact is `manual`, and nothing is sent.
   */
  readonly contactsThroughBeta: boolean;
}

/**
 * Deletes, restores and blocks by way of Microsoft Graph. Throws an `AppError` with code `configurationInvalid` where the endpoint
 * is not an https origin.
 */
export function createCloudDeleter(options: CloudDeleterOptions): CloudDeleter {
  const client = createGraphWriteClient(options.endpoint, options.credential);
  const writes = createGraphWrites({ ...options, client });
  return {
    async delete(request, signal) {
      const write = deletionOf(request, options.contactsThroughBeta);
      return write === null
        ? { outcome: contactUnsupported, attempts: 0, trace: null }
        : deleteObject(writes, write, request, signal);
    },
    async restore(request, signal) {
      const id = pathSegment(request.id, 'deleted item');
      return writes.send(
        {
          write: { method: 'POST', path: `/v1.0/directory/deletedItems/${id}/restore` },
          deadline: request.deadline,
          decide: restoreOutcome,
        },
        signal,
      );
    },
    async block(request, signal) {
      const blocked = await setEnabled(writes, request, false, signal);
      if (blocked.outcome.kind !== 'done') return { ...blocked, outcome: blocked.outcome };
      const revoked = await revokeSessions(writes, request, signal);
      const outcome: BlockOutcome = { kind: 'blocked', sessions: revoked.outcome };
      return {
        outcome,
        attempts: blocked.attempts + revoked.attempts,
        trace: revoked.trace ?? blocked.trace,
      };
    },
    async release(request, signal) {
      const released = await setEnabled(writes, request, request.accountEnabled, signal);
      const { outcome } = released;
      return { ...released, outcome: outcome.kind === 'done' ? { kind: 'released' } : outcome };
    },
  };
}

function deletionOf({ type, id }: DeleteRequest, contactsThroughBeta: boolean): GraphWrite | null {
  const segment = pathSegment(id, type);
  if (type !== 'contact') return { method: 'DELETE', path: `${entityOf(type).path}/${segment}` };
  return contactsThroughBeta ? { method: 'DELETE', path: `/beta/contacts/${segment}` } : null;
}

const deleteObject = (
  writes: GraphWrites,
  write: GraphWrite,
  { type, deadline, privileged }: DeleteRequest,
  signal: AbortSignal,
): Promise<Written<DeletionOutcome>> =>
  writes.send(
    {
      write,
      deadline,
      decide: (attempt, mayHaveArrived) => deletionOutcome(attempt, { type, mayHaveArrived, privileged }),
    },
    signal,
  );

interface SignInRequest extends WriteRequest {
  readonly privileged: boolean | 'unknown';
}

const setEnabled = (
  writes: GraphWrites,
  request: SignInRequest,
  accountEnabled: boolean,
  signal: AbortSignal,
): Promise<Written<SignInChange>> =>
  changeSignIn(
    writes,
    request,
    { method: 'PATCH', path: `/v1.0/users/${pathSegment(request.id, 'user')}`, body: { accountEnabled } },
    [204],
    signal,
  );

const revokeSessions = (
  writes: GraphWrites,
  request: SignInRequest,
  signal: AbortSignal,
): Promise<Written<SignInChange>> =>
  changeSignIn(
    writes,
    request,
    { method: 'POST', path: `/v1.0/users/${pathSegment(request.id, 'user')}/revokeSignInSessions` },
    // The reference says "2xx"; its example shows 200, others saw 204.
    [200, 204],
    signal,
  );

const changeSignIn = (
  writes: GraphWrites,
  { deadline, privileged }: SignInRequest,
  write: GraphWrite,
  success: readonly number[],
  signal: AbortSignal,
): Promise<Written<SignInChange>> =>
  writes.send(
    {
      write,
      deadline,
      decide: (attempt, mayHaveArrived) => signInChange(attempt, { success, mayHaveArrived, privileged }),
    },
    signal,
  );
