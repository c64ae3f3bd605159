import type { ObjectType } from '../../core/objectType';

/** A relation of an object that a snapshot keeps. */
export interface SnapshotPart {
  readonly name: string;
  /** The segment after the object's path. */
  readonly segment: string;
  /** One object or none; a list otherwise. */
  readonly single: boolean;
  /** The properties asked for; null: no `$select`. */
  readonly select: readonly string[] | null;
  /** Whether the list takes `$top` and `/$count`. */
  readonly countable: boolean;
  /** The application permission that reading it takes, as the reference says. */
  readonly permission: string;
}

/** Lists of directory objects. Who reads without the permission for a member's own type gets its id alone. */
const objects = (segment: string, permission: string): SnapshotPart => ({
  name: segment,
  segment,
  single: false,
  select: ['id', 'displayName'],
  countable: true,
  permission,
});

const manager: SnapshotPart = {
  name: 'manager',
  segment: 'manager',
  single: true,
  select: ['id', 'displayName'],
  countable: false,
  permission: 'User.Read.All',
};

const appRoleAssignments: SnapshotPart = {
  name: 'appRoleAssignments',
  segment: 'appRoleAssignments',
  single: false,
  select: null,
  countable: false,
  permission: 'Directory.Read.All',
};

const licenseDetails: SnapshotPart = {
  name: 'licenseDetails',
  segment: 'licenseDetails',
  single: false,
  select: null,
  countable: false,
  permission: 'User.Read.All',
};

const parts: { readonly [Type in ObjectType]: readonly SnapshotPart[] } = {
  user: [
    objects('memberOf', 'User.Read.All and Group.Read.All'),
    manager,
    objects('directReports', 'User.Read.All'),
    objects('ownedObjects', 'User.Read.All'),
    licenseDetails,
    appRoleAssignments,
  ],
  group: [
    objects('memberOf', 'Group.Read.All'),
    objects('members', 'Group.Read.All'),
    objects('owners', 'Group.Read.All'),
    appRoleAssignments,
  ],
  contact: [
    objects('memberOf', 'OrgContact.Read.All and Group.Read.All'),
    { ...manager, permission: 'OrgContact.Read.All' },
    objects('directReports', 'OrgContact.Read.All'),
  ],
  device: [
    objects('memberOf', 'Device.Read.All and Group.Read.All'),
    objects('registeredOwners', 'Device.Read.All'),
    objects('registeredUsers', 'Device.Read.All'),
  ],
};

export const snapshotPartsOf = (type: ObjectType): readonly SnapshotPart[] => parts[type];
