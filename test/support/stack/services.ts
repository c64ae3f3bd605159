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
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { startAzurite, type Azurite } from '../azurite';
import { createDirectory } from '../graph/directory';
import { startGraphStandIn, type GraphStandIn } from '../graph/standIn';
import { startIdentityEndpoint, type IdentityEndpoint, type ManagedIdentity } from '../identityEndpoint';
import type { Organisation } from '../organisation/organisation';
import { createCertificateAuthority, type CertificateAuthority } from '../tls';
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

/** And of the deleter identity: all that it may ever be granted. */
const deleterPermissions = [
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'Device.ReadWrite.All',
  'User.EnableDisableAccount.All',
  'User.Read.All',
  'User.RevokeSessions.All',
];

const storageAudience = 'https://storage.azure.com';

export interface ServicesOptions {
  readonly organisation: Organisation;
  readonly graphPermissions?: readonly string[];
  /** Settings of the part scan that are to be otherwise. */
  readonly scanSettings?: Readonly<Record<string, string>>;
  /** Makes the exports; by default a test writer signs what the generator made. */
  readonly exporters?: (stage: ExporterStage) => Promise<SourceExporters>;
}

/** What whoever makes the exports gets to work with. */
export interface ExporterStage {
  readonly organisation: Organisation;
  readonly authority: CertificateAuthority;
  readonly blobEndpoint: string;
  /** The agents' identity, and the environment in which it gives tokens. */
  readonly agent: { readonly clientId: string; readonly environment: Readonly<Record<string, string>> };
  /** Called at the end, the newest first. */
  readonly stops: (() => Promise<void>)[];
}

/**
 * When an export is begun: at the organisation's own time, two hours ago as a rule; now, as an answer to what was requested; or at
 * another time (milliseconds since 1970).
 */
export type ExportMoment = 'asMade' | 'now' | { readonly startedAt: number };

/** Those who export the organisation's sources. */
export interface SourceExporters {
  /** The value of EXPORT_SOURCES. */
  setting(): string;
  /** Makes and uploads the next export of every source. A real agent has one moment only: now. */
  upload(organisation: Organisation, blobs: BlobServiceClient, moment: ExportMoment): Promise<void>;
}

/** Settings of one part of the app, as Azure would hold them, and what the platform puts into its environment. */
export interface PartEnvironment {
  readonly settings: Readonly<Record<string, string>>;
  /** The identity endpoint, which knows this part's identities only, and here our certificate authority. */
  readonly platform: Readonly<Record<string, string>> & { readonly NODE_EXTRA_CA_CERTS: string };
}

