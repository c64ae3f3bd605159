import type { ContainerClient } from '@azure/storage-blob';
import type { DeletedUsersStore } from '../../../shared/app/ports';
import { createDeletedUsersStore, deletedUsersBlob } from '../../../shared/io/deletedUsersStore';
import { describeDeletedUsersStore, sampleMemory } from './deletedUsersContract';
import { open, startStorage, type Storage } from './tables/storage';

let storage: Storage;
let container: ContainerClient;
let store: DeletedUsersStore;
beforeAll(async () => {
  storage = await startStorage();
});
const start = async (): Promise<{ store: DeletedUsersStore; damage: () => Promise<void> }> => {
  container = await storage.container();
  store = createDeletedUsersStore(container);
  return { store, damage: () => put('{}') };
};
beforeEach(start);
afterAll(() => storage?.stop());

const blob = () => container.getBlockBlobClient(deletedUsersBlob);
const put = async (body: string | Buffer): Promise<void> => {
  await blob().upload(body, Buffer.byteLength(body));
};
const text = async (): Promise<string> => (await blob().downloadToBuffer()).toString('utf8');

describeDeletedUsersStore('in Blob Storage', start);

test('the blob has a version, is in one order, and holds ids and times only', async () => {
  await store.write(sampleMemory, null, open);
  const written = await text();
  expect(JSON.parse(written)).toEqual({
    version: 1,
    completeSince: '2026-11-01T02:00:00.000Z',
    readAt: '2026-11-20T02:00:00.123Z',
    deleted: [...sampleMemory.deleted],
    left: [[[...sampleMemory.left.keys()][0], '2026-11-19T02:00:00.000Z']],
  });
  const turned = { ...sampleMemory, deleted: new Set([...sampleMemory.deleted].toReversed()) };
  const stored = await store.read(open);
  await store.write(turned, stored.kind === 'kept' ? stored.etag : null, open);
  expect(await text()).toBe(written);
});

test.each<[string, (written: string) => string | Buffer]>([
  ['another version', written => written.replace('"version":1', '"version":2')],
  ['half of it', written => written.slice(0, written.length / 2)],
  ['no UTF-8', () => Buffer.from([0xff])],
  ['nothing', () => ''],
  ['an id that is none', written => written.replace('0a0a0a0a', '../../..')],
  ['a date that is none', written => written.replace('2026-11-19', '2026-02-30')],
  ['more members', written => written.replace('{', '{"more":1,')],
])('%s is lost, not empty', async (_, damaged) => {
  await store.write(sampleMemory, null, open);
  await put(damaged(await text()));
  expect(await store.read(open)).toEqual({ kind: 'lost', etag: expect.any(String) });
});

test('where the container is missing, it is not "none"', async () => {
  const missing = createDeletedUsersStore(await storage.container({ missing: true }));
  await expect(missing.read(open)).rejects.toMatchObject({ code: 'storageUnavailable' });
  await expect(missing.write(sampleMemory, null, open)).rejects.toMatchObject({ code: 'storageUnavailable' });
});

test('a blob that is larger than any memory is not read', async () => {
  await store.write(sampleMemory, null, open);
  const { length } = await text();
  expect(await createDeletedUsersStore(container, length).read(open)).toMatchObject({ kind: 'kept' });
  expect(await createDeletedUsersStore(container, length - 1).read(open)).toMatchObject({ kind: 'lost' });
});
