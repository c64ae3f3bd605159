import fc from 'fast-check';
import type { Found, FoundIdentity, FoundRegistration } from '../../infra/grant/found';
import {
  catalogue,
  entriesOf,
  identityNames,
  mayChange,
  optionalPermissions,
  refusalToGrant,
  type CatalogueEntry,
} from '../../infra/grant/permissions';
import { plan, planUndo } from '../../infra/grant/plan';
import { noParts, preAuthorized, wantedParts } from '../../infra/grant/registration';
import { decidePermissions, type Choices, type Wanted } from '../../infra/grant/wanted';
import { objectTypes } from '../../shared/core/objectType';
import { after, afterAll, comparableFound } from './grantModel';

const available = new Set(catalogue.map(({ permission }) => permission));
const foreign = ['Directory.ReadWrite.All', 'Mail.Read', '9c2f8a52-0000-4000-8000-000000000001'];
const registration = { uniqueName: 'entra-orphans', displayName: 'entra-orphans' };
const wantedOf = (choices: Choices, redirects: readonly string[] = []): Wanted => ({
  registration: { ...registration, redirects },
  identities: identityNames.map(identity => decidePermissions(identity, choices)),
});

const choicesArbitrary: fc.Arbitrary<Choices> = fc
  .record({
    types: fc.option(fc.subarray([...objectTypes])),
    quarantine: fc.boolean(),
    optional: fc.option(fc.subarray([...optionalPermissions])),
  })
  .map(({ types, quarantine, optional }) => ({
    types: types && new Set(types),
    quarantine: quarantine && types?.includes('user') === true,
    optional: optional && new Set(optional),
  }));
const redirectsArbitrary = fc.subarray(['https://a.example.org/', 'https://b.example.org/']);

const identitiesArbitrary: fc.Arbitrary<readonly FoundIdentity[]> = fc
  .tuple(...identityNames.map(() => fc.subarray([...available, ...foreign])))
  .map(grants =>
    identityNames.map((identity, at) => ({
      identity,
      id: identity,
      displayName: identity,
      grants: (grants[at] ?? []).map(permission => ({ assignmentId: `found ${permission}`, permission })),
    })),
  );

const rawArbitrary = fc.record({
  value: fc.constantFrom('Orphans.Reader', 'access_as_user', 'other'),
  id: fc.uuid(),
});
const partsArbitrary = fc.oneof(
  fc.constant(noParts),
  fc.constant(wantedParts(noParts, { ...registration, redirects: [] })),
  fc.record({
    displayName: fc.constantFrom('', 'Renamed'),
    signInAudience: fc.constantFrom('AzureADMyOrg', 'AzureADMultipleOrgs'),
    identifierUris: fc.subarray(['api://app', 'https://other.example.org']),
    api: fc.record({
      requestedAccessTokenVersion: fc.constantFrom(1, 2, null),
      acceptMappedClaims: fc.constant(null),
      oauth2PermissionScopes: fc.uniqueArray(rawArbitrary, { selector: one => one.value }),
      preAuthorizedApplications: fc.subarray([
        { appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: ['x'] },
        { appId: 'other', delegatedPermissionIds: ['x'] },
      ]),
    }),
    appRoles: fc.uniqueArray(rawArbitrary, { selector: one => one.value }),
    optionalClaims: fc.constantFrom(
      null,
      { accessToken: [{ name: 'idtyp' }] },
      { idToken: [{ name: 'email' }] },
    ),
    spa: fc.constantFrom({}, { redirectUris: ['https://a.example.org/'] }),
  }),
);
const registrationArbitrary: fc.Arbitrary<FoundRegistration> = fc.oneof(
  fc.constant({ kind: 'missing' as const }),
  fc.record({
    kind: fc.constantFrom('there' as const, 'deleted' as const),
    id: fc.constant('id'),
    appId: fc.constant('app'),
    parts: partsArbitrary,
  }),
);
const foundArbitrary: fc.Arbitrary<Found> = fc
  .record({
    registration: registrationArbitrary,
    servicePrincipal: fc.option(
      fc.record({
        id: fc.constant('principal'),
        assignmentRequired: fc.boolean(),
        tags: fc.subarray(['WindowsAzureActiveDirectoryIntegratedApp', 'Other']),
        assignments: fc.nat(9),
      }),
    ),
    consents: fc.subarray([
      { id: '1', resource: 'api' as const, scope: 'access_as_user' },
      { id: '2', resource: 'graph' as const, scope: 'User.Read openid' },
    ]),
    identities: identitiesArbitrary,
    available: fc.constant(available),
  })
  // Without a registration there is no service principal of it, and without that no consent.
  .map(found => {
    const servicePrincipal = found.registration.kind === 'there' ? found.servicePrincipal : null;
    return { ...found, servicePrincipal, consents: servicePrincipal ? found.consents : [] };
  });
const worldArbitrary = fc.record({
  found: foundArbitrary,
  choices: choicesArbitrary,
  redirects: redirectsArbitrary,
});

