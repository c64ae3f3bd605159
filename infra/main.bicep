targetScope = 'subscription'

import { cloudName, clouds } from 'shared/clouds.bicep'
import { builtInRoles } from 'shared/roles.bicep'

// Where

@description('Name of this deployment; azd calls it an environment.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything.')
param location string

@description('The Azure cloud that this is deployed to, and whose tenant is scanned.')
param cloud cloudName = 'global'

@description('The tenant that is scanned.')
param tenantId string = tenant().tenantId

// Network

@description('Whether everything is closed to public networks, and reached through a virtual network only. Deploying then takes a machine in its subnet `runner`.')
param privateNetworking bool = false

@description('Address space of the virtual network; a /24 or larger. Used with private networking only.')
param addressSpace string = '10.90.0.0/24'

@description('Public IPv4 addresses or ranges of agents, which alone are let in to the data account with private networking. Without it the apps have no addresses of their own, and roles alone decide.')
param agentAddresses string[] = []

// Who

@description('Object ids of the agents: service principals with a certificate, or identities of Azure Arc servers.')
param agentPrincipalIds string[] = []

@description('Application id of the API\'s app registration (`npm run grant` makes it): the only audience that is accepted. The default accepts nobody.')
@minLength(36)
@maxLength(36)
param authAudience string = '00000000-0000-0000-0000-000000000000'

@description('E-mail addresses that alerts go to.')
param alertEmailAddresses string[] = []

// What is scanned

@description('JSON: every source that must have an export, with its public keys (setting EXPORT_SOURCES). Empty: scans are refused until it is set.')
param exportSources string = ''

@description('When the scan runs: NCRONTAB, six fields, in UTC.')
param scanSchedule string = '0 0 2 * * *'

@description('JSON: limits of gates that differ from the default.')
param gateLimits string = '{}'

@description('JSON: rules of waiting that differ from the default.')
param waitingRules string = '{}'

@description('Object ids of the service principals of Cloud Sync, separated by commas; or none.')
param cloudSyncServicePrincipalIds string = 'none'

@description('Where notifications are sent to: an https address, or a reference to a secret of a key vault (`@Microsoft.KeyVault(…)`), where the address is one. Empty: nowhere.')
@secure()
param notificationWebhookUrl string = ''

@description('How notifications are written: as an Adaptive Card of Teams, or as plain JSON.')
param notificationFormat 'teams' | 'json' = 'teams'

// What is deleted

@description('How far deletion is switched on. Report-only: nothing is deleted.')
param rolloutStage 'reportOnly' | 'testObjects' | 'capped' | 'normal' = 'reportOnly'

@description('The only objects that can be deleted in the stage testObjects: type/id, separated by commas; or none.')
param rolloutTestObjects string = 'none'

@description('How many days an approval is valid.')
@minValue(1)
@maxValue(90)
param approvalDays int = 14

@description('The most objects of one call that deletes.')
@minValue(1)
@maxValue(500)
param deletionsPerCall int = 50

@description('The most deletes of one day of UTC.')
@minValue(0)
@maxValue(100000)
param deletionsPerDay int = 100

@description('The most deletes of one day of UTC for each type; what is left out is 0.')
param deletionsPerDayAndType string = 'user=50,group=20,contact=20,device=50'

@description('Types, separated by commas, of which nobody deletes what he or she approved; or none.')
param fourEyesTypes string = 'none'

@description('How many days the sign-in of a user is blocked before a call may delete; 0: no quarantine.')
@minValue(0)
@maxValue(60)
param quarantineDays int = 0

@description('Whether organizational contacts are deleted through the beta version of Microsoft Graph.')
param contactsThroughBeta bool = false

// What is kept

@description('How many copies of the data account are kept, and where. Not every region has every kind.')
param dataRedundancy 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('After how many days an export is deleted.')
@minValue(30)
param exportRetentionDays int = 90

@description('After how many days what was kept of a deleted object is deleted. It holds personal data; restoring needs it.')
@minValue(90)
param snapshotRetentionDays int = 180

@description('How many days a blob of the audit can neither be deleted nor changed, but for lines added at its end.')
@minValue(1)
@maxValue(146000)
param auditRetentionDays int = 1095

