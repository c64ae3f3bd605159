import type { ObjectType } from '../../../shared/core/objectType';
import { propertiesOf, type EntityName } from './metadata';

/** How Graph serves one entity type. */
export interface EntitySet {
  /** The segment of the path. */
  readonly name: string;
  readonly entity: EntityName;
  /** The application permissions of which any one allows to read it. */
  readonly readPermissions: readonly string[];
  /** What an answer holds without $select. */
  readonly byDefault: readonly string[];
  /** What can be compared by `eq` without the advanced query parameters; Boolean and String only. */
  readonly filterable: readonly string[];
  /** Properties that Graph reads elsewhere, allows in no list, or never leaves unset: asking for them is refused. */
  readonly notServed: readonly string[];
}

export interface ObjectSet extends EntitySet {
  readonly type: ObjectType;
  /** A property that is served of one object alone, to whoever has this permission as well. */
  readonly aloneByPermission: { readonly property: string; readonly permission: string } | null;
  /** What Graph says to an id that is no GUID: a user may be asked for by other names, so there it is just not found. */
  readonly malformedId: 'notFound' | 'badRequest';
}

const directoryReaders = ['Directory.Read.All', 'Directory.ReadWrite.All'];

const allBut = (entity: EntityName, names: readonly string[]): readonly string[] =>
  [...propertiesOf(entity).keys()].filter(name => !names.includes(name));

const groupNotServed = [
  'accessType',
  'allowExternalSenders',
  'autoSubscribeNewMembers',
  'hasMembersWithLicenseErrors',
  'hideFromAddressLists',
  'hideFromOutlookClients',
  'isArchived',
  'isFavorite',
  'isSubscribedByMail',
  'unseenConversationsCount',
  'unseenCount',
  'unseenMessagesCount',
  'welcomeMessageEnabled',
];

/**
 * The four lists. Permissions, default properties and what can be filtered are those of the reference,
 * https://learn.microsoft.com/graph/api/user-list, group-list, orgcontact-list, device-list and the resource types.
 */
export const objectSets: readonly ObjectSet[] = [
  {
    name: 'users',
    type: 'user',
    entity: 'user',
    readPermissions: ['User.Read.All', 'User.ReadWrite.All', ...directoryReaders],
    byDefault: [
      'businessPhones',
      'displayName',
      'givenName',
      'id',
      'jobTitle',
      'mail',
      'mobilePhone',
      'officeLocation',
      'preferredLanguage',
      'surname',
      'userPrincipalName',
    ],
    filterable: [
      'accountEnabled',
      'displayName',
      'mail',
      'onPremisesImmutableId',
      'onPremisesSecurityIdentifier',
      'onPremisesSyncEnabled',
      'userPrincipalName',
      'userType',
    ],
    notServed: [
      'aboutMe',
      'birthday',
      'customSecurityAttributes',
      'deviceEnrollmentLimit',
      'hireDate',
      'interests',
      'mailboxSettings',
      'mySite',
      'pastProjects',
      'preferredName',
      'print',
      'responsibilities',
      'schools',
      'signInActivity',
      'skills',
    ],
    aloneByPermission: { property: 'signInActivity', permission: 'AuditLog.Read.All' },
    malformedId: 'notFound',
  },
  {
    name: 'groups',
    type: 'group',
    entity: 'group',
    readPermissions: ['Group.Read.All', 'Group.ReadWrite.All', ...directoryReaders],
    byDefault: allBut('group', [
      ...groupNotServed,
      'assignedLabels',
      'assignedLicenses',
      'infoCatalogs',
      'isManagementRestricted',
      'licenseProcessingState',
      'organizationId',
    ]),
    filterable: [
      'displayName',
      'mail',
      'mailEnabled',
      'onPremisesSecurityIdentifier',
      'onPremisesSyncEnabled',
      'securityEnabled',
    ],
    notServed: groupNotServed,
    aloneByPermission: null,
    malformedId: 'badRequest',
  },
  {
    name: 'contacts',
    type: 'contact',
    entity: 'orgContact',
    readPermissions: ['OrgContact.Read.All', ...directoryReaders],
    byDefault: allBut('orgContact', []),
    filterable: ['displayName', 'mail', 'onPremisesSyncEnabled'],
    notServed: [],
    aloneByPermission: null,
    malformedId: 'badRequest',
  },
  {
    name: 'devices',
    type: 'device',
    entity: 'device',
    readPermissions: ['Device.Read.All', 'Device.ReadWrite.All', ...directoryReaders],
    byDefault: allBut('device', [
      'alternativeSecurityIds',
      'isManagementRestricted',
      'onPremisesSecurityIdentifier',
    ]),
    filterable: ['accountEnabled', 'deviceId', 'displayName', 'onPremisesSyncEnabled', 'trustType'],
    notServed: [],
    aloneByPermission: null,
    malformedId: 'badRequest',
  },
];

const organizationNotServed = ['mobileDeviceManagementAuthority'];

/** The whole organization. User.Read.All opens it as well, but then all is null but id, displayName and verifiedDomains. */
export const organizationSet: EntitySet = {
  name: 'organization',
  entity: 'organization',
  readPermissions: ['Organization.Read.All', 'Organization.ReadWrite.All', ...directoryReaders],
  byDefault: allBut('organization', organizationNotServed),
  filterable: [],
  notServed: organizationNotServed,
};
export const limitedOrganizationPermission = 'User.Read.All';
