import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createTokenIssuer } from '../tokenIssuer';
import { startArcEndpoint, type ArcEndpoint } from './arcEndpoint';
import { temporaryFolders } from './temporaryFolder';

const folder = temporaryFolders()();
const resource = 'https://storage.azure.com';
let arc: ArcEndpoint;
beforeAll(async () => {
  const issuer = await createTokenIssuer({ tenantId: randomUUID() });
  arc = await startArcEndpoint({ issuer, clientId: randomUUID(), objectId: randomUUID(), resource, folder });
});
afterAll(() => arc?.stop());

const ask = (
  headers: Readonly<Record<string, string>> = { metadata: 'true' },
  query: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const search = new URLSearchParams({ 'api-version': '2020-06-01', resource, ...query });
  return fetch(`${arc.identityEndpoint}?${search.toString()}`, { headers });
};

test('a challenge is met by the content of its file, once', async () => {
  const challenged = await ask();
  expect(challenged.status).toBe(401);
  const file = challenged.headers.get('www-authenticate')!.replace('Basic realm=', '');
  const authorization = `Basic ${readFileSync(file, 'utf8')}`;
  const met = [
    await ask({ metadata: 'true', authorization }),
    await ask({ metadata: 'true', authorization }),
  ];
  expect(met.map(({ status }) => status)).toEqual([200, 401]);
});

test.each<[string, Parameters<typeof ask>, number]>([
  ['without the header Metadata', [{}], 400],
  ['for another resource', [{ metadata: 'true' }, { resource: 'https://graph.microsoft.com' }], 400],
  ['of another version', [{ metadata: 'true' }, { 'api-version': '2018-02-01' }], 400],
  ['with a guessed answer', [{ metadata: 'true', authorization: 'Basic guess' }], 401],
])('a request %s is refused', async (_, request, status) => {
  expect((await ask(...request)).status).toBe(status);
});

test('nothing is left when it ends', async () => {
  await ask();
  await arc.stop();
  expect(readdirSync(folder)).toEqual([]);
});
