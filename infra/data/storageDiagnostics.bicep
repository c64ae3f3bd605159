@description('Name of the storage account.')
param accountName string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Whether reads are logged, too, and not only what was written and deleted.')
param reads bool

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

var logs = [
  { category: 'StorageRead', enabled: reads }
  { category: 'StorageWrite', enabled: true }
  { category: 'StorageDelete', enabled: true }
]

resource ofBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'log'
  properties: { workspaceId: workspaceId, logs: logs }
}

resource ofTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: tables
  name: 'log'
  properties: { workspaceId: workspaceId, logs: logs }
}

resource ofQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: queues
  name: 'log'
  properties: { workspaceId: workspaceId, logs: logs }
}
