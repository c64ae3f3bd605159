import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KeyObject } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { ExportStore } from '../../../../shared/app/ports';
import type { ExitCode } from '../../../../shared/core/tenantChecks/checkOutcome';
import { verifyTenant, type Replaceable } from '../../../../shared/io/cli/verifyTenant';
import { exportStoreOn } from '../../../../shared/io/exports/exportStore';
import { createGraphClient, type GraphClient } from '../../../../shared/io/graph/graphClient';
import type { Report } from '../../../../shared/io/tenantChecks/report';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';
import type { DirectoryContent } from '../../../support/graph/directory';
import type { LoggedRequest } from '../../../support/graph/standIn';
import {
  appId,
  idOf,
  readerRoles,
  startTestGraph,
  tenantId,
  type TestGraph,
} from '../../../support/graph/testGraph';
import { MemoryBlobs } from '../exports/memoryBlobs';
import {
  contoso,
  contosoKey,
  fabrikam,
  fabrikamKey,
  RecordedLog,
  sampleExport,
  sources,
} from '../exports/sampleExport';

export const allRoles = [
  ...readerRoles,
  'Directory.Read.All',
  'AuditLog.Read.All',
  'RoleManagement.Read.Directory',
];

/** What no report may hold: it is in every name of the sample. */
export const personal = 'megan.bowen';

const hourMs = 60 * 60 * 1000;
/** Graph writes whole seconds. */
const hoursAgo = (hours: number): string =>
  `${new Date(Date.now() - hours * hourMs).toISOString().slice(0, 19)}Z`;

const guidBytes = (digits: string): string => Buffer.from(digits, 'hex').toString('base64');
const sidOf = (n: number): string => `S-1-5-21-1-2-3-${n}`;
const fabrikamSid = (n: number): string => `S-1-5-21-7-8-9-${n}`;
/** A GUID that reads the same in AD's order of bytes and in its text: bytes of 11. */
const same = (byte: string): { readonly guid: string; readonly immutableId: string } => ({
  guid: [8, 4, 4, 4, 12].map(length => byte.repeat(length / 2)).join('-'),
  immutableId: guidBytes(byte.repeat(16)),
});
const [ada, gone] = [same('a1'), same('b2')];
const deviceGuid = (n: number): string => idOf(500 + n);

export const ids = {
  restrictedUser: idOf(1),
  userWithError: idOf(2),
  textAnchorUser: idOf(3),
  goneUser: idOf(4),
  synchronisationAccount: idOf(6),
  deletedUser: idOf(7),
};

const named = (n: number) => ({
  id: idOf(n),
  displayName: personal,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: hoursAgo(24 * 40),
});

/** A tenant in which every assumption can be looked at, and holds. */
const sampleContent = (): Partial<DirectoryContent> => ({
  users: [
    {
      ...named(1),
      isManagementRestricted: true,
      onPremisesImmutableId: ada.immutableId,
      onPremisesSecurityIdentifier: sidOf(1001),
    },
    { ...named(2), onPremisesProvisioningErrors: [{ category: 'PropertyConflict' }] },
    {
      ...named(3),
      onPremisesImmutableId: Buffer.from('E1001').toString('base64'),
      onPremisesSecurityIdentifier: fabrikamSid(1003),
    },
    {
      ...named(4),
      onPremisesImmutableId: gone.immutableId,
      onPremisesSecurityIdentifier: sidOf(1004),
    },
    {
      id: ids.synchronisationAccount,
      displayName: 'On-Premises Directory Synchronization Service Account',
      userPrincipalName: 'Sync_DC1_0123456789ab@contoso.onmicrosoft.com',
    },
    { ...named(7) },
  ],
  groups: [
    { ...named(11), isManagementRestricted: true, onPremisesSecurityIdentifier: sidOf(1011) },
    { ...named(12) },
  ],
  contacts: [{ ...named(21), mail: `${personal}@fabrikam.example` }, { ...named(22) }],
  devices: [
    {
      ...named(31),
      trustType: 'ServerAd',
      deviceId: deviceGuid(31),
      onPremisesSecurityIdentifier: sidOf(1031),
      isManagementRestricted: true,
    },
    {
      ...named(32),
      trustType: 'ServerAd',
      deviceId: deviceGuid(32),
      onPremisesSecurityIdentifier: sidOf(1032),
    },
    {
      ...named(39),
      trustType: 'ServerAd',
      deviceId: deviceGuid(39),
      onPremisesSecurityIdentifier: sidOf(1039),
    },
  ],
  links: [{ from: idOf(11), relation: 'members', to: idOf(1) }],
  roleAssignments: [{ id: 'r1', principalId: idOf(1), roleDefinitionId: idOf(900), directoryScopeId: '/' }],
});

