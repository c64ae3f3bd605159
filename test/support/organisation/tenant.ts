import type { Organization } from '@microsoft/microsoft-graph-types';
import type { Stage } from './stage';

/** The tenant itself, as GET /organization shows it. */
export const tenantOf = (stage: Stage): Organization => ({
  id: stage.tenantId,
  assignedPlans: [],
  businessPhones: [],
  countryLetterCode: 'CH',
  createdDateTime: stage.daysAgo(3000, 3100),
  displayName: 'Contoso',
  marketingNotificationEmails: [],
  onPremisesLastSyncDateTime: stage.hoursAgo(1 / 3),
  onPremisesSyncEnabled: true,
  provisionedPlans: [],
  securityComplianceNotificationMails: [],
  securityComplianceNotificationPhones: [],
  technicalNotificationMails: ['it@contoso.example'],
  tenantType: 'AAD',
  verifiedDomains: [
    { name: 'contoso.onmicrosoft.com', isInitial: true, isDefault: false, type: 'Managed' },
    { name: 'contoso.example', isInitial: false, isDefault: true, type: 'Managed' },
    { name: 'fabrikam.example', isInitial: false, isDefault: false, type: 'Managed' },
  ],
});
