@description('Name of the data account.')
param accountName string

@description('Names of the queues.')
param names string[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource service 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' = [
  for name in names: {
    parent: service
    name: name
  }
]
