import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { rights, type Right } from '../../../../shared/core/doctor/dataAccess';
import type { ServerCertificate } from '../../../support/tls';

/** A batch writes; which table it is about, only its body says. */
const tableInBatch = /\/(OrphanCandidates|ScanRuns|Decisions|Rules|AuditLog)\b/;

/** What an identity may do with a table or container, by `<client id> <name>`; who is not named may do nothing. */
export type Roles = Map<string, Right>;

export interface RoleFront {
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  readonly roles: Roles;
  /** Methods and paths that came in and were let through. */
  readonly passed: string[];
  stop(): Promise<void>;
}

export interface RoleFrontOptions {
  readonly certificate: ServerCertificate;
  readonly azurite: { readonly blobEndpoint: string; readonly tableEndpoint: string };
}

/**
 * Stands before Azurite, which knows no roles, and answers as Azure does: first of all, 403 AuthorizationPermissionMismatch where the
 * token's identity has no role for the operation.
 * Source: https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
 */
export async function startRoleFront({ certificate, azurite }: RoleFrontOptions): Promise<RoleFront> {
  const roles: Roles = new Map();
  const passed: string[] = [];
  const stops: (() => Promise<void>)[] = [];
  const agent = new https.Agent({ keepAlive: true });
  const listen = async (kind: 'table' | 'blob', target: URL): Promise<string> => {
    const server = https.createServer(certificate, (request, response) => {
      handle(kind, target, request, response).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    });
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`;
  };

  async function handle(
    kind: 'table' | 'blob',
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await bytesOf(request);
    const { method = '', url = '', headers } = request;
    const below = decodeURIComponent(url.slice(target.pathname.length + 1));
    const subject = below.startsWith('$batch')
      ? (tableInBatch.exec(body.toString('utf8'))?.[1] ?? '')
      : below;
    const name = /^\w[\w-]*/.exec(subject)?.[0] ?? '';
    const needed: Right = ['GET', 'HEAD'].includes(method)
      ? 'read'
      : method === 'DELETE'
        ? 'remove'
        : 'write';
    const { appid } = decodeJwt((headers.authorization ?? '').slice('Bearer '.length));
    const right = roles.get(`${String(appid)} ${name}`) ?? 'none';
    if (rights.indexOf(right) < rights.indexOf(needed)) return refuse(kind, response);
    passed.push(`${method} ${below}`);
    const { host: _, connection: __, 'transfer-encoding': ___, ...sent } = headers;
    const outgoing = https.request(new URL(url, target), {
      method,
      headers: { ...sent, 'content-length': body.length },
      agent,
    });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    const answer = await bytesOf(incoming);
    const {
      connection: ____,
      'transfer-encoding': _____,
      'content-length': length,
      ...back
    } = incoming.headers;
    const size = method === 'HEAD' ? length : answer.length;
    response.writeHead(incoming.statusCode ?? 0, {
      ...back,
      ...(size === undefined ? {} : { 'content-length': size }),
    });
    response.end(answer);
  }

  return {
    roles,
    passed,
    blobEndpoint: await listen('blob', new URL(azurite.blobEndpoint)),
    tableEndpoint: await listen('table', new URL(azurite.tableEndpoint)),
    async stop() {
      agent.destroy();
      for (const end of stops) await end();
    },
  };
}

const mismatch = 'AuthorizationPermissionMismatch';

function refuse(kind: 'table' | 'blob', response: ServerResponse): void {
  const message = 'This request is not authorized to perform this operation using this permission.';
  if (kind === 'table') {
    response.writeHead(403, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ 'odata.error': { code: mismatch, message: { lang: 'en-US', value: message } } }),
    );
    return;
  }
  response.writeHead(403, { 'content-type': 'application/xml', 'x-ms-error-code': mismatch });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${mismatch}</Code><Message>${message}</Message></Error>`,
  );
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
