import type { TokenCredential } from '@azure/identity';
import { connectGraph } from './graphConnection';

/** A write, in the three forms that the app uses. */
export type GraphWrite =
  | { readonly method: 'DELETE'; readonly path: string }
  | { readonly method: 'POST'; readonly path: string }
  | { readonly method: 'PATCH'; readonly path: string; readonly body: object };

/**
 * All that writing uses of the Graph SDK; nothing that the scan imports leads here (a test says so). One call is one request: no
 * retry, no redirect, no reading of the body.
 */
export interface GraphWriteClient {
  /** Sends the write with the token and resolves to the answer, whatever its status. Rejects as `GraphClient.get` does. */
  send(write: GraphWrite, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
}

/** As `createGraphClient`; the credential is the deleter identity's. */
export function createGraphWriteClient(endpoint: string, credential: TokenCredential): GraphWriteClient {
  const connection = connectGraph(endpoint, credential);
  return {
    send: (write, headers, signal) =>
      connection.send(`${connection.origin}${write.path}`, headers, signal, request => {
        switch (write.method) {
          case 'DELETE':
            return request.delete() as Promise<Response>;
          case 'POST':
            return request.post(undefined) as Promise<Response>;
          case 'PATCH':
            return request.patch(write.body) as Promise<Response>;
        }
      }),
  };
}
