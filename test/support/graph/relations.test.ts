import { eventual, idOf, readerRoles, startTestGraph, type Answered, type TestGraph } from './testGraph';

let served: TestGraph;
beforeAll(async () => {
  served = await startTestGraph({
    users: [1, 2, 3].map(n => ({
      id: idOf(n),
      displayName: `User ${n}`,
      signInActivity: { lastSignInDateTime: '2026-01-01T00:00:00Z' },
    })),
    groups: [{ id: idOf(11), displayName: 'All' }],
    links: [
      ...[3, 1, 2].map(n => ({ from: idOf(11), relation: 'members' as const, to: idOf(n) })),
      { from: idOf(11), relation: 'members', to: idOf(99) },
      { from: idOf(1), relation: 'manager', to: idOf(2) },
    ],
    roleAssignments: [{ id: 'r', principalId: idOf(1), roleDefinitionId: idOf(900), directoryScopeId: '/' }],
  });
});
afterAll(() => served.stop());

const members = `groups/${idOf(11)}/members`;
const as = async (roles: readonly string[]) => ({ authorization: `Bearer ${await served.token({ roles })}` });
const numbersOf = ({ json }: Answered): number[] =>
  (json?.value ?? []).map(({ id }) => Number(String(id).slice(-12)));

test('members come in pages, in the order of their ids; who is not there is no member', async () => {
  const first = await served.get(`${members}?$select=id&$top=2`);
  expect(numbersOf(first)).toEqual([1, 2]);
  expect(numbersOf(await served.get(first.json!['@odata.nextLink']!))).toEqual([3]);
  expect((await served.get(`${members}/$count`, eventual)).text).toBe('3');
  expect((await served.get(`${members}/$count`)).status).toBe(400);
});

test('a member is shown with its type; without the permission for that, with type and id alone', async () => {
  const asGroupReader = await served.get(
    `${members}?$select=id,displayName&$top=1`,
    await as(['Group.Read.All']),
  );
  expect(asGroupReader.json?.value).toEqual([
    { '@odata.type': '#microsoft.graph.user', id: idOf(1), displayName: null },
  ]);
});

test('memberOf takes the permission for the object and one for groups', async () => {
  const memberOf = `users/${idOf(1)}/memberOf?$select=id`;
  expect(numbersOf(await served.get(memberOf))).toEqual([11]);
  for (const roles of [['User.Read.All'], ['Group.Read.All']]) {
    expect((await served.get(memberOf, await as(roles))).status).toBe(403);
  }
});

test('a manager is one object, or not found', async () => {
  expect((await served.get(`users/${idOf(1)}/manager?$select=id`)).json).toMatchObject({ id: idOf(2) });
  expect((await served.get(`users/${idOf(2)}/manager?$select=id`)).status).toBe(404);
});

test.each([
  [members, 400],
  [`${members}?$select=mail`, 400],
  [`${members}?$select=nickname`, 400],
  [`${members}?$select=id&$filter=accountEnabled eq true`, 400],
  [`${members}?$select=id&$expand=manager`, 400],
  [`groups/${idOf(12)}/members?$select=id`, 404],
  [`users/${idOf(1)}/members?$select=id`, 404],
  [`users/${idOf(1)}/licenseDetails?$top=1`, 400],
  [`users/${idOf(1)}/appRoleAssignments`, 403],
])('%s is refused with %d', async (address, status) => {
  expect((await served.get(address)).status).toBe(status);
});

test('role assignments are filtered by the principal, and take a permission', async () => {
  const path = '/v1.0/roleManagement/directory/roleAssignments';
  const allowed = await as(['RoleManagement.Read.Directory']);
  const of = (n: number) => `${path}?$filter=principalId eq '${idOf(n)}'`;
  expect((await served.get(of(1), allowed)).json?.value).toMatchObject([{ roleDefinitionId: idOf(900) }]);
  expect((await served.get(of(2), allowed)).json?.value).toEqual([]);
  expect((await served.get(path, allowed)).status).toBe(400);
  expect((await served.get(of(1))).status).toBe(403);
});

test('sign-ins are told of one user, to whoever may read them', async () => {
  const allowed = await as([...readerRoles, 'AuditLog.Read.All']);
  const address = `users/${idOf(1)}?$select=id,signInActivity`;
  expect((await served.get(address, allowed)).json).toMatchObject({
    signInActivity: { lastSignInDateTime: '2026-01-01T00:00:00Z' },
  });
  expect((await served.get(address)).status).toBe(403);
  expect((await served.get('users?$select=signInActivity', allowed)).status).toBe(501);
});

test.each([
  [{ roleAssignments: [{ id: 'r', role: 'x' } as never] }, 'role is no property'],
  [{ appRoleAssignments: [{ id: 'a', appRoleId: 'x' }] }, 'appRoleId is no Guid!'],
  [{ licenseDetails: { [idOf(1)]: [{ id: 'l', sku: 'x' } as never] } }, 'sku is no property'],
])("what is not of Graph's metadata does not get in: %j", async (content, problem) => {
  await expect(startTestGraph(content)).rejects.toThrow(problem);
});
