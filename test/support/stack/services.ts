import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import type { Log, ScanRunTable } from '../../../shared/app/ports';
import type { StoredFacts } from '../../../shared/core/facts';
import { scanQueueName } from '../../../shared/core/scanRequest';
import { createCandidateTable } from '../../../shared/io/tables/candidateTable';
import { createScanRunTable } from '../../../shared/io/tables/scanRunTable';
import { containerNames, tableNames } from '../../../shared/io/wiring';
import { startAzurite, type Azurite } from '../azurite';
import { createDirectory } from '../graph/directory';
import { startGraphStandIn, type GraphStandIn } from '../graph/standIn';
import { startIdentityEndpoint, type IdentityEndpoint } from '../identityEndpoint';
import type { Organisation } from '../organisation/organisation';
import { createCertificateAuthority } from '../tls';
import { createTokenIssuer, type TokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import { SourceAgents } from './sourceAgents';

/** Graph's application permissions of the reader identity (docs/security.md). */
export const readerPermissions = [
  'User.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Device.Read.All',
  'Organization.Read.All',
];

const storageAudience = 'https://storage.azure.com';

export interface ServicesOptions {
  readonly organisation: Organisation;
  readonly graphPermissions?: readonly string[];
}

/** Everything that the app needs of Azure and of the agents, on loopback. */
export interface Services {
  readonly graph: GraphStandIn;
  readonly azurite: Azurite;
  readonly identity: IdentityEndpoint;
  /** The app's settings, as Azure would hold them. */
  readonly settings: Readonly<Record<string, string>>;
  /** What the platform puts into the app's environment: the identity endpoint, and here our certificate authority. */
  readonly platform: Readonly<Record<string, string>> & { readonly NODE_EXTRA_CA_CERTS: string };
  readonly runs: ScanRunTable;
  readonly blobs: BlobServiceClient;
  /** Of whoever looks into the storage from outside. */
  readonly operator: TokenCredential;
  /** Signs and uploads the next export of every source of the organisation. */
  upload(organisation: Organisation): Promise<void>;
  candidates(): Promise<StoredFacts[]>;
  stop(): Promise<void>;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts the services, with the organisation in the Graph stand-in and its first exports uploaded. */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  try {
    return await assemble(options, stops, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  { organisation, graphPermissions = readerPermissions }: ServicesOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Services> {
  const { tenantId } = organisation;
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const authorityFile = await writeAuthority(authority.cert, stops);
  const issuer = await createTokenIssuer({ tenantId });
  const azurite = await startAzurite({ certificate: await authority.issue() });
  stops.push(() => azurite.stop());
  const graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory(organisation.cloud),
  });
  stops.push(() => graph.stop());
  const reader = { clientId: randomUUID(), objectId: randomUUID() };
  const identity = await startIdentityEndpoint({
    issuer,
    identities: [{ ...reader, roles: { [graph.endpoint]: graphPermissions, [storageAudience]: [] } }],
  });
  stops.push(() => identity.stop());
  const operator = operatorCredential(issuer);
  const blobs = new BlobServiceClient(azurite.blobEndpoint, operator);
  const tables = await provision(azurite, blobs, operator);
  const sources = new SourceAgents(organisation.sources, tenantId);
  const settings = {
    APP_PART: 'scan',
    TENANT_ID: tenantId,
    GRAPH_ENDPOINT: graph.endpoint,
    READER_CLIENT_ID: reader.clientId,
    DATA_BLOB_ENDPOINT: azurite.blobEndpoint,
    DATA_TABLE_ENDPOINT: azurite.tableEndpoint,
    EXPORT_SOURCES: sources.setting(),
    SCAN_SCHEDULE: '0 0 2 * * *',
    // What the Functions host takes for the queue's trigger.
    SCAN_REQUESTS__queueServiceUri: azurite.queueEndpoint,
    SCAN_REQUESTS__credential: 'managedidentity',
    SCAN_REQUESTS__clientId: reader.clientId,
    DATA_QUEUE_ENDPOINT: azurite.queueEndpoint,
  };
  const platform = {
    IDENTITY_ENDPOINT: identity.url,
    IDENTITY_HEADER: identity.header,
    NODE_EXTRA_CA_CERTS: authorityFile,
  };
  const upload = (from: Organisation): Promise<void> => sources.upload(from, blobs);
  await upload(organisation);
  const spill = blobs.getContainerClient(containerNames.evidence);
  const runs = createScanRunTable({ table: tables.runs, spill, log: silent });
  return {
    graph,
    azurite,
    identity,
    settings,
    platform,
    runs,
    blobs,
    operator,
    upload,
    stop,
    candidates: () =>
      Array.fromAsync(
        createCandidateTable({ table: tables.candidates, spill, log: silent }).readAll(
          AbortSignal.timeout(60_000),
        ),
      ),
  };
}

async function writeAuthority(cert: string, stops: (() => Promise<void>)[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'entra-orphans-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'ca.pem');
  await writeFile(file, authorityPem(cert));
  return file;
}

const authorityPem = (cert: string): string => (cert.endsWith('\n') ? cert : `${cert}\n`);

/** Whoever sets the stack up and looks into it: not the app. */
function operatorCredential(issuer: TokenIssuer): TokenCredential {
  return {
    getToken: async () => {
      const claims = { audience: storageAudience, appId: randomUUID(), objectId: randomUUID(), roles: [] };
      return { token: await issuer.sign(claims), expiresOnTimestamp: Date.now() + 30 * 60 * 1000 };
    },
  };
}

interface Tables {
  readonly candidates: TableClient;
  readonly runs: TableClient;
}

/** What infra makes in Azure. */
async function provision(
  azurite: Azurite,
  blobs: BlobServiceClient,
  credential: TokenCredential,
): Promise<Tables> {
  for (const name of Object.values(containerNames)) await blobs.getContainerClient(name).create();
  const candidates = new TableClient(azurite.tableEndpoint, tableNames.candidates, credential);
  const runs = new TableClient(azurite.tableEndpoint, tableNames.runs, credential);
  for (const name of Object.values(tableNames))
    await new TableClient(azurite.tableEndpoint, name, credential).createTable();
  await new QueueClient(`${azurite.queueEndpoint}/${scanQueueName}`, credential).create();
  return { candidates, runs };
}
