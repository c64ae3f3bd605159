import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CookieData, HttpData, TypedData } from './functionsCore';
import type { RouteParameters } from './routeTemplate';

/** The limit of the Functions host, bytes. */
const largestBody = 100 * 1024 * 1024;

/** A request that can not be handed to any function; `status` is the answer. */
export class RequestRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A request, read to its end. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  /** Decoded segments of the path; "%2F" stays as it is, and one trailing "/" does not count. */
  readonly path: readonly string[];
  /** By lower-case name; several of one name are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Reads a request as the Functions host does: a body without Content-Length (chunked) is not handed to the function. Throws
 * `RequestRefused`.
 */
export async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const url = URL.parse(`http://${request.headers.host ?? ''}${request.url ?? ''}`);
  if (!request.url?.startsWith('/') || !url)
    throw new RequestRefused(400, 'The target or the Host header is not valid.');
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(',') ?? '']),
  );
  const length = Number(headers['content-length'] ?? 0);
  if (length > largestBody) throw new RequestRefused(413, `The body is longer than ${largestBody} bytes.`);
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) if (length > 0) chunks.push(chunk);
  return {
    method: request.method ?? '',
    url,
    path: pathOf(url),
    headers,
    body: Buffer.concat(chunks),
  };
}

function pathOf(url: URL): readonly string[] {
  const segments = url.pathname.slice(1).split('/');
  if (segments.at(-1) === '') segments.pop();
  try {
    return segments.map(segment =>
      decodeURIComponent(segment.replace(/%2f/gi, slash => `%25${slash.slice(1)}`)),
    );
  } catch {
    throw new RequestRefused(400, 'The path is not valid percent-encoded UTF-8.');
  }
}

const nullable = (values: Iterable<readonly [string, string]>): Record<string, { value: string }> =>
  Object.fromEntries(Array.from(values, ([name, value]) => [name, { value }]));

/** The request as the worker's protocol carries it. A query parameter that occurs twice arrives as one value with a comma. */
export function toInput(request: ReceivedRequest, parameters: RouteParameters): TypedData {
  const query = new Map<string, readonly [string, string]>();
  for (const [name, value] of request.url.searchParams) {
    const [first, values] = query.get(name.toLowerCase()) ?? [name, null];
    query.set(name.toLowerCase(), [first, values === null ? value : `${values},${value}`]);
  }
  return {
    http: {
      url: request.url.href,
      method: request.method,
      nullableHeaders: nullable(Object.entries(request.headers)),
      nullableQuery: nullable(query.values()),
      nullableParams: nullable(Object.entries(parameters)),
      body: request.body.length === 0 ? null : { bytes: request.body },
    },
  };
}

/** Writes a function's answer; a function that answers nothing is answered 204. */
export function answer(response: ServerResponse, data: HttpData | null): void {
  if (data === null) {
    answerStatus(response, 204);
    return;
  }
  if (data.enableContentNegotiation)
    throw new Error('enableContentNegotiation is not supported by the local host.');
  response.statusCode = Number(data.statusCode);
  for (const [name, value] of Object.entries(data.headers ?? {})) {
    // Framing is the host's business.
    if (!['connection', 'content-length', 'transfer-encoding'].includes(name))
      response.setHeader(name, value);
  }
  for (const cookie of data.cookies ?? []) response.appendHeader('set-cookie', setCookie(cookie));
  const { bytes, string, json } = data.body ?? {};
  response.end(bytes ?? string ?? json);
}

export function answerStatus(response: ServerResponse, status: number, text?: string): void {
  response.statusCode = status;
  if (text !== undefined) response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(text);
}

const sameSiteNames = { none: null, lax: 'lax', strict: 'strict', explicitNone: 'none' } as const;

/** As ASP.NET Core writes a cookie: the value percent-encoded, the path "/" where none is given. */
function setCookie(cookie: CookieData): string {
  const { expires, maxAge, domain, path, secure, httpOnly, sameSite = 'none' } = cookie;
  const attributes = [
    `${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`,
    expires && `expires=${new Date(expires.value.seconds * 1000).toUTCString()}`,
    maxAge && `max-age=${maxAge.value}`,
    domain && `domain=${domain.value}`,
    `path=${path?.value ?? '/'}`,
    secure?.value && 'secure',
    sameSiteNames[sameSite] && `samesite=${sameSiteNames[sameSite]}`,
    httpOnly?.value && 'httponly',
  ];
  return attributes.filter(Boolean).join('; ');
}
