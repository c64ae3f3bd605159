@description('Name of the data account.')
param accountName string

@description('Names of the containers, without that of the audit.')
param names string[]

@description('Name of the container of the audit.')
param auditName string

@description('How many days a blob of the audit can neither be changed, but for lines added at its end, nor deleted.')
param auditRetentionDays int

@description('How many days a deleted or replaced blob, or a deleted container, can be brought back.')
param recoveryDays int

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource service 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // No role of the apps deletes; who replaces a blob leaves the version before.
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: recoveryDays }
    containerDeleteRetentionPolicy: { enabled: true, days: recoveryDays }
  }
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for name in names: {
    parent: service
    name: name
    properties: { publicAccess: 'None' }
  }
]

resource audit 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: service
  name: auditName
  properties: { publicAccess: 'None' }
}

// Not locked: a lock can not be undone, and keeps the whole account from being deleted. docs/security.md says how to lock it.
resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2024-01-01' = {
  parent: audit
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: auditRetentionDays
    allowProtectedAppendWrites: true
  }
}
