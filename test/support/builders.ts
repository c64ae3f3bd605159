import type {
  CloudContact,
  CloudDevice,
  CloudGroup,
  CloudId,
  CloudUser,
} from '../../shared/core/cloudObject';
import type { SourceName } from '../../shared/core/exportFormat';
import type { Instant } from '../../shared/core/instant';
import { parseInstant } from '../../shared/core/instant';
import type { OnPremisesObject, Tombstone } from '../../shared/core/onPremisesObject';

/** A time that a test names as text. */
export function instant(text: string): Instant {
  const value = parseInstant(text);
  if (value === null) throw new RangeError(`"${text}" is no date`);
  return value;
}

/** When the objects of tests were made and last synced, long before the exports of tests. */
const longAgo = instant('2026-01-01T00:00:00Z');

export const aUser = (given: Partial<CloudUser> & { id: CloudId }): CloudUser => ({
  type: 'user',
  displayName: null,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: longAgo,
  userPrincipalName: null,
  mail: null,
  proxyAddresses: [],
  accountEnabled: true,
  userType: 'Member',
  createdDateTime: longAgo,
  onPremisesImmutableId: null,
  onPremisesSecurityIdentifier: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
  onPremisesDistinguishedName: null,
  onPremisesUserPrincipalName: null,
  assignedLicenseCount: 0,
  onPremisesProvisioningErrorCount: 0,
  isManagementRestricted: null,
  ...given,
});

export const aGroup = (given: Partial<CloudGroup> & { id: CloudId }): CloudGroup => ({
  type: 'group',
  displayName: null,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: longAgo,
  mail: null,
  proxyAddresses: [],
  mailEnabled: false,
  securityEnabled: true,
  createdDateTime: longAgo,
  onPremisesSecurityIdentifier: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
  assignedLicenseCount: 0,
  onPremisesProvisioningErrorCount: 0,
  isManagementRestricted: null,
  ...given,
});

export const aContact = (given: Partial<CloudContact> & { id: CloudId }): CloudContact => ({
  type: 'contact',
  displayName: null,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: longAgo,
  mail: null,
  proxyAddresses: [],
  onPremisesProvisioningErrorCount: 0,
  ...given,
});

export const aDevice = (given: Partial<CloudDevice> & { id: CloudId }): CloudDevice => ({
  type: 'device',
  displayName: null,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: longAgo,
  deviceId: null,
  trustType: 'ServerAd',
  accountEnabled: true,
  registrationDateTime: longAgo,
  approximateLastSignInDateTime: longAgo,
  onPremisesSecurityIdentifier: null,
  physicalIds: [],
  systemLabels: [],
  operatingSystem: 'Windows',
  isManagementRestricted: null,
  ...given,
});

type Required<Type, Keys extends keyof Type> = Partial<Type> & Pick<Type, Keys>;

export const anObject = (
  given: Required<OnPremisesObject, 'objectGUID' | 'objectClass'>,
): OnPremisesObject => ({
  kind: 'object',
  source: 'contoso' as SourceName,
  domainName: 'contoso.example',
  namingContext: 0,
  distinguishedName: `CN=${given.objectGUID},DC=contoso,DC=example`,
  inScope: true,
  ...given,
});

export const aTombstone = (given: Required<Tombstone, 'objectGUID' | 'objectClass'>): Tombstone => ({
  kind: 'tombstone',
  source: 'contoso' as SourceName,
  domainName: 'contoso.example',
  namingContext: 0,
  whenChanged: instant('2026-10-01T00:00:00Z'),
  isRecycled: false,
  ...given,
});
