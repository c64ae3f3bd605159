import { randomUUID } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import type { DeletionCall } from '../../../shared/app/review/deletionUseCasePorts';
import type { Guid } from '../../../shared/core/keys/guid';
import { createDeletionRecords } from '../../../shared/io/snapshots';
import { at, userId } from '../core/decisions';
import { open, startStorage, type Storage } from './tables/storage';

let storage: Storage;
let container: ContainerClient;
beforeAll(async () => {
  storage = await startStorage();
});
beforeEach(async () => {
  container = await storage.container();
});
afterAll(() => storage?.stop());

const text = async (blob: string): Promise<string> =>
  (await container.getBlobClient(blob).downloadToBuffer()).toString('utf8');
const put = (blob: string, body: string): Promise<unknown> =>
  container.getBlockBlobClient(blob).upload(body, Buffer.byteLength(body));

const callId = randomUUID() as string as Guid;
const items = [{ type: 'user' as const, id: userId }];
const call = (given: Partial<DeletionCall> = {}): DeletionCall => ({
  callId,
  by: 'somebody',
  at,
  scope: { kind: 'allApproved', upTo: 2, type: null },
  items,
  ...given,
});

test('a snapshot is kept once: the first stays', async () => {
  const records = createDeletionRecords(container);
  expect(await records.hasSnapshot('delete.1', open)).toBe(false);
  await records.keepSnapshot('delete.1', { displayName: 'Zoë' }, open);
  await records.keepSnapshot('delete.1', { displayName: 'somebody else' }, open);
  expect(await records.hasSnapshot('delete.1', open)).toBe(true);
  expect(await text('deleted/delete.1.json')).toBe('{"displayName":"Zoë"}');
});

test('what sign-in was is read as it was kept first', async () => {
  const records = createDeletionRecords(container);
  for (const accountEnabled of [true, false, null]) {
    const operation = `quarantine.${String(accountEnabled)}`;
    expect(await records.readSignIn(operation, open)).toBeNull();
    await records.keepSignIn(operation, { accountEnabled }, open);
    await records.keepSignIn(operation, { accountEnabled: accountEnabled !== true }, open);
    expect(await records.readSignIn(operation, open)).toEqual({ accountEnabled });
  }
});

test.each<DeletionCall>([
  call(),
  call({ scope: { kind: 'allApproved', upTo: 1, type: 'device' }, items: [] }),
  call({ scope: { kind: 'named', ids: items } }),
])('a call is read as it was begun, and begun once', async begun => {
  const records = createDeletionRecords(container);
  expect(await records.readCall(callId, open)).toBeNull();
  expect(await records.beginCall(begun, open)).toEqual(begun);
  expect(await records.beginCall(call({ by: 'somebody else', items: [] }), open)).toEqual(begun);
  expect(await records.readCall(callId, open)).toEqual(begun);
});

test('what somebody else wrote there is refused', async () => {
  const records = createDeletionRecords(container);
  const other = JSON.stringify({ version: 1, ...call({ callId: randomUUID() as string as Guid }) });
  for (const body of ['', 'x', '{}', other]) {
    await put(`calls/${callId}.json`, body);
    await expect(records.readCall(callId, open)).rejects.toMatchObject({ code: 'rowInvalid' });
    await put('quarantined/q.json', body);
    await expect(records.readSignIn('q', open)).rejects.toMatchObject({ code: 'rowInvalid' });
  }
});

test('no id leads out of its folder', async () => {
  const records = createDeletionRecords(container);
  for (const id of ['../calls/x', 'a/b', '', 'a..b', 'x'.repeat(201)]) {
    await expect(async () => records.keepSnapshot(id, {}, open)).rejects.toThrow(RangeError);
  }
});

test('a container that is missing is said, and nothing is taken for kept', async () => {
  const records = createDeletionRecords(await storage.container({ missing: true }));
  await expect(records.keepSnapshot('delete.1', {}, open)).rejects.toMatchObject({
    code: 'storageUnavailable',
  });
  await expect(records.hasSnapshot('delete.1', open)).rejects.toMatchObject({ code: 'storageUnavailable' });
});
