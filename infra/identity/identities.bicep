@description('Region of the identities.')
param location string

@description('Ends every name, so that it is unique.')
param token string

@description('Tags of every resource.')
param tags object

// What scans has one identity. What reviews has two of its own: one that reads, and one that deletes (docs/security.md).
resource scanReader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-scan-reader-${token}'
  location: location
  tags: tags
}

resource reviewReader 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-review-reader-${token}'
  location: location
  tags: tags
}

resource deleter 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-deleter-${token}'
  location: location
  tags: tags
}

@description('Names of the identities.')
output names { scanReader: string, reviewReader: string, deleter: string } = {
  scanReader: scanReader.name
  reviewReader: reviewReader.name
  deleter: deleter.name
}

@description('Object ids of the identities: who gets roles, and permissions of Microsoft Graph.')
output principalIds { scanReader: string, reviewReader: string, deleter: string } = {
  scanReader: scanReader.properties.principalId
  reviewReader: reviewReader.properties.principalId
  deleter: deleter.properties.principalId
}

@description('Client ids of the identities: by which the code asks for their tokens.')
output clientIds { scanReader: string, reviewReader: string, deleter: string } = {
  scanReader: scanReader.properties.clientId
  reviewReader: reviewReader.properties.clientId
  deleter: deleter.properties.clientId
}
