import { z } from 'zod';
import { defaultApprovalDays } from '../../core/decision';
import { notificationFormats } from '../../core/notificationMessage';
import { defaultWaitingRules } from '../../core/waiting';
import {
  gateLimits,
  guid,
  guidList,
  httpsOrigin,
  httpsUrl,
  limitsOfTypes,
  rolloutStage,
  schedule,
  scopeName,
  sources,
  tenantIssuer,
  testObjects,
  typeList,
  waitingRules,
  webhookUrl,
  wholeNumber,
  yesOrNo,
} from './settingSchemas';

export const appParts = ['scan', 'review'] as const;
export type AppPart = (typeof appParts)[number];

/** How one setting is read. */
export interface Setting<Value> {
  readonly description: string;
  readonly example: string;
  /** Used where the setting is absent or empty; without it the setting is required. Empty: only one part requires it. */
  readonly fallback?: string;
  readonly schema: z.ZodType<Value, string>;
}

const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

export const defaultScanSchedule = '0 0 2 * * *';

/** Every setting that the app reads. local.settings.sample.json lists exactly these (a test compares them). */
export const settings = {
  APP_PART: setting({
    description: 'Which part of the app this process is: scan or review.',
    example: 'scan',
    schema: z.enum(appParts, 'is neither scan nor review'),
  }),
  TENANT_ID: setting({
    description: 'The tenant that is scanned. Exports for another tenant are refused.',
    example: '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d',
    schema: guid,
  }),
  GRAPH_ENDPOINT: setting({
    description:
      'Microsoft Graph of the cloud: https://graph.microsoft.com (global), https://graph.microsoft.us (US Government L4), ' +
      'https://dod-graph.microsoft.us (US Government L5), https://microsoftgraph.chinacloudapi.cn (China).',
    example: 'https://graph.microsoft.com',
    fallback: 'https://graph.microsoft.com',
    schema: httpsOrigin,
  }),
  READER_CLIENT_ID: setting({
    description: 'Client id of the user-assigned managed identity that reads Graph and the data account.',
    example: '8c1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c11',
    schema: guid,
  }),
  DATA_BLOB_ENDPOINT: setting({
    description: 'Blob endpoint of the data account: exports, evidence, lease.',
    example: 'https://entraorphansdata.blob.core.windows.net',
    schema: httpsUrl,
  }),
  DATA_TABLE_ENDPOINT: setting({
    description: 'Table endpoint of the data account.',
    example: 'https://entraorphansdata.table.core.windows.net',
    schema: httpsUrl,
  }),
  EXPORT_SOURCES: setting({
    description:
      'JSON: every source that must have an export, with the Ed25519 public keys (base64) that may sign for it.',
    example:
      '[{"source":"contoso","publicKeys":[{"keyId":"2026-11","publicKey":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}]}]',
    schema: sources,
  }),
  GATE_LIMITS: setting({
    description:
      'JSON: limits of the gates that differ from the defaults (docs/how-it-works.md, "Gates"), as {"exportAgeHours":26,"newMissingObjects":{"user":50}}.',
    example: '{}',
    fallback: '{}',
    schema: gateLimits,
  }),
  CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: setting({
    description:
      'Object ids, separated by commas, of the service principals of Cloud Sync, one for each of its configurations; or none. ' +
      'The state of their jobs is read, where the identity has Synchronization.Read.All.',
    example: '6f3e0a52-1b7c-4d8e-9f60-2a4b6c8d0e1f',
    fallback: 'none',
    schema: guidList,
  }),
  SCAN_SCHEDULE: setting({
    description: 'When the scan runs: NCRONTAB, six fields, in UTC.',
    example: '0 30 1 * * *',
    fallback: defaultScanSchedule,
    schema: schedule,
  }),
  WAITING_RULES: setting({
    description:
      'JSON: how long a missing object is observed before it is a candidate: consecutiveRuns (1 to 30), graceDays and ' +
      'recycleBinDays (0 to 365), synchronisation (proved, or notAsked in a laboratory that has none). What is left out is as ' +
      'strict as it is by default.',
    example: JSON.stringify(defaultWaitingRules),
    fallback: '{}',
    schema: waitingRules,
  }),
  AUTH_ISSUER: setting({
    description:
      'Part review: who issues the access tokens, https://login.microsoftonline.com/<tenant id>/v2.0 (global), ' +
      'https://login.microsoftonline.us/<tenant id>/v2.0 (US Government), ' +
      'https://login.partner.microsoftonline.cn/<tenant id>/v2.0 (China).',
    example: 'https://login.microsoftonline.com/3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d/v2.0',
    fallback: '',
    schema: tenantIssuer,
  }),
  AUTH_AUDIENCE: setting({
    description:
      "Part review: application id of the API's app registration, the only audience that is accepted.",
    example: '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21',
    fallback: '',
    schema: guid,
  }),
  AUTH_SCOPE: setting({
    description: "Part review: the scope which a person's token must hold.",
    example: 'access_as_user',
    fallback: 'access_as_user',
    schema: scopeName,
  }),
  DATA_QUEUE_ENDPOINT: setting({
    description:
      'Part review: queue endpoint of the data account, where scans are asked for. The part scan reads that queue through the ' +
      "Functions host's own settings SCAN_REQUESTS__….",
    example: 'https://entraorphansdata.queue.core.windows.net',
    fallback: '',
    schema: httpsUrl,
  }),
  APPROVAL_DAYS: setting({
    description: 'Part review: how many days an approval is valid, 1 to 90.',
    example: '14',
    fallback: String(defaultApprovalDays),
    schema: wholeNumber(1, 90),
  }),
  CONTACTS_THROUGH_BETA: setting({
    description:
      'Part review: whether organizational contacts may be approved, and are deleted through the beta version of Microsoft Graph, ' +
      'which is not documented for applications. Else a person deletes them.',
    example: 'false',
    fallback: 'false',
    schema: yesOrNo,
  }),
  ROLLOUT_STAGE: setting({
    description:
      'Part review: how far the roll-out is. reportOnly: nothing is deleted, nobody put into quarantine. testObjects: only what ' +
      'ROLLOUT_TEST_OBJECTS names. capped: everything approved, a few at a time. normal: under the configured caps. Compared exactly; ' +
      'anything else means reportOnly. Restoring, and releasing a quarantine, work in every stage.',
    example: 'reportOnly',
    fallback: 'reportOnly',
    schema: rolloutStage,
  }),
  ROLLOUT_TEST_OBJECTS: setting({
    description:
      'Part review: in the stage testObjects, the only objects that may be deleted or put into quarantine: type/id, separated by ' +
      'commas; or none.',
    example: 'user/0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f',
    fallback: 'none',
    schema: testObjects,
  }),
  DELETER_CLIENT_ID: setting({
    description:
      'Part review: client id of the user-assigned managed identity that deletes, restores and blocks. Another one than READER_CLIENT_ID.',
    example: '1d9b7c40-3e52-4f0a-8b7d-6c5a4e3f2b10',
    fallback: '',
    schema: guid,
  }),
  DELETIONS_PER_CALL: setting({
    description: 'Part review: the most objects of one call, 1 to 500.',
    example: '50',
    fallback: '50',
    schema: wholeNumber(1, 500),
  }),
  DELETIONS_PER_DAY: setting({
    description: 'Part review: the most deletes of one day of UTC, over all instances.',
    example: '100',
    fallback: '100',
    schema: wholeNumber(0, 100_000),
  }),
  DELETIONS_PER_DAY_AND_TYPE: setting({
    description: 'Part review: the most deletes of one day of UTC for each type. What is left out is 0.',
    example: 'user=50,group=20,contact=20,device=50',
    fallback: 'user=50,group=20,contact=20,device=50',
    schema: limitsOfTypes,
  }),
  FOUR_EYES_TYPES: setting({
    description:
      'Part review: the types, separated by commas, of which the approver does not delete what he or she approved; or none.',
    example: 'user,group',
    fallback: 'none',
    schema: typeList,
  }),
  QUARANTINE_DAYS: setting({
    description:
      'Part review: how many days the sign-in of a user is blocked before a call may delete; 0: no quarantine. Less than APPROVAL_DAYS.',
    example: '0',
    fallback: '0',
    schema: wholeNumber(0, 60),
  }),
  NOTIFICATION_WEBHOOK_URL: setting({
    description:
      'Where notifications are sent: the address of a Teams workflow, or of anything that takes JSON. A secret: whoever knows it can ' +
      'post there. Empty: nothing is sent.',
    example: 'https://hooks.contoso.example/notify?sig=secret',
    fallback: '',
    schema: webhookUrl,
  }),
  NOTIFICATION_FORMAT: setting({
    description: 'The form of a notification: teams (an Adaptive Card) or json.',
    example: 'teams',
    fallback: 'teams',
    schema: z.enum(notificationFormats, `is none of ${notificationFormats.join(', ')}`),
  }),
} as const;

export type SettingName = keyof typeof settings;
