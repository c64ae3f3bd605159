@description('Region of the network.')
param location string

@description('Ends every name, so that it is unique.')
param token string

@description('Tags of every resource.')
param tags object

@description('Address space of the network; a /24 or larger.')
param addressSpace string

@description('Suffix of the names of storage accounts, as core.windows.net.')
param storageSuffix string

@description('Suffix of the host names of App Service, as azurewebsites.net.')
param sitesSuffix string

var delegation = [
  {
    name: 'flexConsumption'
    properties: { serviceName: 'Microsoft.App/environments' }
  }
]

// New subnets have no way out of their own; Microsoft Graph and Azure Monitor are out there.
resource address 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: 'pip-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static' }
}

resource gateway 'Microsoft.Network/natGateways@2024-05-01' = {
  name: 'nat-${token}'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIpAddresses: [{ id: address.id }] }
}

// A subnet for each app, since a plan takes a whole one; one for the private endpoints; and one for the machine that deploys.
resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: 'vnet-${token}'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressSpace] }
    subnets: [
      {
        name: 'scan'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 0)
          delegations: delegation
          natGateway: { id: gateway.id }
        }
      }
      {
        name: 'review'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 1)
          delegations: delegation
          natGateway: { id: gateway.id }
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 2)
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
      {
        name: 'runner'
        properties: {
          addressPrefix: cidrSubnet(addressSpace, 26, 3)
          natGateway: { id: gateway.id }
        }
      }
    ]
  }
}

var zoneNames = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink.${sitesSuffix}'
]

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zoneNames: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, at) in zoneNames: {
    parent: zones[at]
    name: 'vnet-${token}'
    location: 'global'
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

@description('Resource ids of the subnets.')
output subnets { scan: string, review: string, endpoints: string } = {
  scan: resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'scan')
  review: resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'review')
  endpoints: resourceId('Microsoft.Network/virtualNetworks/subnets', network.name, 'endpoints')
}

@description('Resource ids of the private DNS zones.')
output zones { blob: string, queue: string, table: string, sites: string } = {
  blob: zones[0].id
  queue: zones[1].id
  table: zones[2].id
  sites: zones[3].id
}
