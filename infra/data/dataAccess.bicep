import { grant } from '../shared/roles.bicep'

@description('Name of the storage account.')
param accountName string

@description('Object id of who gets the roles.')
param principalId string

@description('Who that is, in words that stay the same: part of the names of the assignments.')
param holder string

@description('Roles on single tables.')
param tables grant[] = []

@description('Roles on single containers.')
param containers grant[] = []

@description('Roles on single queues.')
param queues grant[] = []

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' existing = [
  for each in tables: {
    parent: tableService
    name: each.name
  }
]

resource onTable 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (each, at) in tables: {
    scope: table[at]
    name: guid(table[at].id, holder, each.role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
    }
  }
]

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [
  for each in containers: {
    parent: blobService
    name: each.name
  }
]

resource onContainer 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (each, at) in containers: {
    scope: container[at]
    name: guid(container[at].id, holder, each.role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
    }
  }
]

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2024-01-01' existing = [
  for each in queues: {
    parent: queueService
    name: each.name
  }
]

resource onQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (each, at) in queues: {
    scope: queue[at]
    name: guid(queue[at].id, holder, each.role)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', each.role)
    }
  }
]
