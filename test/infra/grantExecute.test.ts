import { describeProblem } from '../../infra/grant/describe';
import { execute, placeOf } from '../../infra/grant/execute';
import type { GraphCalls } from '../../infra/grant/graphCalls';
import type { Tenant } from '../../infra/grant/readTenant';

const tenant: Tenant = {
  graph: { id: 'graph', permissionIds: new Map([['Directory.ReadWrite.All', 'id']]) },
  found: {
    registration: { kind: 'missing' },
    servicePrincipal: null,
    consents: [],
    identities: [{ identity: 'deleter', id: 'x', displayName: 'x', grants: [] }],
    available: new Set(['Directory.ReadWrite.All']),
  },
};

/** Requests that must not be made. */
const noCalls: GraphCalls = {
  json: () => Promise.reject(new Error('asked')),
  items: () => Promise.reject(new Error('asked')),
  write: () => Promise.reject(new Error('written')),
  pause: () => Promise.reject(new Error('waited')),
  writes: 0,
  unanswered: false,
};

test.each([
  ['deleter', 'Directory.ReadWrite.All'],
  ['scanReader', 'Group.ReadWrite.All'],
] as const)('no request grants the %s %s, whatever the plan says', async (identity, permission) => {
  const action = { kind: 'grant', identity, permission, reason: 'a mistake' } as const;
  const stopped = await execute(action, placeOf(tenant, 'x'), noCalls);
  expect(stopped).toMatchObject({ kind: 'stop', exitCode: 2 });
  expect(stopped?.why).toContain(`${permission} is never granted`);
  expect(describeProblem({ kind: 'refused', why: stopped?.why ?? '' })).toBe(stopped?.why);
});

test('an action whose place is not there yet is an error, not a request', async () => {
  const action = { kind: 'setIdentifierUri', kept: [] } as const;
  await expect(execute(action, placeOf(tenant, 'x'), noCalls)).rejects.toThrow(
    'expected to show the registration',
  );
});
