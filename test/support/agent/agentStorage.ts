import { BlobServiceClient, type BlockBlobClient, type ContainerClient } from '@azure/storage-blob';
import { randomUUID } from 'node:crypto';
import { createAgentContainer } from '../../../agent/src/io/upload/containers';
import { startAzurite } from '../azurite';
import { createCertificateAuthority, type ServerCertificate } from '../tls';
import { createTokenIssuer, type TokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import { startCreateOnlyFront, type CreateOnlyFront } from './createOnlyFront';
import { tenantId } from './sampleFindings';

export const storageResource = 'https://storage.azure.com';

/** Azurite with the containers of the agent, behind a front that lets pass what the agent's role allows. */
export interface AgentStorage {
  readonly front: CreateOnlyFront;
  readonly issuer: TokenIssuer;
  /** PEM of the authority that all certificates are from. */
  readonly authority: string;
  /** A certificate for another server of the test. */
  issueCertificate(): Promise<ServerCertificate>;
  /** A container as the agent has it: through the front, without the client's own retries. */
  agentContainer(name: 'exports' | 'requests'): ContainerClient;
  /** A token that the storage accepts. */
  token(): Promise<{ readonly token: string; readonly expiresOnTimestamp: number }>;
  /** As the app has it. */
  readonly exports: ContainerClient;
  request(kind: string): BlockBlobClient;
  stop(): Promise<void>;
}

export async function startAgentStorage(source: string): Promise<AgentStorage> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId });
  const azurite = await startAzurite({ certificate: await authority.issue() });
  const front = await startCreateOnlyFront({
    certificate: await authority.issue(),
    blobEndpoint: azurite.blobEndpoint,
    source,
  });
  const token = await issuer.sign({ audience: storageResource, appId: randomUUID(), objectId: randomUUID() });
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const app = new BlobServiceClient(azurite.blobEndpoint, credential);
  await app.createContainer('exports');
  await app.createContainer('requests');
  return {
    front,
    issuer,
    authority: authority.cert,
    issueCertificate: () => authority.issue(),
    token: credential.getToken,
    agentContainer: name => createAgentContainer(front.endpoint, name, credential),
    exports: app.getContainerClient('exports'),
    request: kind => app.getContainerClient('requests').getBlockBlobClient(`${source}/${kind}.json`),
    async stop() {
      await front.stop();
      await azurite.stop();
    },
  };
}
