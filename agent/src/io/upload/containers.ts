import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';

/**
 * A container's client for the agent: without the client's own retries, since only the agent's know which attempt may have stored a
 * blob, and honour Retry-After. `endpoint` is the account's blob endpoint, https.
 */
export const createAgentContainer = (
  endpoint: string,
  name: string,
  credential: TokenCredential,
): ContainerClient =>
  new ContainerClient(`${endpoint.replace(/\/$/, '')}/${name}`, credential, {
    retryOptions: { maxTries: 1 },
  });
