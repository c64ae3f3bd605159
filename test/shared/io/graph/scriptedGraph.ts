import https from 'node:https';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';

export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers one request, in whatever way. */
export type Responder = (response: ServerResponse, asked: Asked, origin: string) => void;

/** A server that says what a test tells it to, right or wrong. The strict stand-in is in test/support/graph. */
export interface ScriptedGraph {
  readonly origin: string;
  readonly asked: readonly Asked[];
  /** Answers the requests for a path one after another; what is left unanswered fails as 404 of a proxy. */
  script(path: string, ...responders: readonly Responder[]): void;
  /** Answers every request for a path. */
  always(path: string, responder: Responder): void;
  /** Forgets scripts and requests. */
  reset(): void;
  stop(): Promise<void>;
}

export async function startScriptedGraph(): Promise<ScriptedGraph> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const scripts = new Map<string, Responder[]>();
  const standing = new Map<string, Responder>();
  let asked: Asked[] = [];
  const server = https.createServer(await authority.issue(), (request, response) => {
    const url = new URL(request.url ?? '', origin);
    const entry = {
      path: url.pathname,
      query: url.searchParams,
      url: request.url ?? '',
      headers: request.headers,
    };
    asked.push(entry);
    const responder =
      scripts.get(url.pathname)?.shift() ?? standing.get(url.pathname) ?? text(404, 'no script');
    responder(response, entry, origin);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    get asked() {
      return asked;
    },
    script(path, ...responders) {
      scripts.set(path, [...(scripts.get(path) ?? []), ...responders]);
    },
    always(path, responder) {
      standing.set(path, responder);
    },
    reset() {
      scripts.clear();
      standing.clear();
      asked = [];
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Responder =>
  response => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export const text =
  (status: number, body: string, headers: Record<string, string> = {}): Responder =>
  response => {
    response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
  };

/** Graph's error body. */
export const graphError = (status: number, code: string): Responder =>
  json(status, { error: { code, message: 'somebody@example.com', innerError: {} } });

/** A page, whose nextLink is the list's own with this page token. */
export const page =
  (value: readonly unknown[], token?: string): Responder =>
  (response, asked, origin) => {
    const link =
      token === undefined ? {} : { '@odata.nextLink': `${origin}${asked.path}?$skiptoken=${token}` };
    json(200, { value, ...link })(response, asked, origin);
  };

/** Closes the connection without an answer. */
export const reset: Responder = response => {
  response.destroy();
};

/** Leaves the request without an answer. */
export const stall: Responder = () => undefined;

/** Promises more bytes than it sends. */
export const cutShort: Responder = response => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"value":[', () => response.destroy());
};
