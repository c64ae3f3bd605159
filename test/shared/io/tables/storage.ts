import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import { randomUUID } from 'node:crypto';
import type { Log } from '../../../../shared/app/ports';
import { startAzurite } from '../../../support/azurite';
import { createCertificateAuthority } from '../../../support/tls';
import { createTokenIssuer } from '../../../support/tokenIssuer';
import { trustAuthority } from '../../../support/trust';

/** Azurite over TLS with bearer tokens, and clients that speak to it as the app does. */
export interface Storage {
  readonly tableEndpoint: string;
  /** PEM of the authority that the endpoints' certificate is from. */
  readonly authority: string;
  /** A client of a table; it is created unless `missing`. */
  table(options?: TableServiceClientOptions & { name?: string; missing?: boolean }): Promise<TableClient>;
  container(options?: { missing?: boolean }): Promise<ContainerClient>;
  /** A client of a queue that is not created. */
  queue(): QueueClient;
  stop(): Promise<void>;
}

export async function startStorage(): Promise<Storage> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId: randomUUID() });
  const azurite = await startAzurite({ certificate: await authority.issue() });
  const token = await issuer.sign({
    audience: 'https://storage.azure.com',
    appId: randomUUID(),
    objectId: randomUUID(),
  });
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  // No retries: a test that takes something away shall not wait for it to come back.
  const blobs = new BlobServiceClient(azurite.blobEndpoint, credential, { retryOptions: { maxTries: 1 } });
  let names = 0;
  return {
    tableEndpoint: azurite.tableEndpoint,
    authority: authority.cert,
    async table({ name = `Table${(names += 1)}`, missing = false, ...options } = {}) {
      const table = new TableClient(azurite.tableEndpoint, name, credential, {
        retryOptions: { maxRetries: 0 },
        ...options,
      });
      if (!missing) await table.createTable();
      return table;
    },
    async container({ missing = false } = {}) {
      const container = blobs.getContainerClient(`container${(names += 1)}`);
      if (!missing) await container.create();
      return container;
    },
    queue: () =>
      new QueueClient(`${azurite.queueEndpoint}/queue${(names += 1)}`, credential, {
        retryOptions: { maxTries: 1 },
      }),
    stop: () => azurite.stop(),
  };
}

/** A log that keeps its lines. */
export function listeningLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const listen = (line: string): void => void lines.push(line);
  return { lines, debug: listen, info: listen, warn: listen, error: listen };
}

/** Never aborted. */
export const open = new AbortController().signal;

export async function all<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const list: Value[] = [];
  for await (const value of values) list.push(value);
  return list;
}
