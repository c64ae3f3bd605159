@description('Region of the alert rules.')
param location string

@description('Ends every name, so that it is unique.')
param token string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Name of the app that scans.')
param scanAppName string

@description('Who is told by e-mail. Nobody: alerts are shown in the portal only.')
param emailAddresses string[]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(emailAddresses)) {
  name: 'people-${token}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'orphans'
    emailReceivers: [
      for (address, at) in emailAddresses: {
        name: 'person-${at}'
        emailAddress: address
        useCommonAlertSchema: true
      }
    ]
  }
}

// The code logs a line "alert <event>: …" for each of these.
var events = [
  { name: 'missedScan', severity: 1, title: 'No scan has finished for too long' }
  { name: 'missedExport', severity: 1, title: 'A source has had no accepted export for too long' }
  { name: 'hold', severity: 2, title: 'A gate holds the scans until an administrator releases it' }
  { name: 'deletionFailed', severity: 2, title: 'A deletion failed' }
  { name: 'madeAgain', severity: 1, title: 'An object that was deleted here has been created again' }
]

resource onEvent 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for event in events: {
    name: '${event.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'entra-orphans: ${event.title}'
      description: 'A log line that begins with "alert ${event.name}:". docs/operations.md says what to do.'
      enabled: true
      severity: event.severity
      scopes: [workspaceId]
      evaluationFrequency: 'PT15M'
      // Longer than the interval: lines take some minutes to arrive.
      windowSize: 'PT30M'
      autoMitigate: true
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: 'AppTraces | where Message startswith "alert ${event.name}:"'
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(emailAddresses) ? [] : [people.id] }
    }
  }
]

// An app that does not run logs nothing, so that nobody would hear of it by the rules above.
resource silence 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'scanSilent-${token}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'entra-orphans: the app that scans has been silent for two days'
    description: 'No invocation of the nightly scan was recorded, whatever became of it.'
    enabled: true
    severity: 1
    scopes: [workspaceId]
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
    autoMitigate: true
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: 'AppRequests | where AppRoleName =~ "${scanAppName}" and OperationName == "nightlyScan"'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    actions: { actionGroups: empty(emailAddresses) ? [] : [people.id] }
  }
}
