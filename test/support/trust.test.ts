import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCertificateAuthority } from './tls';
import { trustAuthority } from './trust';

test('fetch and https refuse the authority before it is trusted and accept it afterwards', async () => {
  const authority = await createCertificateAuthority();
  const server = https
    .createServer(await authority.issue(), (_, answer) => answer.end('ok'))
    .listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const get = (): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      https.get(url, { agent: false }, answer => resolve(answer.resume().statusCode)).on('error', reject);
    });
  try {
    await expect(get()).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } });
    trustAuthority(authority.cert);
    expect(await get()).toBe(200);
    expect((await fetch(url)).status).toBe(200);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
