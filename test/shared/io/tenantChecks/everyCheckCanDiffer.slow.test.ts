import { allChecks } from '../../../../shared/io/tenantChecks/allChecks';
import { idOf } from '../../../support/graph/testGraph';
import {
  apiClaims,
  graphError,
  ids,
  items,
  listOf,
  personal,
  startSampleTenant,
  unsignedToken,
  type SampleTenant,
  type Verification,
} from './sampleTenant';

let tenant: SampleTenant;
beforeAll(async () => {
  tenant = await startSampleTenant();
});
afterAll(() => tenant?.stop());

interface Case {
  /** What is otherwise than assumed. */
  readonly name: string;
  /** The checks that say so. */
  readonly differ: readonly string[];
  /** Those that can not be made then. */
  readonly notChecked?: readonly string[];
  readonly change: Verification;
}

const fake = (...fakes: NonNullable<Verification['fakes']>): Verification => ({ fakes });
const only = (id: string, change: object) => items(item => (item['id'] === id ? change : {}));
const count = (set: string): RegExp => new RegExp(`^/v1.0/${set}/\\$count\\?\\$filter=onPremises`);
const wholeUser = /^\/v1.0\/users\/[0-9a-f-]{36}\?\$select=id,deletedDateTime/;
const deletedList = /^\/v1.0\/directory\/deletedItems\/microsoft.graph.user/;
const hour = 60 * 60 * 1000;
const timeAt = (milliseconds: number): string => new Date(milliseconds).toISOString();

