import type { TokenCredential } from '@azure/identity';
import type { CloudDirectory } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { CloudId, CloudObjectOf } from '../../core/cloudObject';
import type { ObjectType } from '../../core/objectType';
import { entityOf, parseCloudObject } from './entities';
import { createGraphClient } from './graphClient';
import { createGraphRequests, type GraphRequests, type GraphRequestsOptions } from './graphRequests';
import { readList } from './listReader';
import { pathSegment } from './objectId';
import { refusalError } from './refusal';

export interface CloudDirectoryOptions extends Omit<GraphRequestsOptions, 'client'> {
  /** The https origin of Microsoft Graph: https://graph.microsoft.com, or a national cloud's. */
  readonly endpoint: string;
  /** Gives tokens for `<endpoint>/.default`. */
  readonly credential: TokenCredential;
}

/**
 * Microsoft Entra ID by way of Microsoft Graph v1.0. It keeps nothing between calls, so that lists can be read side by side.
 * Throws an `AppError` with code `configurationInvalid` where the endpoint is not an https origin.
 */
export function createCloudDirectory(options: CloudDirectoryOptions): CloudDirectory {
  const client = createGraphClient(options.endpoint, options.credential);
  const requests = createGraphRequests({ ...options, client });
  return {
    readSynced: (type, openSink, signal) => readList(requests, type, openSink, options.log, signal),
    readById: (type, id, signal) => readObject(requests, type, id, signal),
  };
}

async function readObject<Type extends ObjectType>(
  requests: GraphRequests,
  type: Type,
  id: CloudId,
  signal: AbortSignal,
): Promise<CloudObjectOf<Type> | null> {
  const { path, permission, select } = entityOf(type);
  const answer = await requests.json(
    requests.address(`${path}/${pathSegment(id, type)}?$select=${select.join(',')}`),
    signal,
  );
  if (answer.kind === 'refused') {
    const { status, code } = answer.refusal;
    // Only Graph itself can say that an object is not there: a 404 of a proxy is a failed look-up, not an absence.
    if (status === 404 && code === 'Request_ResourceNotFound') return null;
    throw refusalError(answer.refusal, `GET ${path}/${id}`, permission);
  }
  const object = parseCloudObject(type, answer.value, answer.trace);
  if (object.id === id) return object;
  throw new AppError(
    'graphAnswerInvalid',
    `The ${type} with id ${id} was asked for, another one (${object.id}) was answered. Nothing of it is used. (${answer.trace})`,
  );
}
