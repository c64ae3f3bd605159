import type { Brand } from './brand';
import type { Instant } from './instant';

/** The `id` of a directory object in Microsoft Graph: a lower-case GUID. */
export type CloudId = Brand<string, 'CloudId'>;

/**
 * What the comparison needs of a synced object in Microsoft Entra ID. Property names are Microsoft Graph's.
 * `null` means that Graph answered null; an answer that lacks a key property is refused at the edge.
 */
interface CloudObjectBase {
  readonly id: CloudId;
  readonly displayName: string | null;
  /** Only `true` is in scope: `false` and `null` both mean "not synced" (domain.md, cases 13). */
  readonly onPremisesSyncEnabled: boolean | null;
  readonly onPremisesLastSyncDateTime: Instant | null;
}

export interface CloudUser extends CloudObjectBase {
  readonly type: 'user';
  readonly userPrincipalName: string | null;
  readonly mail: string | null;
  readonly proxyAddresses: readonly string[];
  readonly accountEnabled: boolean | null;
  readonly userType: string | null;
  readonly createdDateTime: Instant | null;
  readonly onPremisesImmutableId: string | null;
  readonly onPremisesSecurityIdentifier: string | null;
  readonly onPremisesSamAccountName: string | null;
  readonly onPremisesDomainName: string | null;
  readonly onPremisesDistinguishedName: string | null;
  readonly onPremisesUserPrincipalName: string | null;
  readonly assignedLicenseCount: number;
  readonly onPremisesProvisioningErrorCount: number;
  readonly isManagementRestricted: boolean | null;
}

export interface CloudGroup extends CloudObjectBase {
  readonly type: 'group';
  readonly mail: string | null;
  readonly proxyAddresses: readonly string[];
  readonly mailEnabled: boolean | null;
  readonly securityEnabled: boolean | null;
  readonly createdDateTime: Instant | null;
  readonly onPremisesSecurityIdentifier: string | null;
  readonly onPremisesSamAccountName: string | null;
  readonly onPremisesDomainName: string | null;
  readonly assignedLicenseCount: number;
  readonly onPremisesProvisioningErrorCount: number;
  readonly isManagementRestricted: boolean | null;
}

export interface CloudContact extends CloudObjectBase {
  readonly type: 'contact';
  readonly mail: string | null;
  readonly proxyAddresses: readonly string[];
  readonly onPremisesProvisioningErrorCount: number;
}

export interface CloudDevice extends CloudObjectBase {
  readonly type: 'device';
  readonly deviceId: string | null;
  readonly trustType: string | null;
  readonly accountEnabled: boolean | null;
  readonly registrationDateTime: Instant | null;
  readonly approximateLastSignInDateTime: Instant | null;
  readonly onPremisesSecurityIdentifier: string | null;
  readonly physicalIds: readonly string[];
  readonly systemLabels: readonly string[];
  readonly operatingSystem: string | null;
  readonly isManagementRestricted: boolean | null;
}

export type CloudObject = CloudUser | CloudGroup | CloudContact | CloudDevice;

export type CloudObjectOf<Type extends CloudObject['type']> = Extract<CloudObject, { type: Type }>;
