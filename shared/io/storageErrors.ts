import { RestError } from '@azure/data-tables';
import { z } from 'zod';
import { AppError } from '../core/appError';

/** What of the storage account is spoken to, and which role the app's identity needs on it. */
export interface StorageResource {
  /** As a message names it: `table OrphanCandidates`. */
  readonly name: string;
  readonly role:
    | 'Storage Table Data Contributor'
    | 'Storage Table Data Reader'
    | 'Storage Blob Data Contributor'
    | 'Storage Blob Data Reader'
    | 'Storage Queue Data Message Sender';
}

const detailsSchema = z.object({
  errorCode: z.string().optional(),
  odataError: z.object({ code: z.string().optional() }).optional(),
});

/** The code of an answer, such as `TableNotFound`: blobs give it as `code`, tables in their body, answers to HEAD in a header only. */
export function serviceCode(error: RestError): string | undefined {
  const details = detailsSchema.safeParse(error.details).data;
  return error.code ?? details?.odataError?.code ?? details?.errorCode;
}

/** Whether the storage answered with one of these HTTP statuses. */
export function answeredWith(error: unknown, ...statuses: readonly number[]): error is RestError {
  return error instanceof RestError && error.statusCode !== undefined && statuses.includes(error.statusCode);
}

/**
 * What to throw instead of an error of the Azure SDKs: the signal's reason where the caller stopped; `storageUnavailable`, with
 * what to do, where the storage refused, lacks the resource, could not be reached or gave no token. Any other error is a
 * programming error and stays as it is.
 */
export function storageError(error: unknown, resource: StorageResource, signal?: AbortSignal): unknown {
  if (error instanceof AppError) return error;
  if (signal?.aborted) return signal.reason;
  const found = foundIn(error);
  if (found === null) return error;
  const remedy = remedyFor(error, resource);
  return new AppError(
    'storageUnavailable',
    `Expected access to the ${resource.name}, found: ${found}. ${remedy}`,
    {
      cause: error,
    },
  );
}

/** @azure/identity's errors; the package is not imported for their names. */
const tokenErrors: ReadonlySet<string> = new Set([
  'AggregateAuthenticationError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
]);

function foundIn(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof RestError) {
    const code = serviceCode(error);
    if (error.statusCode === undefined) return `no answer (${code ?? firstLine(error.message)})`;
    return code === undefined ? `HTTP ${error.statusCode}` : `HTTP ${error.statusCode} ${code}`;
  }
  return tokenErrors.has(error.name) ? `no token (${firstLine(error.message)})` : null;
}

function remedyFor(error: unknown, { name, role }: StorageResource): string {
  if (answeredWith(error, 401, 403))
    return `Grant the app's identity the role ${role} on the ${name}, and check the storage account's network rules.`;
  if (answeredWith(error, 404))
    return 'The app creates no tables, containers or queues: deploy infra/ to make it.';
  if (error instanceof RestError)
    return 'Check the endpoint setting and the network; the next run tries again.';
  return 'Check that the managed identity named in the settings is assigned to the app.';
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
