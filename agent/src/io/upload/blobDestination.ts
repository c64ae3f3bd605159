import { createHash } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { ExportDestination, OutgoingFile } from '../../app/exportPorts';
import { AgentError } from '../../core/agentError';
import {
  answerOf,
  defaultPatience,
  firstLine,
  isPassingStatus,
  isTokenError,
  OutOfPatience,
  withAttempts,
  type Failure,
  type Patience,
} from './attempts';
import { NameTakenError } from './nameTaken';

/** What the agent's identity needs on the container `exports`; no role that is built in has so little. */
const uploadPermission = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action';

/** Answers to a Put Blob with `If-None-Match: *` whose name is taken; the last one in a container that is immutable. */
const takenCodes: ReadonlySet<string> = new Set([
  'BlobAlreadyExists',
  'BlobImmutableDueToPolicy',
  'ConditionNotMet',
]);
/** What arrived is not what was sent: the service has refused it, and stored nothing. */
const brokenTransferCodes: ReadonlySet<string> = new Set(['Md5Mismatch']);
const contentTypes: Readonly<Record<string, string>> = { gz: 'application/gzip', json: 'application/json' };

/**
 * The container of the exports in Azure Blob Storage. One Put Blob a file (a blob is there as a whole, or not at all), never over
 * another (`If-None-Match: *`), with the content's MD5, so that a broken transfer is refused. Nothing is listed, read or deleted.
 * The client's own retries are to be off (`maxTries: 1`): only this loop knows which attempt may have stored the blob.
 */
export function blobDestination(
  container: ContainerClient,
  patience: Patience = defaultPatience,
): ExportDestination {
  return {
    name: container.url,
    async put(file, signal) {
      const blob = container.getBlockBlobClient(`${file.source}/${file.folder}/${file.name}`);
      const { content } = file;
      const md5 = createHash('md5').update(content).digest();
      // Attempts that may have stored it: also those that were left alone, and are still under way.
      const doubtful = new Set<symbol>();
      try {
        return await withAttempts(
          async attemptSignal => {
            const mayBeStored = file.attempted || doubtful.size > 0;
            const attempt = Symbol('attempt');
            doubtful.add(attempt);
            try {
              await blob.upload(content, content.length, {
                abortSignal: attemptSignal,
                conditions: { ifNoneMatch: '*' },
                transactionalContentMD5: md5,
                blobHTTPHeaders: {
                  blobContentType:
                    contentTypes[file.name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
                },
              });
              return 'stored';
            } catch (error) {
              // An earlier attempt did store it, and its answer was lost on the way.
              if (isTaken(error) && mayBeStored) return 'alreadyThere';
              if (!mayHaveArrived(error)) doubtful.delete(attempt);
              throw error;
            }
          },
          error => judge(error, container, file),
          content.length,
          patience,
          signal,
        );
      } catch (error) {
        if (!(error instanceof OutOfPatience)) throw error;
        throw new AgentError(
          'uploadUnavailable',
          `Expected to store ${blob.name} in ${container.url}, found: ${error.message}. ` +
            'Check network, proxy and endpoint; the export waits in the outbox, and the next run goes on with it.',
          { cause: error.cause },
        );
      }
    },
  };
}

const isTaken = (error: unknown): boolean => {
  const answer = answerOf(error);
  return answer !== null && [409, 412].includes(answer.status) && takenCodes.has(answer.code);
};

/** Whether a failed attempt can have stored the blob: not without a token, nor without a connection. */
const mayHaveArrived = (error: unknown): boolean =>
  !isTokenError(error) &&
  !['ENOTFOUND', 'ECONNREFUSED'].includes((error as { readonly code?: string }).code ?? '');

function judge(error: unknown, { url, containerName }: ContainerClient, file: OutgoingFile): Failure {
  if (isTaken(error)) return { kind: 'final', error: new NameTakenError(url, file, error) };
  if (isTokenError(error)) return judgeToken(error);
  const answer = answerOf(error);
  // Cut connections, names that do not resolve, TLS: whatever has no answer may be better the next time.
  if (answer === null)
    return isNetworkError(error) ? passing(networkReason(error)) : { kind: 'final', error };
  const { status, code } = answer;
  const found = code.startsWith('HTTP') ? code : `HTTP ${status} ${code}`;
  if (isPassingStatus(status) || brokenTransferCodes.has(code)) return passing(found);
  return {
    kind: 'final',
    error: new AgentError(
      'uploadRefused',
      `Expected to store blobs in ${url}, found ${found}. ${adviceFor(status, code, containerName)}`,
      {
        cause: error,
      },
    ),
  };
}

const passing = (reason: string): Failure => ({ kind: 'passing', reason });

function adviceFor(status: number, code: string, containerName: string): string {
  if (code === 'ContainerNotFound')
    return `There is no container ${containerName}: deploy infra/, or correct the endpoint in the configuration.`;
  if (status === 404) return 'Correct the endpoint in the configuration.';
  if (code === 'AuthenticationFailed' || status === 401)
    return "Compare tenant and endpoint in the configuration, and this machine's clock.";
  if (code === 'AuthorizationFailure')
    return "The storage account's network rules refuse this machine: let its address in, or use the private endpoint.";
  if (status === 403)
    return `Give the agent's identity a role with the data action ${uploadPermission} on the container ${containerName}; new roles take some minutes to work.`;
  return 'Look up the code in the documentation of Put Blob.';
}

/** A wrong certificate stays wrong; an endpoint that was not reached may be reached later. */
function judgeToken(error: Error): Failure {
  const { statusCode } = error as { readonly statusCode?: number };
  const reason = `no token: ${firstLine(error.message)}`;
  const refused =
    /AADSTS\d+|invalid_client|unauthorized_client/.test(error.message) ||
    (statusCode !== undefined && statusCode < 429 && statusCode >= 400);
  if (!refused) return passing(reason);
  return {
    kind: 'final',
    error: new AgentError(
      'uploadRefused',
      `Expected a token for the storage account, found ${reason}. Compare tenant, client id and certificate with the app registration.`,
      { cause: error },
    ),
  };
}

const isNetworkError = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'RestError' || error.name === 'AbortError' || 'code' in error);

const networkReason = (error: unknown): string => {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  return `no answer (${code ?? firstLine(message)})`;
};