@description('How many days logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

// How it runs

@description('Version of Node: the newest that the region offers for Flex Consumption.')
param nodeVersion '22' | '24' = '24'

@description('Memory in MB of an instance that scans.')
param scanMemory 512 | 2048 | 4096 = 2048

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName, product: 'entra-orphans' }
var hosts = clouds[cloud]
var packageContainer = 'packages'
var dataAccountName = 'stdata${token}'
var scanAppName = 'func-scan-${token}'
var issuer = '${hosts.login}/${tenantId}/v2.0'
var endpoints = {
  blob: 'https://${dataAccountName}.blob.${hosts.storage}'
  table: 'https://${dataAccountName}.table.${hosts.storage}'
  queue: 'https://${dataAccountName}.queue.${hosts.storage}'
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identities 'identity/identities.bicep' = {
  scope: group
  params: { location: location, token: token, tags: tags }
}

module customRoles 'identity/customRoles.bicep' = {
  scope: group
  params: { token: token }
}

module telemetry 'monitoring/telemetry.bicep' = {
  scope: group
  params: { location: location, token: token, tags: tags, retentionDays: logRetentionDays }
}

module telemetryAccess 'monitoring/telemetryAccess.bicep' = {
  scope: group
  params: {
    componentName: telemetry.outputs.componentName
    identityNames: [identities.outputs.names.scanReader, identities.outputs.names.reviewReader]
  }
}

module network 'network/network.bicep' = if (privateNetworking) {
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    addressSpace: addressSpace
    storageSuffix: hosts.storage
    sitesSuffix: hosts.sites
  }
}

// The data, and who may do what with it: the table "Role assignments" of docs/security.md, which a test compares with this.

module data 'data/dataAccount.bicep' = {
  scope: group
  params: {
    name: dataAccountName
    location: location
    tags: tags
    redundancy: dataRedundancy
    publicNetwork: !privateNetworking || !empty(agentAddresses)
    allowedAddresses: privateNetworking ? agentAddresses : []
    workspaceId: telemetry.outputs.workspaceId
    auditRetentionDays: auditRetentionDays
    exportRetentionDays: exportRetentionDays
    snapshotRetentionDays: snapshotRetentionDays
  }
}

module scanAccess 'data/dataAccess.bicep' = {
  scope: group
  params: {
    accountName: data.outputs.name
    principalId: identities.outputs.principalIds.scanReader
    holder: identities.outputs.names.scanReader
    tables: [
      { name: 'OrphanCandidates', role: customRoles.outputs.roles.tableWriter }
      { name: 'ScanRuns', role: customRoles.outputs.roles.tableWriter }
      { name: 'AuditLog', role: customRoles.outputs.roles.tableWriter }
      { name: 'Decisions', role: builtInRoles.tableReader }
      { name: 'Rules', role: builtInRoles.tableReader }
    ]
    containers: [
      { name: 'exports', role: builtInRoles.blobReader }
      { name: 'evidence', role: customRoles.outputs.roles.blobWriter }
      { name: 'locks', role: customRoles.outputs.roles.blobWriter }
      { name: 'requests', role: customRoles.outputs.roles.blobWriter }
      { name: 'notifications', role: customRoles.outputs.roles.blobWriter }
      { name: 'audit', role: customRoles.outputs.roles.blobWriter }
    ]
    queues: [
      { name: 'scan-requests', role: builtInRoles.queueContributor }
      { name: 'scan-requests-poison', role: builtInRoles.queueContributor }
    ]
  }
}

module reviewAccess 'data/dataAccess.bicep' = {
  scope: group
  params: {
    accountName: data.outputs.name
    principalId: identities.outputs.principalIds.reviewReader
    holder: identities.outputs.names.reviewReader
    tables: [
      { name: 'Decisions', role: customRoles.outputs.roles.tableWriter }
      // Rules are removed.
      { name: 'Rules', role: builtInRoles.tableContributor }
      { name: 'AuditLog', role: customRoles.outputs.roles.tableWriter }
      { name: 'OrphanCandidates', role: builtInRoles.tableReader }
      { name: 'ScanRuns', role: builtInRoles.tableReader }
    ]
    containers: [
      { name: 'exports', role: builtInRoles.blobReader }
      { name: 'evidence', role: builtInRoles.blobReader }
      { name: 'requests', role: customRoles.outputs.roles.blobWriter }
      { name: 'snapshots', role: customRoles.outputs.roles.blobWriter }
      { name: 'notifications', role: customRoles.outputs.roles.blobWriter }
      { name: 'audit', role: customRoles.outputs.roles.blobWriter }
    ]
    queues: [{ name: 'scan-requests', role: builtInRoles.queueSender }]
  }
}

