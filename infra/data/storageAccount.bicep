@description('Name of the account: 3 to 24 lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags object

@description('How many copies are kept, and where.')
param redundancy 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('Whether the account can be reached from public networks at all. Access always needs a role.')
param publicNetwork bool

@description('Public IPv4 addresses or ranges that are let in. None given: every address, where the public network is open.')
param allowedAddresses string[] = []

// No keys: who reads or writes has a role, and every request says who. docs/security.md.
resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
    networkAcls: {
      // Lifecycle rules and diagnostic logs are run by Azure itself, from outside.
      bypass: 'AzureServices'
      defaultAction: publicNetwork && empty(allowedAddresses) ? 'Allow' : 'Deny'
      ipRules: [for address in allowedAddresses: { value: address, action: 'Allow' }]
    }
  }
}

@description('Name of the account.')
output name string = account.name
