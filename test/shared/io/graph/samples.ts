import type { TokenCredential } from '@azure/identity';

/** Graph's items as its documentation shows them; written out here, so that no test takes them from the code under test. */
export const guidOf = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const graphUser = (number: number): Record<string, unknown> => ({
  id: guidOf(number),
  displayName: `User ${number}`,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: '2026-03-01T02:03:04Z',
  userPrincipalName: `user${number}@contoso.com`,
  mail: null,
  proxyAddresses: [`SMTP:user${number}@contoso.com`],
  accountEnabled: true,
  userType: 'Member',
  createdDateTime: '2024-01-02T03:04:05.1234567Z',
  onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==',
  onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1104',
  onPremisesSamAccountName: `user${number}`,
  onPremisesDomainName: 'corp.contoso.com',
  onPremisesDistinguishedName: `CN=User ${number},DC=corp,DC=contoso,DC=com`,
  onPremisesUserPrincipalName: `user${number}@corp.contoso.com`,
  assignedLicenses: [{ skuId: guidOf(900), disabledPlans: [] }],
  onPremisesProvisioningErrors: [],
  isManagementRestricted: false,
});

export const graphGroup = (number: number): Record<string, unknown> => ({
  id: guidOf(number),
  displayName: `Group ${number}`,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: '2026-03-01T02:03:04Z',
  mail: `group${number}@contoso.com`,
  proxyAddresses: [],
  mailEnabled: true,
  securityEnabled: false,
  createdDateTime: null,
  onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1105',
  onPremisesSamAccountName: `group${number}`,
  onPremisesDomainName: 'corp.contoso.com',
  assignedLicenses: [],
  onPremisesProvisioningErrors: [{ category: 'PropertyConflict' }, { category: 'PropertyConflict' }],
  isManagementRestricted: null,
});

export const graphContact = (number: number): Record<string, unknown> => ({
  id: guidOf(number),
  displayName: `Contact ${number}`,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: null,
  mail: `contact${number}@fabrikam.com`,
  proxyAddresses: [`SMTP:contact${number}@fabrikam.com`],
  onPremisesProvisioningErrors: [],
});

export const graphDevice = (number: number): Record<string, unknown> => ({
  id: guidOf(number),
  displayName: `PC-${number}`,
  onPremisesSyncEnabled: true,
  onPremisesLastSyncDateTime: '2026-03-01T02:03:04Z',
  deviceId: guidOf(number + 500),
  trustType: 'ServerAd',
  accountEnabled: true,
  registrationDateTime: '2025-05-05T05:05:05Z',
  approximateLastSignInDateTime: '2026-02-28T00:00:00Z',
  onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1106',
  physicalIds: ['[ZTDID]:1'],
  systemLabels: ['M365Managed'],
  operatingSystem: 'Windows',
  isManagementRestricted: null,
});

/** A credential that gives this token. */
export const credentialOf = (token: string): TokenCredential => ({
  getToken: () => Promise.resolve({ token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
});
