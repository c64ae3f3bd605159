using 'main.bicep'

// Every parameter from a variable of azd's environment (`azd env set NAME VALUE`), with the default of main.bicep. Where a setting of
// the apps has the same meaning, the variable has its name. Lists are JSON.

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'entra-orphans')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
param cloud = readEnvironmentVariable('GRANT_CLOUD', 'global')

param privateNetworking = bool(readEnvironmentVariable('PRIVATE_NETWORKING', 'false'))
param addressSpace = readEnvironmentVariable('ADDRESS_SPACE', '10.90.0.0/24')
param agentAddresses = json(readEnvironmentVariable('AGENT_ADDRESSES', '[]'))

param agentPrincipalIds = json(readEnvironmentVariable('AGENT_PRINCIPAL_IDS', '[]'))
param authAudience = readEnvironmentVariable('AUTH_AUDIENCE', '00000000-0000-0000-0000-000000000000')
param alertEmailAddresses = json(readEnvironmentVariable('ALERT_EMAIL_ADDRESSES', '[]'))

param exportSources = readEnvironmentVariable('EXPORT_SOURCES', '')
param scanSchedule = readEnvironmentVariable('SCAN_SCHEDULE', '0 0 2 * * *')
param gateLimits = readEnvironmentVariable('GATE_LIMITS', '{}')
param waitingRules = readEnvironmentVariable('WAITING_RULES', '{}')
param cloudSyncServicePrincipalIds = readEnvironmentVariable('CLOUD_SYNC_SERVICE_PRINCIPAL_IDS', 'none')
param notificationWebhookUrl = readEnvironmentVariable('NOTIFICATION_WEBHOOK_URL', '')
param notificationFormat = readEnvironmentVariable('NOTIFICATION_FORMAT', 'teams')

param rolloutStage = readEnvironmentVariable('ROLLOUT_STAGE', 'reportOnly')
param rolloutTestObjects = readEnvironmentVariable('ROLLOUT_TEST_OBJECTS', 'none')
param approvalDays = int(readEnvironmentVariable('APPROVAL_DAYS', '14'))
param deletionsPerCall = int(readEnvironmentVariable('DELETIONS_PER_CALL', '50'))
param deletionsPerDay = int(readEnvironmentVariable('DELETIONS_PER_DAY', '100'))
param deletionsPerDayAndType = readEnvironmentVariable(
  'DELETIONS_PER_DAY_AND_TYPE',
  'user=50,group=20,contact=20,device=50'
)
param fourEyesTypes = readEnvironmentVariable('FOUR_EYES_TYPES', 'none')
param quarantineDays = int(readEnvironmentVariable('QUARANTINE_DAYS', '0'))
param contactsThroughBeta = bool(readEnvironmentVariable('CONTACTS_THROUGH_BETA', 'false'))

param dataRedundancy = readEnvironmentVariable('DATA_REDUNDANCY', 'Standard_ZRS')
param exportRetentionDays = int(readEnvironmentVariable('EXPORT_RETENTION_DAYS', '90'))
param snapshotRetentionDays = int(readEnvironmentVariable('SNAPSHOT_RETENTION_DAYS', '180'))
param auditRetentionDays = int(readEnvironmentVariable('AUDIT_RETENTION_DAYS', '1095'))
param logRetentionDays = int(readEnvironmentVariable('LOG_RETENTION_DAYS', '90'))

param nodeVersion = readEnvironmentVariable('NODE_VERSION', '24')
param scanMemory = json(readEnvironmentVariable('SCAN_MEMORY', '2048'))
