import { idOf, startTestGraph, type Answered, type TestGraph } from './testGraph';

const appOid = 'eeeeeeee-0000-4000-8000-000000000001';
const everyPermission = [
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'Device.ReadWrite.All',
  'User.EnableDisableAccount.All',
  'User.Read.All',
  'User.RevokeSessions.All',
];
const now = Date.UTC(2026, 5, 1);
let served: TestGraph;
beforeEach(async () => {
  served = await startTestGraph(
    {
      users: [
        { id: idOf(1), accountEnabled: true, onPremisesSyncEnabled: true },
        { id: idOf(2), isManagementRestricted: true },
        { id: idOf(3) },
      ],
      groups: [
        { id: idOf(11), securityEnabled: true },
        { id: idOf(12), mailEnabled: true, groupTypes: ['Unified'] },
        { id: idOf(13), isAssignableToRole: true },
      ],
      devices: [{ id: idOf(21) }],
      contacts: [{ id: idOf(31) }],
      roleAssignments: [
        { id: 'r', principalId: idOf(3), roleDefinitionId: idOf(900), directoryScopeId: '/' },
      ],
    },
    { now: () => now },
  );
});
afterEach(() => served.stop());

const directory = () => served.graph.directory;

interface Sent {
  readonly roles?: readonly string[];
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly objectId?: string;
}
async function send(method: string, address: string, sent: Sent = {}): Promise<Answered> {
  const { roles = everyPermission, body, headers = {}, objectId = appOid } = sent;
  const authorization = `Bearer ${await served.token({ roles, objectId })}`;
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return served.get(
    address,
    {},
    {
      method,
      headers: { authorization, ...type, ...headers },
      ...(body === undefined ? {} : { body }),
    },
  );
}
const errorOf = ({ status, json }: Answered): [number, string | undefined] => [status, json?.error?.code];
const denied = [403, 'Authorization_RequestDenied'];

describe('DELETE', () => {
  test.each([
    ['users', 1, ['User.DeleteRestore.All', 'User.ReadWrite.All']],
    ['groups', 11, ['Group.ReadWrite.All']],
    ['devices', 21, ['Device.ReadWrite.All']],
  ])('of %s takes one of the permissions for it', async (set, n, permissions) => {
    const others = [...everyPermission, 'Directory.ReadWrite.All', 'User.ReadWrite.All'].filter(
      role => !permissions.includes(role),
    );
    expect(errorOf(await send('DELETE', `${set}/${idOf(n)}`, { roles: others }))).toEqual(denied);
    expect(errorOf(await send('DELETE', `${set}/${idOf(99)}`, { roles: others }))).toEqual(denied);
    expect(directory().deletions).toEqual([]);
    const answer = await send('DELETE', `${set}/${idOf(n)}`, { roles: [permissions[0]!] });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(errorOf(await send('DELETE', `${set}/${idOf(n)}`))).toEqual([404, 'Request_ResourceNotFound']);
    expect(directory().deletions).toHaveLength(1);
  });

  test('User.DeleteRestore.All reads no user', async () => {
    expect(errorOf(await send('GET', `users/${idOf(1)}`, { roles: ['User.DeleteRestore.All'] }))).toEqual(
      denied,
    );
  });

  test.each(['if-match', 'if-none-match', 'prefer'])('does not take %s', async name => {
    const answer = await send('DELETE', `users/${idOf(1)}`, { headers: { [name]: '*' } });
    expect(errorOf(answer)).toEqual([400, 'BadRequest']);
    expect(directory().get('user', idOf(1))).toBeDefined();
  });

  test('does not take an option, or a body', async () => {
    expect((await send('DELETE', `users/${idOf(1)}?$select=id`)).status).toBe(400);
    expect((await send('DELETE', `users/${idOf(1)}`, { body: '{}' })).status).toBe(400);
    expect((await send('DELETE', `users/${idOf(1)}`, { body: 'x'.repeat(70_000) })).status).toBe(413);
    expect(directory().deletions).toEqual([]);
  });

  test('of a contact is refused in v1.0, and in beta unless it is switched on', async () => {
    const refused = await send('DELETE', `contacts/${idOf(31)}`);
    expect(errorOf(refused)).toEqual([400, 'Request_BadRequest']);
    expect(refused.json?.error?.message).toMatch(/^Data contract version does not allow 'Delete' operations/);
    expect(errorOf(await send('DELETE', `/beta/contacts/${idOf(31)}`))).toEqual(denied);
  });

  test('of a role holder, or of a group for roles, takes a role of the application itself', async () => {
    for (const path of [`users/${idOf(3)}`, `groups/${idOf(13)}`]) {
      expect(errorOf(await send('DELETE', path))).toEqual(denied);
      expect((await send('DELETE', path, { objectId: idOf(3) })).status).toBe(204);
    }
  });

  test('of a member of a restricted management unit says so', async () => {
    const answer = await send('DELETE', `users/${idOf(2)}`, { objectId: idOf(3) });
    expect(errorOf(answer)).toEqual(denied);
    expect(answer.json?.error?.message).toContain('restricted management administrative unit');
  });

  test('of a Microsoft 365 group that is not synced can be undone; of a security group not', async () => {
    await send('DELETE', `groups/${idOf(12)}`);
    await send('DELETE', `groups/${idOf(11)}`);
    const read = (n: number) => send('GET', `directory/deletedItems/${idOf(n)}`);
    expect((await read(12)).json).toMatchObject({
      '@odata.type': '#microsoft.graph.group',
      id: idOf(12),
      deletedDateTime: '2026-06-01T00:00:00Z',
    });
    expect((await read(11)).status).toBe(404);
    const restore = `directory/deletedItems/${idOf(12)}/restore`;
    expect(errorOf(await send('POST', restore, { roles: ['User.DeleteRestore.All'] }))).toEqual(denied);
    expect((await send('POST', restore, { body: '{}' })).status).toBe(200);
    expect(directory().get('group', idOf(12))).toMatchObject({ deletedDateTime: null });
    expect((await send('POST', restore)).status).toBe(404);
  });
});

