import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerCertificate } from '../../support/tls';

export interface Front {
  readonly url: string;
  stop(): Promise<void>;
}

const listening = async (server: http.Server | https.Server, scheme: string): Promise<Front> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

/** The front end of App Service, which ends TLS before the app. */
export const startTlsFront = (certificate: ServerCertificate, target: string): Promise<Front> =>
  listening(
    https.createServer({ ...certificate, minVersion: 'TLSv1.2' }, (request, response) => {
      const { host: _, connection: __, ...headers } = request.headers;
      const outgoing = http.request(new URL(request.url ?? '/', target), { method: request.method, headers });
      outgoing.on('response', (incoming: IncomingMessage) => {
        response.writeHead(incoming.statusCode ?? 0, incoming.headers);
        incoming.pipe(response);
      });
      outgoing.on('error', () => response.destroy());
      request.pipe(outgoing);
    }),
    'https',
  );

/** An app whose main site lets nobody in. */
export const startClosedSite = (certificate: ServerCertificate): Promise<Front> =>
  listening(
    https.createServer(certificate, (_, response) => response.writeHead(403).end('Ip Forbidden')),
    'https',
  );

/** Port 80 of App Service, with httpsOnly. */
export const startRedirection = (): Promise<Front> =>
  listening(
    http.createServer((request, response) =>
      response.writeHead(301, { location: `https://app.example${request.url ?? '/'}` }).end(),
    ),
    'http',
  );
