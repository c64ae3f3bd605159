import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Log, ScanRunTable } from '../../../shared/app/ports';
import type { StoredFacts } from '../../../shared/core/facts';
import type { ScanRun } from '../../../shared/core/scanRun';
import { createCandidateTable } from '../../../shared/io/tables/candidateTable';
import { createScanRunTable } from '../../../shared/io/tables/scanRunTable';
import { containerNames, tableNames } from '../../../shared/io/wiring';
import { startAzurite, type Azurite } from '../azurite';
import { uploadExport, writeExport } from '../exportWriter';
import { createDirectory } from '../graph/directory';
import { startGraphStandIn, type GraphStandIn } from '../graph/standIn';
import { startIdentityEndpoint, type IdentityEndpoint } from '../identityEndpoint';
import type { Organisation, Source } from '../organisation/organisation';
import { createCertificateAuthority } from '../tls';
import { createTokenIssuer, type TokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import { startWorker, type Worker } from './worker';

/** Graph's application permissions of the reader identity (docs/security.md). */
export const readerPermissions = [
  'User.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Device.Read.All',
  'Organization.Read.All',
];

const storageAudience = 'https://storage.azure.com';

export interface StackOptions {
  readonly organisation: Organisation;
  /** The port for the app's HTTP address; 0: any. Another one is taken where it is in use. */
  readonly port?: number;
  readonly graphPermissions?: readonly string[];
  /** What the app writes to its log, line by line. */
  readonly onLogLine: (line: string) => void;
}

/** The embedded stack: everything that the app needs of Azure, on loopback, and the built app in a process of its own. */
export interface Stack {
  readonly graph: GraphStandIn;
  readonly azurite: Azurite;
  readonly identity: IdentityEndpoint;
  readonly worker: Worker;
  /** The app's settings, as Azure would hold them. */
  readonly settings: Readonly<Record<string, string>>;
  readonly runs: ScanRunTable;
  readonly blobs: BlobServiceClient;
  /** Signs and uploads the next export of every source of the organisation. */
  upload(organisation: Organisation): Promise<void>;
  /** Starts the timer function and waits for the run's record to be closed. */
  scan(): Promise<ScanRun>;
  candidates(): Promise<StoredFacts[]>;
  stop(): Promise<void>;
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Starts the stack, with the organisation in the Graph stand-in and its first exports uploaded. */
export async function startStack(options: StackOptions): Promise<Stack> {
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
  { organisation, port = 0, graphPermissions = readerPermissions, onLogLine }: StackOptions,
  stops: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
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
  const sources = new SigningSources(organisation.sources, tenantId);
  const settings = {
    APP_PART: 'scan',
    TENANT_ID: tenantId,
    GRAPH_ENDPOINT: graph.endpoint,
    READER_CLIENT_ID: reader.clientId,
    DATA_BLOB_ENDPOINT: azurite.blobEndpoint,
    DATA_TABLE_ENDPOINT: azurite.tableEndpoint,
    EXPORT_SOURCES: sources.setting(),
    SCAN_SCHEDULE: '0 0 2 * * *',
  };
  const platform = {
    IDENTITY_ENDPOINT: identity.url,
    IDENTITY_HEADER: identity.header,
    NODE_EXTRA_CA_CERTS: authorityFile,
  };
  const worker = await startWorker({ environment: { ...settings, ...platform }, port, onLogLine });
  stops.push(() => worker.stop());
  const upload = (from: Organisation): Promise<void> => sources.upload(from, blobs);
  await upload(organisation);
  const spill = blobs.getContainerClient(containerNames.evidence);
  const runs = createScanRunTable({ table: tables.runs, spill, log: silent });
  return {
    graph,
    azurite,
    identity,
    worker,
    settings: { ...settings, ...platform },
    runs,
    blobs,
    upload,
    stop,
    scan: async () => {
      const [before] = await runs.newest(1, AbortSignal.timeout(10_000));
      await worker.runTimer('nightlyScan');
      return await nextClosedRun(runs, before?.runId ?? null, worker);
    },
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
  await candidates.createTable();
  await runs.createTable();
  return { candidates, runs };
}

const keyId = 'local';

/** The agents' side: a key, a sequence and a chain of manifests for each source. */
class SigningSources {
  readonly #keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  readonly #last = new Map<string, { sequence: number; manifestHash: string }>();

  constructor(
    sources: readonly Source[],
    private readonly tenantId: string,
  ) {
    for (const { source } of sources) this.#keys.set(source, generateKeyPairSync('ed25519'));
  }

  /** The value of EXPORT_SOURCES. */
  setting(): string {
    return JSON.stringify(
      [...this.#keys].map(([source, { publicKey }]) => ({
        source,
        publicKeys: [{ keyId, publicKey: rawPublicKey(publicKey) }],
      })),
    );
  }

  async upload({ sources }: Organisation, blobs: BlobServiceClient): Promise<void> {
    const container = blobs.getContainerClient(containerNames.exports);
    for (const given of sources) {
      const last = this.#last.get(given.source);
      const sequence = (last?.sequence ?? 0) + 1;
      // Each export is a second younger than the last: a folder is named by its second.
      const startedAt = given.startedAt + (sequence - 1) * 1000;
      const key = this.#keys.get(given.source)?.privateKey;
      if (!key) throw new RangeError(`there is no key for the source ${given.source}`);
      const written = writeExport({
        ...given,
        tenantId: this.tenantId,
        sequence,
        previousManifest: last?.manifestHash ?? null,
        key,
        keyId,
        startedAt,
      });
      await uploadExport(container, written);
      this.#last.set(given.source, { sequence, manifestHash: written.manifestHash });
    }
  }
}

/** The 32 bytes of RFC 8032, base64: the end of the key's SubjectPublicKeyInfo. */
const rawPublicKey = (key: KeyObject): string =>
  createPublicKey(key.export({ format: 'pem', type: 'spki' }))
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)
    .toString('base64');

const closedRunPollMs = 50;

async function nextClosedRun(runs: ScanRunTable, before: string | null, worker: Worker): Promise<ScanRun> {
  for (;;) {
    if (worker.ended) throw new Error('the app ended before the scan did: see its log');
    const [newest] = await runs.newest(1, AbortSignal.timeout(10_000));
    if (newest && newest.runId !== before && newest.state !== 'running') return newest;
    await new Promise(resolve => setTimeout(resolve, closedRunPollMs));
  }
}
