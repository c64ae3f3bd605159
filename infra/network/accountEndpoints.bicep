@description('Name of the storage account.')
param accountName string

@description('Region of the endpoints.')
param location string

@description('Tags of the endpoints.')
param tags object

@description('Resource id of the subnet of the endpoints.')
param subnetId string

@description('Resource ids of the private DNS zones.')
param zones { blob: string, queue: string, table: string, sites: string }

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = { name: accountName }

module blob 'privateEndpoint.bicep' = {
  params: {
    name: 'pe-${accountName}-blob'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: account.id
    service: 'blob'
    zoneId: zones.blob
  }
}

module queue 'privateEndpoint.bicep' = {
  params: {
    name: 'pe-${accountName}-queue'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: account.id
    service: 'queue'
    zoneId: zones.queue
  }
}

module table 'privateEndpoint.bicep' = {
  params: {
    name: 'pe-${accountName}-table'
    location: location
    tags: tags
    subnetId: subnetId
    targetId: account.id
    service: 'table'
    zoneId: zones.table
  }
}
