import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenIssuer } from './tokenIssuer';

/** A managed identity that is assigned to the app. */
export interface ManagedIdentity {
  readonly clientId: string;
  /** Object id of its service principal. */
  readonly objectId: string;
  /** The application permissions that it was granted, by resource; a resource that is not listed does not exist in the tenant. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
}

/** One request that the endpoint answered. Values as they were asked, null where they were not given. */
export interface AskedToken {
  readonly clientId: string | null;
  readonly resource: string | null;
  readonly status: number;
}

export interface IdentityEndpoint {
  /** For IDENTITY_ENDPOINT. */
  readonly url: string;
  /** For IDENTITY_HEADER: whoever knows it gets the tokens. */
  readonly header: string;
  readonly asked: readonly AskedToken[];
  stop(): Promise<void>;
}

export interface IdentityEndpointOptions {
  readonly issuer: TokenIssuer;
  readonly identities: readonly ManagedIdentity[];
}

const apiVersion = '2019-08-01';
const path = '/msi/token';
const parameters = new Set(['api-version', 'client_id', 'resource']);
const lifetimeSeconds = 24 * 60 * 60;

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * The managed identity protocol of App Service on loopback: hands out tokens for the given user-assigned identities, and for no
 * other. There is no system-assigned identity, so a request must name one.
 * Source: https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
export async function startIdentityEndpoint({
  issuer,
  identities,
}: IdentityEndpointOptions): Promise<IdentityEndpoint> {
  const header = randomUUID();
  const asked: AskedToken[] = [];
  const server = http.createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { status, body } = await answerTo(request.method, url, request.headers['x-identity-header']);
    const { searchParams } = url;
    asked.push({ clientId: searchParams.get('client_id'), resource: searchParams.get('resource'), status });
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
  }

  async function answerTo(
    method: string | undefined,
    url: URL,
    secret: string | string[] | undefined,
  ): Promise<Answer> {
    if (url.pathname !== path) return refusal(404, `No endpoint at ${url.pathname}.`);
    if (method !== 'GET') return refusal(405, `The method ${method} is not supported.`);
    if (secret === undefined) return refusal(401, 'The header X-IDENTITY-HEADER is missing.');
    if (secret !== header) return refusal(403, 'The header X-IDENTITY-HEADER is wrong.');
    for (const name of new Set(url.searchParams.keys())) {
      if (!parameters.has(name)) return refusal(400, `The parameter '${name}' is not supported here.`);
      if (url.searchParams.getAll(name).length > 1)
        return refusal(400, `The parameter '${name}' is repeated.`);
    }
    if (url.searchParams.get('api-version') !== apiVersion) {
      return refusal(400, `The parameter 'api-version' was expected to be ${apiVersion}.`);
    }
    return await tokenFor(url.searchParams.get('client_id'), url.searchParams.get('resource'));
  }

  async function tokenFor(clientId: string | null, resource: string | null): Promise<Answer> {
    if (resource === null) return refusal(400, "The parameter 'resource' is missing.");
    const identity = identities.find(one => one.clientId === clientId?.toLowerCase());
    if (!identity) {
      const sought = 'ClientId/ResourceId/PrincipalId';
      return refusal(400, `No User Assigned or Delegated Managed Identity found for specified ${sought}.`);
    }
    const roles = new Map(Object.entries(identity.roles)).get(resource);
    if (!roles) {
      return refusal(
        400,
        `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`,
      );
    }
    const token = await issuer.sign({
      audience: resource,
      appId: identity.clientId,
      objectId: identity.objectId,
      roles,
      lifetimeSeconds,
    });
    return {
      status: 200,
      body: {
        access_token: token,
        client_id: identity.clientId,
        expires_on: String(Math.floor(Date.now() / 1000) + lifetimeSeconds),
        resource,
        token_type: 'Bearer',
      },
    };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    header,
    asked,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const refusal = (status: number, message: string): Answer => ({
  status,
  body: { statusCode: status, message, correlationId: randomUUID() },
});
