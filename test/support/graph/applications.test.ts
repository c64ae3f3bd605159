import { azureCliScopes, directoryRoles } from './applicationRules';
import { createApplicationStore, graphAppId, graphPrincipal, managedIdentity } from './applicationStore';
import { startTestGraph, type Answered, type TestGraph } from './testGraph';

const identityAppId = '10000000-0000-4000-8000-000000000001';
const reader = { id: '10000000-0000-4000-8000-00000000000a', value: 'Reader', isEnabled: true };
const role = {
  ...reader,
  displayName: 'Reader',
  description: 'Reads',
  allowedMemberTypes: ['User', 'Application'],
};
const scope = { ...reader, id: '10000000-0000-4000-8000-00000000000b', value: 'access' };

let graph: TestGraph;
let store: ReturnType<typeof createApplicationStore>;
let token: string;
const tokenOf = (...roles: readonly string[]) =>
  graph.token({ user: { scopes: azureCliScopes, directoryRoles: roles }, roles: [] });

beforeEach(async () => {
  store = createApplicationStore({
    servicePrincipals: [graphPrincipal(['User.Read.All']), managedIdentity('identity', identityAppId)],
  });
  graph = await startTestGraph({}, { applications: store });
  token = await tokenOf(directoryRoles.globalAdministrator);
});
afterEach(() => graph.stop());

