import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportFolderPattern, manifestFileName, signatureFileName } from '../../../shared/core/exportFormat';
import { requestKinds } from '../../../shared/core/exportRequest';
import type { ServerCertificate } from '../tls';

/** A request as it came, and what became of it. */
export interface FrontRequest {
  readonly method: string;
  /** Behind the account, decoded: `exports/contoso/…`. */
  readonly path: string;
  readonly bytes: number;
  /** Whether the storage got it. */
  forwarded: boolean;
  /** null: its connection was cut. */
  status: number | null;
}

/** What happens to a request. */
export type FrontFault =
  /** The connection is cut; the storage hears nothing. */
  | { readonly kind: 'cut' }
  /** The storage carries it out; its answer is lost. */
  | { readonly kind: 'swallow' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** It goes on when `until` is resolved. */
  | { readonly kind: 'hold'; readonly until: Promise<void> }
  /** One bit of its body is another one. */
  | { readonly kind: 'damage' };

export interface CreateOnlyFront {
  /** The blob endpoint, with the account. */
  readonly endpoint: string;
  readonly requests: readonly FrontRequest[];
  /** Asked for each request that is allowed; null: nothing happens to it. Starts with null for all. */
  faults: (request: FrontRequest) => FrontFault | null;
  stop(): Promise<void>;
}

export interface CreateOnlyFrontOptions {
  readonly certificate: ServerCertificate;
  /** A blob endpoint with its account, path-style. */
  readonly blobEndpoint: string;
  readonly source: string;
}

const partPattern = /^part-\d{5}\.ndjson\.gz$/;
const partOrLast = (name: string | undefined): boolean =>
  name !== undefined && (partPattern.test(name) || name === signatureFileName || name === manifestFileName);

/**
 * Stands before a storage account and lets pass what the agent's role allows, and no more: a Put Blob of a file of this source's exports
 * that creates it, as one block blob, with its MD5; and reading the two requests. Everything else is 403, as Azure answers an
 * identity without the role: other methods, lists, blocks, other names, a Put without `If-None-Match: *`.
 */
export async function startCreateOnlyFront({
  certificate,
  blobEndpoint,
  source,
}: CreateOnlyFrontOptions): Promise<CreateOnlyFront> {
  const requests: FrontRequest[] = [];
  const target = new URL(blobEndpoint);
  const server = https.createServer(certificate, (request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const front: CreateOnlyFront = {
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    requests,
    faults: () => null,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return front;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', target);
    const body = await bodyOf(request);
    if (body === null) return;
    const seen: FrontRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname.slice(target.pathname.length + 1)),
      bytes: body.length,
      forwarded: false,
      status: null,
    };
    requests.push(seen);
    if (!isAllowed(request, url, seen.path))
      return answer(seen, response, 403, 'AuthorizationPermissionMismatch');
    const fault = front.faults(seen);
    if (fault?.kind === 'cut') return void request.socket.destroy();
    if (fault?.kind === 'answer') return answer(seen, response, fault.status, fault.code, fault.headers);
    if (fault?.kind === 'hold') await fault.until;
    if (fault?.kind === 'damage') body[0] = (body[0] ?? 0) ^ 1;
    seen.forwarded = true;
    await forward(request, body, response, fault?.kind === 'swallow', seen);
  }

  function isAllowed(request: IncomingMessage, url: URL, path: string): boolean {
    const [container, owner, folder, name, ...more] = path.split('/');
    if (url.search !== '' || owner !== source || more.length > 0) return false;
    if (request.method === 'GET')
      return (
        container === 'requests' && name === undefined && requestKinds.some(kind => folder === `${kind}.json`)
      );
    return (
      request.method === 'PUT' &&
      container === 'exports' &&
      exportFolderPattern.test(folder ?? '') &&
      partOrLast(name) &&
      request.headers['if-none-match'] === '*' &&
      request.headers['x-ms-blob-type'] === 'BlockBlob' &&
      request.headers['content-md5'] !== undefined
    );
  }

  async function forward(
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
    swallow: boolean,
    seen: FrontRequest,
  ): Promise<void> {
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers;
    const outgoing = https.request(new URL(request.url ?? '/', target), {
      method: request.method,
      headers: { ...headers, 'content-length': body.length },
      agent: false,
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answered = (await bodyOf(incoming)) ?? Buffer.alloc(0);
    if (swallow) return void request.socket.destroy();
    seen.status = incoming.statusCode ?? 0;
    const { connection: ____, 'transfer-encoding': _____, ...answerHeaders } = incoming.headers;
    response.writeHead(seen.status, { ...answerHeaders, 'content-length': answered.length });
    response.end(answered);
  }
}

function answer(
  seen: FrontRequest,
  response: ServerResponse,
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  seen.status = status;
  response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
}

/** null: the sender went away. */
async function bodyOf(message: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}
