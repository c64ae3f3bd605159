import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { startAzurite } from '../azurite';
import { startIdentityEndpoint } from '../identityEndpoint';
import type { CertificateAuthority } from '../tls';
import { createTokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import type { ForestAgentOptions } from './forestAgents';

/** A storage account with the containers of the agent, and the identity with which it uploads. */
export interface AgentUpload {
  readonly upload: NonNullable<ForestAgentOptions['upload']>;
  readonly exports: ContainerClient;
  readonly requests: ContainerClient;
  /** Every blob of the container `exports`. */
  blobs(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const storageAudience = 'https://storage.azure.com';

export async function startAgentUpload(
  authority: CertificateAuthority,
  tenantId: string,
): Promise<AgentUpload> {
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId });
  const azurite = await startAzurite({ certificate: await authority.issue() });
  const clientId = randomUUID();
  const identity = await startIdentityEndpoint({
    issuer,
    identities: [{ clientId, objectId: randomUUID(), roles: { [storageAudience]: [] } }],
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'entra-orphans-'));
  const authorityFile = path.join(folder, 'ca.pem');
  await writeFile(authorityFile, authority.cert);
  const claims = { audience: storageAudience, appId: randomUUID(), objectId: randomUUID() };
  const service = new BlobServiceClient(azurite.blobEndpoint, {
    getToken: async () => ({
      token: await issuer.sign(claims),
      expiresOnTimestamp: Date.now() + 30 * 60_000,
    }),
  });
  const exports = service.getContainerClient('exports');
  const requests = service.getContainerClient('requests');
  await exports.create();
  await requests.create();
  return {
    upload: {
      blobEndpoint: azurite.blobEndpoint,
      clientId,
      environment: {
        IDENTITY_ENDPOINT: identity.url,
        IDENTITY_HEADER: identity.header,
        NODE_EXTRA_CA_CERTS: authorityFile,
      },
    },
    exports,
    requests,
    blobs: async () => (await Array.fromAsync(exports.listBlobsFlat())).map(({ name }) => name).sort(),
    async stop() {
      await identity.stop();
      await azurite.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
