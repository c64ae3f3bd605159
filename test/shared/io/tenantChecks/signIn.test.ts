import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { verifyTenant } from '../../../../shared/io/cli/verifyTenant';
import { cachedCredential } from '../../../../shared/io/tenantChecks/cachedCredential';
import { credentialFor, tokenFor } from '../../../../shared/io/tenantChecks/signIn';
import { createDirectory } from '../../../support/graph/directory';
import { startGraphStandIn, type GraphStandIn } from '../../../support/graph/standIn';
import { idOf, organization, readerRoles, tenantId } from '../../../support/graph/testGraph';
import { startIdentityEndpoint, type IdentityEndpoint } from '../../../support/identityEndpoint';
import { createCertificateAuthority } from '../../../support/tls';
import { createTokenIssuer, type TokenIssuer } from '../../../support/tokenIssuer';
import { trustAuthority } from '../../../support/trust';

const never = new AbortController().signal;
const clientId = idOf(70) as Guid;
const before = { ...process.env };
let issuer: TokenIssuer;
let graph: GraphStandIn;
let identity: IdentityEndpoint;
let folder: string;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  issuer = await createTokenIssuer({ tenantId });
  graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory({ organization }),
  });
  identity = await startIdentityEndpoint({
    issuer,
    identities: [{ clientId, objectId: idOf(71), roles: { [graph.endpoint]: readerRoles } }],
  });
  folder = await mkdtemp(path.join(tmpdir(), 'az-'));
});
afterAll(async () => {
  for (const name of ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'PATH']) {
    const value = before[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await identity?.stop();
  await graph?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(...args: readonly string[]) {
  const lines: string[] = [];
  const requests = graph.requests.length;
  const code = await verifyTenant({
    args: [
      '--tenant',
      tenantId,
      '--graph-endpoint',
      graph.endpoint,
      '--authority',
      'https://127.0.0.1:1',
      ...args,
    ],
    environment: {},
    print: line => void lines.push(line),
    progress: () => {},
    signal: never,
  });
  return { code, text: lines.join('\n'), requests: graph.requests.slice(requests) };
}

test('the reader identity signs in by its client id, and by no other', async () => {
  process.env['IDENTITY_ENDPOINT'] = identity.url;
  process.env['IDENTITY_HEADER'] = identity.header;
  const { code, text, requests } = await run('--sign-in', 'identity', '--client-id', clientId);
  expect([code, new Set(requests.map(({ appId }) => appId))]).toEqual([0, new Set([clientId])]);
  expect(text).toContain('Signed in as an application; missing of what the scan needs: none');
  expect(new Set(identity.asked.map(asked => asked.clientId))).toEqual(new Set([clientId]));
  const other = await run('--sign-in', 'identity', '--client-id', idOf(72));
  expect(other.code).toBe(2);
  expect(other.text).toContain('Nothing was checked.');
});

test('the Azure CLI is asked for this tenant, once for all requests', async () => {
  const calls = path.join(folder, 'calls');
  const accessToken = await issuer.sign({
    audience: graph.endpoint,
    appId: clientId,
    objectId: clientId,
    roles: readerRoles,
  });
  const answer = JSON.stringify({
    accessToken,
    expiresOn: '2099-01-01 00:00:00.000000',
    expires_on: 4_070_908_800,
    tokenType: 'Bearer',
  });
  await writeFile(path.join(folder, 'answer'), answer);
  const az = path.join(folder, 'az');
  await writeFile(az, `#!/bin/sh\necho "$@" >> '${calls}'\ncat '${path.join(folder, 'answer')}'\n`);
  await chmod(az, 0o755);
  process.env['PATH'] = `${folder}:${before['PATH']}`;
  const { code, requests } = await run();
  expect([code, requests.length > 20]).toEqual([0, true]);
  expect((await readFile(calls, 'utf8')).trim().split('\n')).toEqual([
    `account get-access-token --output json --resource ${graph.endpoint} --tenant ${tenantId}`,
  ]);
});

test('a token is kept until five minutes before its end, for each scope', async () => {
  let now = 0;
  const asked: string[] = [];
  const cached = cachedCredential(
    {
      getToken: scopes => {
        asked.push(String(scopes));
        return Promise.resolve(asked.length === 1 ? null : { token: 't', expiresOnTimestamp: 600_000 });
      },
    },
    { now: () => now as Instant },
  );
  await expect(tokenFor(cached, 'a', never)).rejects.toThrow('there is none');
  await tokenFor(cached, 'a', never);
  now = 299_999;
  await tokenFor(cached, 'a', never);
  await tokenFor(cached, 'b', never);
  expect(asked).toEqual(['a/.default', 'a/.default', 'b/.default']);
  now = 300_000;
  await tokenFor(cached, 'a', never);
  expect(asked).toHaveLength(4);
});

test('who signs in is one credential, never a chain', () => {
  expect(credentialFor({ kind: 'az', tenantId: tenantId as Guid }).constructor.name).toBe(
    'AzureCliCredential',
  );
  expect(credentialFor({ kind: 'identity', clientId }).constructor.name).toBe('ManagedIdentityCredential');
});
