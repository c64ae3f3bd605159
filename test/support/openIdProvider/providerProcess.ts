/**
 * The OpenID provider, in a process of its own: oidc-provider is an ES module, which Jest can not load. It is driven by messages
 * (messages.ts) and ends with its parent.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Provider } from 'oidc-provider';
import type { FromProvider, ProviderOptions, PublishedKeys, ToProvider } from './messages';
import { providerConfiguration } from './providerConfiguration';
import { signInPage } from './signInPage';

interface Serving {
  use(keys: PublishedKeys): void;
}

async function serve(options: ProviderOptions, firstKeys: PublishedKeys): Promise<Serving> {
  const prefix = `/${options.tenantId}/v2.0`;
  const cookieKey = randomUUID();
  let handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.writeHead(503).end();
  };
  const server = createServer(options.certificate, (request, response) => handle(request, response));
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = `https://127.0.0.1:${port}${prefix}`;

  /** Keys can not change in a provider, so another one takes its place; what was issued lies in a storage that both share. */
  function use(keys: PublishedKeys): void {
    const provider = new Provider(issuer, providerConfiguration(issuer, options, keys, cookieKey));
    const protocol = provider.callback();
    handle = (request, response) => {
      const path = request.url ?? '';
      if (!path.startsWith(`${prefix}/`)) {
        response.writeHead(404).end();
        return;
      }
      if (path.startsWith(`${prefix}/interaction/`)) {
        signIn(provider, request, response).catch((error: unknown) => {
          response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
        });
        return;
      }
      // The provider finds its mount path by comparing the two.
      Object.assign(request, { originalUrl: path, url: path.slice(prefix.length) });
      protocol(request, response);
    };
  }

  /** GET shows the users, POST is the choice of one. */
  async function signIn(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    await provider.interactionDetails(request, response);
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
      response.end(signInPage(options.users));
      return;
    }
    const chosen = new URLSearchParams(await text(request)).get('user');
    const user = options.users.find(one => one.objectId === chosen);
    if (!user) throw new Error('Choose one of the users.');
    await provider.interactionFinished(request, response, {
      login: { accountId: user.objectId },
      select_account: {},
    });
  }

  use(firstKeys);
  answer({ kind: 'listening', port });
  return { use };
}

const answer = (message: FromProvider): void => void process.send?.(message);

function failed(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

let serving: Serving | null = null;

async function obey(message: ToProvider): Promise<void> {
  switch (message.kind) {
    case 'start':
      serving = await serve(message.options, message.keys);
      break;
    case 'keys':
      serving?.use(message.keys);
      answer({ kind: 'keysChanged' });
      break;
  }
}

process.on('message', (message: ToProvider) => void obey(message).catch(failed));
process.on('disconnect', () => process.exit(0));
