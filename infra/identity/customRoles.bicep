@description('Ends the name of every role: names are unique in a tenant.')
param token string

// No data action that deletes, in any of them. Table and blob roles that are built in can all delete.
var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'
var entities = 'Microsoft.Storage/storageAccounts/tableServices/tables/entities'

resource blobCreator 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'blobCreator')
  properties: {
    roleName: 'entra-orphans Blob Creator ${token}'
    description: 'Creates blobs and appends to them. Reads, lists, replaces and deletes none. For the agent.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['${blobs}/add/action']
        notDataActions: []
      }
    ]
  }
}

resource blobWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'blobWriter')
  properties: {
    roleName: 'entra-orphans Blob Writer ${token}'
    description: 'Reads, creates, replaces and leases blobs, and appends to them. Deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.Storage/storageAccounts/blobServices/containers/read']
        notActions: []
        dataActions: ['${blobs}/read', '${blobs}/write', '${blobs}/add/action']
        notDataActions: []
      }
    ]
  }
}

resource tableWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'tableWriter')
  properties: {
    roleName: 'entra-orphans Table Writer ${token}'
    description: 'Reads, adds and changes rows of a table. Deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.Storage/storageAccounts/tableServices/tables/read']
        notActions: []
        dataActions: [
          '${entities}/read'
          '${entities}/write'
          '${entities}/add/action'
          '${entities}/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

@description('Ids (GUIDs) of the roles.')
output roles { blobCreator: string, blobWriter: string, tableWriter: string } = {
  blobCreator: blobCreator.name
  blobWriter: blobWriter.name
  tableWriter: tableWriter.name
}
