import type { TokenCredential } from '@azure/identity';
import { connectGraph } from './graphConnection';

/** All that reading uses of the Graph SDK. One call is one request: no retry, no redirect, no reading of the body. It can GET only. */
export interface GraphClient {
  /** Where requests go, without a slash at the end: https://graph.microsoft.com. */
  readonly origin: string;
  /**
   * Sends a GET with the token and resolves to the answer, whatever its status. Rejects with what `fetch` rejected with, or with
   * an `AppError`: `graphUnavailable` where the credential gave no token, `graphAnswerInvalid` where `url` is not of the origin.
   */
  get(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

/**
 * Creates the client of the Graph service at `endpoint`, an https origin (national clouds have their own). Throws an `AppError`
 * with code `configurationInvalid` where it is none.
 */
export function createGraphClient(endpoint: string, credential: TokenCredential): GraphClient {
  const connection = connectGraph(endpoint, credential);
  return {
    origin: connection.origin,
    get: (url, headers, signal) =>
      connection.send(url, headers, signal, request => request.get() as Promise<Response>),
  };
}
