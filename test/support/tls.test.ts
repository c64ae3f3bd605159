import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from './tls';

test('a client that trusts the authority, and only such a client, accepts the certificate', async () => {
  const authority = await createCertificateAuthority();
  const server = https
    .createServer(await authority.issue(), (_, answer) => answer.end('ok'))
    .listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const status = (ca?: string): Promise<number | string | undefined> =>
    new Promise(resolve => {
      https
        .get(url, { ca, agent: false }, answer => resolve(answer.resume().statusCode))
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
  try {
    expect(await status(authority.cert)).toBe(200);
    expect(await status()).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  } finally {
    server.close();
  }
});
