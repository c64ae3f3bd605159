import type { CloudId } from '../../../../shared/core/cloudObject';
import type { Instant } from '../../../../shared/core/instant';
import {
  globalGraph,
  judgeDeletedUsers,
  judgeNationalCloud,
  judgeNotFound,
  judgeRefusal,
  judgeRetryAfter,
  judgeSynchronisationAccounts,
} from '../../../../shared/core/tenantChecks/answerJudgements';
import { differs, holds, notChecked } from '../../../../shared/core/tenantChecks/checkOutcome';
import {
  judgeAnchorShapes,
  judgeDeviceIds,
  judgeListAndCount,
  judgePageLinks,
  judgeProperties,
  judgeUnknownFilter,
} from '../../../../shared/core/tenantChecks/listJudgements';
import { ListTally } from '../../../../shared/core/tenantChecks/listTally';
import {
  isManagementRestricted,
  judgeFilledInLists,
  onPremisesProvisioningErrors,
  onPremisesSecurityIdentifier,
} from '../../../../shared/core/tenantChecks/listsAgainstReads';
import { aDevice, aUser } from '../../../support/builders';
import { idOf } from '../../../support/graph/testGraph';

const id = (n: number): CloudId => idOf(n) as CloudId;
const tallied = (count: number, notSynced = 0): ListTally => {
  const tally = new ListTally('user');
  for (let n = 0; n < count; n += 1) {
    const object = aUser({ id: id(n), onPremisesSyncEnabled: n >= notSynced });
    tally.page([{ kind: 'object', object, leftOut: n === 0 ? ['isManagementRestricted'] : [] }]);
  }
  return tally;
};

test.each([
  [401, 'notChecked'],
  [403, 'notChecked'],
  [400, 'differs'],
  [501, 'differs'],
  [404, 'notChecked'],
  [410, 'notChecked'],
])('a refusal with status %i: %s', (status, expected) => {
  const outcome = judgeRefusal('users', { status, code: null }, 'User.Read.All');
  expect(outcome.status).toBe(expected);
  expect(outcome.found.join()).toContain("without Graph's error body");
});

test('a permission that is missing is named', () => {
  const outcome = judgeRefusal(
    'users',
    { status: 403, code: 'Authorization_RequestDenied' },
    'User.Read.All',
  );
  expect(outcome).toMatchObject({ why: [expect.stringContaining('User.Read.All')] });
});

test('a token that is not accepted is no matter of permissions', () => {
  const refusal = { status: 401, code: 'InvalidAuthenticationToken' };
  for (const { why } of [
    judgeRefusal('users', refusal, 'User.Read.All'),
    judgeNotFound('users', refusal, 'User.Read.All'),
  ] as { readonly why: readonly string[] }[])
    expect(why).toEqual([expect.stringMatching(/^users: the token was not accepted.*sign in again/)]);
});

test.each([
  [404, 'Request_ResourceNotFound', 'holds'],
  [404, 'ResourceNotFound', 'differs'],
  [404, null, 'differs'],
  [400, 'Request_ResourceNotFound', 'differs'],
  [403, 'Authorization_RequestDenied', 'notChecked'],
  [401, 'InvalidAuthenticationToken', 'notChecked'],
])('an id that nobody has: status %i with %s: %s', (status, code, expected) => {
  expect(judgeNotFound('user', { status, code }, 'User.Read.All').status).toBe(expected);
  expect(judgeNotFound('user', null, 'User.Read.All').status).toBe('differs');
});

test('of Retry-After the form is told, not the value', () => {
  expect(judgeRetryAfter([]).status).toBe('notChecked');
  const values = [
    { text: '12.5', readable: true },
    { text: '7.25', readable: true },
    { text: 'Sat, 01 Jan 2026 00:00:00 GMT', readable: true },
  ];
  expect(judgeRetryAfter(values)).toMatchObject({
    status: 'holds',
    found: ['3 values, of the shapes "9.9" and "a, 9 a 9 9:9:9 a"'],
  });
  expect(judgeRetryAfter([...values, { text: 'soon', readable: false }]).status).toBe('differs');
});

test('accounts of synchronisation are known by name, synced or not', () => {
  const known = aUser({ id: id(1), userPrincipalName: 'Sync_DC1_0123@contoso.onmicrosoft.com' });
  const synced = aUser({ id: id(2), userPrincipalName: 'svc@contoso.example' });
  expect(judgeSynchronisationAccounts([], 3).status).toBe('notChecked');
  expect(judgeSynchronisationAccounts([known], 0).status).toBe('holds');
  expect(
    judgeSynchronisationAccounts([known, synced, aUser({ id: id(3), onPremisesSyncEnabled: null })], 0),
  ).toMatchObject({
    status: 'differs',
    why: ['they are judged like any other user, if they are synced (1 are)'],
    objects: [`user/${idOf(2)}`, `user/${idOf(3)}`],
  });
});