/** Everything that the app needs of Azure and of the agents, on loopback. */
export interface Services {
  readonly graph: GraphStandIn;
  readonly azurite: Azurite;
  readonly authority: CertificateAuthority;
  /** Of the part scan, whose reader identity it knows. */
  readonly identity: IdentityEndpoint;
  /** Of the part scan. */
  readonly settings: PartEnvironment['settings'];
  readonly platform: PartEnvironment['platform'];
  /** Of the part review: a reader identity of its own, and the deleter's. Who signs in is still to be set. */
  readonly review: PartEnvironment & { readonly deleterClientId: string };
  readonly runs: ScanRunTable;
  readonly blobs: BlobServiceClient;
  /** Of whoever looks into the storage from outside. */
  readonly operator: TokenCredential;
  /** Signs and uploads the next export of every source of the organisation; default: `asMade`. */
  upload(organisation: Organisation, moment?: ExportMoment): Promise<void>;
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
  {
    organisation,
    graphPermissions = readerPermissions,
    scanSettings = {},
    exporters = sampleExporters,
  }: ServicesOptions,
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
    directory: createDirectory(cloudOf(organisation)),
  });
  stops.push(() => graph.stop());
  const [reader, agent, reviewer, deleter] = [newIdentity(), newIdentity(), newIdentity(), newIdentity()];
  // Each process gets tokens from an endpoint of its own, so that none can get those of another one's identity.
  const endpointOf = async (...identities: readonly ManagedIdentity[]): Promise<IdentityEndpoint> => {
    const endpoint = await startIdentityEndpoint({ issuer, identities });
    stops.push(() => endpoint.stop());
    return endpoint;
  };
  const readerRoles = { [graph.endpoint]: graphPermissions, [storageAudience]: [] };
  const identity = await endpointOf({ ...reader, roles: readerRoles });
  const agentIdentity = await endpointOf({ ...agent, roles: { [storageAudience]: [] } });
  const reviewIdentity = await endpointOf(
    { ...reviewer, roles: readerRoles },
    // Azure gives every identity a token for the storage; the deleter's has no role there.
    { ...deleter, roles: { [graph.endpoint]: deleterPermissions, [storageAudience]: [] } },
  );
  const operator = operatorCredential(issuer);
  const blobs = new BlobServiceClient(azurite.blobEndpoint, operator);
  const tables = await provision(azurite, blobs, operator);
  const platformOf = ({ url, header }: IdentityEndpoint): PartEnvironment['platform'] => ({
    IDENTITY_ENDPOINT: url,
    IDENTITY_HEADER: header,
    NODE_EXTRA_CA_CERTS: authorityFile,
  });
  const sources = await exporters({
    organisation,
    authority,
    blobEndpoint: azurite.blobEndpoint,
    agent: { clientId: agent.clientId, environment: platformOf(agentIdentity) },
    stops,
  });
  const shared = {
    TENANT_ID: tenantId,
    GRAPH_ENDPOINT: graph.endpoint,
    DATA_BLOB_ENDPOINT: azurite.blobEndpoint,
    DATA_TABLE_ENDPOINT: azurite.tableEndpoint,
    DATA_QUEUE_ENDPOINT: azurite.queueEndpoint,
    EXPORT_SOURCES: sources.setting(),
    SCAN_SCHEDULE: '0 0 2 * * *',
  };
  const settings = {
    ...shared,
    APP_PART: 'scan',
    READER_CLIENT_ID: reader.clientId,
    // What the Functions host takes for the queue's trigger.
    SCAN_REQUESTS__queueServiceUri: azurite.queueEndpoint,
    SCAN_REQUESTS__credential: 'managedidentity',
    SCAN_REQUESTS__clientId: reader.clientId,
    ...scanSettings,
  };
  const review = {
    deleterClientId: deleter.clientId,
    settings: {
      ...shared,
      APP_PART: 'review',
      READER_CLIENT_ID: reviewer.clientId,
      DELETER_CLIENT_ID: deleter.clientId,
    },
    platform: platformOf(reviewIdentity),
  };
  const upload = (from: Organisation, moment: ExportMoment = 'asMade'): Promise<void> =>
    sources.upload(from, blobs, moment);
  await upload(organisation);
  const spill = blobs.getContainerClient(containerNames.evidence);
  const runs = createScanRunTable({ table: tables.runs, spill, log: silent });
  return {
    graph,
    azurite,
    authority,
    identity,
    settings,
    platform: platformOf(identity),
    review,
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

/** The tenant as it is now: exports may be made later than the organisation was, but no synchronisation reports from the future. */
function cloudOf({ cloud }: Organisation): Organisation['cloud'] {
  const { organization } = cloud;
  const latest = new Date(Date.now() - 20 * 60_000).toISOString();
  const reported = organization.onPremisesLastSyncDateTime ?? latest;
  return {
    ...cloud,
    organization: { ...organization, onPremisesLastSyncDateTime: reported < latest ? reported : latest },
  };
}

const newIdentity = () => ({ clientId: randomUUID() as string, objectId: randomUUID() as string });

const sampleExporters = async ({ organisation }: ExporterStage): Promise<SourceExporters> =>
  new SourceAgents(organisation.sources, organisation.tenantId);

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
