import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { sampleUsers, type SampleUserName } from '../openIdProvider/sampleIdentities';
import type { OpenIdProvider } from '../openIdProvider/openIdProvider';

/** `GET <url>/<sample user>` is answered with an access token, so that a terminal needs nothing but curl. */
export interface SignInDesk {
  readonly url: string;
  stop(): Promise<void>;
}

const isSampleUser = (name: string): name is SampleUserName => Object.hasOwn(sampleUsers, name);

/** Signs sample users in at the provider, each time anew, through the provider's own pages. Plain HTTP, on loopback. */
export async function startSignInDesk(provider: Pick<OpenIdProvider, 'signIn'>): Promise<SignInDesk> {
  const server = http.createServer((request, response) => void answer(request, response));

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const name = (request.url ?? '').slice(1);
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    if (request.method !== 'GET' || !isSampleUser(name)) {
      response.writeHead(404, headers).end(`GET one of: ${Object.keys(sampleUsers).join(', ')}\n`);
      return;
    }
    try {
      const { access_token: token } = await provider.signIn(name);
      response.writeHead(200, headers).end(token);
    } catch (error) {
      response.writeHead(502, headers).end(`${String(error)}\n`);
    }
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
