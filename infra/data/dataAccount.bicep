@description('Name of the account.')
param name string

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags object

@description('How many copies are kept, and where.')
param redundancy 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GRS' | 'Standard_GZRS'

@description('Whether the account can be reached from public networks.')
param publicNetwork bool

@description('Public addresses that are let in; none given: all, where the public network is open.')
param allowedAddresses string[]

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('How many days a blob of the audit can not be changed or deleted.')
param auditRetentionDays int

@description('After how many days an export is deleted.')
param exportRetentionDays int

@description('After how many days what was kept of a deleted object is deleted.')
param snapshotRetentionDays int

module hardened 'storageAccount.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    redundancy: redundancy
    publicNetwork: publicNetwork
    allowedAddresses: allowedAddresses
  }
}

// The names are those of shared/io/wiring.ts; a test compares them.
module tables 'tables.bicep' = {
  params: {
    accountName: hardened.outputs.name
    names: ['OrphanCandidates', 'ScanRuns', 'Decisions', 'Rules', 'AuditLog']
  }
}

module containers 'containers.bicep' = {
  params: {
    accountName: hardened.outputs.name
    names: ['exports', 'evidence', 'locks', 'requests', 'snapshots', 'notifications']
    auditName: 'audit'
    auditRetentionDays: auditRetentionDays
    recoveryDays: 30
  }
}

module queues 'queues.bicep' = {
  params: {
    accountName: hardened.outputs.name
    names: ['scan-requests', 'scan-requests-poison']
  }
}

module lifecycle 'lifecycle.bicep' = {
  params: {
    accountName: hardened.outputs.name
    exportDays: exportRetentionDays
    snapshotDays: snapshotRetentionDays
    versionDays: 30
  }
  dependsOn: [containers]
}

module diagnostics 'storageDiagnostics.bicep' = {
  params: { accountName: hardened.outputs.name, workspaceId: workspaceId, reads: true }
  dependsOn: [tables, containers, queues]
}

@description('Name of the account.')
output name string = hardened.outputs.name
