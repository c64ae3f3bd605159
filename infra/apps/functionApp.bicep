@description('Name of the app.')
param name string

@description('Region of the app.')
param location string

@description('Tags of app and plan.')
param tags object

@description('The service of azure.yaml whose package is deployed to this app.')
param serviceName 'scan' | 'review'

@description('Name of the identity of the app: its host storage, its telemetry, and what it reads.')
param identityName string

@description('Names of further identities that its code can use.')
param otherIdentityNames string[]

@description('Name of the storage account of its Functions host.')
param hostAccountName string

@description('Container of its package, in that account.')
param packageContainer string

@description('Suffix of the names of storage accounts, as core.windows.net.')
param storageSuffix string

@description('Version of Node.')
param nodeVersion '22' | '24'

@description('Memory of an instance in MB.')
param memory 512 | 2048 | 4096

@description('Whether anybody can reach the main site: its functions over HTTP. Its deployment endpoint (scm) has rules of its own.')
param mainSiteOpen bool

@description('Whether the app can be reached from public networks at all: main site and deployment endpoint.')
param publicNetwork bool

@description('Resource id of the subnet through which the app reaches other services; empty: none.')
param subnetId string

@description('Name of the Application Insights component.')
param telemetryName string

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Settings of the code.')
param settings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource telemetry 'Microsoft.Insights/components@2020-02-02' existing = { name: telemetryName }

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

var identityIds = map(
  concat([identityName], otherIdentityNames),
  each => resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', each)
)

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(identityIds, id => id, id => {})
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: publicNetwork ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    keyVaultReferenceIdentity: identity.id
    functionAppConfig: {
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: { instanceMemoryMB: memory, maximumInstanceCount: 40 }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${hostAccountName}.blob.${storageSuffix}/${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: mainSiteOpen ? 'Allow' : 'Deny'
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
    }
  }
}

// Deployment takes a token of Microsoft Entra ID, never a user name and password.
resource scmPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource ftpPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource appSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: {
    ...settings
    READER_CLIENT_ID: identity.properties.clientId
    // The host's own storage, by identity. Addresses, not a name: a name would mean the global cloud.
    AzureWebJobsStorage__blobServiceUri: 'https://${hostAccountName}.blob.${storageSuffix}'
    AzureWebJobsStorage__queueServiceUri: 'https://${hostAccountName}.queue.${storageSuffix}'
    AzureWebJobsStorage__tableServiceUri: 'https://${hostAccountName}.table.${storageSuffix}'
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identity.properties.clientId
    // Names the component, and is no secret: local authentication is off there, so only an identity with a role can write.
    APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
    // Alerts are log lines: none may be sampled away.
    AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__excludedTypes: 'Request;Exception;Trace'
    // docs/adr/0011
    languageWorkers__node__arguments: '--max-semi-space-size=16'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'log'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Name of the app.')
output name string = app.name

@description('Resource id of the app.')
output id string = app.id

@description('Host name of the app.')
output hostName string = app.properties.defaultHostName
