@description('Name of the data account.')
param accountName string

@description('After how many days an export is deleted.')
param exportDays int

@description('After how many days what was kept of a deleted object is deleted.')
param snapshotDays int

@description('After how many days the version of a blob that was replaced is deleted.')
param versionDays int

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource policy 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'exports'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['exports/'] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: exportDays } } }
          }
        }
        {
          name: 'snapshots'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['snapshots/'] }
            actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: snapshotDays } } }
          }
        }
        {
          name: 'versions'
          type: 'Lifecycle'
          enabled: true
          definition: {
            filters: { blobTypes: ['blockBlob'] }
            actions: { version: { delete: { daysAfterCreationGreaterThan: versionDays } } }
          }
        }
      ]
    }
  }
}
