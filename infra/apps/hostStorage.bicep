import { builtInRoles } from '../shared/roles.bicep'

@description('Name of the storage account of one app\'s Functions host. No other app may write there: who can, owns the app\'s code.')
param name string

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags object

@description('Name of the container of the app\'s package.')
param packageContainer string

@description('Name of the identity of the app, which alone gets roles here.')
param identityName string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Whether the account can be reached from public networks.')
param publicNetwork bool

module hardened '../data/storageAccount.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    // What is here can be deployed again.
    redundancy: 'Standard_LRS'
    publicNetwork: publicNetwork
  }
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: name }

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  dependsOn: [hardened]
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: packageContainer
  properties: { publicAccess: 'None' }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

// The host makes containers and tables of its own here, for leases and diagnostics: hence the whole account.
var hostRoles = [builtInRoles.blobOwner, builtInRoles.tableContributor]

resource onAccount 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: {
    scope: account
    name: guid(account.id, identity.id, role)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
    dependsOn: [hardened]
  }
]

module diagnostics '../data/storageDiagnostics.bicep' = {
  params: { accountName: hardened.outputs.name, workspaceId: workspaceId, reads: false }
}

@description('Name of the account.')
output name string = hardened.outputs.name
