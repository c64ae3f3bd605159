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
  // Before the exports were begun: who replays nights scans right after them, and no synchronisation reports from the future.
  onPremisesLastSyncDateTime: stage.hoursAgo(7 / 3),
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