test.each([
  ['https://graph.microsoft.us', [holds('x'), holds('x')], 'holds'],
  ['https://graph.microsoft.us', [holds('x'), notChecked('x')], 'notChecked'],
  ['https://graph.microsoft.us', [differs('x', 'y'), notChecked('x')], 'differs'],
  [globalGraph, [holds('x'), differs('x', 'y')], 'notChecked'],
] as const)('at %s', (endpoint, others, status) => {
  const named = new Map(others.map((outcome, n) => [`G${n}`, outcome]));
  expect(judgeNationalCloud(endpoint, named).status).toBe(status);
});

describe('deleted users', () => {
  const now = Date.UTC(2026, 5, 1) as Instant;
  const minute = 60_000;
  const day = 24 * 60 * minute;
  const at = (time: number | null) => ({ id: id(1), deletedDateTime: time as Instant | null });

  test.each([
    ['none', [], true, 'notChecked'],
    ['one of today', [at(now)], true, 'holds'],
    ['one of 31 days ago', [at(now - 31 * day)], true, 'holds'],
    ['one of 32 days ago', [at(now - 32 * day)], true, 'differs'],
    ['one of five minutes ahead', [at(now + 5 * minute)], true, 'holds'],
    ['one of more than five minutes ahead', [at(now + 5 * minute + 1)], true, 'differs'],
    ['one without a time', [at(now), at(null)], true, 'differs'],
    ['only one without a time', [at(null)], true, 'differs'],
    ['one that is not found by its id', [at(now)], false, 'differs'],
  ] as const)('%s', (_name, items, found, status) => {
    expect(judgeDeletedUsers(items, found, now).status).toBe(status);
  });
});

describe('a list and its count', () => {
  test.each([
    [100, 110, 'holds'],
    [100, 111, 'differs'],
  ])('%i listed, %i counted: %s', (listed, counted, status) => {
    const counts = { before: counted, after: counted, later: [] };
    expect(judgeListAndCount(tallied(listed), counts).status).toBe(status);
  });

  test('what is not synced is no item of the list; later counts are told', () => {
    const counts = { before: 3, after: 3, later: [4, 2] };
    expect(judgeListAndCount(tallied(3, 1), counts)).toMatchObject({
      status: 'differs',
      found: ['user: 3 in the list, counted 3 before and 3 after, and 2 times later 2 to 4'],
    });
  });

  test.each([
    [null, 'differs'],
    [{ status: 400, code: 'Request_UnsupportedQuery' }, 'holds'],
    [{ status: 403, code: null }, 'notChecked'],
  ])('a filter that does not exist: %j', (refusal, status) => {
    expect(judgeUnknownFilter(refusal).status).toBe(status);
  });
});

test('properties are there or named', () => {
  expect(judgeProperties(new ListTally('user')).status).toBe('notChecked');
  expect(judgeProperties(tallied(1))).toMatchObject({
    status: 'holds',
    found: ['user: 1 objects; left out: isManagementRestricted (1)'],
  });
  const tally = new ListTally('user');
  tally.page([{ kind: 'unreadable', problem: 'mail missing' }]);
  expect(judgeProperties(tally)).toMatchObject({
    status: 'differs',
    why: [expect.stringContaining('mail missing (1)')],
  });
});

test.each([
  [0, null, 'notChecked'],
  [1, null, 'holds'],
  [0, 'leads elsewhere', 'differs'],
])('%i links followed, problem %s: %s', (followed, problem, status) => {
  expect(judgePageLinks('user', { followed, problem }, 1).status).toBe(status);
});

test('a shape alone proves no anchor, but can disprove one', () => {
  const devices = new ListTally('device');
  expect(judgeDeviceIds(devices).status).toBe('notChecked');
  devices.page([{ kind: 'object', object: aDevice({ id: id(1), deviceId: 'PC' }), leftOut: [] }]);
  expect(judgeDeviceIds(devices).status).toBe('differs');
  expect(judgeAnchorShapes(tallied(2), 'no export')).toMatchObject({
    status: 'notChecked',
    why: ['no export'],
  });
});

describe('a property in lists', () => {
  const restricted = aUser({ id: id(1), isManagementRestricted: true });
  const plain = aUser({ id: id(1) });

  test.each([
    ['no pair', [], 'notChecked'],
    ['empty both times', [{ inList: plain, byId: plain }], 'notChecked'],
    ['filled both times', [{ inList: restricted, byId: restricted }], 'holds'],
    [
      'filled in the list only, as it was changed meanwhile',
      [{ inList: restricted, byId: plain }],
      'notChecked',
    ],
    [
      'filled by id only, be it once',
      [
        { inList: restricted, byId: restricted },
        { inList: plain, byId: restricted },
      ],
      'differs',
    ],
  ] as const)('%s', (_name, pairs, status) => {
    expect(judgeFilledInLists('user', isManagementRestricted, pairs).status).toBe(status);
  });

  test('each looks at its own', () => {
    const error = aUser({ id: id(1), onPremisesProvisioningErrorCount: 1 });
    const withSid = aDevice({ id: id(1), onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-4' });
    const wrong = [onPremisesProvisioningErrors, onPremisesSecurityIdentifier, isManagementRestricted].map(
      property => [error, withSid, restricted].map(property.filled),
    );
    expect(wrong).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
  });
});
