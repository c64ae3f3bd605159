import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { TokenIssuer } from '../tokenIssuer';

/** Where the Connected Machine agent leaves its challenges; clients take them from nowhere else. */
export const arcTokenFolder = '/var/opt/azcmagent/tokens';

export interface ArcEndpoint {
  /** For IDENTITY_ENDPOINT. */
  readonly identityEndpoint: string;
  /** For IMDS_ENDPOINT; clients only look whether it is set. */
  readonly imdsEndpoint: string;
  /** Statuses of the answers. */
  readonly answers: readonly number[];
  /** From now on challenges are left here; the folder is made where it is missing. */
  challengeIn(folder: string): Promise<void>;
  /** May be called more than once. Ends the server, and removes the folders that it made. */
  stop(): Promise<void>;
}

export interface ArcEndpointOptions {
  readonly issuer: TokenIssuer;
  readonly clientId: string;
  readonly objectId: string;
  readonly resource: string;
  /** Where challenges are left, an existing folder. Another one than `arcTokenFolder` is what an impostor would name. */
  readonly folder: string;
}

const apiVersion = '2020-06-01';
const lifetimeSeconds = 24 * 60 * 60;

/**
 * The identity endpoint of an Azure Arc machine: the first request is answered with the path of a file, which only administrators and
 * the group of the machine's own agents can read; the second proves with its content that the asker is one of them.
 * Source: https://learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication
 */
export async function startArcEndpoint(options: ArcEndpointOptions): Promise<ArcEndpoint> {
  const { issuer } = options;
  let { folder } = options;
  const answers: number[] = [];
  const secrets = new Set<string>();
  const files: string[] = [];
  /** The first of the folders that were not there before. */
  let made: string | undefined;
  const server = http.createServer((request, response) => void handle(request, response));

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { status, headers, body } = await answerTo(request);
    answers.push(status);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  }

  interface Answer {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: object;
  }

  async function answerTo(request: http.IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { searchParams } = url;
    if (request.method !== 'GET' || url.pathname !== '/metadata/identity/oauth2/token')
      return refusal(404, 'no such address');
    if (request.headers['metadata'] !== 'true') return refusal(400, 'the header Metadata is missing');
    if (searchParams.get('api-version') !== apiVersion)
      return refusal(400, `api-version ${apiVersion} is expected`);
    if (searchParams.get('resource') !== options.resource)
      return refusal(400, 'the resource does not exist in the tenant');
    const { authorization } = request.headers;
    if (authorization === undefined) return challenge();
    const secret = authorization.replace(/^Basic /, '');
    // A challenge is good for one answer.
    if (!secrets.delete(secret)) return refusal(401, 'the challenge was not met');
    return {
      status: 200,
      body: {
        access_token: await issuer.sign({
          audience: options.resource,
          appId: options.clientId,
          objectId: options.objectId,
          lifetimeSeconds,
        }),
        expires_in: String(lifetimeSeconds),
        expires_on: String(Math.floor(Date.now() / 1000) + lifetimeSeconds),
        resource: options.resource,
        token_type: 'Bearer',
      },
    };
  }

  async function challenge(): Promise<Answer> {
    const secret = randomBytes(24).toString('base64url');
    const file = path.join(folder, `${randomUUID()}.key`);
    await writeFile(file, secret, { mode: 0o600 });
    secrets.add(secret);
    files.push(file);
    return {
      status: 401,
      headers: { 'www-authenticate': `Basic realm=${file}` },
      body: { error: 'unauthorized_client' },
    };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    identityEndpoint: `${origin}/metadata/identity/oauth2/token`,
    imdsEndpoint: origin,
    answers,
    async challengeIn(other) {
      folder = other;
      made ??= await mkdir(folder, { recursive: true });
    },
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all(files.map(file => rm(file, { force: true })));
      if (made !== undefined) await rm(made, { recursive: true });
    },
  };
}

const refusal = (status: number, message: string): { status: number; body: object } => ({
  status,
  body: { error: 'invalid_request', error_description: message },
});