const cases: readonly Case[] = [
  ...(['users', 'groups', 'devices'] as const).map((set): Case => ({
    name: `the list of ${set} says that nothing is restricted`,
    differ: ['G1'],
    change: fake({ address: listOf(set), body: items(() => ({ isManagementRestricted: false })) }),
  })),
  {
    name: 'a list leaves isManagementRestricted out',
    differ: ['G1'],
    change: fake({ address: listOf('groups'), body: items(() => ({ isManagementRestricted: undefined })) }),
  },
  {
    name: 'a member of a restricted unit is not restricted in its list, and not among those that are picked',
    differ: ['G1'],
    change: fake(
      { address: listOf('users'), body: only(ids.textAnchorUser, { isManagementRestricted: null }) },
      {
        address: /^\/v1.0\/directory\/administrativeUnits\?/,
        status: 200,
        body: () => ({
          value: [{ id: idOf(61) }, { id: idOf(62), isMemberManagementRestricted: true }],
        }),
      },
      {
        address: new RegExp(`^/v1.0/directory/administrativeUnits/${idOf(62)}/members`),
        status: 200,
        body: () => ({
          value: [
            { id: ids.textAnchorUser, '@odata.type': '#microsoft.graph.user' },
            { id: idOf(63), '@odata.type': '#microsoft.graph.application' },
          ],
        }),
      },
      {
        address: new RegExp(`^/v1.0/users/${ids.textAnchorUser}\\?`),
        body: (user: object) => ({ ...user, isManagementRestricted: true }),
      },
    ),
  },
  {
    name: 'deviceId is another GUID than the objectGUID of the computer',
    differ: ['G2'],
    notChecked: ['G12'],
    change: fake({
      address: listOf('devices'),
      body: items(item => ({ deviceId: String(item['deviceId']).replace('00000000', '00000001') })),
    }),
  },
  {
    name: 'deviceId is no GUID',
    differ: ['G2'],
    change: fake({ address: listOf('devices'), body: only(idOf(32), { deviceId: 'PC-32' }) }),
  },
  {
    name: 'the immutableId of a text anchor is made in another way',
    differ: ['G3'],
    change: fake({
      address: listOf('users'),
      body: only(ids.textAnchorUser, {
        onPremisesImmutableId: Buffer.from('sha256:E1001').toString('base64'),
      }),
    }),
  },
  ...(['users', 'groups', 'contacts', 'devices'] as const).flatMap((set): Case[] => [
    {
      name: `${set} are counted otherwise than they are listed`,
      differ: ['G4', 'G15'],
      change: fake({ address: count(set), body: (number: number) => String(number + 50) }),
    },
    {
      name: `the count of ${set} is no plain number`,
      differ: ['G4', 'G15'],
      change: fake({ address: count(set), body: (number: number) => ({ count: number }) }),
    },
    {
      name: `the count of ${set} refuses the filter`,
      differ: ['G4', 'G15'],
      change: fake({ address: count(set), ...graphError(400, 'Request_UnsupportedQuery') }),
    },
    {
      name: `a property is missing in the list of ${set}`,
      differ: ['G6', 'G15'],
      change: fake({
        address: listOf(set),
        body: (page: { readonly value: readonly object[] }) => ({
          ...page,
          value: [...page.value, { ...page.value[0], id: idOf(990), displayName: undefined }],
        }),
      }),
    },
    {
      name: `a nextLink of the list of ${set} leads elsewhere`,
      differ: ['G9'],
      change: fake({
        address: new RegExp(`^/v1.0/${set}\\?.*\\$top=1(?:&|$)`),
        body: (page: object) => ({ ...page, '@odata.nextLink': `https://elsewhere.example/v1.0/${set}` }),
      }),
    },
    {
      name: `${set}: an id that nobody has is answered by another code`,
      differ: ['G10', 'G15'],
      change: fake({
        address: new RegExp(`^/v1.0/${set}/[0-9a-f-]{36}\\?\\$select=id$`),
        ...graphError(404, 'ResourceNotFound'),
      }),
    },
  ]),
  {
    name: 'the filter of a list is not heeded',
    differ: ['G4', 'G15'],
    change: fake({ address: listOf('contacts'), body: only(idOf(22), { onPremisesSyncEnabled: null }) }),
  },
  {
    name: 'a filter that Graph does not know is ignored',
    differ: ['G4', 'G15'],
    change: fake({
      address: /\$count\?\$filter=entraOrphansKnowsNoSuchProperty/,
      status: 200,
      body: () => '7',
    }),
  },
  {
    name: 'a property has another type than documented',
    differ: ['G6', 'G15'],
    change: fake({ address: listOf('contacts'), body: only(idOf(22), { proxyAddresses: personal }) }),
  },
  {
    name: 'the list of contacts goes on elsewhere',
    differ: ['G9'],
    notChecked: ['G15', 'G4', 'G6'],
    change: fake({
      address: listOf('contacts'),
      body: (page: object) => ({ ...page, '@odata.nextLink': 'https://elsewhere.example/v1.0/contacts' }),
    }),
  },
  {
    name: 'a nextLink has another path',
    differ: ['G9'],
    change: fake({
      address: /^\/v1.0\/contacts\?.*\$top=1(?:&|$)/,
      body: (page: { readonly '@odata.nextLink'?: string }) => ({
        ...page,
        '@odata.nextLink': page['@odata.nextLink']?.replace('/contacts', '/directoryObjects'),
      }),
    }),
  },
  {
    name: 'an object is answered to an id that nobody has',
    differ: ['G10', 'G15'],
    change: fake({
      address: /^\/v1.0\/contacts\/[0-9a-f-]{36}\?\$select=id$/,
      status: 200,
      body: () => ({ id: idOf(1) }),
    }),
  },
  {
    name: 'the list of devices has no SID',
    differ: ['G7'],
    notChecked: ['G2'],
    change: fake({ address: listOf('devices'), body: items(() => ({ onPremisesSecurityIdentifier: null })) }),
  },
  {
    name: 'Retry-After is a text',
    differ: ['G11'],
    change: fake({ address: /organization/, status: 503, headers: { 'retry-after': 'Soon' }, times: 1 }),
  },
  ...(['users', 'devices'] as const).map((set): Case => ({
    name: `of ${set}, onPremisesLastSyncDateTime moves on without a source`,
    differ: ['G12'],
    change: fake({
      address: listOf(set),
      body: items(() => ({ onPremisesLastSyncDateTime: timeAt(Date.now() - hour) })),
    }),
  })),
  {
    name: 'the list of users tells no error of synchronisation',
    differ: ['G13'],
    change: fake({ address: listOf('users'), body: items(() => ({ onPremisesProvisioningErrors: [] })) }),
  },
  {
    name: 'a user with another name holds a role of synchronisation',
    differ: ['G14'],
    change: fake({
      address: /roleDefinitionId eq 'a92aed5d/,
      status: 200,
      body: () => ({ value: [{ principalId: ids.restrictedUser }] }),
    }),
  },
  {
    name: 'role assignments have no principal',
    differ: ['G14'],
    change: fake({ address: /roleDefinitionId eq/, status: 200, body: () => ({ value: [{ id: 'r' }] }) }),
  },
  {
    name: 'deleted users have no time of their deletion',
    differ: ['G22'],
    change: fake({ address: deletedList, body: items(() => ({ deletedDateTime: null })) }),
  },
  {
    name: 'deleted users are kept for more than 30 days',
    differ: ['G22'],
    change: fake({
      address: deletedList,
      body: items(() => ({ deletedDateTime: timeAt(Date.now() - 40 * 24 * hour) })),
    }),
  },
  {
    name: 'a deletion lies ahead of our clock',
    differ: ['G22'],
    change: fake({
      address: deletedList,
      body: items(() => ({ deletedDateTime: timeAt(Date.now() + hour) })),
    }),
  },
  {
    name: 'a deleted user is not found by its id',
    differ: ['G22'],
    change: fake({
      address: /deletedItems\/[0-9a-f-]{36}/,
      ...graphError(404, 'Request_ResourceNotFound'),
    }),
  },
  {
    name: 'a deleted user has another form',
    differ: ['G22'],
    change: fake({ address: deletedList, body: items(() => ({ id: personal })) }),
  },
  {
    name: 'the properties of a snapshot can not be read together',
    differ: ['G26'],
    change: fake({ address: wholeUser, ...graphError(400, 'BadRequest') }),
  },
  {
    name: 'a part of an object is refused although its permission is there',
    differ: ['G27'],
    change: fake({ address: /\/memberOf\?/, ...graphError(403, 'Authorization_RequestDenied') }),
  },
  {
    name: 'a part of an object does not exist',
    differ: ['G27'],
    change: fake({ address: /\/registeredUsers\?/, ...graphError(400, 'BadRequest') }),
  },
  {
    name: 'the filter by principal is not heeded',
    differ: ['G28'],
    change: fake({
      address: /principalId eq/,
      body: () => ({ value: [{ principalId: idOf(77), roleDefinitionId: idOf(900) }] }),
    }),
  },
  {
    name: 'sign-ins have another form',
    differ: ['G28'],
    change: fake({ address: /signInActivity$/, body: () => ({ id: idOf(1), signInActivity: 'today' }) }),
  },
  {
    name: 'a token for our API does not say which application asks',
    differ: ['I2'],
    change: { apiToken: unsignedToken({ typ: 'JWT' }, { ...apiClaims, azp: undefined }) },
  },
  { name: 'a token for our API can not be read', differ: ['I2'], change: { apiToken: 'opaque' } },
  {
    name: "the issuer's keys are on another origin",
    differ: ['I3'],
    change: { discovery: document => ({ ...document, jwks_uri: 'https://keys.example/keys' }) },
  },
  {
    name: 'the discovery document is that of another issuer',
    differ: ['I3'],
    change: { discovery: document => ({ ...document, issuer: 'https://elsewhere.example' }) },
  },
  { name: 'the discovery document has another form', differ: ['I3'], change: { discovery: () => [] } },
];

test.each(cases)('$name: $differ says so, and nothing else', async ({ differ, notChecked = [], change }) => {
  const verified = await tenant.verify(change);
  expect([verified.those('differs').sort(), verified.those('notChecked').sort()]).toEqual([
    [...differ].sort(),
    notChecked,
  ]);
  expect(verified.code).toBe(1);
  for (const id of differ) expect(verified.outcome(id).why.join()).not.toBe('');
  expect(verified.lines.join()).not.toContain(personal);
});

test('there is a case for every check: one that can not fail is no check', () => {
  const covered = new Set(cases.flatMap(({ differ }) => differ));
  expect(allChecks.map(({ id }) => id).filter(id => !covered.has(id))).toEqual([]);
});
