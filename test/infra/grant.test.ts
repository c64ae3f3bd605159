import type { CommandLine, CommandResult } from '../../infra/grant/azureCli';
import { directoryRoles } from '../support/graph/applicationRules';
import {
  administrator,
  clientIds,
  comparable,
  grantByHand,
  graphHas,
  noCommands,
  page,
  startWorld,
  tenantId,
  toAll,
  toReaders,
  type World,
} from './grantWorld';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const readers = [
  'Device.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Organization.Read.All',
  'User.Read.All',
];
const everything = [...toAll, '--page', page, '--types', 'user,group,device', '--quarantine'];

test('a tenant with nothing gets the registration and the permissions, and a second run writes nothing', async () => {
  const first = await world.run([...everything, '--optional', 'AuditLog.Read.All']);
  expect(first.code).toBe(0);
  const state = comparable(world.store);
  const second = await world.run([...everything, '--optional', 'AuditLog.Read.All']);
  expect([second.code, second.tried]).toEqual([0, 0]);
  expect(second.output).toContain('Everything is as wanted');
  expect(comparable(world.store)).toEqual(state);
  expect(world.held('scanReader')).toEqual(readers);
  expect(world.held('reviewReader')).toEqual(['AuditLog.Read.All', ...readers]);
  expect(world.held('deleter')).toEqual([
    'Device.ReadWrite.All',
    'Group.ReadWrite.All',
    'User.DeleteRestore.All',
    'User.EnableDisableAccount.All',
    'User.Read.All',
    'User.RevokeSessions.All',
  ]);
});

test('the registration is what the API verifies tokens by', async () => {
  await world.run([...toReaders, '--page', page]);
  const registration = world.registration();
  expect(registration).toMatchObject({
    uniqueName: 'entra-orphans',
    signInAudience: 'AzureADMyOrg',
    identifierUris: [`api://${registration?.appId}`],
    spa: { redirectUris: [page] },
    optionalClaims: { accessToken: [{ name: 'idtyp' }] },
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: [{ value: 'access_as_user', isEnabled: true }],
      preAuthorizedApplications: [
        {
          appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
          delegatedPermissionIds: [registration?.api?.oauth2PermissionScopes?.[0]?.id],
        },
      ],
    },
  });
  expect(registration?.appRoles?.map(({ value, allowedMemberTypes }) => [value, allowedMemberTypes])).toEqual(
    [
      ['Orphans.Reader', ['User', 'Application']],
      ['Orphans.Approver', ['User']],
      ['Orphans.Deleter', ['User']],
    ],
  );
  const { servicePrincipals, consents } = world.store.state();
  const principal = servicePrincipals.find(({ appId }) => appId === registration?.appId);
  expect(principal).toMatchObject({
    appRoleAssignmentRequired: true,
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
  });
  expect(consents.map(({ clientId, consentType, scope }) => [clientId, consentType, scope])).toEqual(
    expect.arrayContaining([
      [principal?.id, 'AllPrincipals', 'access_as_user'],
      [principal?.id, 'AllPrincipals', 'openid profile offline_access'],
    ]),
  );
  expect(consents).toHaveLength(2);
});

test('who names no types gives the deleter nothing and takes nothing from it', async () => {
  grantByHand(world.store, 'deleter', 'Device.ReadWrite.All');
  const result = await world.run(toAll);
  expect(result.code).toBe(0);
  expect(result.output).toContain('--types is not given: its permissions stay as they are');
  expect(world.held('deleter')).toEqual(['Device.ReadWrite.All']);
  expect((await world.run([...toAll, '--types', 'contact'])).output).toContain(
    'no application permission deletes contacts',
  );
});

test('who deletes no groups never gets Group.ReadWrite.All', async () => {
  await world.run([...toAll, '--types', 'user,device']);
  expect(world.held('deleter')).toEqual(['Device.ReadWrite.All', 'User.DeleteRestore.All']);
});