describe('what comes after the effect', () => {
  test('replaces the answer, not the effect; a refusal has no effect', async () => {
    served.graph.faults.add({ when: { method: 'DELETE', nth: 1 }, do: { kind: 'answerAfter', status: 500 } });
    expect((await send('DELETE', `users/${idOf(1)}`)).status).toBe(500);
    expect(directory().deletions).toEqual([{ type: 'user', id: idOf(1) }]);
    served.graph.faults.add({
      when: { method: 'DELETE' },
      do: { kind: 'answerAfter', status: 503, body: 'x' },
    });
    expect((await send('DELETE', `users/${idOf(2)}`)).text).toBe('x');
    served.graph.faults.add({ when: { method: 'DELETE' }, do: { kind: 'resetAfter' } });
    await expect(send('DELETE', `groups/${idOf(11)}`)).rejects.toThrow('fetch failed');
    expect(directory().deletions).toHaveLength(2);
    expect(directory().get('user', idOf(2))).toBeDefined();
  });
});

describe('PATCH of a user', () => {
  const patch = (body: string, sent: Sent = {}) => send('PATCH', `users/${idOf(1)}`, { body, ...sent });
  const disable = '{"accountEnabled": false}';

  test('sets accountEnabled with both permissions, or with the one above them', async () => {
    for (const roles of [['User.EnableDisableAccount.All'], ['User.Read.All'], ['Directory.ReadWrite.All']]) {
      expect(errorOf(await patch(disable, { roles }))).toEqual(denied);
    }
    for (const roles of [['User.EnableDisableAccount.All', 'User.Read.All'], ['User.ReadWrite.All']]) {
      expect((await patch(disable, { roles })).status).toBe(204);
    }
    expect(directory().get('user', idOf(1))).toMatchObject({ accountEnabled: false });
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"accountEnabled": "false"}',
    '{"accountEnabled": false, "mail": "x"}',
  ])('takes nothing but that: %j is refused', async body => {
    expect((await patch(body)).status).toBe(400);
    expect(directory().get('user', idOf(1))).toMatchObject({ accountEnabled: true });
  });

  test('wants JSON to be called so, and takes no condition', async () => {
    expect((await patch(disable, { headers: { 'content-type': 'text/plain' } })).status).toBe(400);
    expect((await patch(disable, { headers: { 'if-match': '*' } })).status).toBe(400);
  });

  test('of a role holder is refused', async () => {
    expect(errorOf(await send('PATCH', `users/${idOf(3)}`, { body: disable }))).toEqual(denied);
  });
});

describe('revokeSignInSessions', () => {
  const path = `users/${idOf(1)}/revokeSignInSessions`;

  test('takes its permission, and no parameters', async () => {
    const others = everyPermission.filter(role => role !== 'User.RevokeSessions.All');
    expect(errorOf(await send('POST', path, { roles: others }))).toEqual(denied);
    expect((await send('POST', path, { body: '{"a": 1}' })).status).toBe(400);
    expect((await send('POST', path)).json).toMatchObject({ value: true });
    expect(directory().get('user', idOf(1))).toMatchObject({
      signInSessionsValidFromDateTime: '2026-06-01T00:00:00.000Z',
    });
  });

  test('of a role holder is refused', async () => {
    expect(errorOf(await send('POST', `users/${idOf(3)}/revokeSignInSessions`))).toEqual(denied);
  });
});

describe('deletedItems', () => {
  test.each([
    ['directory/deletedItems', 404],
    ['directory/deletedItems/microsoft.graph.device', 400],
    ['directory/deletedItems/x', 400],
    ['directory/deletedItems/microsoft.graph.user?$filter=accountEnabled eq true', 400],
    ['directory/deletedItems/microsoft.graph.user?$select=nickname', 400],
  ])('%s is refused', async (address, status) => {
    expect((await send('GET', address)).status).toBe(status);
  });

  test('a deleted user that held a role is restored by nobody without one', async () => {
    await send('DELETE', `users/${idOf(3)}`, { objectId: idOf(3) });
    const restore = `directory/deletedItems/${idOf(3)}/restore`;
    expect(errorOf(await send('POST', restore))).toEqual(denied);
    expect((await send('POST', restore, { body: '{"newUserPrincipalName": "x"}' })).status).toBe(400);
  });
});
