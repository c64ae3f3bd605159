import type { User } from '@microsoft/microsoft-graph-types';
import { createCertificateAuthority } from '../tls';
import { createTokenIssuer } from '../tokenIssuer';
import { createDirectory } from './directory';
import { objectSets, organizationSet } from './entitySets';
import { propertiesOf } from './metadata';
import { startGraphStandIn } from './standIn';
import {
  appId,
  eventual,
  idOf,
  organization,
  readerRoles,
  startTestGraph,
  tenantId,
  type Answered,
  type TestGraph,
} from './testGraph';

const syncedOnly = '$filter=onPremisesSyncEnabled eq true';
const users = Array.from({ length: 250 }, (_, n): User => ({
  id: idOf(n),
  displayName: `User ${n}`,
  userPrincipalName: `user${n}@contoso.example`,
  onPremisesSyncEnabled: n % 5 === 4 ? null : true,
  onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==',
  proxyAddresses: [`SMTP:user${n}@contoso.example`],
}));
const group = {
  id: idOf(1000),
  displayName: "Ann's",
  onPremisesSyncEnabled: true,
  isManagementRestricted: true,
};
const contact = { id: idOf(2000), displayName: 'Partner', mail: 'partner@other.example' };
const device = {
  id: idOf(3000),
  deviceId: idOf(3001),
  onPremisesSyncEnabled: true,
  onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-4',
};

let served: TestGraph;
beforeAll(async () => {
  served = await startTestGraph({ users, groups: [group], contacts: [contact], devices: [device] });
});
afterAll(() => served?.stop());
const get: TestGraph['get'] = (...request) => served.get(...request);
const bearer = async (change: Parameters<TestGraph['token']>[0]) => ({
  authorization: `Bearer ${await served.token(change)}`,
});
const numbersOf = (answer: Answered): number[] =>
  (answer.json?.value ?? []).map(({ id }) => Number(String(id).slice(-12)));
const errorOf = ({ status, json }: Answered): [number, string | undefined] => [status, json?.error?.code];