const domainController = {
  dnsHostName: 'dc1.contoso.example',
  invocationId: idOf(901),
  highestCommittedUSN: '4711',
  oldestInboundSuccess: null,
};

function sampleStore(): ExportStore {
  const startedAt = Date.now() - hourMs;
  const common = { tenantId, startedAt, finishedAt: startedAt + 60_000 };
  const line = { kind: 'object', namingContext: 0, inScope: true } as const;
  const ofContoso = sampleExport({
    ...common,
    lines: [
      {
        ...line,
        objectClass: 'user',
        objectGUID: ada.guid,
        objectSid: sidOf(1001),
        distinguishedName: `CN=${personal}`,
      },
      ...[31, 32].map(n => ({
        ...line,
        objectClass: 'computer' as const,
        objectGUID: deviceGuid(n),
        objectSid: sidOf(1000 + n),
        distinguishedName: `CN=PC-${n}`,
      })),
      {
        kind: 'tombstone',
        objectClass: 'user',
        namingContext: 0,
        objectGUID: gone.guid,
        whenChanged: hoursAgo(24 * 20),
        isRecycled: false,
      },
      {
        kind: 'tombstone',
        objectClass: 'computer',
        namingContext: 0,
        objectGUID: deviceGuid(39),
        whenChanged: hoursAgo(24 * 20),
        isRecycled: false,
      },
    ],
  });
  const ofFabrikam = sampleExport({
    ...common,
    source: fabrikam,
    key: fabrikamKey.privateKey,
    keyId: 'fabrikam-1',
    namingContexts: [
      {
        distinguishedName: 'DC=fabrikam,DC=example',
        domain: { dnsName: 'fabrikam.example', sid: 'S-1-5-21-7-8-9' },
        domainController,
      },
    ],
    anchorAttribute: 'employeeID',
    lines: [
      {
        ...line,
        objectClass: 'user',
        objectGUID: idOf(803),
        objectSid: fabrikamSid(1003),
        sourceAnchor: Buffer.from('E1001').toString('base64'),
        distinguishedName: `CN=${personal}`,
      },
    ],
  });
  const blobs = MemoryBlobs.of(ofContoso, ofFabrikam);
  return exportStoreOn(blobs, { tenantId, sources, log: new RecordedLog() });
}

const publicKeyOf = (key: KeyObject): string =>
  Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url').toString('base64');
export const exportSources = JSON.stringify([
  { source: contoso, publicKeys: [{ keyId: 'contoso-1', publicKey: publicKeyOf(contosoKey.publicKey) }] },
  { source: fabrikam, publicKeys: [{ keyId: 'fabrikam-1', publicKey: publicKeyOf(fabrikamKey.publicKey) }] },
]);

/** Changes answers on their way from the stand-in; the first that fits an answer does. */
export interface Fake {
  /** Matched with path and query, decoded. */
  readonly address: RegExp;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The new body, from the one that came (undefined: it was no JSON). */
  readonly body?: (body: never) => unknown;
  /** Only so many answers; default all. */
  readonly times?: number;
}

interface PageBody {
  readonly value: readonly Record<string, unknown>[];
  readonly '@odata.nextLink'?: string;
}

/** Changes each item of the pages of a list. */
export const items =
  (change: (item: Record<string, unknown>) => object) =>
  (page: PageBody): object => ({ ...page, value: page.value.map(item => ({ ...item, ...change(item) })) });

export const listOf = (set: string): RegExp => new RegExp(`^/v1.0/${set}\\?\\$filter=.*\\$top=999`);

/** An error of Graph. */
export const graphError = (status: number, code: string): Pick<Fake, 'status' | 'body'> => ({
  status,
  body: () => ({ error: { code, message: personal } }),
});