test('narrower types take away what they no longer need, and the plan says so before', async () => {
  await world.run(everything);
  const whatIf = await world.run([...toAll, '--types', 'user', '--what-if']);
  for (const lost of [
    'Device.ReadWrite.All',
    'Group.ReadWrite.All',
    'User.RevokeSessions.All',
    'User.Read.All',
  ])
    expect(whatIf.output).toMatch(
      new RegExp(`deleter +revoke +${lost.replaceAll('.', '\\.')}: no longer asked for`),
    );
  const result = await world.run([...toAll, '--types', 'user']);
  expect([result.code, result.writes]).toEqual([0, 5]);
  expect(world.held('deleter')).toEqual(['User.DeleteRestore.All']);
  expect(world.held('scanReader')).toEqual(readers);
});

test('optional permissions come and go by name, and stay where nothing is said', async () => {
  await world.run([...toReaders, '--optional', 'Directory.Read.All,Synchronization.Read.All']);
  expect(world.held('scanReader')).toEqual([...readers, 'Synchronization.Read.All'].sort());
  const both = ['Directory.Read.All', 'Synchronization.Read.All'];
  expect(world.held('reviewReader')).toEqual([...readers, ...both].sort());
  await world.run(toReaders);
  expect(world.held('reviewReader')).toContain('Directory.Read.All');
  await world.run([...toReaders, '--optional', 'none']);
  expect([world.held('scanReader'), world.held('reviewReader')]).toEqual([readers, readers]);
});

test('--what-if writes nothing, whatever there is to do', async () => {
  const before = comparable(world.store);
  const result = await world.run([...everything, '--what-if']);
  expect([result.code, result.tried]).toEqual([0, 0]);
  expect(result.output).toContain('registration   create');
  expect(result.output).toContain('deleter        grant    User.DeleteRestore.All');
  expect(comparable(world.store)).toEqual(before);
});

test('undo removes what is ours and nothing else, and only with --yes', async () => {
  const before = comparable(world.store) as Record<string, unknown>;
  grantByHand(world.store, 'reviewReader', 'Mail.Read');
  await world.run(everything);
  const asked = await world.run([...toAll, '--undo']);
  expect([asked.code, asked.tried]).toEqual([0, 0]);
  const undone = await world.run([...toAll, '--undo', '--yes']);
  expect(undone.code).toBe(0);
  expect(undone.output).toContain('holds Mail.Read');
  expect([world.held('scanReader'), world.held('deleter')]).toEqual([[], []]);
  expect(world.held('reviewReader')).toEqual(['Mail.Read']);
  const after = comparable(world.store) as Record<string, unknown>;
  expect(after['applications']).toEqual(before['applications']);
  expect(after['servicePrincipals']).toEqual(before['servicePrincipals']);
  expect(after['consents']).toEqual([]);
  expect((await world.run([...toAll, '--undo', '--yes'])).tried).toBe(0);
});

test('after an undo the deleted registration is restored, with the application id that it had', async () => {
  await world.run(everything);
  const appId = world.registration()?.appId;
  const state = comparable(world.store);
  // More than a page of other deleted registrations.
  for (let n = 0; n < 10; n += 1) {
    const id = `00000000-0000-4000-8000-00000000000${n}`;
    world.store.putApplication({ id, appId: id, uniqueName: `other-${n}`, displayName: 'Other' });
    world.store.deleteApplication(id, new Date());
  }
  await world.run([...toAll, '--undo', '--yes']);
  const again = await world.run(everything);
  expect(again.output).toContain('registration   restore');
  expect(again.code).toBe(0);
  expect(world.registration()?.appId).toBe(appId);
  expect({ ...(comparable(world.store) as object), deletedApplications: [] }).toEqual(state);
});

