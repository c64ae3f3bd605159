import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { UnsecuredJWT } from 'jose';
import type { CommandLine } from '../../../infra/grant/azureCli';
import { doctor } from '../../../infra/doctor/main';
import type { DoctorReport } from '../../../infra/doctor/report';
import { createCertificateAuthority, type ServerCertificate } from '../../support/tls';
import { trustAuthority } from '../../support/trust';
import { clientIds, sampleDiagnosis, tenantId } from './sampleDiagnosis';

export const appId = '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21';
export const otherTenant = '4b8e2a1f-6c2d-4c55-8e7f-1d3a6b7c8d9e';
const keyId = 'key-1';
const runId = '0f0f0f0f-0000-4000-8000-000000000001';

export interface FakeRequest {
  /** Of the server that is asked: app, scan, plain, or what stands for storage, Graph and issuer. */
  readonly of: 'review' | 'scan' | 'plain' | 'storage' | 'graph' | 'issuer';
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly own: boolean;
}

export interface FakeAnswer {
  /** 0: the connection is cut. */
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Looks at a request, and at what it would be answered; what it returns is answered instead. */
export type Change = (request: FakeRequest, answer: FakeAnswer) => FakeAnswer;

export interface Examined {
  readonly code: number;
  readonly lines: readonly string[];
  readonly progress: readonly string[];
  readonly report: () => DoctorReport;
  readonly status: (id: string) => string | undefined;
}

export interface Examination {
  readonly change?: Change;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly run?: CommandLine['run'];
  /** What `azd env get-values` prints, given what the environment would hold; by default azd is not installed. */
  readonly azd?: (environment: Readonly<Record<string, string>>) => string;
  readonly onCommand?: (program: 'az' | 'azd', args: readonly string[]) => void;
  readonly tls?: 'today' | 'old';
  readonly signal?: AbortSignal;
}

export interface FakeDeployment {
  examine(examination?: Examination): Promise<Examined>;
  stop(): Promise<void>;
}

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();

export const aHold = {
  runId,
  gate: 'candidates',
  kind: 'volume',
  source: null,
  type: 'user',
  context: null,
  since: hoursAgo(5),
  severity: 3,
};

/** A token that a good deployment issued, as far as this one can tell: nothing here verifies signatures. */
const token = (claims: object): string => new UnsecuredJWT({ tid: tenantId, ...claims }).encode();
export const ownToken = token({
  sub: 'own',
  oid: 'c0ffee00-0000-4000-8000-00000000000c',
  name: 'Ada Lovelace',
});
export const graphToken = token({ aud: 'https://graph.example' });
export const otherTenantToken = token({ tid: otherTenant });

export const refused: FakeAnswer = { status: 401, json: { type: '/problems/tokenInvalid' } };

function usual({ of, path, own }: FakeRequest): FakeAnswer {
  if (of === 'scan') return { status: 403 };
  if (of === 'plain') return { status: 301, headers: { location: `https://app.example${path}` } };
  if (of === 'storage' || of === 'graph') return { status: 400 };
  if (of === 'issuer')
    return path.endsWith('openid-configuration')
      ? { status: 200, json: { issuer: 'issuer', jwks_uri: '$ISSUER/keys' } }
      : { status: 200, json: { keys: [{ kty: 'RSA', kid: keyId }] } };
  if (path === '/api/health')
    return {
      status: 200,
      json: { status: 'ok', version: '0.1.0', part: 'review', problems: [], lastScan: null },
    };
  if (!own) return refused;
  const document = documents()[path.split('?')[0] ?? ''];
  return document === undefined ? { status: 404 } : { status: 200, json: document };
}

const documents = (): Record<string, unknown> => ({
  '/api/me': { kind: 'person', name: 'Ada Lovelace', roles: ['Orphans.Reader'], rolloutStage: 'reportOnly' },
  '/api/openapi.json': { openapi: '3.1.0', info: { version: '0.1.0' }, paths: { '/me': {} } },
  '/api/scans': {
    items: [{ runId, state: 'finished', startedAt: hoursAgo(5), finishedAt: hoursAgo(4.9) }],
    missedWork: { scan: null, exports: [] },
  },
  [`/api/scans/${runId}`]: { exports: [{ source: 'contoso', finishedAt: hoursAgo(6) }], holds: [] },
  '/api/rules': { rules: [] },
  '/api/diagnosis': sampleDiagnosis(Date.now()),
});

/** What a path is answered, changed. */
export const changed =
  <Document>(path: string, change: (document: Document) => unknown): Change =>
  (request, answer) =>
    request.of === 'review' && request.own && request.path.split('?')[0] === path
      ? { ...answer, json: change(answer.json as Document) }
      : answer;

/** What a scan's own path is answered, changed. */
export const changedScan = (change: (document: { exports: object[] }) => unknown): Change =>
  changed(`/api/scans/${runId}`, change);

/** Servers that answer as a deployment does, or otherwise, where a test says so. */
export async function startFakeDeployment(): Promise<FakeDeployment> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const certificate = await authority.issue();
  const stops: (() => Promise<void>)[] = [];
  let change: Change = (_, answer) => answer;
  let issuerUrl = '';

