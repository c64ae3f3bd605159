import { builtInRoles } from '../shared/roles.bicep'

@description('Name of the Application Insights component.')
param componentName string

@description('Names of the identities that write telemetry.')
param identityNames string[]

resource component 'Microsoft.Insights/components@2020-02-02' existing = { name: componentName }

resource identities 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [
  for name in identityNames: { name: name }
]

resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, at) in identityNames: {
    scope: component
    name: guid(component.id, identities[at].id, builtInRoles.metricsPublisher)
    properties: {
      principalId: identities[at].properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        builtInRoles.metricsPublisher
      )
    }
  }
]
