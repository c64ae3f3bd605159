import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerCertificate } from '../../support/tls';

/** A request to the storage, as a fault sees it. */
export interface StorageRequest {
  readonly service: StorageService;
  readonly method: string;
  /** Behind the account, decoded, with the query: `exports/contoso/…`, `OrphanCandidates(…)`, `$batch`. */
  readonly path: string;
  /** x-ms-lease-action, where it is one of a lease. */
  readonly leaseAction: string | null;
  readonly body: string;
}

export type StorageService = 'blob' | 'table' | 'queue';

/** What happens to a request. */
export type StorageFault =
  /** Answered at once; the storage hears nothing. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection is cut; the storage hears nothing. */
  | { readonly kind: 'cut' }
  /** The storage carries it out; its answer is lost. */
  | { readonly kind: 'swallow' }
  /** The storage carries it out, and this is answered. */
  | { readonly kind: 'answerAfter'; readonly status: number; readonly code: string }
  /** Goes on when it is resolved. */
  | { readonly kind: 'hold'; readonly until: Promise<void> };

/** Asked for each request; null: nothing happens to it. */
export type StorageFaults = (request: StorageRequest) => StorageFault | null;

export interface StorageFront {
  readonly endpoints: Readonly<Record<StorageService, string>>;
  /** Starts with null for all. */
  faults: StorageFaults;
  /** Requests that reached the storage, since it was emptied last. */
  readonly requests: StorageRequest[];
  stop(): Promise<void>;
}

export interface StorageFrontOptions {
  readonly certificate: ServerCertificate;
  /** Path-style endpoints, with the account. */
  readonly endpoints: Readonly<Record<StorageService, string>>;
}

/** Stands between the app and its storage account. Whoever sets the stack up asks the storage itself. */
export async function startStorageFront({
  certificate,
  endpoints,
}: StorageFrontOptions): Promise<StorageFront> {
  const agent = new https.Agent({ keepAlive: true });
  const servers: https.Server[] = [];
  const requests: StorageRequest[] = [];
  const started: Partial<Record<StorageService, string>> = {};
  const front = {
    faults: (() => null) as StorageFaults,
    requests,
    async stop(): Promise<void> {
      agent.destroy();
      for (const server of servers) {
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      }
    },
  };
  for (const service of ['blob', 'table', 'queue'] as const) {
    const target = new URL(endpoints[service]);
    const server = https.createServer(certificate, (request, response) => {
      handle(service, target, request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    started[service] = `https://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`;
  }
  return Object.assign(front, { endpoints: started as StorageFront['endpoints'] });

  async function handle(
    service: StorageService,
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await bodyOf(request);
    if (body === null) return;
    const seen: StorageRequest = {
      service,
      method: request.method ?? '',
      path: decodeURIComponent((request.url ?? '').slice(target.pathname.length + 1)),
      leaseAction: request.headers['x-ms-lease-action']?.toString() ?? null,
      body: body.toString(),
    };
    requests.push(seen);
    const fault = front.faults(seen);
    if (fault?.kind === 'cut') return void request.socket.destroy();
    if (fault?.kind === 'answer') return answer(response, fault.status, fault.code);
    if (fault?.kind === 'hold') await fault.until;
    const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers;
    const outgoing = https.request(new URL(request.url ?? '/', target), {
      method: request.method,
      headers: { ...headers, 'content-length': body.length },
      agent,
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answered = (await bodyOf(incoming)) ?? Buffer.alloc(0);
    if (fault?.kind === 'swallow') return void request.socket.destroy();
    if (fault?.kind === 'answerAfter') return answer(response, fault.status, fault.code);
    const {
      connection: ____,
      'transfer-encoding': _____,
      'content-length': length,
      ...answerHeaders
    } = incoming.headers;
    const sized = seen.method === 'HEAD' ? length : answered.length;
    response.writeHead(incoming.statusCode ?? 0, {
      ...answerHeaders,
      ...(sized === undefined ? {} : { 'content-length': sized }),
    });
    response.end(answered);
  }
}

function answer(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code });
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
