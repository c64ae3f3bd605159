import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerCertificate } from '../tls';
import type { AccessTokenClaims, TokenIssuer } from '../tokenIssuer';
import type { ApplicationStore } from './applicationStore';
import { authenticate, type Authentication } from './authorization';
import type { Directory } from './directory';
import { FaultBook, withPageFault, type Fault, type Faults } from './faults';
import { errorBody, GraphError } from './graphError';
import { bodyOf, type Answer } from './page';
import { expiredPageToken, PageTokens } from './pageTokens';
import { createRoutes, findRoute } from './routes';
import { Throttle, type ThrottleLimit } from './throttle';

export interface GraphStandInOptions {
  readonly certificate: ServerCertificate;
  /** Whose tokens are accepted. */
  readonly issuer: TokenIssuer;
  /** The tenant that is served; `directory.organization` must be the same one. */
  readonly tenantId: string;
  readonly directory: Directory;
  /** How long a $skiptoken holds, in milliseconds; default: an hour. */
  readonly pageTokenLifetime?: number;
  /** Milliseconds since 1970, for page tokens, throttling and deletions; default: the clock. */
  readonly now?: () => number;
  /** Whether `DELETE /beta/contacts/{id}` works for an application; default: not. */
  readonly betaDeletesContacts?: boolean;
  /** App registrations and service principals; default: none are served. */
  readonly applications?: ApplicationStore;
  /** Items of one page of their assignments, consents and deleted ones; default: 3, so that every client has to turn pages. */
  readonly applicationPageSize?: number;
}

/** A request as it came, and what became of it. */
export interface LoggedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The client id in the token; null where the token is not valid. */
  readonly appId: string | null;
  readonly consistencyLevel: string | null;
  readonly clientRequestId: string | null;
  readonly userAgent: string | null;
  /** null: not answered (yet). */
  readonly status: number | null;
}

/** Microsoft Graph v1.0 for one tenant, on loopback. */
export interface GraphStandIn {
  /** The https origin, without a slash at the end: the audience of its tokens. */
  readonly endpoint: string;
  readonly directory: Directory;
  readonly faults: Faults;
  readonly requests: readonly LoggedRequest[];
  /** Answers 429 beyond this limit; null: no limit, as at the start. */
  throttle(limit: ThrottleLimit | null): void;
  /** All page tokens that were handed out so far are expired. */
  expirePageTokens(): void;
  stop(): Promise<void>;
}

const anHour = 60 * 60 * 1000;

/**
 * Starts a stand-in for Microsoft Graph that is stricter than the service: it serves only what is in Graph's metadata, and refuses
 * every query option, token and header that it does not know to be right.
 */
