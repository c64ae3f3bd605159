@description('Name of the data account.')
param accountName string

@description('Names of the tables.')
param names string[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource service 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [
  for name in names: {
    parent: service
    name: name
  }
]