describe('tokens and permissions', () => {
  test.each<[string, Parameters<TestGraph['token']>[0], string]>([
    ['for something else', { audience: 'https://storage.azure.com' }, 'Invalid audience'],
    ['of another tenant', { tenantId: idOf(1) }, 'Invalid tenant'],
    ['that is over', { issuedAt: new Date(Date.now() - 10_000), lifetimeSeconds: 5 }, 'the token is expired'],
    ['that is not yet valid', { issuedAt: new Date(Date.now() + 60_000) }, 'not yet valid'],
  ])('a token %s is refused', async (_, change, message) => {
    const answer = await get('users', await bearer(change));
    expect(errorOf(answer)).toEqual([401, 'InvalidAuthenticationToken']);
    expect(answer.json?.error?.message).toContain(message);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test('the audience is the endpoint, without a slash at its end', async () => {
    expect(served.graph.endpoint).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const answer = await get('users', await bearer({ audience: `${served.graph.endpoint}/` }));
    expect(errorOf(answer)).toEqual([401, 'InvalidAuthenticationToken']);
  });

  test('a token of another issuer, none, and what is no token are refused, before anything else is looked at', async () => {
    const other = await createTokenIssuer({ tenantId });
    const foreign = await other.sign({
      audience: served.graph.endpoint,
      appId,
      objectId: appId,
      roles: readerRoles,
    });
    for (const authorization of ['', 'Bearer', 'Basic YTpi', 'Bearer x', `Bearer ${foreign}`]) {
      expect(errorOf(await get('nowhere', { authorization }))).toEqual([401, 'InvalidAuthenticationToken']);
    }
    const response = await fetch(`${served.graph.endpoint}/v1.0/users`);
    expect(await response.json()).toMatchObject({ error: { message: 'Access token is empty.' } });
  });

  test.each([
    ['users', ['User.Read.All', 'User.ReadWrite.All']],
    ['groups', ['Group.Read.All', 'Group.ReadWrite.All']],
    ['contacts', ['OrgContact.Read.All']],
    ['devices', ['Device.Read.All', 'Device.ReadWrite.All']],
  ])('reading %s takes a permission for it: %j', async (set, permissions) => {
    const id = { users: users[0]!.id, groups: group.id, contacts: contact.id, devices: device.id }[set];
    const others = [...readerRoles, 'User.DeleteRestore.All'].filter(role => !permissions.includes(role));
    for (const address of [set, `${set}/$count`, `${set}/${id}`]) {
      for (const role of permissions) {
        expect((await get(address, { ...eventual, ...(await bearer({ roles: [role] })) })).status).toBe(200);
      }
      for (const roles of [others, []]) {
        const answer = await get(address, { ...eventual, ...(await bearer({ roles })) });
        expect(errorOf(answer)).toEqual([403, 'Authorization_RequestDenied']);
      }
    }
  });

  test('without the permission an object that is not there is denied, not "not found"', async () => {
    const answer = await get(`users/${idOf(999_999)}`, await bearer({ roles: ['Group.Read.All'] }));
    expect(answer.status).toBe(403);
  });

  test('the organization shows whether and when it was synchronised only to Organization.Read.All', async () => {
    const seen = async (roles: string[]) => {
      const { status, json } = await get('organization', await bearer({ roles }));
      const [found] = json?.value ?? [];
      const properties = ['displayName', 'onPremisesSyncEnabled', 'onPremisesLastSyncDateTime'];
      return [status, ...properties.map(name => found?.[name])];
    };
    expect(await seen(['Organization.Read.All'])).toEqual([200, 'Contoso', true, '2026-01-01T00:00:00Z']);
    expect(await seen(['User.Read.All'])).toEqual([200, 'Contoso', null, null]);
    expect(await seen(['Group.Read.All'])).toEqual([403, undefined, undefined, undefined]);
  });
});

describe('paths and methods', () => {
  test.each([
    '/',
    '/v1.0',
    '/v1.0/',
    '/v1.0/toString',
    '/v1.0/Users',
    '/v1.0/users/',
    '/v1.0/me',
    '/beta/users',
  ])('%s is not there', async path => {
    const answer = await get(path);
    expect(errorOf(answer)).toEqual([404, 'BadRequest']);
    expect(answer.json?.error?.message).toMatch(/^Resource not found for the segment '.*'\.$/);
  });

  test('another method than the allowed ones is refused', async () => {
    for (const method of ['DELETE', 'POST', 'PATCH']) {
      for (const path of ['users', 'users/$count', 'organization', `users/${idOf(1)}/memberOf`]) {
        const answer = await get(path, {}, { method, headers: await bearer({}) });
        expect(errorOf(answer)).toEqual([405, 'Request_BadRequest']);
        expect(answer.headers.get('allow')).toBe('GET');
      }
    }
  });

  test('an encoded path is the same path; one that is encoded wrongly is refused', async () => {
    expect((await get('users/%24count', eventual)).text).toBe('250');
    expect(errorOf(await get('users/%E0%A4%A'))).toEqual([400, 'BadRequest']);
  });

  test("errors have Graph's shape and the request's ids", async () => {
    const clientRequestId = idOf(77);
    const { json, headers } = await get('nowhere', { 'client-request-id': clientRequestId });
    const requestId = headers.get('request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('client-request-id')).toBe(clientRequestId);
    expect(json).toEqual({
      error: {
        code: 'BadRequest',
        message: "Resource not found for the segment 'nowhere'.",
        innerError: {
          date: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
          'request-id': requestId,
          'client-request-id': clientRequestId,
        },
      },
    });
  });

  test('answers carry the ids too; without a client-request-id it is the request-id', async () => {
    const { headers } = await get('organization');
    expect(headers.get('client-request-id')).toBe(headers.get('request-id'));
    expect(headers.get('content-type')).toContain('application/json');
  });
});

describe('$select', () => {
  test("without it, a user has Graph's default properties only", async () => {
    const [first] = (await get('users?$top=1')).json?.value ?? [];
    expect(first).toEqual({
      id: idOf(0),
      displayName: 'User 0',
      userPrincipalName: 'user0@contoso.example',
      businessPhones: [],
      givenName: null,
      jobTitle: null,
      mail: null,
      mobilePhone: null,
      officeLocation: null,
      preferredLanguage: null,
      surname: null,
    });
  });

  test('what Graph returns only on $select is not there by default', async () => {
    const [firstGroup] = (await get('groups')).json?.value ?? [];
    expect(firstGroup).toMatchObject({ onPremisesSyncEnabled: true, onPremisesSecurityIdentifier: null });
    expect(firstGroup).not.toHaveProperty('isManagementRestricted');
    const [firstDevice] = (await get('devices')).json?.value ?? [];
    expect(firstDevice).toMatchObject({ deviceId: device.deviceId, trustType: null });
    expect(firstDevice).not.toHaveProperty('onPremisesSecurityIdentifier');
    const selected = await get('devices?$select=onPremisesSecurityIdentifier');
    expect(selected.json?.value).toEqual([{ onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-4' }]);
  });

  test('exactly what was selected comes back, null and empty collections too', async () => {
    const { json } = await get('contacts?$select=id,surname,proxyAddresses,onPremisesProvisioningErrors');
    expect(json).toEqual({
      '@odata.context': `${served.graph.endpoint}/v1.0/$metadata#contacts(id,surname,proxyAddresses,onPremisesProvisioningErrors)`,
      value: [{ id: contact.id, surname: null, proxyAddresses: [], onPremisesProvisioningErrors: [] }],
    });
  });

  test.each([
    ['users', 'nickname', 400],
    ['users', 'onPremisesNetBiosName', 400],
    ['contacts', 'onPremisesSecurityIdentifier', 400],
    ['groups', 'onPremisesImmutableId', 400],
    ['users', 'Mail', 400],
    ['users', 'mail, id', 400],
    ['users', 'id,id', 400],
    ['users', 'id,', 400],
    ['users', '*', 400],
    ['users', '', 400],
    ['users', 'memberOf', 400],
    ['users', 'mailboxSettings', 501],
    ['groups', 'isArchived', 501],
  ])('%s?$select=%s is refused', async (set, select, status) => {
    expect((await get(`${set}?$select=${select}`)).status).toBe(status);
    expect((await get(`${set}/${idOf(1)}?$select=${select}`)).status).toBe(status);
  });

  test("every name that the stand-in's tables use is in Graph's metadata, and what is served has a value", () => {
    for (const set of [...objectSets, organizationSet]) {
      const properties = propertiesOf(set.entity);
      const named = [...set.byDefault, ...set.filterable, ...set.notServed];
      expect(named.filter(name => !properties.has(name))).toEqual([]);
      expect(set.byDefault.filter(name => set.notServed.includes(name))).toEqual([]);
      const neverNull = [...properties].filter(([, type]) => !type.nullable && !type.collection);
      expect(neverNull.map(([name]) => name).filter(name => !set.notServed.includes(name))).toEqual(['id']);
      const filtered = set.filterable.map(name => properties.get(name)?.name);
      expect(filtered.filter(name => name !== 'Boolean' && name !== 'String')).toEqual([]);
    }
  });
});

describe('$filter', () => {
  test('synced objects only', async () => {
    const answer = await get(`users?${syncedOnly}&$top=6&$select=id`);
    expect(numbersOf(answer)).toEqual([0, 1, 2, 3, 5, 6]);
  });

  test('by text, with a quote doubled', async () => {
    expect(numbersOf(await get("groups?$filter=displayName eq 'ann''s'"))).toEqual([1000]);
    const byUpn = await get(`users?$filter=userPrincipalName eq 'user7%40contoso.example'`);
    expect(numbersOf(byUpn)).toEqual([7]);
  });

  test('a plus sign that was not encoded is a space', async () => {
    const plus = await get("users?$filter=onPremisesImmutableId+eq+'iGhmiAEBERG7uxI0VniQqw=='&$top=1");
    expect(numbersOf(plus)).toEqual([0]);
  });

  test.each([
    ['users', 'onPremisesSyncEnabled ne true'],
    ['users', 'onPremisesSyncEnabled eq null'],
    ['users', "onPremisesSyncEnabled eq 'true'"],
    ['users', 'onPremisesSyncEnabled eq true and accountEnabled eq true'],
    ['users', 'onPremisesSyncEnabled'],
    ['users', 'not(onPremisesSyncEnabled eq true)'],
    ['users', "startswith(displayName,'a')"],
    ['users', 'displayName eq true'],
    ['users', "displayName eq 'Ann's'"],
    ['users', "id eq '00000000-0000-4000-8000-000000000001'"],
    ['users', "onPremisesDistinguishedName eq 'CN=a'"],
    ['users', "proxyAddresses eq 'a'"],
    ['users', "unknown eq 'a'"],
    ['contacts', "onPremisesSecurityIdentifier eq 'S-1-5-21-1'"],
  ])('%s?$filter=%s is refused', async (set, filter) => {
    const query = `$filter=${encodeURIComponent(filter)}`;
    expect(errorOf(await get(`${set}?${query}`))).toEqual([400, 'Request_UnsupportedQuery']);
    expect(errorOf(await get(`${set}/$count?${query}`, eventual))).toEqual([400, 'Request_UnsupportedQuery']);
  });
});

describe('other options', () => {
  test.each([
    'users?$expand=manager',
    'users?$search="a"',
    'users?$orderby=displayName',
    'users?$skip=10',
    'users?$format=json',
    'users?select=id',
    'users?$Select=id',
    'users?a=b',
    'users?$top=5&$top=5',
    'users?$select=id&$select=mail',
    'users?$top=0',
    'users?$top=1000',
    'users?$top=-1',
    'users?$top=1.5',
    'users?$top=5x',
    'users?$count=yes',
    'users?$filter=',
    `users/${idOf(1)}?$top=1`,
    `users/${idOf(1)}?$filter=accountEnabled eq true`,
    'organization?$top=1',
  ])('%s is refused', async address => {
    expect((await get(address)).status).toBe(400);
  });

  test('a count takes no other option than $filter', async () => {
    expect((await get('users/$count?$top=5', eventual)).status).toBe(400);
  });
});

describe('one object', () => {
  test('is answered by its id, in whatever case', async () => {
    const { json } = await get(`users/${idOf(3).toUpperCase()}?$select=id,onPremisesSyncEnabled`);
    expect(json).toEqual({
      '@odata.context': `${served.graph.endpoint}/v1.0/$metadata#users(id,onPremisesSyncEnabled)/$entity`,
      id: idOf(3),
      onPremisesSyncEnabled: true,
    });
    expect((await get(`users/${idOf(4)}?$select=onPremisesSyncEnabled`)).json).toMatchObject({
      onPremisesSyncEnabled: null,
    });
  });

  test.each(['users', 'groups', 'contacts', 'devices'])('that is no member of %s is not found', async set => {
    expect(errorOf(await get(`${set}/${idOf(999_999)}`))).toEqual([404, 'Request_ResourceNotFound']);
  });

  test('an id that is no GUID is malformed, but for users, who have other names as well', async () => {
    expect(errorOf(await get('users/nobody'))).toEqual([404, 'Request_ResourceNotFound']);
    for (const set of ['groups', 'contacts', 'devices']) {
      expect(errorOf(await get(`${set}/nobody`))).toEqual([400, 'Request_BadRequest']);
    }
  });
});

describe('counts', () => {
  test('the plain number, filtered or not', async () => {
    const all = await get('users/$count', eventual);
    expect([all.status, all.text, all.headers.get('content-type')]).toEqual([200, '250', 'text/plain']);
    expect((await get(`users/$count?${syncedOnly}`, eventual)).text).toBe('200');
  });

  test('are refused without ConsistencyLevel: eventual', async () => {
    for (const address of ['users/$count', `users/$count?${syncedOnly}`, 'users?$count=true']) {
      expect(errorOf(await get(address))).toEqual([400, 'Request_UnsupportedQuery']);
      expect((await get(address, { consistencylevel: 'session' })).status).toBe(400);
      expect((await get(address, eventual)).status).toBe(200);
    }
  });

  test('are on the first page only, and only where asked for', async () => {
    const first = await get(`users?${syncedOnly}&$count=true&$top=150`, eventual);
    expect(first.json?.['@odata.count']).toBe(200);
    const second = await get(first.json!['@odata.nextLink']!, eventual);
    expect(second.json?.value).toHaveLength(50);
    expect(second.json).not.toHaveProperty(['@odata.count']);
    expect((await get('users?$count=false', eventual)).json).not.toHaveProperty(['@odata.count']);
  });
});

describe('paging', () => {
  async function readAll(address: string, headers: Record<string, string> = {}): Promise<Answered[]> {
    const pages: Answered[] = [];
    for (let next: string | undefined = address; next !== undefined;) {
      const page: Answered = await get(next, headers);
      expect(page.status).toBe(200);
      pages.push(page);
      next = page.json?.['@odata.nextLink'];
    }
    return pages;
  }

  test('a page has 100 objects unless $top says otherwise, and all pages together the whole list', async () => {
    const pages = await readAll('users?$select=id');
    expect(pages.map(page => page.json?.value?.length)).toEqual([100, 100, 50]);
    expect(pages.flatMap(numbersOf)).toEqual(users.map((_, n) => n));
    expect(await readAll('users?$top=250')).toHaveLength(1);
    expect(await readAll('users?$top=999')).toHaveLength(1);
    const few = await readAll(`users?$top=40&$select=id&${syncedOnly}`);
    expect(few.map(page => page.json?.value?.length)).toEqual([40, 40, 40, 40, 40]);
  });

  test('the nextLink is absolute, of this list, and its $skiptoken says nothing', async () => {
    const first = await get(`users?$top=7&$select=id,mail&${syncedOnly}`);
    const link = new URL(first.json!['@odata.nextLink']!);
    expect([link.origin, link.pathname]).toEqual([served.graph.endpoint, '/v1.0/users']);
    expect(Object.fromEntries(link.searchParams)).toEqual({
      $select: 'id,mail',
      $filter: 'onPremisesSyncEnabled eq true',
      $top: '7',
      $skiptoken: expect.stringMatching(/^[\w-]{32}$/),
    });
  });

  test('a page may be asked for again', async () => {
    const link = (await get('users?$top=2')).json!['@odata.nextLink']!;
    expect(numbersOf(await get(link))).toEqual([2, 3]);
    expect(numbersOf(await get(link))).toEqual([2, 3]);
  });

  test('a list begun with ConsistencyLevel goes on only with it', async () => {
    const link = (await get('users?$top=2', eventual)).json!['@odata.nextLink']!;
    expect(errorOf(await get(link))).toEqual([400, 'Request_UnsupportedQuery']);
    expect(numbersOf(await get(link, eventual))).toEqual([2, 3]);
  });

  test('a token is good for its own list and options only', async () => {
    const link = new URL((await get('users?$top=2&$select=id')).json!['@odata.nextLink']!);
    const token = link.searchParams.get('$skiptoken');
    for (const address of [
      `users?$skiptoken=${token}`,
      `users?$top=3&$select=id&$skiptoken=${token}`,
      `groups?$top=2&$select=id&$skiptoken=${token}`,
      'users?$skiptoken=made-up',
    ]) {
      expect(errorOf(await get(address))).toEqual([400, 'Request_BadRequest']);
    }
    expect((await get(`users?$select=id&$top=2&$skiptoken=${token}`)).status).toBe(200);
  });

  test('the list is live: what comes and goes behind the reader shows, what lies before it does not', async () => {
    const other = await startTestGraph({ users: [1, 3, 5].map(n => ({ id: idOf(n) })) });
    try {
      const first = await other.get('users?$top=2');
      expect(numbersOf(first)).toEqual([1, 3]);
      other.graph.directory.put('user', { id: idOf(2) });
      other.graph.directory.put('user', { id: idOf(4) });
      other.graph.directory.remove('user', idOf(3));
      other.graph.directory.remove('user', idOf(5));
      const second = await other.get(first.json!['@odata.nextLink']!);
      expect(numbersOf(second)).toEqual([4]);
      expect(second.json).not.toHaveProperty(['@odata.nextLink']);
    } finally {
      await other.stop();
    }
  });

  test('a page token expires', async () => {
    let now = 1_000_000;
    const other = await startTestGraph({ users }, { pageTokenLifetime: 5000, now: () => now });
    try {
      const link = (await other.get('users?$top=2')).json!['@odata.nextLink']!;
      now += 4999;
      expect((await other.get(link)).status).toBe(200);
      now += 1;
      expect(errorOf(await other.get(link))).toEqual([400, 'Directory_ExpiredPageToken']);
      const later = (await other.get('users?$top=2')).json!['@odata.nextLink']!;
      other.graph.expirePageTokens();
      expect(errorOf(await other.get(later))).toEqual([400, 'Directory_ExpiredPageToken']);
      const newest = (await other.get('users?$top=2')).json!['@odata.nextLink']!;
      expect((await other.get(newest)).status).toBe(200);
    } finally {
      await other.stop();
    }
  });
});

describe('the stand-in itself', () => {
  test('logs every request with who asked it', async () => {
    const before = served.graph.requests.length;
    await get('users?$top=1', { ...eventual, 'client-request-id': 'abc', 'user-agent': 'test' });
    await get('users', { authorization: 'Bearer x', 'user-agent': 'test' });
    expect(served.graph.requests.slice(before)).toEqual([
      {
        method: 'GET',
        url: '/v1.0/users?$top=1',
        appId,
        consistencyLevel: 'eventual',
        clientRequestId: 'abc',
        userAgent: 'test',
        status: 200,
      },
      {
        method: 'GET',
        url: '/v1.0/users',
        appId: null,
        consistencyLevel: null,
        clientRequestId: null,
        userAgent: 'test',
        status: 401,
      },
    ]);
  });

  test('serves one tenant: that of its organization', async () => {
    const authority = await createCertificateAuthority();
    await expect(
      startGraphStandIn({
        certificate: await authority.issue(),
        issuer: await createTokenIssuer({ tenantId }),
        tenantId: idOf(1),
        directory: createDirectory({ organization }),
      }),
    ).rejects.toThrow(`found ${tenantId}`);
  });

  test('answers nobody once it was stopped', async () => {
    const other = await startTestGraph();
    await other.stop();
    await expect(other.get('users')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('serves 999 of 100,000 users in some milliseconds', async () => {
    const many = Array.from({ length: 100_000 }, (_, n): User => ({ ...users[n % 250], id: idOf(n) }));
    const other = await startTestGraph({ users: many });
    try {
      const select = 'id,displayName,userPrincipalName,proxyAddresses,onPremisesImmutableId';
      const sizes: number[] = [];
      const started = performance.now();
      for (
        let next: string | undefined = `users?${syncedOnly}&$top=999&$count=true&$select=${select}`;
        next !== undefined;
      ) {
        const page: Answered = await other.get(next, eventual);
        sizes.push(page.json?.value?.length ?? 0);
        next = page.json?.['@odata.nextLink'];
      }
      const millisecondsPerPage = (performance.now() - started) / sizes.length;
      expect(sizes).toEqual([...Array.from({ length: 80 }, () => 999), 80]);
      expect(millisecondsPerPage).toBeLessThan(50);
    } finally {
      await other.stop();
    }
  });
});
