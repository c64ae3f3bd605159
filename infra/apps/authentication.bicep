@description('Name of the app that is protected.')
param appName string

@description('Who issues the access tokens: the issuer of one tenant, version 2.0.')
param issuer string

@description('Application id of the API: the only audience that is accepted.')
param audience string

// The second wall. The first one is in the app, which verifies every token by itself (docs/adr/0014).
// Open to everybody are health, and the files of the page, which hold no data.
var openPaths = ['/api/health', '/', '/index.html', '/assets/*']

resource app 'Microsoft.Web/sites@2024-11-01' existing = { name: appName }

resource authentication 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      excludedPaths: openPaths
    }
    httpSettings: { requireHttps: true }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        // It only validates tokens, and signs nobody in: no client secret.
        registration: { openIdIssuer: issuer, clientId: audience }
        validation: { allowedAudiences: [audience] }
      }
    }
    login: { tokenStore: { enabled: false } }
  }
}