module agentAccess 'data/dataAccess.bicep' = [
  for principalId in agentPrincipalIds: {
    scope: group
    params: {
      accountName: data.outputs.name
      principalId: principalId
      holder: principalId
      containers: [
        { name: 'exports', role: customRoles.outputs.roles.blobCreator }
        { name: 'requests', role: builtInRoles.blobReader }
      ]
    }
  }
]

// The part that scans

module scanHost 'apps/hostStorage.bicep' = {
  scope: group
  params: {
    name: 'stscan${token}'
    location: location
    tags: tags
    packageContainer: packageContainer
    identityName: identities.outputs.names.scanReader
    workspaceId: telemetry.outputs.workspaceId
    publicNetwork: !privateNetworking
  }
}

module scan 'apps/functionApp.bicep' = {
  scope: group
  params: {
    name: scanAppName
    location: location
    tags: tags
    serviceName: 'scan'
    identityName: identities.outputs.names.scanReader
    otherIdentityNames: []
    hostAccountName: scanHost.outputs.name
    packageContainer: packageContainer
    storageSuffix: hosts.storage
    nodeVersion: nodeVersion
    memory: scanMemory
    mainSiteOpen: false
    publicNetwork: !privateNetworking
    subnetId: network.?outputs.subnets.scan ?? ''
    telemetryName: telemetry.outputs.componentName
    workspaceId: telemetry.outputs.workspaceId
    settings: {
      APP_PART: 'scan'
      TENANT_ID: tenantId
      GRAPH_ENDPOINT: hosts.graph
      DATA_BLOB_ENDPOINT: endpoints.blob
      DATA_TABLE_ENDPOINT: endpoints.table
      EXPORT_SOURCES: exportSources
      GATE_LIMITS: gateLimits
      WAITING_RULES: waitingRules
      SCAN_SCHEDULE: scanSchedule
      SCAN_REQUESTS__queueServiceUri: endpoints.queue
      SCAN_REQUESTS__credential: 'managedidentity'
      SCAN_REQUESTS__clientId: identities.outputs.clientIds.scanReader
      CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: cloudSyncServicePrincipalIds
      NOTIFICATION_WEBHOOK_URL: notificationWebhookUrl
      NOTIFICATION_FORMAT: notificationFormat
    }
  }
  // The app comes up when whatever it reaches is there.
  dependsOn: [scanAccess, telemetryAccess, accountEndpoints]
}

// The part that reviews, and deletes

module reviewHost 'apps/hostStorage.bicep' = {
  scope: group
  params: {
    name: 'streview${token}'
    location: location
    tags: tags
    packageContainer: packageContainer
    identityName: identities.outputs.names.reviewReader
    workspaceId: telemetry.outputs.workspaceId
    publicNetwork: !privateNetworking
  }
}

module review 'apps/functionApp.bicep' = {
  scope: group
  params: {
    name: 'func-review-${token}'
    location: location
    tags: tags
    serviceName: 'review'
    identityName: identities.outputs.names.reviewReader
    otherIdentityNames: [identities.outputs.names.deleter]
    hostAccountName: reviewHost.outputs.name
    packageContainer: packageContainer
    storageSuffix: hosts.storage
    nodeVersion: nodeVersion
    memory: 2048
    mainSiteOpen: true
    publicNetwork: !privateNetworking
    subnetId: network.?outputs.subnets.review ?? ''
    telemetryName: telemetry.outputs.componentName
    workspaceId: telemetry.outputs.workspaceId
    settings: {
      APP_PART: 'review'
      TENANT_ID: tenantId
      GRAPH_ENDPOINT: hosts.graph
      DATA_BLOB_ENDPOINT: endpoints.blob
      DATA_TABLE_ENDPOINT: endpoints.table
      DATA_QUEUE_ENDPOINT: endpoints.queue
      EXPORT_SOURCES: exportSources
      GATE_LIMITS: gateLimits
      WAITING_RULES: waitingRules
      CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: cloudSyncServicePrincipalIds
      SCAN_SCHEDULE: scanSchedule
      AUTH_ISSUER: issuer
      AUTH_AUDIENCE: authAudience
      AUTH_SCOPE: 'access_as_user'
      APPROVAL_DAYS: string(approvalDays)
      CONTACTS_THROUGH_BETA: contactsThroughBeta ? 'true' : 'false'
      DELETER_CLIENT_ID: identities.outputs.clientIds.deleter
      DELETIONS_PER_CALL: string(deletionsPerCall)
      DELETIONS_PER_DAY: string(deletionsPerDay)
      DELETIONS_PER_DAY_AND_TYPE: deletionsPerDayAndType
      FOUR_EYES_TYPES: fourEyesTypes
      QUARANTINE_DAYS: string(quarantineDays)
      ROLLOUT_STAGE: rolloutStage
      ROLLOUT_TEST_OBJECTS: rolloutTestObjects
      NOTIFICATION_WEBHOOK_URL: notificationWebhookUrl
      NOTIFICATION_FORMAT: notificationFormat
    }
  }
  dependsOn: [reviewAccess, telemetryAccess, accountEndpoints]
}