export async function startGraphStandIn(options: GraphStandInOptions): Promise<GraphStandIn> {
  const { directory, tenantId } = options;
  if (directory.organization.id !== tenantId) {
    throw new RangeError(
      `The organization's id was expected to be the tenant's, ${tenantId}; found ${directory.organization.id}.`,
    );
  }
  const server = https.createServer({ cert: options.certificate.cert, key: options.certificate.key });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const graph = new Graph(endpoint, options);
  server.on('request', (request, response) => void graph.handle(request, response));
  return {
    endpoint,
    directory,
    faults: graph.faults,
    requests: graph.requests,
    throttle: limit => graph.throttleTo(limit),
    expirePageTokens: () => graph.pageTokens.expireAll(),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

type LogEntry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

/** What is sent: everything but the headers that each answer has. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Only so much of the text, and whether the connection ends with it. */
  readonly cut?: { readonly length: number; readonly connectionLost: boolean };
}
type Outcome = Reply | 'reset' | 'stall';

interface Received {
  readonly method: string;
  readonly url: URL;
  readonly pathname: string;
  readonly consistencyLevel: string | string[] | undefined;
  readonly authentication: Authentication;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

class Graph {
  readonly requests: LogEntry[] = [];
  readonly faults = new FaultBook();
  readonly pageTokens: PageTokens;
  readonly #routes;
  readonly #now: () => number;
  #throttle: Throttle | null = null;

  constructor(
    readonly endpoint: string,
    readonly options: GraphStandInOptions,
  ) {
    this.#now = options.now ?? Date.now;
    this.pageTokens = new PageTokens(options.pageTokenLifetime ?? anHour, this.#now);
    this.#routes = createRoutes({
      endpoint,
      directory: options.directory,
      pageTokens: this.pageTokens,
      now: this.#now,
      betaDeletesContacts: options.betaDeletesContacts ?? false,
      applications: options.applications ?? null,
      applicationPageSize: options.applicationPageSize ?? 3,
    });
  }

  throttleTo(limit: ThrottleLimit | null): void {
    this.#throttle = limit && new Throttle(limit, this.#now);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const clientRequestId = textOf(request.headers['client-request-id']) ?? requestId;
    const entry = this.#log(request);
    let outcome: Outcome;
    try {
      outcome = await this.#outcome(request, entry);
    } catch (error) {
      const { status, headers, code, message } = graphErrorOf(error);
      const body = errorBody({ code, message }, { requestId, clientRequestId, date: new Date() });
      const json = { 'content-type': 'application/json' };
      outcome = { status, headers: { ...json, ...headers }, text: JSON.stringify(body) };
    }
    if (outcome === 'stall') return;
    if (outcome === 'reset') {
      response.destroy();
      return;
    }
    entry.status = outcome.status;
    send(response, outcome, { 'request-id': requestId, 'client-request-id': clientRequestId });
  }

  #log({ method = '', url = '', headers }: IncomingMessage): LogEntry {
    const entry: LogEntry = {
      method,
      url,
      appId: null,
      consistencyLevel: textOf(headers['consistencylevel']),
      clientRequestId: textOf(headers['client-request-id']),
      userAgent: textOf(headers['user-agent']),
      status: null,
    };
    this.requests.push(entry);
    return entry;
  }

  async #outcome(request: IncomingMessage, entry: LogEntry): Promise<Outcome> {
    const url = new URL(entry.url, this.endpoint);
    const body = await bodyTextOf(request);
    const authentication = await authenticate(request.headers.authorization, this.options.issuer, {
      audience: this.endpoint,
      tenantId: this.options.tenantId,
    });
    if (!(authentication instanceof GraphError)) entry.appId = authentication.appid;
    const received: Received = {
      method: entry.method,
      url,
      pathname: decodedPath(url),
      consistencyLevel: request.headers['consistencylevel'],
      authentication,
      headers: request.headers,
      body,
    };
    const token = url.searchParams.get('$skiptoken');
    const faults = this.faults.take({
      method: entry.method,
      pathname: received.pathname,
      page: token === null ? 1 : (this.pageTokens.peek(token)?.number ?? 1),
      appId: entry.appId,
    });
    return (await firstStop(faults)) ?? this.#reply(received, faults);
  }

  #reply(received: Received, faults: readonly Fault[]): Outcome {
    const wait = this.#throttle?.admit() ?? 0;
    if (wait > 0) throw tooManyRequests(wait);
    const carriedOut = resultOf(() => this.#answer(received));
    // An answer that is lost is lost, whatever it was.
    const instead = afterStop(faults);
    if (instead !== null) return instead();
    if ('error' in carriedOut) throw carriedOut.error;
    let { answer } = carriedOut;
    let cut: Reply['cut'];
    for (const fault of faults) {
      if (fault.kind === 'cutBody') {
        cut = { length: fault.length, connectionLost: fault.ending === 'connectionLost' };
      } else answer = withFault(answer, fault, received.url.href);
    }
    const body = bodyOf(answer);
    if (body === null) return { status: 204, headers: {}, text: '' };
    const headers = { 'content-type': body.contentType, 'odata-version': '4.0' };
    const status = answer.kind === 'entity' ? (answer.status ?? 200) : 200;
    return { status, headers, text: body.text, ...(cut ? { cut } : {}) };
  }

  #answer({ method, url, pathname, consistencyLevel, authentication, headers, body }: Received): Answer {
    const claims = authenticated(authentication);
    const { route, id, item } = findRoute(this.#routes, method, pathname);
    return route.answer({ claims, search: url.searchParams, consistencyLevel, id, item, headers, body });
  }
}

