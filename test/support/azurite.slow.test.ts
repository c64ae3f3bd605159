import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startAzurite } from './azurite';
import type { Azurite } from './azurite';
import { createCertificateAuthority } from './tls';
import type { CertificateAuthority } from './tls';
import { trustAuthority } from './trust';

let authority: CertificateAuthority;
let azurite: Azurite;
beforeAll(async () => {
  authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  azurite = await startAzurite({ certificate: await authority.issue() });
});
afterAll(() => azurite?.stop());

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function token(claims: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/',
    aud: 'https://storage.azure.com',
    iat: now,
    nbf: now - 60,
    exp: now + 600,
    ...claims,
  };
  return `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(all)}.c2lnbmF0dXJl`;
}

const lists = (): readonly string[] => [
  `${azurite.blobEndpoint}/?comp=list`,
  `${azurite.queueEndpoint}/?comp=list`,
  `${azurite.tableEndpoint}/Tables`,
];
const get = (url: string, authorization?: string): Promise<Response> =>
  fetch(url, {
    headers: {
      'x-ms-version': '2026-06-06',
      'x-ms-date': new Date().toUTCString(),
      accept: 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
  });

test('blobs, queues and tables answer over TLS to a token for storage', async () => {
  for (const url of lists()) {
    expect([url, (await get(url, `Bearer ${token()}`)).status]).toEqual([url, 200]);
  }
});

test.each([
  ['without a token', undefined],
  ['with a token for something else', `Bearer ${token({ aud: 'https://graph.microsoft.com' })}`],
  ['with an expired token', `Bearer ${token({ exp: 1_000_000_000 })}`],
])('no service answers %s', async (_, authorization) => {
  for (const url of lists()) {
    const { status } = await get(url, authorization);
    expect([url, status === 401 || status === 403]).toEqual([url, true]);
  }
});

test('the well-known account key of the emulator opens nothing', async () => {
  const wellKnown =
    'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
  const client = new BlobServiceClient(
    azurite.blobEndpoint,
    new StorageSharedKeyCredential(azurite.account, wellKnown),
  );
  await expect(client.getProperties()).rejects.toMatchObject({ code: 'InvalidAuthenticationInfo' });
});

test('what keeps Azurite from starting is reported in its own words', async () => {
  await expect(startAzurite({ certificate: { cert: 'no certificate', key: 'no key' } })).rejects.toThrow(
    /Azurite did not start: it ended \(exit code 1\)\. Its output:\n[^]*PEM/,
  );
});

test('a start that takes too long is given up', async () => {
  await expect(startAzurite({ certificate: await authority.issue(), startLimitMs: 1 })).rejects.toThrow(
    'not all services listen after 1 ms',
  );
});

test('Azurite ends with its parent, even one that was killed', async () => {
  const { cert, key } = await authority.issue();
  const parent = spawn(
    process.execPath,
    [
      '--require',
      require.resolve('./functionsHost/fixtures/requireTypeScript.cjs'),
      '-e',
      `require(${JSON.stringify(require.resolve('./azurite'))})
         .startAzurite({ certificate: JSON.parse(process.argv[1]) })
         .then(({ blobEndpoint }) => console.log(blobEndpoint));`,
      JSON.stringify({ cert, key }),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [endpoint] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
  const connection = connect(Number(new URL(endpoint).port), '127.0.0.1');
  await once(connection, 'connect');
  parent.kill('SIGKILL');
  // Only the end of the process closes it: a server waits two minutes for the TLS handshake that does not come.
  await once(connection.resume(), 'close');
  // A pooled connection may notice only now that its other side is gone, so the cause differs.
  await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
});

test('stop ends the process, and may be called again', async () => {
  const other = await startAzurite({ certificate: await authority.issue() });
  await other.stop();
  await other.stop();
  await expect(fetch(other.blobEndpoint)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});
