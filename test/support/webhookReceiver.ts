import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ServerCertificate } from './tls';

/** What stands for a Teams workflow: it keeps each message, and answers 202. */
export interface WebhookReceiver {
  /** With a secret in its query. */
  readonly url: string;
  readonly secret: string;
  readonly messages: readonly unknown[];
  /** Resolves when so many messages came in all. */
  received(count: number): Promise<void>;
  /** What is answered from now on; null: the request is left without an answer. */
  answer(status: number | null): void;
  stop(): Promise<void>;
}

export async function startWebhookReceiver(certificate: ServerCertificate): Promise<WebhookReceiver> {
  const secret = 'S3cr3t';
  const messages: unknown[] = [];
  let status: number | null = 202;
  const server = createServer(certificate, (request, response) => {
    void text(request).then(body => {
      messages.push(JSON.parse(body));
      server.emit('message');
      return status === null ? undefined : response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/workflows/x?sig=${secret}`,
    secret,
    messages,
    async received(count) {
      while (messages.length < count) await once(server, 'message');
    },
    answer(next) {
      status = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