test('planning after the plan was carried out gives nothing', () => {
  fc.assert(
    fc.property(worldArbitrary, ({ found, choices, redirects }) => {
      const wanted = wantedOf(choices, redirects);
      const planned = plan(wanted, found);
      expect(planned.problems).toEqual([]);
      expect(plan(wanted, afterAll(found, planned.actions)).actions).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('whatever a plan was cut off at, the next one leads to the same tenant', () => {
  fc.assert(
    fc.property(worldArbitrary, fc.nat(30), ({ found, choices, redirects }, cut) => {
      const wanted = wantedOf(choices, redirects);
      const { actions } = plan(wanted, found);
      const half = afterAll(found, actions.slice(0, cut));
      const whole = afterAll(half, plan(wanted, half).actions);
      expect(comparableFound(whole)).toEqual(comparableFound(afterAll(found, actions)));
    }),
    { numRuns: 1000 },
  );
});

const oursIn = (identity: FoundIdentity): readonly string[] =>
  entriesOf(identity.identity).map(({ permission }) => permission);

/** The tenant without anything that this command could have made. */
const withoutOurs = (found: Found): Found => ({
  ...found,
  registration:
    found.registration.kind === 'there' ? { ...found.registration, kind: 'deleted' } : found.registration,
  servicePrincipal: null,
  consents: [],
  identities: found.identities.map(one => ({
    ...one,
    grants: one.grants.filter(({ permission }) => !oursIn(one).includes(permission)),
  })),
});

test('undo after the plan restores a tenant that had nothing of ours, grant by grant', () => {
  fc.assert(
    fc.property(worldArbitrary, ({ found, choices, redirects }) => {
      const clean = { ...withoutOurs(found), registration: { kind: 'missing' as const } };
      const made = afterAll(clean, plan(wantedOf(choices, redirects), clean).actions);
      const undone = afterAll(made, planUndo(made).actions);
      expect(undone.identities).toEqual(clean.identities);
      // It lies among the deleted ones, as everything that is deleted does.
      expect(undone.registration.kind).toBe('deleted');
      expect([undone.servicePrincipal, undone.consents]).toEqual([null, []]);
    }),
    { numRuns: 1000 },
  );
});

test('undo removes all of ours and nothing else, whoever made it, and then has nothing left to do', () => {
  fc.assert(
    fc.property(foundArbitrary, found => {
      const undone = afterAll(found, planUndo(found).actions);
      expect(undone).toEqual(withoutOurs(found));
      expect(planUndo(undone).actions).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('what is nothing of ours is never touched, and what changes things is warned of', () => {
  fc.assert(
    fc.property(worldArbitrary, ({ found, choices }) => {
      const { actions, notes } = plan(wantedOf(choices), found);
      for (const one of found.identities) {
        const others = one.grants.filter(({ permission }) => !oursIn(one).includes(permission));
        const ids = new Set(others.map(({ assignmentId }) => assignmentId));
        const revoked = actions.filter(
          action => action.kind === 'revoke' && action.identity === one.identity,
        );
        expect(revoked.some(action => action.kind === 'revoke' && ids.has(action.assignmentId))).toBe(false);
        const said = notes.filter(note => note.kind === 'notOurs' && note.identity === one.identity);
        expect(said).toHaveLength(others.length);
      }
      const changing = notes.flatMap(note =>
        note.kind === 'notOurs' && note.changes ? [note.permission] : [],
      );
      expect(changing).not.toContain('Mail.Read');
      const held = found.identities.flatMap(one => one.grants.map(({ permission }) => permission));
      for (const name of [foreign[0] ?? '', foreign[2] ?? ''])
        expect(changing.filter(one => one === name)).toHaveLength(held.filter(one => one === name).length);
    }),
  );
});

test('what is not said is left as it is', () => {
  fc.assert(
    fc.property(foundArbitrary, found => {
      const { actions } = plan(wantedOf({ types: null, quarantine: false, optional: null }), found);
      for (const action of actions) {
        if (action.kind !== 'grant' && action.kind !== 'revoke') continue;
        expect(action.identity).not.toBe('deleter');
        expect(optionalPermissions).not.toContain(action.permission);
      }
    }),
  );
});

test('nothing but the catalogue is ever granted, and revokes come before everything else', () => {
  fc.assert(
    fc.property(worldArbitrary, ({ found, choices }) => {
      const { actions } = plan(wantedOf(choices), found);
      for (const action of actions) {
        if (action.kind !== 'grant') continue;
        expect(refusalToGrant(action.identity, action.permission)).toBeNull();
        const entries = entriesOf(action.identity).map(({ permission }) => permission);
        expect(entries).toContain(action.permission);
      }
      const revokes = actions.filter(({ kind }) => kind === 'revoke').length;
      expect(actions.slice(0, revokes).every(({ kind }) => kind === 'revoke')).toBe(true);
    }),
  );
});

test.each(identityNames)(
  'Directory.ReadWrite.All is refused to the %s, whatever the tables say',
  identity => {
    const entry: CatalogueEntry = {
      identity,
      permission: 'Directory.ReadWrite.All',
      need: { kind: 'always' },
      reason: 'a mistake in the table',
    };
    const wanted: Wanted = {
      registration: { ...registration, redirects: [] },
      identities: [{ identity, wanted: [entry], unwanted: [] }],
    };
    const found: Found = {
      registration: { kind: 'missing' },
      servicePrincipal: null,
      consents: [],
      identities: [{ identity, id: 'x', displayName: 'x', grants: [] }],
      available: new Set(['Directory.ReadWrite.All']),
    };
    const { actions, problems } = plan(wanted, found);
    expect(actions.filter(({ kind }) => kind === 'grant')).toEqual([]);
    expect(problems).toEqual([
      { kind: 'refused', why: expect.stringContaining('it changes nearly everything') as string },
    ]);
  },
);

test('what is there for two reasons stays while one of them is left', () => {
  const [entry] = entriesOf('deleter');
  if (!entry) throw new TypeError('the deleter has entries');
  const wanted: Wanted = {
    registration: { ...registration, redirects: [] },
    identities: [
      { identity: 'deleter', wanted: [entry], unwanted: [{ ...entry, need: { kind: 'quarantine' } }] },
    ],
  };
  const grants = [{ assignmentId: '1', permission: entry.permission }];
  const found: Found = {
    registration: { kind: 'missing' },
    servicePrincipal: null,
    consents: [],
    identities: [{ identity: 'deleter', id: 'x', displayName: 'x', grants }],
    available,
  };
  const kinds = plan(wanted, found).actions.map(({ kind }) => kind);
  expect(kinds).not.toContain('revoke');
  expect(kinds).not.toContain('grant');
});

test.each([
  ['scanReader', 'User.ReadWrite.All'],
  ['scanReader', 'User.DeleteRestore.All'],
  ['reviewReader', 'Group.ReadWrite.All'],
  ['reviewReader', 'User.EnableDisableAccount.All'],
  ['deleter', 'User.ReadWrite.All'],
  ['deleter', 'RoleManagement.ReadWrite.Directory'],
  ['deleter', 'AppRoleAssignment.ReadWrite.All'],
  ['deleter', 'Directory.Read.All'],
] as const)('the %s can not be granted %s', (identity, permission) => {
  expect(refusalToGrant(identity, permission)).toBe(
    `${permission} is never granted to the ${{ scanReader: 'scan reader', reviewReader: 'review reader', deleter: 'deleter' }[identity]}.`,
  );
});

test('everything in the catalogue may be granted, and only the deleter can change something', () => {
  for (const { identity, permission } of catalogue) expect(refusalToGrant(identity, permission)).toBeNull();
  const changing = catalogue.filter(({ permission }) => mayChange(permission));
  expect(new Set(changing.map(({ identity }) => identity))).toEqual(new Set(['deleter']));
});

const permissionsOf = (choices: Partial<Choices>): readonly string[] =>
  decidePermissions('deleter', { types: null, quarantine: false, optional: null, ...choices }).wanted.map(
    ({ permission }) => permission,
  );

test.each([
  [['user'], ['User.DeleteRestore.All']],
  [['group'], ['Group.ReadWrite.All']],
  [['device'], ['Device.ReadWrite.All']],
  [['contact'], []],
  [[], []],
] as const)('who deletes %j gets %j', (types, permissions) => {
  expect(permissionsOf({ types: new Set(types) })).toEqual(permissions);
});

test('quarantine brings its three permissions and leaves with them', () => {
  const three = ['User.EnableDisableAccount.All', 'User.Read.All', 'User.RevokeSessions.All'];
  expect(permissionsOf({ types: new Set(['user']), quarantine: true })).toEqual([
    'User.DeleteRestore.All',
    ...three,
  ]);
  const { unwanted } = decidePermissions('deleter', {
    types: new Set(['user']),
    quarantine: false,
    optional: null,
  });
  expect(unwanted.map(({ permission }) => permission)).toEqual(expect.arrayContaining(three));
});

test('a pre-authorisation goes to the scope with the id that it has', () => {
  const api = { oauth2PermissionScopes: [{ id: 'found', value: 'access_as_user' }] };
  expect(preAuthorized(api)).toEqual({
    ...api,
    preAuthorizedApplications: [
      { appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: ['found'] },
    ],
  });
});

test('the model refuses what Microsoft Graph would', () => {
  const nothing: Found = {
    registration: { kind: 'missing' },
    servicePrincipal: null,
    consents: [],
    identities: [],
    available,
  };
  for (const action of [
    { kind: 'restoreRegistration', id: 'x' },
    { kind: 'updateRegistration', set: {} },
    { kind: 'setIdentifierUri', kept: [] },
    { kind: 'deleteRegistration', id: 'x', assignments: 0 },
  ] as const)
    expect(() => after(nothing, action)).toThrow(TypeError);
});
