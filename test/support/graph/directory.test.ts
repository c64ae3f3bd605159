import type { User } from '@microsoft/microsoft-graph-types';
import { createDirectory } from './directory';

const organization = { id: '11111111-2222-4333-8444-555555555555', displayName: 'Contoso' };
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const user = (n: number, more: User = {}): User => ({ id: idOf(n), onPremisesSyncEnabled: true, ...more });
const synced = { property: 'onPremisesSyncEnabled', value: true };
const namesOf = (entities: readonly object[]): number[] =>
  entities.map(entity => Number((entity as User).id!.slice(-12)));

test('objects come in the order of their ids, in slices', () => {
  const directory = createDirectory({ users: [3, 1, 2].map(n => user(n)), organization });
  const first = directory.slice('user', null, '', 2);
  expect([namesOf(first.entities), first.more]).toEqual([[1, 2], true]);
  const second = directory.slice('user', null, idOf(2), 2);
  expect([namesOf(second.entities), second.more]).toEqual([[3], false]);
  expect(directory.slice('group', null, '', 2)).toEqual({ entities: [], more: false });
});

test('a slice that ends with the last match has no more, whatever follows', () => {
  const users = [
    user(1),
    user(2, { onPremisesSyncEnabled: null }),
    user(3, { onPremisesSyncEnabled: false }),
  ];
  const directory = createDirectory({ users, organization });
  const slice = directory.slice('user', synced, '', 1);
  expect([namesOf(slice.entities), slice.more]).toEqual([[1], false]);
});

test('a change shows at once: in get, in slices and in counts', () => {
  const directory = createDirectory({ users: [user(1), user(3), user(5)], organization });
  expect(directory.count('user', synced)).toBe(3);
  directory.put('user', user(4));
  directory.put('user', user(5, { onPremisesSyncEnabled: null }));
  expect(directory.count('user', synced)).toBe(3);
  expect(directory.remove('user', idOf(1))).toBe(true);
  expect(directory.remove('user', idOf(1))).toBe(false);
  expect(directory.count('user', synced)).toBe(2);
  expect(directory.count('user', null)).toBe(3);
  expect(directory.get('user', idOf(1))).toBeUndefined();
  expect(directory.get('user', idOf(5))).toEqual(user(5, { onPremisesSyncEnabled: null }));
  expect(namesOf(directory.slice('user', synced, '', 9).entities)).toEqual([3, 4]);
});

test('reading goes on at the right place when the object it stopped at is gone', () => {
  const directory = createDirectory({ users: [user(1), user(2), user(3)], organization });
  directory.remove('user', idOf(2));
  expect(namesOf(directory.slice('user', null, idOf(2), 9).entities)).toEqual([3]);
});

test('text is compared without regard to case, and only with text', () => {
  const users = [user(1, { mail: 'Ann@contoso.example' }), user(2, { mail: null }), user(3)];
  const directory = createDirectory({ users, organization });
  expect(directory.count('user', { property: 'mail', value: 'aNN@contoso.example' })).toBe(1);
});

test('nothing gets in that is not of the metadata, at the start or later', () => {
  const odd = { ...user(1), samAccountName: 'ann' };
  expect(() => createDirectory({ users: [odd], organization })).toThrow('samAccountName is no property');
  expect(() => createDirectory({ organization: { ...organization, tenantType: 1 as never } })).toThrow(
    'tenantType is no String',
  );
  const directory = createDirectory({ organization });
  expect(() => directory.put('user', odd)).toThrow('samAccountName is no property');
  expect(() => directory.put('contact', { id: 'ABC' })).toThrow('its id is no lower-case GUID');
  expect(() => directory.setOrganization({ displayName: 'x' })).toThrow('id is missing');
  expect(() => createDirectory({ users: [user(1), user(1)], organization })).toThrow('have the id');
});

test('what is in the directory changes only through the directory', () => {
  const original = user(1, { displayName: 'Ann' });
  const directory = createDirectory({ users: [original], organization });
  original.displayName = 'Bob';
  expect(directory.get('user', idOf(1))?.displayName).toBe('Ann');
  directory.setOrganization({ ...organization, displayName: 'Fabrikam' });
  expect(directory.organization.displayName).toBe('Fabrikam');
  expect(() => Object.assign(directory.organization, { displayName: 'x' })).toThrow(TypeError);
});

test('a page of 999 among 100,000 objects takes a few milliseconds', () => {
  const users = Array.from({ length: 100_000 }, (_, n) => user(n, { onPremisesSyncEnabled: n % 2 === 0 }));
  const directory = createDirectory({ users, organization });
  const sizes: number[] = [];
  const started = performance.now();
  for (let after = '', more = true; more;) {
    directory.count('user', synced);
    const slice = directory.slice('user', synced, after, 999);
    sizes.push(slice.entities.length);
    after = (slice.entities.at(-1) as User).id!;
    ({ more } = slice);
  }
  const millisecondsPerPage = (performance.now() - started) / sizes.length;
  expect(sizes).toEqual([...Array.from({ length: 50 }, () => 999), 50]);
  expect(millisecondsPerPage).toBeLessThan(20);
});

test('the jobs of synchronisation are those of their service principal, in the order of their ids', () => {
  const job = (id: string) => ({ id, status: { code: 'Active' as const } });
  const directory = createDirectory({ organization, synchronizationJobs: { a: [job('2'), job('1')] } });
  expect(directory.synchronizationJobs('a')?.map(({ id }) => id)).toEqual(['1', '2']);
  expect(directory.synchronizationJobs('b')).toBeUndefined();
  directory.setSynchronizationJobs('b', []);
  expect(directory.synchronizationJobs('b')).toEqual([]);
  const odd = { id: '1', status: { code: 'Broken' as never } };
  expect(() => directory.setSynchronizationJobs('a', [odd])).toThrow('no status code: Broken');
  expect(() => directory.setSynchronizationJobs('a', [{ ...job('1'), health: 1 } as never])).toThrow(
    'health',
  );
  directory.changeOrganization({ onPremisesSyncEnabled: true });
  expect(directory.organization).toEqual({ ...organization, onPremisesSyncEnabled: true });
});
