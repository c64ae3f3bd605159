import { createCloudSnapshots, type CloudSnapshotsOptions } from '../../../../shared/io/graph/cloudSnapshots';
import type { Instant } from '../../../../shared/core/instant';
import { entityOf } from '../../../../shared/io/graph/entities';
import { idOf, readerRoles } from '../../../support/graph/testGraph';
import { cloudId, startWriteBench, type WriteBench } from './writeBench';

const { signal } = new AbortController();
const takenAt = Date.UTC(2026, 5, 1, 12) as Instant;
const everything = [...readerRoles, 'Directory.Read.All'];
let bench: WriteBench;
beforeAll(async () => {
  bench = await startWriteBench({
    users: [
      {
        id: idOf(1),
        displayName: 'Ann',
        onPremisesSyncEnabled: true,
        userPrincipalName: 'ann@contoso.example',
        assignedLicenses: [{ skuId: idOf(800), disabledPlans: [] }],
        onPremisesExtensionAttributes: { extensionAttribute1: 'x' },
        signInActivity: {
          lastSignInDateTime: '2026-04-01T00:00:00Z',
          lastNonInteractiveSignInDateTime: '2026-05-01T00:00:00Z',
        },
      },
      { id: idOf(2), displayName: 'Bob' },
      { id: idOf(3), displayName: 'Cas' },
    ],
    groups: [
      { id: idOf(11), displayName: 'All', onPremisesSyncEnabled: true },
      { id: idOf(12), displayName: 'Nested' },
    ],
    contacts: [{ id: idOf(31), displayName: 'Partner' }],
    devices: [{ id: idOf(21), displayName: 'PC-1' }],
    links: [
      { from: idOf(11), relation: 'members', to: idOf(1) },
      { from: idOf(11), relation: 'members', to: idOf(2) },
      { from: idOf(11), relation: 'members', to: idOf(12) },
      { from: idOf(11), relation: 'members', to: idOf(31) },
      { from: idOf(11), relation: 'members', to: idOf(21) },
      { from: idOf(11), relation: 'owners', to: idOf(3) },
      { from: idOf(1), relation: 'manager', to: idOf(3) },
      { from: idOf(31), relation: 'manager', to: idOf(3) },
      { from: idOf(2), relation: 'manager', to: idOf(1) },
      { from: idOf(21), relation: 'registeredOwners', to: idOf(1) },
      { from: idOf(21), relation: 'registeredUsers', to: idOf(2) },
    ],
    appRoleAssignments: [
      {
        id: 'assignment-1',
        appRoleId: idOf(700),
        principalId: idOf(1),
        principalType: 'User',
        resourceId: idOf(701),
        resourceDisplayName: 'Payroll',
      },
    ],
    roleAssignments: [
      { id: 'role-1', principalId: idOf(11), roleDefinitionId: idOf(900), directoryScopeId: '/' },
    ],
    licenseDetails: {
      [idOf(1)]: [{ id: 'license-1', skuId: idOf(800), skuPartNumber: 'E3', servicePlans: [] }],
    },
  });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const snapshots = (roles = everything, limits: CloudSnapshotsOptions['limits'] = {}) =>
  createCloudSnapshots({ requests: bench.reader(roles), clock: { now: () => takenAt }, limits });
async function take(
  type: 'user' | 'group' | 'contact' | 'device',
  n: number,
  roles?: string[],
  limits?: CloudSnapshotsOptions['limits'],
) {
  const reading = await snapshots(roles, limits).take(type, cloudId(n), signal);
  if (reading.kind !== 'taken') throw new Error('A snapshot was expected');
  return reading.snapshot;
}
const ann = { type: 'user', id: idOf(1), displayName: 'Ann' };
const bob = { type: 'user', id: idOf(2), displayName: 'Bob' };
const cas = { type: 'user', id: idOf(3), displayName: 'Cas' };
const pc = { type: 'device', id: idOf(21), displayName: 'PC-1' };
const all = { type: 'group', id: idOf(11), displayName: 'All' };
const none = { items: [], count: 0, complete: true };
const list = (...items: object[]) => ({ items, count: items.length, complete: true });

test('of a user holds every property, what it belongs to and what belongs to it', async () => {
  const { json, missing } = await take('user', 1);
  expect(json).toMatchObject({
    version: 1,
    type: 'user',
    id: idOf(1),
    takenAt: '2026-06-01T12:00:00.000Z',
    object: {
      displayName: 'Ann',
      userPrincipalName: 'ann@contoso.example',
      assignedLicenses: [{ skuId: idOf(800), disabledPlans: [] }],
      onPremisesExtensionAttributes: { extensionAttribute1: 'x' },
      employeeId: null,
    },
    memberOf: list(all),
    manager: cas,
    directReports: list(bob),
    ownedObjects: list(pc),
    licenseDetails: list({ id: 'license-1', skuId: idOf(800), skuPartNumber: 'E3', servicePlans: [] }),
    appRoleAssignments: {
      count: 1,
      items: [{ id: 'assignment-1', resourceDisplayName: 'Payroll', appRoleId: idOf(700) }],
    },
  });
  // What only another permission would tell is left out, and said.
  expect(missing.map(({ part }) => part)).toContain('object.signInActivity');
  expect(missing.every(({ part }) => part.startsWith('object.'))).toBe(true);
  expect(bench.graph.requests.every(({ method }) => method === 'GET')).toBe(true);
});

test('of a group holds members of every type, and owners', async () => {
  expect((await take('group', 11)).json).toMatchObject({
    members: list(ann, bob, { type: 'group', id: idOf(12), displayName: 'Nested' }, pc, {
      type: 'orgContact',
      id: idOf(31),
      displayName: 'Partner',
    }),
    owners: list(cas),
    memberOf: none,
  });
  expect((await take('group', 12)).json).toMatchObject({ memberOf: list(all), members: none });
});

test('of a contact and of a device', async () => {
  const contact = await take('contact', 31);
  expect(contact.json).toMatchObject({ memberOf: list(all), manager: cas, directReports: none });
  expect(contact.missing).toEqual([]);
  const device = await take('device', 21);
  expect(device.json).toMatchObject({
    memberOf: list(all),
    registeredOwners: list(ann),
    registeredUsers: list(bob),
  });
  expect(device.missing).toEqual([]);
});

test('a user without a manager has none', async () => {
  expect((await take('user', 3)).json).toMatchObject({ manager: null });
});

test('without Directory.Read.All it says that app roles were not readable, and goes on', async () => {
  const { json, missing } = await take('user', 1, readerRoles);
  expect(json).toMatchObject({
    object: { displayName: 'Ann' },
    memberOf: list(all),
    appRoleAssignments: {
      notReadable: { status: 403, code: 'Authorization_RequestDenied', permission: 'Directory.Read.All' },
    },
  });
  expect(missing).toContainEqual({
    part: 'appRoleAssignments',
    why: 'refused with status 403 (Authorization_RequestDenied); reading it takes Directory.Read.All',
  });
});

test('of members whose type is not readable it has type and id', async () => {
  const { json } = await take('group', 11, ['Group.Read.All']);
  expect(json).toMatchObject({
    members: { count: 5, items: expect.arrayContaining([{ ...ann, displayName: null }]) },
  });
});

test('a manager that may not be read is said so', async () => {
  bench.fault({ kind: 'answer', status: 403 }, 1, { path: /\/manager$/ });
  const { json, missing } = await take('user', 1);
  expect(json).toMatchObject({ manager: { notReadable: { status: 403 } } });
  expect(missing.map(({ part }) => part)).toContain('manager');
});

test('more items than are kept are counted', async () => {
  const { json, missing } = await take('group', 11, everything, { mostItems: 2 });
  expect(json).toMatchObject({ members: { items: [ann, bob], count: 5, complete: false } });
  expect(missing).toContainEqual({ part: 'members', why: 'the first 2 of 5 are kept' });
});

test('more items than are kept, whose number Graph does not tell', async () => {
  bench.fault({ kind: 'answer', status: 400 }, 1, { path: /members\/\$count$/ });
  const { json, missing } = await take('group', 11, everything, { mostItems: 2 });
  expect(json).toMatchObject({ members: { count: null, complete: false } });
  expect(missing).toContainEqual({ part: 'members', why: 'the first 2 of an unknown number are kept' });
});

test('more items of a list that cannot be counted', async () => {
  const { json } = await take('user', 1, everything, { mostItems: 0 });
  expect(json).toMatchObject({ licenseDetails: { items: [], count: null, complete: false } });
});

test('where the whole object is refused, what the scan reads is kept, and the rest said', async () => {
  bench.fault({ kind: 'answer', status: 400 }, 1, { path: /\/v1\.0\/groups\/[^/]+$/ });
  const { json, missing } = await take('group', 11);
  expect(Object.keys((json as { object: object }).object).sort()).toEqual(
    [...entityOf('group').select].sort(),
  );
  expect(missing[0]).toEqual({
    part: 'object',
    why: expect.stringContaining('refused with status 400 (UnknownError)'),
  });
});

test('an object that is not there has no snapshot', async () => {
  expect(await snapshots().take('user', cloudId(99), signal)).toEqual({ kind: 'notThere' });
});

describe('there is no snapshot, and so nothing to delete by,', () => {
  test('where the object may not be read', async () => {
    await expect(take('user', 1, ['Group.Read.All'])).rejects.toMatchObject({
      code: 'graphRefused',
      message: expect.stringContaining('User.Read.All'),
    });
  });

  test('where Graph does not answer for a part', async () => {
    bench.fault({ kind: 'answer', status: 503 }, 9, { path: /\/memberOf$/ });
    await expect(take('user', 1)).rejects.toMatchObject({ code: 'graphUnavailable' });
  });

  test('where another object is answered, or none', async () => {
    for (const body of [{ id: idOf(2) }, [], { id: 1 }, {}]) {
      bench.fault(
        {
          kind: 'answer',
          status: 200,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        },
        1,
        { path: /\/users\/[^/]+$/ },
      );
      await expect(take('user', 1)).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
    }
  });

  test('where it would be too large to keep', async () => {
    await expect(take('user', 1, everything, { largestSnapshotBytes: 1_000 })).rejects.toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining('at most 1000 bytes'),
    });
  });

  test('where the id is none', async () => {
    await expect(snapshots().take('user', '../groups' as never, signal)).rejects.toMatchObject({
      code: 'graphRefused',
    });
  });
});