test('a registration that somebody changed is brought back, and what is not ours in it stays', async () => {
  await world.run([...toReaders, '--page', page]);
  const wanted = world.registration();
  const scope = { ...wanted?.api?.oauth2PermissionScopes?.[0], isEnabled: false };
  const other = { id: '30000000-0000-4000-8000-000000000001', value: 'other', isEnabled: true };
  const role = {
    ...other,
    value: 'Other.Role',
    displayName: 'x',
    description: 'x',
    allowedMemberTypes: ['User'],
  };
  const [reader, approver] = wanted?.appRoles ?? [];
  world.store.putApplication({
    ...wanted,
    displayName: 'Renamed',
    signInAudience: 'AzureADMultipleOrgs',
    identifierUris: [],
    api: {
      ...wanted?.api,
      requestedAccessTokenVersion: 1,
      oauth2PermissionScopes: [scope, other],
      preAuthorizedApplications: [{ appId: other.id, delegatedPermissionIds: [other.id] }],
    },
    // A role of ours that has another id: assignments hang on it.
    appRoles: [role, { ...reader!, id: '30000000-0000-4000-8000-000000000002' }, approver!],
    spa: { redirectUris: ['https://old.example.org/'] },
    optionalClaims: { idToken: [{ name: 'email' }], accessToken: [{ name: 'ctry' }] },
  });
  const result = await world.run([...toReaders, '--page', page]);
  expect(result.code).toBe(0);
  expect(result.output).toContain('also has the redirect address https://old.example.org/');
  const after = world.registration();
  expect(after).toMatchObject({
    displayName: 'Renamed',
    signInAudience: 'AzureADMyOrg',
    identifierUris: wanted?.identifierUris,
    optionalClaims: { idToken: [{ name: 'email' }], accessToken: [{ name: 'ctry' }, { name: 'idtyp' }] },
    spa: { redirectUris: ['https://old.example.org/', page] },
  });
  expect(after?.appRoles?.map(({ id, value }) => [id, value])).toEqual([
    [role.id, 'Other.Role'],
    ['30000000-0000-4000-8000-000000000002', 'Orphans.Reader'],
    [approver?.id, 'Orphans.Approver'],
    [wanted?.appRoles?.[2]?.id, 'Orphans.Deleter'],
  ]);
  expect(after?.api?.oauth2PermissionScopes?.map(one => [one.value, one.isEnabled])).toEqual([
    ['access_as_user', true],
    ['other', true],
  ]);
  expect(after?.api?.preAuthorizedApplications?.map(({ appId }) => appId)).toEqual([
    other.id,
    '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
  ]);
  expect((await world.run([...toReaders, '--page', page])).tried).toBe(0);
});

test('a consent that lacks a scope gets it and keeps the others', async () => {
  await world.run(toReaders);
  const consent = world.store.state().consents.find(({ scope }) => scope?.startsWith('openid'));
  world.store.putConsent({ ...consent, scope: 'User.Read openid' });
  expect((await world.run(toReaders)).writes).toBe(1);
  expect(world.store.state().consents.find(({ id }) => id === consent?.id)?.scope).toBe(
    'User.Read openid profile offline_access',
  );
});

test('a service principal that lets everybody in is closed again', async () => {
  await world.run(toReaders);
  const principal = world.store.state().servicePrincipals.find(one => one.appRoleAssignmentRequired);
  world.store.putServicePrincipal({ ...principal, appRoleAssignmentRequired: false, tags: ['Other'] });
  expect((await world.run(toReaders)).writes).toBe(1);
  expect(world.store.state().servicePrincipals.find(({ id }) => id === principal?.id)).toMatchObject({
    appRoleAssignmentRequired: true,
    tags: ['Other', 'WindowsAzureActiveDirectoryIntegratedApp'],
  });
});

test('Directory.ReadWrite.All on an identity is a warning, and is not ours to take away', async () => {
  grantByHand(world.store, 'deleter', 'Directory.ReadWrite.All');
  const result = await world.run([...toAll, '--types', 'none']);
  expect(result.output).toMatch(/deleter +WARNING +holds Directory\.ReadWrite\.All/);
  expect(world.held('deleter')).toEqual(['Directory.ReadWrite.All']);
});

test('throttling, passing failures and lost answers: everything is there in the end, once', async () => {
  const calm = await startWorld();
  await calm.run(everything);
  const wanted = comparable(calm.store);
  await calm.stop();
  world.graph.faults.add({ when: { method: 'PATCH', nth: 1 }, do: { kind: 'resetAfter' } });
  world.graph.faults.add({ when: { method: 'PATCH', nth: 4 }, do: { kind: 'answerAfter', status: 503 } });
  for (const nth of [2, 5])
    world.graph.faults.add({ when: { method: 'POST', nth }, do: { kind: 'resetAfter' } });
  world.graph.faults.add({
    when: { method: 'POST', nth: 8 },
    do: { kind: 'answer', status: 429, headers: { 'retry-after': '1.5' } },
  });
  world.graph.faults.add({ when: { method: 'GET', nth: 3 }, do: { kind: 'answer', status: 504 } });
  const result = await world.run(everything);
  expect(result.code).toBe(0);
  expect(Math.max(...result.waits)).toBeGreaterThanOrEqual(1500);
  expect(world.graph.faults.pending).toEqual([]);
  expect(comparable(world.store)).toEqual(wanted);
  world.graph.faults.add({ when: { method: 'DELETE', nth: 2 }, do: { kind: 'resetAfter' } });
  expect((await world.run([...toAll, '--undo', '--yes'])).code).toBe(0);
  expect(world.held('scanReader')).toEqual([]);
});