function fakeClient(client: GraphClient, fakes: readonly Fake[]): GraphClient {
  const uses = new Map<Fake, number>();
  return {
    origin: client.origin,
    async get(url, headers, signal) {
      const answer = await client.get(url, headers, signal);
      const { pathname, search } = new URL(url);
      const address = decodeURIComponent(pathname + search);
      const fake = fakes.find(
        one => one.address.test(address) && (uses.get(one) ?? 0) < (one.times ?? Infinity),
      );
      if (!fake) return answer;
      uses.set(fake, (uses.get(fake) ?? 0) + 1);
      const text = await answer.text();
      const changed = fake.body ? fake.body(parsed(text) as never) : text;
      return new Response(typeof changed === 'string' ? changed : JSON.stringify(changed), {
        status: fake.status ?? answer.status,
        headers: fake.headers ?? {},
      });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
export const unsignedToken = (header: object, claims: object): string =>
  `${encoded(header)}.${encoded(claims)}.c2lnbmF0dXJl`;

export const api = 'api://entra-orphans';
export const apiClaims = {
  aud: idOf(950),
  ver: '2.0',
  azp: idOf(951),
  oid: idOf(952),
  tid: tenantId,
  sub: 'x',
  nbf: 1,
  iat: 1,
  exp: 2,
  scp: 'access',
  name: personal,
};

export interface Verification {
  readonly fakes?: readonly Fake[];
  readonly roles?: readonly string[];
  /** Instead of the whole set of options. */
  readonly args?: readonly string[];
  /** Besides the usual options. */
  readonly moreArgs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly apiToken?: string;
  readonly discovery?: (document: Record<string, string>) => unknown;
  readonly replaced?: Partial<Replaceable>;
  readonly signal?: AbortSignal;
}

export interface Verified {
  readonly code: ExitCode;
  readonly lines: readonly string[];
  readonly progress: readonly string[];
  readonly requests: readonly LoggedRequest[];
  /** With --json. */
  readonly report: () => Report;
  /** Ids by outcome. */
  readonly those: (status: string) => string[];
  /** Everything that is said of one id. */
  readonly outcome: (id: string) => Report['checks'][number];
}

export interface SampleTenant {
  readonly graph: TestGraph['graph'];
  /** Fakes that make what the stand-in does not serve hold as well. */
  readonly usualFakes: readonly Fake[];
  verify(change?: Verification): Promise<Verified>;
  /** Of a reader with every permission. */
  credential(): Promise<TokenCredential>;
  stop(): Promise<void>;
}

export async function startSampleTenant(content: Partial<DirectoryContent> = {}): Promise<SampleTenant> {
  const issuerAuthority = await createCertificateAuthority();
  trustAuthority(issuerAuthority.cert);
  let discovery: unknown = null;
  const server: Server = createServer(await issuerAuthority.issue(), (request, response) => {
    const known = request.url === `/${tenantId}/v2.0/.well-known/openid-configuration`;
    response.writeHead(known && discovery !== null ? 200 : 404);
    response.end(JSON.stringify(discovery));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served = await startTestGraph({ ...sampleContent(), ...content });
  const { graph } = served;
  graph.directory.delete('user', ids.deletedUser, Date.now() - 24 * hourMs);

  // The stand-in filters assignments by their principal alone.
  const roleHolders: Fake = {
    address: /roleAssignments\?\$filter=roleDefinitionId eq/,
    status: 200,
    body: () => ({ value: [{ id: 'r2', principalId: ids.synchronisationAccount }] }),
  };
  const throttled: Fake = {
    address: /^\/v1.0\/organization/,
    status: 429,
    headers: { 'retry-after': '1.5' },
    times: 1,
  };
  const usualFakes = [roleHolders, throttled];

  return {
    graph,
    usualFakes,
    async credential() {
      const token = await served.token({ appId, objectId: appId, roles: allRoles });
      return { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + hourMs }) };
    },
    async verify(change = {}) {
      const { fakes = [], roles = allRoles, apiToken = unsignedToken({ typ: 'JWT' }, apiClaims) } = change;
      const document = { issuer: `${authority}/${tenantId}/v2.0`, jwks_uri: `${authority}/keys` };
      discovery = (change.discovery ?? (asIs => asIs))(document);
      const credential: TokenCredential = {
        getToken: async scope => ({
          token:
            scope === `${api}/.default` ? apiToken : await served.token({ appId, objectId: appId, roles }),
          expiresOnTimestamp: Date.now() + hourMs,
        }),
      };
      const usual = [
        ['--tenant', tenantId, '--graph-endpoint', graph.endpoint, '--authority', authority],
        ['--data-blob-endpoint', 'https://127.0.0.1:1/exports', '--api', api],
        ['--json', '--verbose'],
      ].flat();
      const lines: string[] = [];
      const progress: string[] = [];
      const before = graph.requests.length;
      const code = await verifyTenant({
        args: change.args ?? [...usual, ...(change.moreArgs ?? [])],
        environment: { EXPORT_SOURCES: exportSources, ...change.environment },
        print: line => void lines.push(...line.split('\n')),
        progress: line => void progress.push(line),
        signal: change.signal ?? new AbortController().signal,
        replaced: {
          credential,
          connect: (endpoint, given) =>
            fakeClient(createGraphClient(endpoint, given), [...fakes, ...usualFakes]),
          exportStore: sampleStore(),
          sleep: () => Promise.resolve(),
          ...change.replaced,
        },
      });
      const report = (): Report => JSON.parse(lines.join('\n')) as Report;
      return {
        code,
        lines,
        progress,
        requests: graph.requests.slice(before),
        report,
        those: status =>
          report()
            .checks.filter(check => check.status === status)
            .map(({ id }) => id),
        outcome: id => report().checks.find(check => check.id === id)!,
      };
    },
    async stop() {
      await served.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}