test('a property that Graph leaves out is missing, and one that was not asked for is not kept', async () => {
  bench.fault(
    {
      kind: 'answer',
      status: 200,
      body: JSON.stringify({ id: idOf(21), displayName: 'PC-1', secret: 'x', '@odata.context': 'x' }),
      headers: { 'content-type': 'application/json' },
    },
    1,
    { path: /\/devices\/[^/]+$/ },
  );
  const { json, missing } = await take('device', 21);
  expect(json).toMatchObject({ object: { id: idOf(21), displayName: 'PC-1' } });
  expect(JSON.stringify(json)).not.toContain('secret');
  expect(missing).toContainEqual({ part: 'object.trustType', why: 'Graph left it out' });
});

test('what is no object in a list is kept as null', async () => {
  bench.fault(
    {
      kind: 'answer',
      status: 200,
      body: JSON.stringify({ value: ['x', { id: idOf(2) }] }),
      headers: { 'content-type': 'application/json' },
    },
    1,
    { path: /\/registeredUsers$/ },
  );
  expect((await take('device', 21)).json).toMatchObject({
    registeredUsers: { items: [null, { id: idOf(2), displayName: null }] },
  });
});

describe('optional facts', () => {
  const facts = (type: 'user' | 'group' | 'contact' | 'device', n: number, roles: string[]) =>
    snapshots(roles).readOptionalFacts(type, cloudId(n), signal);
  const allFacts = [...readerRoles, 'AuditLog.Read.All', 'RoleManagement.Read.Directory'];

  test('the last sign-in of any kind, and the roles', async () => {
    expect(await facts('user', 1, allFacts)).toEqual({
      lastSignIn: { kind: 'known', value: Date.UTC(2026, 4, 1) },
      roles: { kind: 'known', value: [] },
    });
    expect(await facts('user', 2, allFacts)).toMatchObject({ lastSignIn: { kind: 'known', value: null } });
    expect(await facts('group', 11, allFacts)).toMatchObject({
      lastSignIn: { kind: 'unknown' },
      roles: { kind: 'known', value: [idOf(900)] },
    });
  });

  test('devices and contacts hold no role; their sign-ins are not on this record', async () => {
    for (const [type, n] of [
      ['device', 21],
      ['contact', 31],
    ] as const) {
      expect(await facts(type, n, [])).toEqual({
        lastSignIn: { kind: 'unknown', why: expect.stringContaining('no record') },
        roles: { kind: 'known', value: [] },
      });
    }
  });

  test('are unknown without their permissions, which are named', async () => {
    expect(await facts('user', 1, everything.slice(0, 5))).toEqual({
      lastSignIn: { kind: 'unknown', why: expect.stringContaining('AuditLog.Read.All and Entra ID P1') },
      roles: { kind: 'unknown', why: expect.stringContaining('RoleManagement.Read.Directory') },
    });
  });

  test('are unknown while Graph does not answer', async () => {
    bench.fault({ kind: 'answer', status: 503 }, 9, { method: 'GET' });
    expect(await facts('user', 1, allFacts)).toEqual({
      lastSignIn: { kind: 'unknown', why: expect.stringContaining('was expected to be answered') },
      roles: { kind: 'unknown', why: expect.stringContaining('was expected to be answered') },
    });
  });

  const answers: [string, unknown, RegExp][] = [
    ['the sign-in of another', { id: idOf(2), signInActivity: null }, /\/users\//],
    ['a sign-in that is none', { id: idOf(1), signInActivity: 'never' }, /\/users\//],
    [
      'an assignment of another',
      { value: [{ principalId: idOf(2), roleDefinitionId: idOf(900) }] },
      /roleAssignments$/,
    ],
    ['an assignment that is none', { value: ['x'] }, /roleAssignments$/],
    [
      'more assignments than there can be',
      { value: Array.from({ length: 1_001 }, () => ({ principalId: idOf(1), roleDefinitionId: idOf(900) })) },
      /roleAssignments$/,
    ],
  ];
  test.each(answers)('are unknown where Graph answers %s', async (_, body, path) => {
    bench.fault(
      {
        kind: 'answer',
        status: 200,
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      },
      1,
      { path },
    );
    const found = await facts('user', 1, allFacts);
    const fact = path.source.includes('users') ? found.lastSignIn : found.roles;
    expect(fact).toEqual({ kind: 'unknown', why: 'the answer is not what was asked for' });
  });

  test('end where the caller stops, and where the id is none', async () => {
    const reason = new Error('enough');
    const stopped = snapshots(allFacts).readOptionalFacts('user', cloudId(1), AbortSignal.abort(reason));
    await expect(stopped).rejects.toBe(reason);
    await expect(snapshots().readOptionalFacts('user', 'x' as never, signal)).rejects.toMatchObject({
      code: 'graphRefused',
    });
  });
});
