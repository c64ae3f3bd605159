import { defaultGateLimits } from '../../../shared/core/gates/limits';
import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { CloudId } from '../../../shared/core/cloudObject';
import type { Instant } from '../../../shared/core/instant';
import { settings } from '../../../shared/io/configuration/settings';
import { buildDeletions } from '../../../shared/io/deletionWiring';
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { startAzurite, type Azurite } from '../../support/azurite';
import { createDirectory } from '../../support/graph/directory';
import { startGraphStandIn, type GraphStandIn } from '../../support/graph/standIn';
import { idOf, organization, readerRoles, tenantId } from '../../support/graph/testGraph';
import { startIdentityEndpoint, type IdentityEndpoint } from '../../support/identityEndpoint';
import { createCertificateAuthority } from '../../support/tls';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhookReceiver';
import { samples } from '../core/notifications';
import { createTokenIssuer } from '../../support/tokenIssuer';
import { trustAuthority } from '../../support/trust';
import { deleterRoles } from './graph/writeBench';
import { open } from './tables/storage';

const examples = Object.fromEntries(Object.entries(settings).map(([name, { example }]) => [name, example]));
const reader = { clientId: randomUUID(), objectId: randomUUID() };
const deleter = { clientId: randomUUID(), objectId: randomUUID() };
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const context = { correlationId: randomUUID(), log };
const environment = process.env;
const id = idOf(1) as CloudId;

let azurite: Azurite;
let graph: GraphStandIn;
let identity: IdentityEndpoint;
let receiver: WebhookReceiver;
let given: Record<string, string>;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId });
  receiver = await startWebhookReceiver(await authority.issue());
  azurite = await startAzurite({ certificate: await authority.issue() });
  graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory({
      organization,
      users: [{ id, onPremisesSyncEnabled: true, displayName: 'Eve' }],
    }),
  });
  const storage = 'https://storage.azure.com';
  identity = await startIdentityEndpoint({
    issuer,
    identities: [
      { ...reader, roles: { [graph.endpoint]: readerRoles, [storage]: [] } },
      { ...deleter, roles: { [graph.endpoint]: deleterRoles } },
    ],
  });
  process.env = { ...environment, IDENTITY_ENDPOINT: identity.url, IDENTITY_HEADER: identity.header };
  const token = await issuer.sign({ audience: storage, appId: randomUUID(), objectId: randomUUID() });
  const operator = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  for (const name of Object.values(tableNames))
    await new TableClient(azurite.tableEndpoint, name, operator).createTable();
  const blobs = new BlobServiceClient(azurite.blobEndpoint, operator);
  for (const name of Object.values(containerNames)) await blobs.getContainerClient(name).create();
  given = {
    ...examples,
    APP_PART: 'review',
    TENANT_ID: tenantId,
    AUTH_ISSUER: `https://login.example/${tenantId}/v2.0`,
    GRAPH_ENDPOINT: graph.endpoint,
    READER_CLIENT_ID: reader.clientId,
    DELETER_CLIENT_ID: deleter.clientId,
    DATA_BLOB_ENDPOINT: azurite.blobEndpoint,
    DATA_TABLE_ENDPOINT: azurite.tableEndpoint,
    ROLLOUT_STAGE: 'normal',
    FOUR_EYES_TYPES: 'user',
    QUARANTINE_DAYS: '3',
  };
});
afterAll(async () => {
  process.env = environment;
  await receiver?.stop();
  await identity?.stop();
  await graph?.stop();
  await azurite?.stop();
});

test('what reads is the reader, what deletes is the deleter, and nothing is both', async () => {
  const { ports } = buildDeletions(given, context);
  expect((await ports.directory.readById('user', id, open))?.displayName).toBe('Eve');
  expect((await ports.snapshots.take('user', id, open)).kind).toBe('taken');
  expect(await ports.deletedItems.read(id, open)).toBeNull();
  const reads = graph.requests.slice();
  expect(new Set(reads.map(({ method, appId }) => `${method} ${String(appId)}`))).toEqual(
    new Set([`GET ${reader.clientId}`]),
  );
  const deadline = (Date.now() + 20_000) as Instant;
  const request = { id, deadline, privileged: 'unknown' } as const;
  expect((await ports.deleter.block(request, open)).outcome.kind).toBe('blocked');
  const { outcome } = await ports.deleter.delete({ ...request, type: 'user' }, open);
  expect(outcome).toEqual({ kind: 'deleted' });
  expect(new Set(graph.requests.slice(reads.length).map(({ appId }) => appId))).toEqual(
    new Set([deleter.clientId]),
  );
  expect(await ports.directory.readById('user', id, open)).toBeNull();
  expect((await ports.deletedItems.read(id, open))?.id).toBe(id);
});

test('every table and container is there under its name', async () => {
  const { ports } = buildDeletions(given, context);
  const at = Date.UTC(2026, 10, 20) as Instant;
  expect(await ports.facts.read('user', id, open)).toBeNull();
  expect(await ports.decisions.read('user', id, open)).toBeNull();
  expect(await ports.runs.newest(1, open)).toEqual([]);
  expect(await ports.trail.find('nothing', at, open)).toBeNull();
  const claim = { operationId: 'o', type: 'user', count: 60, at } as const;
  expect((await ports.caps.claim(claim, open)).granted).toBe(50);
  await ports.records.keepSnapshot('o', {}, open);
  expect(await ports.records.hasSnapshot('o', open)).toBe(true);
  for await (const rule of ports.rules.readAll(open)) expect(rule).toBeUndefined();
});

test('what happens is announced by the reader, where the settings name an address, once a night', async () => {
  const event = { ...samples.deletions, at: Date.now() as Instant };
  const NOTIFICATION_WEBHOOK_URL = receiver.url;
  expect(
    await buildDeletions({ ...given, NOTIFICATION_WEBHOOK_URL: '' }, context).notify(event, open),
  ).toEqual({
    kind: 'off',
  });
  const { notify } = buildDeletions(
    { ...given, NOTIFICATION_WEBHOOK_URL, NOTIFICATION_FORMAT: 'json' },
    context,
  );
  expect(await notify(event, open)).toEqual({ kind: 'sent' });
  expect(await notify(event, open)).toEqual({ kind: 'announcedBefore' });
  expect(receiver.messages).toEqual([expect.objectContaining({ event: 'deletions', tenantId })]);
});

test('settings are handed over, and a wrong one is said before anything is built', () => {
  expect(buildDeletions(given, context).settings).toEqual({
    rollout: { stage: 'normal', testObjects: new Set([settings.ROLLOUT_TEST_OBJECTS.example]) },
    perCall: 50,
    fourEyesTypes: new Set(['user']),
    tenantId,
    limits: defaultGateLimits,
    quarantineDays: 3,
    sources: ['contoso'],
  });
  for (const wrong of [
    { DELETER_CLIENT_ID: reader.clientId },
    { DELETER_CLIENT_ID: '', ROLLOUT_STAGE: 'reportOnly' },
    { TENANT_ID: 'x' },
  ])
    expect(() => buildDeletions({ ...given, ...wrong }, context)).toThrow(
      expect.objectContaining({ code: 'configurationInvalid' }) as Error,
    );
});