test('under a limit of requests it waits as long as Microsoft Graph says, and gets there', async () => {
  world.graph.throttle({ requests: 15, interval: 400 });
  const result = await world.run(everything, { patient: true });
  expect(result.code).toBe(0);
  expect(world.graph.requests.some(({ status }) => status === 429)).toBe(true);
  expect(world.held('scanReader')).toEqual(readers);
});

const notThere = JSON.stringify({ error: { code: 'Request_ResourceNotFound', message: 'does not exist' } });

test('what was made a moment ago may not be seen yet: it is waited for', async () => {
  for (const path of [
    /applications\/[^/]+$/,
    /servicePrincipals\(appId='10000000-/,
    /oauth2PermissionGrants$/,
    /appRoleAssignedTo$/,
  ])
    world.graph.faults.add({ when: { path }, times: 2, do: { kind: 'answer', status: 404, body: notThere } });
  world.graph.faults.add({
    when: { method: 'PATCH', path: /servicePrincipals\(appId='/ },
    do: {
      kind: 'answer',
      status: 400,
      body: JSON.stringify({
        error: {
          code: 'Request_BadRequest',
          message: 'The appId does not reference a valid application object.',
        },
      }),
    },
  });
  expect((await world.run(everything)).code).toBe(0);
  expect(world.graph.faults.pending).toEqual([]);
});

test.each([
  ['no directory role at all', [], 3, /Cloud Application Administrator/],
  [
    'Application Administrator, who may not grant permissions of Microsoft Graph',
    [directoryRoles.applicationAdministrator],
    3,
    /scan reader +grant[^]*Privileged Role Administrator \(Application Administrator and Cloud/,
  ],
])('missing rights are named: %s', async (_, roles, code, message) => {
  const result = await world.run(everything, { directoryRoles: roles });
  expect(result.code).toBe(code);
  expect(result.output).toMatch(message);
});

test('the pre phase needs no identity and no privileged role, and sets the values in azd', async () => {
  const set: string[][] = [];
  const commands: CommandLine = {
    run(program, args): Promise<CommandResult> {
      set.push([program, ...args]);
      return Promise.resolve({ kind: 'ended', code: 0, stdout: '', stderr: '' });
    },
  };
  const result = await world.run(['--phase', 'pre'], {
    directoryRoles: [directoryRoles.cloudApplicationAdministrator],
    environment: { AZURE_ENV_NAME: 'prod' },
    commands,
  });
  expect(result.code).toBe(0);
  const application = world.store.state().applications[0];
  expect(application?.uniqueName).toBe('entra-orphans-prod');
  expect(set).toEqual([
    ['azd', 'env', 'set', 'AUTH_AUDIENCE', application?.appId],
    ['azd', 'env', 'set', 'AUTH_ISSUER', `https://login.microsoftonline.com/${tenantId}/v2.0`],
  ]);
  const failed = await world.run(['--phase', 'pre'], { environment: { AZURE_ENV_NAME: 'prod' } });
  expect([failed.code, failed.tried]).toEqual([1, 0]);
  expect(failed.output).toContain(`azd env set AUTH_AUDIENCE ${application?.appId}`);
});

test("the post phase takes azd's environment for options", async () => {
  const result = await world.run(['--phase', 'post'], {
    environment: {
      AZURE_ENV_NAME: 'prod',
      SCAN_READER_CLIENT_ID: clientIds.scanReader,
      REVIEW_READER_CLIENT_ID: clientIds.reviewReader,
      DELETER_CLIENT_ID: clientIds.deleter,
      GRANT_TYPES: 'device',
      REVIEW_PAGE_URL: page,
    },
  });
  expect(result.code).toBe(0);
  expect(world.held('deleter')).toEqual(['Device.ReadWrite.All']);
  expect(world.store.state().applications[0]?.spa?.redirectUris).toEqual([page]);
});

test('outside of azd the values are printed', async () => {
  const { output } = await world.run([...toReaders, '--cloud', 'usgov']);
  expect(output).toContain(`AUTH_AUDIENCE=${world.registration()?.appId}`);
  expect(output).toContain(`AUTH_ISSUER=https://login.microsoftonline.us/${tenantId}/v2.0`);
});

test('an identity that is not there stops it before anything is written', async () => {
  const nobody = '40000000-0000-4000-8000-000000000001';
  const result = await world.run(['--scan-reader', nobody, '--review-reader', clientIds.reviewReader]);
  expect([result.code, result.tried]).toEqual([2, 0]);
  expect(result.output).toContain(`client id ${nobody}; the tenant has no such application`);
  expect(result.output.match(/Waiting for the scan reader/g)).toHaveLength(7);
});

test('permissions go to managed identities only', async () => {
  await world.run(['--phase', 'pre']);
  const appId = world.registration()?.appId ?? '';
  const result = await world.run(['--scan-reader', appId, '--review-reader', clientIds.reviewReader]);
  expect([result.code, result.tried]).toEqual([2, 0]);
  expect(result.output).toContain('another kind of application');
});

test('a token of another tenant than the expected one stops it', async () => {
  const other = '50000000-0000-4000-8000-000000000001';
  const result = await world.run(['--tenant', other, ...toReaders]);
  expect([result.code, result.tried]).toEqual([2, 0]);
  expect(result.output).toContain(
    `The tenant ${other} was expected; the token is one of the tenant ${tenantId}`,
  );
});

test('a token that is not good any more is said to be so, and no token is ever printed', async () => {
  const token = 'secret.secret.secret';
  const result = await world.run(everything, { environment: { GRANT_ACCESS_TOKEN: token } });
  expect([result.code, result.tried]).toEqual([2, 0]);
  expect(result.output).toContain('run az login again');
  expect(result.output).not.toContain('secret');
  const good = await world.run(everything);
  expect(good.output).not.toContain((await world.token()).split('.')[0]);
});

test('a cloud whose Microsoft Graph lacks a permission: what is needed stops it, what is optional is said', async () => {
  await world.stop();
  world = await startWorld({
    permissions: graphHas.filter(name => !/DeleteRestore|Synchronization/.test(name)),
  });
  const refused = await world.run([...toAll, '--types', 'user']);
  expect([refused.code, refused.tried]).toEqual([2, 0]);
  expect(refused.output).toContain(
    'The deleter needs User.DeleteRestore.All, which Microsoft Graph does not have',
  );
  const said = await world.run([...toAll, '--types', 'device', '--optional', 'Synchronization.Read.All']);
  expect(said.code).toBe(0);
  expect(said.output).toContain('Synchronization.Read.All does not exist in this cloud');
});

test('stopped on the way it says what was done, and the next run does the rest', async () => {
  const stopping = new AbortController();
  world.graph.faults.add({
    when: { method: 'POST', nth: 4 },
    do: { kind: 'run', callback: () => stopping.abort() },
  });
  const result = await world.run(everything, { signal: stopping.signal });
  expect(result.code).toBe(1);
  expect(result.output).toContain('It was stopped.');
  expect(result.output).toMatch(
    /\d+ writes were carried out before that, and one more was sent without an answer/,
  );
  expect((await world.run(everything)).code).toBe(0);
  expect(world.held('scanReader')).toEqual(readers);
});

test('a permission that is switched off, or is none for applications, is not there', async () => {
  const { servicePrincipals } = world.store.state();
  const graph = servicePrincipals.find(({ displayName }) => displayName === 'Microsoft Graph');
  const changes = new Map<string, object>([
    ['Device.ReadWrite.All', { isEnabled: false }],
    ['Group.ReadWrite.All', { allowedMemberTypes: ['User'] }],
  ]);
  const appRoles = graph?.appRoles?.map(one => ({ ...one, ...changes.get(one.value ?? '') })) ?? [];
  world.store.putServicePrincipal({ ...graph, appRoles });
  const result = await world.run([...toAll, '--types', 'group,device']);
  expect([result.code, result.tried]).toEqual([2, 0]);
  for (const name of changes.keys()) expect(result.output).toContain(`The deleter needs ${name}, which`);
});

test('Microsoft Graph that does not answer any more ends it, after eight attempts', async () => {
  world.graph.faults.add({ when: { method: 'POST' }, times: 8, do: { kind: 'answer', status: 503 } });
  const result = await world.run(everything);
  expect(result.code).toBe(1);
  expect(result.output).toContain('that was attempt 8, the last one');
  expect(result.output).toContain('one more was sent without an answer: it may have taken effect');
});

test('an endpoint that is none is refused', async () => {
  const result = await world.run(toReaders, { environment: { GRAPH_ENDPOINT: 'http://127.0.0.1' } });
  expect([result.code, result.tried]).toEqual([2, 0]);
});

/** What a client without the right, or with another service in front, meets: at a path, once or as often as asked. */
function refuse(path: RegExp, status: number, error: object, method = 'GET', times = 1): void {
  const body = JSON.stringify({ error });
  world.graph.faults.add({ when: { method, path }, times, do: { kind: 'answer', status, body } });
}
const denied = {
  code: 'Authorization_RequestDenied',
  message: 'Insufficient privileges to complete the operation.',
};

test.each([
  ['the tenant', /organization/, 403, denied, 3],
  ["Microsoft Graph's permissions", /appId='00000003/, 403, denied, 3],
  ['registrations', /applications\(/, 403, denied, 3],
  ['deleted registrations', /deletedItems/, 403, denied, 3],
  ['the permissions of an identity', /appRoleAssignments/, 403, denied, 3],
  ['an identity', /appId='10000000-/, 400, { code: 'Request_BadRequest', message: 'x' }, 2],
  [
    'a registration, at something that is no Graph',
    /applications\(/,
    404,
    { code: 'NotFound', message: 'x' },
    2,
  ],
])('reading %s that is refused stops it before anything is written', async (_, path, status, error, code) => {
  refuse(path, status, error);
  const result = await world.run(toAll);
  expect([result.code, result.tried]).toEqual([code, 0]);
  expect(result.output).toMatch(code === 3 ? /Directory Readers for --what-if/ : /Check --cloud/);
});

test.each([
  ['the service principal', /appId='(?!00000003-|10000000-)/],
  ['its assignments', /appRoleAssignedTo/],
  ['its consents', /oauth2PermissionGrants/],
])('reading %s of a registration that is refused stops it before anything is written', async (_, path) => {
  await world.run(toReaders);
  refuse(path, 403, denied);
  const result = await world.run(toReaders);
  expect([result.code, result.tried]).toEqual([3, 0]);
});

test('an answer that is not what Microsoft Graph documents stops it, and is not repeated', async () => {
  world.graph.faults.add({
    when: { path: /organization/ },
    do: { kind: 'answer', status: 200, body: '{"value":[{"secret":"ada"}]}' },
  });
  const result = await world.run(toAll);
  expect([result.code, result.tried]).toEqual([1, 0]);
  expect(result.output).toContain('found something else (value.0.id)');
  expect(result.output).not.toMatch(/secret|ada/);
});

test('what other resources and other people have to do with it is left out', async () => {
  await world.run([...toReaders, '--page', page]);
  const { servicePrincipals } = world.store.state();
  const idOf = (appId: string | null | undefined): string =>
    servicePrincipals.find(one => one.appId === appId)?.id ?? '';
  const own = idOf(world.registration()?.appId);
  const [readerRole] = world.registration()?.appRoles ?? [];
  world.store.addAssignment({
    id: 'other',
    appRoleId: readerRole?.id ?? '',
    principalId: idOf(clientIds.scanReader),
    resourceId: own,
  });
  const consent = { clientId: own, principalId: null, consentType: 'AllPrincipals', scope: 'x' };
  world.store.putConsent({ ...consent, id: '1', resourceId: idOf(clientIds.deleter) });
  world.store.putConsent({
    ...consent,
    id: '2',
    resourceId: own,
    consentType: 'Principal',
    principalId: own,
  });
  const result = await world.run([...toReaders, '--page', page]);
  expect([result.code, result.tried]).toEqual([0, 0]);
  expect(result.output).not.toContain(readerRole?.id);
  expect((await world.run(['--undo'])).output).toContain('its service principal and 1 role assignments');
});

test('what answers, and is not Microsoft Graph, is said to be so', async () => {
  for (const status of [403, 404])
    world.graph.faults.add({
      when: { method: status === 403 ? 'GET' : 'PATCH', path: /applications/ },
      do: { kind: 'answer', status, body: '<html>proxy of ada</html>' },
    });
  const reading = await world.run(toReaders);
  expect(reading.code).toBe(3);
  expect(reading.output).toContain("403 (without Graph's error body)");
  const writing = await world.run(toReaders);
  expect([writing.code, writing.writes]).toEqual([1, 0]);
  expect(writing.output).toContain("404 (without Graph's error body)");
  expect(reading.output + writing.output).not.toContain('ada');
});

test('a write that is refused for another reason is an error with the ids of the request, not a success', async () => {
  refuse(/appRoleAssignedTo/, 400, { code: 'Request_BadRequest', message: 'quota of ada' }, 'POST');
  const result = await world.run(toAll);
  expect(result.code).toBe(1);
  expect(result.output).toMatch(/status 400 \(Request_BadRequest\)[^]*client-request-id/);
  expect(result.output).not.toContain('ada');
});

test('a token that ends on the way says to sign in again and go on', async () => {
  refuse(/oauth2PermissionGrants/, 401, { code: 'InvalidAuthenticationToken', message: 'x' }, 'POST');
  const result = await world.run(toAll);
  expect(result.code).toBe(1);
  expect(result.output).toContain('run az login, then this command again');
});

test('a unique name that is taken by what cannot be seen is said, with what to do', async () => {
  const taken = 'Another object with the same value for property uniqueName already exists.';
  refuse(/applications/, 400, { code: 'Request_BadRequest', message: taken }, 'PATCH');
  const result = await world.run(toAll);
  expect([result.code, result.writes]).toEqual([1, 0]);
  expect(result.output).toContain('Deleted applications; or choose another --name');
});

const missing = { code: 'Request_ResourceNotFound', message: 'does not exist' };

test('a registration that stays unseen after it was made ends it, and the next run goes on', async () => {
  refuse(/applications\(/, 404, missing, 'GET', 9);
  const result = await world.run(toReaders);
  expect([result.code, result.writes]).toEqual([1, 1]);
  expect(result.output).toContain('was made, but cannot be read yet');
  expect((await world.run(toReaders)).code).toBe(0);
});

test('a registration that may not be read after it was made ends it', async () => {
  world.graph.faults.add({
    when: { method: 'GET', path: /applications\(/, nth: 2 },
    do: { kind: 'answer', status: 403, body: JSON.stringify({ error: denied }) },
  });
  expect((await world.run(toReaders)).code).toBe(3);
});

test('a service principal whose answer was lost, and that stays unseen, ends it', async () => {
  const path = /servicePrincipals\(appId='(?!00000003-|10000000-)/;
  world.graph.faults.add({ when: { method: 'PATCH', path }, do: { kind: 'resetAfter' } });
  refuse(path, 404, missing, 'GET', 8);
  const result = await world.run(toReaders);
  expect(result.code).toBe(1);
  expect(result.output).toContain('expected to show the service principal by now');
  expect((await world.run(toReaders)).code).toBe(0);
});

test('without the Azure CLI it says where to get it', async () => {
  const result = await world.run(toReaders, {
    environment: { GRANT_ACCESS_TOKEN: '' },
    commands: noCommands,
  });
  expect([result.code, result.tried]).toEqual([2, 0]);
  expect(result.output).toContain('https://aka.ms/azure-cli');
});

test('--help has examples and exit codes, wrong options are all said at once', async () => {
  const help = await world.run(['--help']);
  expect(help.code).toBe(0);
  expect(help.output).toContain('Examples:');
  expect(help.output).toMatch(/ {2}3 {2}the signed-in account lacks a right/);
  const wrong = await world.run(['--types', 'users', '--phase', 'now', '--quarantine']);
  expect([wrong.code, wrong.tried]).toEqual([2, 0]);
  for (const option of ['--types', '--phase', '--quarantine', '--scan-reader', '--review-reader'])
    expect(wrong.output).toContain(`${option}: expected`);
});

test('administrator is the least that all of it takes', async () => {
  for (const left of administrator) {
    const roles = administrator.filter(role => role !== left);
    expect((await world.run(everything, { directoryRoles: roles })).code).toBe(3);
  }
});
