import type { ObjectType } from '../../shared/core/objectType';

/** The managed identities of a deployment; each has permissions of its own (docs/permissions.md). */
export const identityNames = ['scanReader', 'reviewReader', 'deleter'] as const;
export type IdentityName = (typeof identityNames)[number];

export const identityTitles: Readonly<Record<IdentityName, string>> = {
  scanReader: 'scan reader',
  reviewReader: 'review reader',
  deleter: 'deleter',
};

/** When an identity needs a permission. */
export type Need =
  | { readonly kind: 'always' }
  /** Whoever deletes objects of this type. */
  | { readonly kind: 'type'; readonly type: ObjectType }
  | { readonly kind: 'quarantine' }
  /** Asked for by name; the app does without, and says what it does not know. */
  | { readonly kind: 'optional' };

/** An application permission of Microsoft Graph that an identity may be granted. */
export interface CatalogueEntry {
  readonly identity: IdentityName;
  /** The `value` of the app role of Microsoft Graph. */
  readonly permission: string;
  readonly need: Need;
  /** What the app does with it. */
  readonly reason: string;
}

const always: Need = { kind: 'always' };
const optional: Need = { kind: 'optional' };
const quarantine: Need = { kind: 'quarantine' };
const forType = (type: ObjectType): Need => ({ kind: 'type', type });

const reading = (
  identity: 'scanReader' | 'reviewReader',
  reasonFor: (objects: string) => string,
): readonly CatalogueEntry[] => [
  { identity, permission: 'User.Read.All', need: always, reason: reasonFor('synced users') },
  { identity, permission: 'Group.Read.All', need: always, reason: reasonFor('synced groups') },
  { identity, permission: 'OrgContact.Read.All', need: always, reason: reasonFor('organizational contacts') },
  { identity, permission: 'Device.Read.All', need: always, reason: reasonFor('hybrid devices') },
  {
    identity,
    permission: 'Organization.Read.All',
    need: always,
    reason: 'reads when the tenant was synchronised last; without it that is unknown',
  },
  {
    identity,
    permission: 'Synchronization.Read.All',
    need: optional,
    reason: 'shows the jobs of Cloud Sync: their state, last run, and whether one is in quarantine',
  },
];

/** Everything that this command can grant. What is not listed here, it neither grants nor removes. */
export const catalogue: readonly CatalogueEntry[] = [
  ...reading('scanReader', objects => `lists ${objects}`),
  ...reading('reviewReader', objects => `reads ${objects} again, before and after a deletion`),
  {
    identity: 'reviewReader',
    permission: 'AuditLog.Read.All',
    need: optional,
    reason: 'shows when a user signed in last (also needs Entra ID P1)',
  },
  {
    identity: 'reviewReader',
    permission: 'RoleManagement.Read.Directory',
    need: optional,
    reason: 'shows which users and groups hold directory roles',
  },
  {
    identity: 'reviewReader',
    permission: 'Directory.Read.All',
    need: optional,
    reason: 'keeps the app role assignments of users and groups in the snapshot before a deletion',
  },
  {
    identity: 'deleter',
    permission: 'User.DeleteRestore.All',
    need: forType('user'),
    reason: 'deletes users and restores them; it cannot read them',
  },
  {
    identity: 'deleter',
    permission: 'Group.ReadWrite.All',
    need: forType('group'),
    reason: 'deletes groups; there is no narrower one',
  },
  {
    identity: 'deleter',
    permission: 'Device.ReadWrite.All',
    need: forType('device'),
    reason: 'deletes hybrid devices',
  },
  {
    identity: 'deleter',
    permission: 'User.EnableDisableAccount.All',
    need: quarantine,
    reason: 'blocks the sign-in of users in quarantine; only together with User.Read.All',
  },
  {
    identity: 'deleter',
    permission: 'User.Read.All',
    need: quarantine,
    reason: 'what User.EnableDisableAccount.All is documented to need beside it',
  },
  {
    identity: 'deleter',
    permission: 'User.RevokeSessions.All',
    need: quarantine,
    reason: 'ends the sessions of users in quarantine',
  },
];

export const entriesOf = (identity: IdentityName): readonly CatalogueEntry[] =>
  catalogue.filter(entry => entry.identity === identity);

/** The permissions that --optional takes. */
export const optionalPermissions: readonly string[] = [
  ...new Set(catalogue.filter(({ need }) => need.kind === 'optional').map(({ permission }) => permission)),
];

/** All that the deleter may ever hold. A closed list: whoever adds to the catalogue has to come by here as well. */
const deleterMayHold = new Set([
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'Device.ReadWrite.All',
  'User.EnableDisableAccount.All',
  'User.Read.All',
  'User.RevokeSessions.All',
]);

/** Names of permissions that read and nothing else. */
const readsOnly = /^[A-Za-z]+\.Read\.(?:All|Directory)$/;

/**
 * The last word before a permission is granted, whatever the catalogue says: a reader gets what reads, the deleter what is on its
 * closed list, and nobody Directory.ReadWrite.All, which deletes neither users nor groups and changes nearly everything else.
 * null: it may be granted.
 */
export function refusalToGrant(identity: IdentityName, permission: string): string | null {
  if (permission === 'Directory.ReadWrite.All')
    return 'Directory.ReadWrite.All is never granted: it changes nearly everything, and does not delete users or groups.';
  const allowed = identity === 'deleter' ? deleterMayHold.has(permission) : readsOnly.test(permission);
  if (allowed) return null;
  return `${permission} is never granted to the ${identityTitles[identity]}.`;
}

/** Whether a permission that was found on an identity can change something, by its name; an unknown one may. */
export const mayChange = (permission: string): boolean =>
  !/\.Read(?:Basic)?(?:\.[A-Za-z]+)?$/.test(permission);