const call = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> =>
  graph.get(
    path,
    { authorization: `Bearer ${token}`, ...headers },
    {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
const upsert = (body: object, name = 'x'): Promise<Answered> =>
  call('PATCH', `applications(uniqueName='${name}')`, body, { prefer: 'create-if-missing' });
const patch = (body: object): Promise<Answered> =>
  call('PATCH', `applications/${store.state().applications[0]?.id}`, body);
const errorOf = ({ status, json }: Answered): unknown => [status, json?.error?.message];

test('an application is made once by its unique name, and keeps the name when it is deleted', async () => {
  expect((await call('PATCH', "applications(uniqueName='x')", { displayName: 'X' })).status).toBe(404);
  expect((await upsert({})).status).toBe(400);
  const made = await upsert({ displayName: 'X' });
  expect([made.status, made.json]).toMatchObject([201, { uniqueName: 'x', displayName: 'X' }]);
  expect((await upsert({ displayName: 'Y' })).status).toBe(204);
  const { id } = store.state().applications[0]!;
  expect((await call('DELETE', `applications/${id}`)).status).toBe(204);
  expect((await call('DELETE', `applications/${id}`)).status).toBe(404);
  expect(errorOf(await upsert({ displayName: 'X' }))).toEqual([
    400,
    'Another object with the same value for property uniqueName already exists.',
  ]);
  const deleted = await graph.get(
    'directory/deletedItems/microsoft.graph.application?$select=id,uniqueName',
    {
      authorization: `Bearer ${token}`,
    },
  );
  expect(deleted.json?.value).toEqual([{ id, uniqueName: 'x' }]);
  expect((await call('POST', `directory/deletedItems/${id}/restore`)).status).toBe(200);
  expect((await call('POST', `directory/deletedItems/${id}/restore`)).status).toBe(404);
  expect(store.state().applications[0]).toMatchObject({ id, displayName: 'Y' });
});

test.each([
  ['an unknown property', { owner: 'x' }, /Invalid property 'owner'/],
  ['a property that is read only', { appId: 'x' }, /read-only/],
  ['an unknown part of api', { api: { scopes: [] } }, /Invalid property 'scopes'/],
  ['a value of another type', { identifierUris: 'x' }, /identifierUris is no Collection/],
  ['an identifier of somebody else', { identifierUris: ['api://x'] }, /verified domain/],
  ['a redirect over http', { spa: { redirectUris: ['http://example.org/'] } }, /not valid for a single-page/],
  ['a redirect with a wildcard', { spa: { redirectUris: ['https://*.example.org/'] } }, /not valid/],
  ['a role without a description', { appRoles: [{ ...role, description: '' }] }, /description/],
  ['a role for nobody', { appRoles: [{ ...role, allowedMemberTypes: [] }] }, /allowedMemberTypes/],
  ['a role whose id is no GUID', { appRoles: [{ ...role, id: 'x' }] }, /no GUID/],
  ['a role without a value', { appRoles: [{ ...role, value: '' }] }, /value of an app role/],
  ['two roles of one value', { appRoles: [role, { ...role, id: scope.id }] }, /duplicate values: value/],
  [
    'a pre-authorisation of what is no GUID',
    { api: { preAuthorizedApplications: [{ appId: 'x' }] } },
    /no GUID/,
  ],
  [
    'a pre-authorisation for a scope that comes in the same request',
    {
      api: {
        oauth2PermissionScopes: [scope],
        preAuthorizedApplications: [{ appId: identityAppId, delegatedPermissionIds: [scope.id] }],
      },
    },
    /cannot be found in the AppPermissions sets/,
  ],
])('%s is refused', async (_, body, message) => {
  await upsert({ displayName: 'X' });
  expect(errorOf(await patch(body))).toEqual([400, expect.stringMatching(message)]);
});

test('a role or scope that is enabled is neither removed nor renamed', async () => {
  await upsert({ displayName: 'X', appRoles: [role], api: { oauth2PermissionScopes: [scope] } });
  for (const body of [{ appRoles: [] }, { appRoles: [{ ...role, value: 'Other' }] }, { api: {} }])
    expect(errorOf(await patch(body))).toEqual([400, expect.stringContaining('unless disabled first')]);
  expect((await patch({ appRoles: [{ ...role, isEnabled: false }] })).status).toBe(204);
  expect((await patch({ appRoles: [] })).status).toBe(204);
});

test('complex properties are replaced as a whole', async () => {
  await upsert({ displayName: 'X', api: { requestedAccessTokenVersion: 2 } });
  await patch({ api: { acceptMappedClaims: true } });
  expect(store.state().applications[0]?.api).toMatchObject({ requestedAccessTokenVersion: null });
});

test('a service principal needs its application, takes its roles over, and goes with it', async () => {
  const put = (appId: string, body: object, headers = { prefer: 'create-if-missing' }) =>
    call('PATCH', `servicePrincipals(appId='${appId}')`, body, headers);
  expect(errorOf(await put(identityAppId.replace('1', '9'), {}))).toEqual([
    400,
    expect.stringContaining('does not reference a valid application object'),
  ]);
  await upsert({ displayName: 'X', appRoles: [role] });
  const { id, appId = '' } = store.state().applications[0]!;
  expect((await call('PATCH', `servicePrincipals(appId='${appId}')`, {})).status).toBe(404);
  expect((await put(appId ?? '', { accountEnabled: false })).status).toBe(400);
  const made = await put(appId ?? '', { appRoleAssignmentRequired: true });
  expect([made.status, made.json]).toMatchObject([201, { appRoles: [{ value: 'Reader' }] }]);
  expect((await put(appId ?? '', { tags: ['x'] })).status).toBe(204);
  await patch({ appRoles: [role, { ...role, id: scope.id, value: 'Second' }] });
  const principal = store.state().servicePrincipals.find(one => one.appId === appId);
  expect([principal?.appRoles?.length, principal?.tags]).toEqual([2, ['x']]);
  await call('DELETE', `applications/${id}`);
  expect(store.state().servicePrincipals.some(one => one.appId === appId)).toBe(false);
});

function principals(): { readonly resource: string; readonly principal: string; readonly roleId: string } {
  const { servicePrincipals } = store.state();
  const resource = servicePrincipals.find(({ appId }) => appId === graphAppId);
  return {
    resource: resource?.id ?? '',
    principal: servicePrincipals.find(({ appId }) => appId === identityAppId)?.id ?? '',
    roleId: resource?.appRoles?.[0]?.id ?? '',
  };
}
const assign = (change: object = {}): Promise<Answered> => {
  const { resource, principal, roleId } = principals();
  const body = { principalId: principal, resourceId: resource, appRoleId: roleId, ...change };
  return call('POST', `servicePrincipals/${resource}/appRoleAssignedTo`, body);
};

test('a permission is granted once, and can be taken away', async () => {
  expect((await assign()).status).toBe(201);
  expect(errorOf(await assign())).toEqual([400, 'Permission being assigned already exists on the object']);
  const { resource, principal } = principals();
  const [assignment] = store.state().assignments;
  const listed = await call('GET', `servicePrincipals/${principal}/appRoleAssignments`);
  expect(listed.json?.value).toMatchObject([{ id: assignment?.id, principalType: 'ServicePrincipal' }]);
  expect(
    (await call('DELETE', `servicePrincipals/${principal}/appRoleAssignedTo/${assignment?.id}`)).status,
  ).toBe(404);
  expect(
    (await call('DELETE', `servicePrincipals/${resource}/appRoleAssignedTo/${assignment?.id}`)).status,
  ).toBe(204);
  expect(store.state().assignments).toEqual([]);
});

test.each([
  ['an unknown principal', { principalId: scope.id }, 404],
  ['another resource than the path says', { resourceId: scope.id }, 400],
  ['a role that the resource does not have', { appRoleId: scope.id }, 400],
  ['more than the three ids', { principalType: 'User' }, 400],
])('%s is refused', async (_, change, status) => {
  expect((await assign(change)).status).toBe(status);
  expect(store.state().assignments).toEqual([]);
});

test('a consent is there once, and its scope can be changed', async () => {
  const { resource, principal } = principals();
  const body = { clientId: principal, consentType: 'AllPrincipals', resourceId: resource, scope: 'openid' };
  const consent = (change: object) => call('POST', 'oauth2PermissionGrants', { ...body, ...change });
  for (const change of [{ consentType: 'Principal' }, { scope: '' }, { scope: 'a a' }, { expiryTime: 'x' }])
    expect((await consent(change)).status).toBe(400);
  expect((await consent({ resourceId: scope.id })).status).toBe(404);
  expect((await consent({})).status).toBe(201);
  expect((await consent({})).status).toBe(409);
  const { id } = store.state().consents[0]!;
  expect((await call('PATCH', `oauth2PermissionGrants/${id}`, { resourceId: scope.id })).status).toBe(400);
  expect((await call('PATCH', 'oauth2PermissionGrants/x', { scope: 'openid' })).status).toBe(404);
  expect((await call('PATCH', `oauth2PermissionGrants/${id}`, { scope: 'openid profile' })).status).toBe(204);
  const listed = await call('GET', `servicePrincipals/${principal}/oauth2PermissionGrants`);
  expect(listed.json?.value).toMatchObject([{ scope: 'openid profile' }]);
});

test('who may do what is decided by scope and directory role', async () => {
  token = await tokenOf(directoryRoles.cloudApplicationAdministrator);
  expect((await upsert({ displayName: 'X' })).status).toBe(201);
  expect((await assign()).status).toBe(403);
  token = await tokenOf(directoryRoles.applicationAdministrator);
  expect((await assign()).status).toBe(403);
  token = await tokenOf(directoryRoles.privilegedRoleAdministrator);
  expect((await assign()).status).toBe(201);
  expect((await upsert({ displayName: 'X' })).status).toBe(403);
  token = await tokenOf();
  expect((await call('GET', "applications(uniqueName='x')?$select=id")).status).toBe(200);
  expect((await call('GET', 'organization?$select=id')).status).toBe(200);
  token = await graph.token({
    user: { scopes: ['User.Read'], directoryRoles: [directoryRoles.globalAdministrator] },
    roles: [],
  });
  expect((await call('GET', "applications(uniqueName='x')?$select=id")).status).toBe(403);
  expect((await upsert({ displayName: 'X' })).status).toBe(403);
  token = await graph.token({ roles: ['Application.ReadWrite.All'] });
  expect((await upsert({ displayName: 'X' })).status).toBe(204);
});

test('reading wants $select, knows only what the metadata has, and takes no other option', async () => {
  await upsert({ displayName: 'X' });
  for (const path of [
    "applications(uniqueName='x')",
    "applications(uniqueName='x')?$select=id,owner",
    "applications(uniqueName='x')?$select=id&$expand=owners",
    `servicePrincipals(appId='${graphAppId}')`,
    `servicePrincipals/${principals().principal}/appRoleAssignments?$top=999`,
  ])
    expect((await call('GET', path)).status).toBe(400);
  expect((await call('GET', 'applications?$select=id')).status).toBe(404);
  expect((await call('GET', `servicePrincipals/${principals().principal}?$select=id`)).status).toBe(200);
  expect((await call('GET', `servicePrincipals/${scope.id}?$select=id`)).status).toBe(404);
});

test('a stand-in that was started without applications serves none', async () => {
  const other = await startTestGraph();
  expect((await other.get("applications(uniqueName='x')?$select=id")).status).toBe(404);
  await other.stop();
});
