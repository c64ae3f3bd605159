import type { CloudObject } from './cloudObject';

/** Why an object must never be deleted, whatever became of its source (domain.md, "Never delete"). */
export type Protection =
  'synchronisationAccount' | 'managementRestricted' | 'autopilotDevice' | 'systemManagedDevice';

/** What Entra Connect and Cloud Sync sign in with. */
const synchronisationAccountNames = /^(?:sync_.*_.*|adtoaadsyncserviceaccount.*)@/i;
const synchronisationDisplayName = 'On-Premises Directory Synchronization Service Account';

/** The first reason that protects the object, or null. */
export function protectionOf(cloud: CloudObject): Protection | null {
  switch (cloud.type) {
    case 'user':
      if (cloud.displayName === synchronisationDisplayName) return 'synchronisationAccount';
      if (synchronisationAccountNames.test(cloud.userPrincipalName ?? '')) return 'synchronisationAccount';
      return cloud.isManagementRestricted === true ? 'managementRestricted' : null;
    case 'group':
      return cloud.isManagementRestricted === true ? 'managementRestricted' : null;
    case 'contact':
      return null;
    case 'device':
      if (cloud.physicalIds.some(id => id.toUpperCase().startsWith('[ZTDID]'))) return 'autopilotDevice';
      if (cloud.systemLabels.length > 0) return 'systemManagedDevice';
      return cloud.isManagementRestricted === true ? 'managementRestricted' : null;
  }
}