module authentication 'apps/authentication.bicep' = {
  scope: group
  params: { appName: review.outputs.name, issuer: issuer, audience: authAudience }
}

// Private networking: each service has an endpoint in the network

module accountEndpoints 'network/accountEndpoints.bicep' = [
  for name in [dataAccountName, 'stscan${token}', 'streview${token}']: if (privateNetworking) {
    scope: group
    params: {
      accountName: name
      location: location
      tags: tags
      subnetId: network!.outputs.subnets.endpoints
      zones: network!.outputs.zones
    }
    dependsOn: [data, scanHost, reviewHost]
  }
]

module scanEndpoint 'network/privateEndpoint.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: 'pe-scan-${token}'
    location: location
    tags: tags
    subnetId: network!.outputs.subnets.endpoints
    targetId: scan.outputs.id
    service: 'sites'
    zoneId: network!.outputs.zones.sites
  }
}

module reviewEndpoint 'network/privateEndpoint.bicep' = if (privateNetworking) {
  scope: group
  params: {
    name: 'pe-review-${token}'
    location: location
    tags: tags
    subnetId: network!.outputs.subnets.endpoints
    targetId: review.outputs.id
    service: 'sites'
    zoneId: network!.outputs.zones.sites
  }
}

// What people look at

module alerts 'monitoring/alerts.bicep' = {
  scope: group
  params: {
    location: location
    token: token
    tags: tags
    workspaceId: telemetry.outputs.workspaceId
    scanAppName: scanAppName
    emailAddresses: alertEmailAddresses
  }
}

module workbook 'monitoring/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: telemetry.outputs.workspaceId }
}

// azd keeps these as variables of its environment; `npm run grant` and `npm run doctor` read them.

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The tenant that is scanned.')
output TENANT_ID string = tenantId

@description('Address of Microsoft Graph.')
output GRAPH_ENDPOINT string = hosts.graph

@description('Who issues the access tokens.')
output AUTH_ISSUER string = issuer

@description('Client id of the identity that scans.')
output SCAN_READER_CLIENT_ID string = identities.outputs.clientIds.scanReader

@description('Client id of the identity by which the part review reads.')
output REVIEW_READER_CLIENT_ID string = identities.outputs.clientIds.reviewReader

@description('Client id of the identity that deletes.')
output DELETER_CLIENT_ID string = identities.outputs.clientIds.deleter

@description('Name of the app that scans.')
output SCAN_APP_NAME string = scan.outputs.name

@description('Name of the app of the part review.')
output REVIEW_APP_NAME string = review.outputs.name

@description('Address of the API of the part review.')
output REVIEW_URL string = 'https://${review.outputs.hostName}'

@description('Address of the review page, to which sign-in leads back.')
output REVIEW_PAGE_URL string = 'https://${review.outputs.hostName}/'

@description('Name of the data account.')
output DATA_ACCOUNT_NAME string = data.outputs.name

@description('Blob endpoint of the data account, which agents need.')
output DATA_BLOB_ENDPOINT string = endpoints.blob

@description('Table endpoint of the data account.')
output DATA_TABLE_ENDPOINT string = endpoints.table

@description('Queue endpoint of the data account.')
output DATA_QUEUE_ENDPOINT string = endpoints.queue

@description('Resource id of the Log Analytics workspace.')
output LOG_WORKSPACE_ID string = telemetry.outputs.workspaceId