  const listener =
    (of: FakeRequest['of']): http.RequestListener =>
    (request, response) => {
      const own = request.headers.authorization === `Bearer ${ownToken}`;
      const seen: FakeRequest = { of, path: request.url ?? '', headers: request.headers, own };
      const { status, json, headers } = change(seen, usual(seen));
      if (status === 0) return void request.socket.destroy();
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(json === undefined ? '' : JSON.stringify(json).replaceAll('$ISSUER', issuerUrl));
    };
  const start = async (server: http.Server | https.Server, scheme: string): Promise<string> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    });
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const secure = (of: FakeRequest['of'], options: https.ServerOptions & ServerCertificate) =>
    start(https.createServer(options, listener(of)), 'https');
  const today = await secure('review', { ...certificate, minVersion: 'TLSv1.2' });
  const old = await secure('review', { ...certificate, minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' });
  const scan = await secure('scan', certificate);
  const storage = await secure('storage', certificate);
  const graph = await secure('graph', certificate);
  issuerUrl = await secure('issuer', certificate);
  const plainUrl = await start(http.createServer(listener('plain')), 'http');

  const run: CommandLine['run'] = async (_, args) => {
    const resource = args[args.indexOf('--resource') + 1];
    const tenant = args[args.indexOf('--tenant') + 1] ?? '';
    const accessToken =
      resource === `api://${appId}` ? ownToken : tenant === otherTenant ? otherTenantToken : graphToken;
    return { kind: 'ended', code: 0, stdout: JSON.stringify({ accessToken, tenant }), stderr: '' };
  };

  return {
    async examine(examination = {}) {
      change = examination.change ?? ((_, answer) => answer);
      const lines: string[] = [];
      const progress: string[] = [];
      const environment = {
        REVIEW_URL: examination.tls === 'old' ? old : today,
        SCAN_URL: scan,
        TENANT_ID: tenantId,
        AUTH_AUDIENCE: appId,
        AUTH_ISSUER: `${issuerUrl}/${tenantId}/v2.0`,
        DATA_BLOB_ENDPOINT: storage,
        GRAPH_ENDPOINT: graph,
        SCAN_READER_CLIENT_ID: clientIds.scanReader,
      };
      const commands: CommandLine = {
        async run(program, args, signal) {
          examination.onCommand?.(program, args);
          if (program === 'az') return await (examination.run ?? run)(program, args, signal);
          return examination.azd
            ? { kind: 'ended', code: 0, stdout: examination.azd(environment), stderr: '' }
            : { kind: 'notFound' };
        },
      };
      const given = Object.entries({ ...environment, ...examination.environment });
      const code = await doctor({
        args: examination.args ?? ['--json'],
        environment: Object.fromEntries(given.filter(([, value]) => value !== undefined)),
        print: line => void lines.push(line),
        progress: line => void progress.push(line),
        signal: examination.signal ?? AbortSignal.timeout(30_000),
        replaced: { plainUrl, commands },
      });
      const report = (): DoctorReport => JSON.parse(lines.join('\n')) as DoctorReport;
      return {
        code,
        lines,
        progress,
        report,
        status: id => report().checks.find(one => one.id === id)?.status,
      };
    },
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}