/** Runs the faults that come before the request is looked at; the first that answers it, or does not, ends it. */
async function firstStop(faults: readonly Fault[]): Promise<Outcome | null> {
  for (const fault of faults) {
    switch (fault.kind) {
      case 'run':
        await fault.callback();
        break;
      case 'reset':
      case 'stall':
        return fault.kind;
      case 'expirePageToken':
        throw expiredPageToken();
      case 'answer':
        return faultAnswer(fault);
      default:
        // Faults of the body: they need the answer first.
        break;
    }
  }
  return null;
}

function resultOf(carryOut: () => Answer): { readonly answer: Answer } | { readonly error: Error } {
  try {
    return { answer: carryOut() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** What comes instead of the answer, once the request was carried out or refused; null: nothing does. */
function afterStop(faults: readonly Fault[]): (() => Outcome) | null {
  for (const fault of faults) {
    if (fault.kind === 'answerAfter') return () => faultAnswer(fault);
    if (fault.kind === 'resetAfter') return () => 'reset';
    if (fault.kind === 'stallAfter') return () => 'stall';
  }
  return null;
}

function faultAnswer({
  status,
  headers = {},
  body,
}: Extract<Fault, { kind: 'answer' | 'answerAfter' }>): Reply {
  if (body === undefined) throw new GraphError(status, codeOf(status), 'An error has occurred.', headers);
  return { status, headers: { 'content-type': 'text/html', ...headers }, text: body };
}

function withFault(answer: Answer, fault: Fault, request: string): Answer {
  switch (fault.kind) {
    case 'emptyPage':
    case 'repeatPreviousPage':
    case 'nextLink':
    case 'dropProperties':
    case 'dropObjects':
    case 'miscount':
      if (answer.kind === 'page') return { ...answer, page: withPageFault(answer.page, fault, request) };
      if (answer.kind === 'count' && fault.kind === 'miscount') {
        return { ...answer, count: answer.count + fault.by };
      }
      return answer;
    default:
      return answer;
  }
}

/** More than any request of ours has. */
const largestBody = 64 * 1024;

async function bodyTextOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  if (text.length <= largestBody) return text;
  throw new GraphError(413, 'RequestEntityTooLarge', 'The request body is too large.');
}

function authenticated(authentication: Authentication): AccessTokenClaims {
  if (authentication instanceof GraphError) throw authentication;
  return authentication;
}

function decodedPath(url: URL): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch {
    throw new GraphError(400, 'BadRequest', 'The path of the request is not encoded correctly.');
  }
}

/** With the fraction: a client must be able to read it. */
const tooManyRequests = (wait: number): GraphError =>
  new GraphError(429, codeOf(429), 'Too many requests.', { 'retry-after': String(wait / 1000) });

const codes: Readonly<Record<number, string>> = {
  429: 'TooManyRequests',
  502: 'BadGateway',
  503: 'serviceNotAvailable',
  504: 'gatewayTimeout',
};
const codeOf = (status: number): string => codes[status] ?? 'UnknownError';

/** What is no GraphError is a mistake of the stand-in or of a test: 501, which no client takes for a passing failure. */
function graphErrorOf(error: unknown): GraphError {
  if (error instanceof GraphError) return error;
  return new GraphError(501, 'StandInFailure', error instanceof Error ? error.message : String(error));
}

const textOf = (header: string | string[] | undefined): string | null => header?.toString() ?? null;

function send(
  response: ServerResponse,
  { status, headers, text, cut }: Reply,
  ids: Record<string, string>,
): void {
  response.writeHead(status, {
    ...ids,
    ...headers,
    ...(cut?.connectionLost ? { 'content-length': Buffer.byteLength(text) } : {}),
  });
  const sent = cut ? text.slice(0, cut.length) : text;
  if (!cut?.connectionLost) response.end(sent);
  // Only once the part is out: destroyed earlier, the connection would take it along.
  else response.write(sent, () => response.destroy());
}
