import { randomUUID } from 'node:crypto';
import { QueueClient } from '@azure/storage-queue';
import { startAzurite, type Azurite } from '../azurite';
import { startIdentityEndpoint, type IdentityEndpoint } from '../identityEndpoint';
import { createCertificateAuthority } from '../tls';
import { createTokenIssuer } from '../tokenIssuer';
import { trustAuthority } from '../trust';
import type { QueueFunction } from './functionDefinition';
import type { TypedData } from './functionsCore';
import { listenToQueue, queueConnection, type QueueConnection, type QueueListener } from './queueListener';

const clientId = randomUUID();
let azurite: Azurite;
let identity: IdentityEndpoint;
let clientOf: (name: string) => QueueClient;
const environment = process.env;

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  const issuer = await createTokenIssuer({ tenantId: randomUUID() });
  azurite = await startAzurite({ certificate: await authority.issue() });
  const storage = 'https://storage.azure.com';
  const identities = [{ clientId, objectId: randomUUID(), roles: { [storage]: [] } }];
  identity = await startIdentityEndpoint({ issuer, identities });
  process.env = { ...environment, IDENTITY_ENDPOINT: identity.url, IDENTITY_HEADER: identity.header };
  const token = await issuer.sign({ audience: storage, appId: clientId, objectId: randomUUID() });
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  clientOf = name => new QueueClient(`${azurite.queueEndpoint}/${name}`, credential);
});
afterAll(async () => {
  process.env = environment;
  await identity?.stop();
  await azurite?.stop();
});

let queue: QueueClient;
let listener: QueueListener | null = null;
const said: string[] = [];
beforeEach(async () => {
  queue = clientOf(`orders-${randomUUID()}`);
  await queue.create();
});
afterEach(async () => {
  await listener?.stop();
  listener = null;
  said.splice(0);
});

const definitionOf = (queueName: string): QueueFunction =>
  ({ kind: 'queue', name: 'orders', queueName, connection: 'ORDERS' }) as QueueFunction;
const connection = (): QueueConnection => ({ serviceUri: azurite.queueEndpoint, clientId });

/** Listens; `run` is what the function does with each message. */
function listen(run: (input: TypedData) => Promise<void>, given: Partial<QueueConnection> = {}): void {
  listener = listenToQueue({
    definition: definitionOf(queue.name),
    connection: { ...connection(), ...given },
    configuration: { maxDequeueCount: 2, visibilityTimeoutSeconds: 0, messageEncoding: 'base64' },
    run,
    say: (_level, message) => said.push(message),
    pollMs: 10,
  });
}
const send = (text: string): Promise<unknown> => queue.sendMessage(Buffer.from(text).toString('base64'));
const left = async (): Promise<number> => (await queue.getProperties()).approximateMessagesCount ?? -1;

test('messages are taken one at a time and deleted when the function succeeded', async () => {
  const both = Promise.withResolvers<void>();
  const seen: TypedData[] = [];
  let atOnce = 0;
  await send('{"a":1}');
  await send('text');
  listen(async input => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    await queue.getProperties();
    atOnce -= 1;
    if (seen.push(input) === 2) both.resolve();
  });
  await both.promise;
  await listener?.stop();
  expect(seen).toEqual([{ json: '{"a":1}' }, { string: 'text' }]);
  expect(await left()).toBe(0);
});

test('a message whose function failed comes again, and after the last try it lies in the poison queue', async () => {
  const twice = Promise.withResolvers<void>();
  const third = Promise.withResolvers<void>();
  let tries = 0;
  await send('bad');
  listen(async ({ string }) => {
    if (string === 'good') return third.resolve();
    if ((tries += 1) === 2) twice.resolve();
    throw new Error('no');
  });
  await twice.promise;
  await send('good');
  await third.promise;
  await listener?.stop();
  expect([tries, await left()]).toEqual([2, 0]);
  const { peekedMessageItems } = await clientOf(`${queue.name}-poison`).peekMessages();
  expect(peekedMessageItems.map(one => Buffer.from(one.messageText, 'base64').toString())).toEqual(['bad']);
  expect(said).toEqual([expect.stringContaining('failed 2 times')]);
});

test('a stop waits for the message in work, and takes no further one', async () => {
  const reached = Promise.withResolvers<void>();
  const work = Promise.withResolvers<void>();
  await send('first');
  await send('second');
  const seen: (string | undefined)[] = [];
  listen(({ string }) => {
    seen.push(string);
    reached.resolve();
    return work.promise;
  });
  await reached.promise;
  const stopping = listener!.stop();
  work.resolve();
  await stopping;
  expect([seen, await left()]).toEqual([['first'], 1]);
});

test('a queue that can not be read is told of once, and the stop is clean', async () => {
  const told = Promise.withResolvers<void>();
  listener = listenToQueue({
    definition: definitionOf('no-such-queue'),
    connection: connection(),
    configuration: { maxDequeueCount: 2, visibilityTimeoutSeconds: 0, messageEncoding: 'none' },
    run: async () => undefined,
    say: (_level, message) => {
      said.push(message);
      told.resolve();
    },
    pollMs: 1,
  });
  await told.promise;
  await listener.stop();
  expect(said).toEqual([expect.stringContaining('no-such-queue')]);
});

test('the connection is by managed identity, and by nothing else', () => {
  const settings = {
    ORDERS__queueServiceUri: 'https://q.example',
    ORDERS__clientId: clientId,
    ORDERS__credential: 'managedidentity',
  };
  const definition = definitionOf('orders');
  expect(queueConnection(definition, settings)).toEqual({ serviceUri: 'https://q.example', clientId });
  for (const missing of Object.keys(settings))
    expect(queueConnection(definition, { ...settings, [missing]: undefined })).toBeNull();
  expect(queueConnection(definition, { ORDERS: 'UseDevelopmentStorage=true' })).toBeNull();
});
