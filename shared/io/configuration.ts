import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../core/appError';
import { defaultApprovalDays } from '../core/decision';
import type { DeletionLimits } from '../core/decisionCaps';
import { sourceNameSchema, type SourceName } from '../core/exportFormat';
import { gateLimitChangesSchema, gateLimitsWith, type GateLimits } from '../core/gates/limits';
import { parseGuid, type Guid } from '../core/keys/guid';
import { notificationFormats, type NotificationFormat } from '../core/notificationMessage';
import { objectTypes, type ObjectType } from '../core/objectType';
import {
  allowsDeletion,
  limitsOfStage,
  parseRolloutStage,
  parseTestObjects,
  rolloutStages,
  type CallAndDayLimits,
  type Rollout,
} from '../core/rollout';
import { defaultWaitingRules, type WaitingRules } from '../core/waiting';
import { publicKeyFromBase64 } from './exports/publicKey';

export const appParts = ['scan', 'review'] as const;
export type AppPart = (typeof appParts)[number];

/** An expected source and the keys that may sign its exports; several while a key is rotated. */
export interface ExpectedSource {
  readonly source: SourceName;
  readonly publicKeys: readonly { readonly keyId: string; readonly publicKey: KeyObject }[];
}

/** How one setting is read. */
interface Setting<Value> {
  readonly description: string;
  readonly example: string;
  /** Used where the setting is absent or empty; without it the setting is required. Empty: only one part requires it. */
  readonly fallback?: string;
  readonly schema: z.ZodType<Value, string>;
}

const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

const guid = z.string().transform((text, context) => {
  const value = parseGuid(text);
  if (value) return value;
  context.addIssue('is not a GUID');
  return z.NEVER;
});

const httpsUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && !url.username && !url.password && url.search === '' && url.hash === '')
    return url.href.replace(/\/$/, '');
  context.addIssue('is not an https address without query');
  return z.NEVER;
});

const httpsOrigin = httpsUrl.refine(
  text => URL.parse(text)?.origin === text,
  'has a path: only scheme and host are expected',
);

const base64Key = z.string().transform((text, context) => {
  try {
    return publicKeyFromBase64(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

const sourcesShape = z
  .array(
    z.strictObject({
      source: sourceNameSchema,
      publicKeys: z.array(z.strictObject({ keyId: z.string().min(1), publicKey: base64Key })).min(1),
    }),
  )
  .min(1)
  .refine(list => new Set(list.map(item => item.source)).size === list.length, 'names a source twice');

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

const sources = jsonText.pipe(sourcesShape);

const gateLimits = jsonText.pipe(gateLimitChangesSchema).transform(gateLimitsWith);

const days = z.int().min(0).max(365);

/** What is left out is as strict as the default. */
const waitingRules = jsonText.pipe(
  z
    .strictObject({
      consecutiveRuns: z.int().min(1).max(30).optional(),
      graceDays: days.optional(),
      recycleBinDays: days.optional(),
      synchronisation: z.enum(['proved', 'notAsked']).optional(),
    })
    .transform((given): WaitingRules => ({
      consecutiveRuns: given.consecutiveRuns ?? defaultWaitingRules.consecutiveRuns,
      graceDays: given.graceDays ?? defaultWaitingRules.graceDays,
      recycleBinDays: given.recycleBinDays ?? defaultWaitingRules.recycleBinDays,
      synchronisation: given.synchronisation ?? defaultWaitingRules.synchronisation,
    })),
);

/** Compared with a token's `iss` as it is. An issuer for many tenants (common, organizations) is refused. */
const tenantIssuer = httpsUrl.refine(
  text => issuerPattern.test(text),
  'is not the issuer of one tenant in version 2.0, https://<host>/<tenant id>/v2.0',
);
const issuerPattern = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/;

/** One name of the claim `scp`, which separates them by spaces. */
const scopeName = z.string().regex(/^[\w.-]{1,120}$/, 'is not the name of a scope (without api://…/)');

export const defaultScanSchedule = '0 0 2 * * *';

/** NCRONTAB: six fields. The host checks the rest. */
const schedule = z.string().regex(/^\S+( \S+){5}$/, 'is not an NCRONTAB expression of six fields');

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'is not a whole number')
    .transform(Number)
    .refine(value => value >= least && value <= most, `is not from ${least} to ${most}`);

const yesOrNo = z.enum(['true', 'false'], 'is neither true nor false').transform(text => text === 'true');

const typeList = z.string().transform((text, context): ReadonlySet<ObjectType> => {
  if (text === 'none') return new Set();
  const names = text.split(',').map(name => name.trim());
  const types = objectTypes.filter(type => names.includes(type));
  if (types.length === names.length) return new Set(types);
  context.addIssue(`is neither none nor a list of ${objectTypes.join(', ')}, once each`);
  return z.NEVER;
});

const mostServicePrincipals = 20;

const guidList = z.string().transform((text, context): readonly Guid[] => {
  if (text === 'none') return [];
  const ids = text.split(',').map(one => parseGuid(one.trim()));
  const distinct = new Set(ids.filter(id => id !== null));
  if (distinct.size === ids.length && ids.length <= mostServicePrincipals) return [...distinct];
  context.addIssue(`is neither none nor a list of at most ${mostServicePrincipals} GUIDs, once each`);
  return z.NEVER;
});

const limitsOfTypes = z.string().transform((text, context): DeletionLimits['perType'] => {
  const limits = { user: 0, group: 0, contact: 0, device: 0 };
  const seen = new Set<string>();
  for (const one of text.split(',')) {
    const [, name, figure] = /^(\w+)=(\d{1,6})$/.exec(one.trim()) ?? [];
    const type = objectTypes.find(each => each === name);
    if (type === undefined || seen.has(type)) {
      context.addIssue('is not a list as user=50,group=20, each type once');
      return z.NEVER;
    }
    seen.add(type);
    limits[type] = Number(figure);
  }
  return limits;
});

/** The query is part of the secret. What is wrong with it is said without a word of it. */
const webhookUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '')
    return url.href;
  context.addIssue('is not an https address without user and fragment');
  return z.NEVER;
});

const rolloutStage = z.string().transform((text, context) => {
  const stage = parseRolloutStage(text);
  if (stage) return stage;
  context.addIssue(`is not exactly one of ${rolloutStages.join(', ')}, so that reportOnly holds`);
  return z.NEVER;
});

const testObjects = z.string().transform((text, context): ReadonlySet<string> => {
  if (text === 'none') return new Set();
  const keys = parseTestObjects(text);
  if (keys) return keys;
  context.addIssue('is neither none nor a list as user/<id>,group/<id>, so that it names nothing');
  return z.NEVER;
});

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
      'Part scan: object ids, separated by commas, of the service principals of Cloud Sync, one for each of its configurations; or none. ' +
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

export interface Configuration {
  readonly part: AppPart;
  readonly tenantId: string;
  readonly graphEndpoint: string;
  readonly readerClientId: string;
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  readonly sources: readonly ExpectedSource[];
  /** Empty: Cloud Sync is not in use, or is not looked at. */
  readonly cloudSyncServicePrincipalIds: readonly Guid[];
  readonly scanSchedule: string;
  readonly gateLimits: GateLimits;
  readonly waitingRules: WaitingRules;
  readonly notification: NotificationSettings;
}

/** Where to announce what happens. */
export interface NotificationSettings {
  /** A secret: it appears in no line and no message. null: nothing is sent. */
  readonly webhookUrl: string | null;
  readonly format: NotificationFormat;
}

/** What the part review needs beside the common settings, to decide. */
export interface ReviewConfiguration {
  readonly queueEndpoint: string;
  readonly approvalDays: number;
  readonly contactsThroughBeta: boolean;
}

export type ReviewConfigurationReading =
  | { readonly status: 'valid'; readonly review: ReviewConfiguration }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

/** What the part review needs to delete, and to undo it. */
export interface DeletionConfiguration {
  readonly rollout: Rollout;
  readonly deleterClientId: Guid;
  /** As the stage of the roll-out allows. */
  readonly perCall: number;
  readonly limits: DeletionLimits;
  readonly fourEyesTypes: ReadonlySet<ObjectType>;
  readonly quarantineDays: number;
  readonly contactsThroughBeta: boolean;
}

export type DeletionConfigurationReading =
  | { readonly status: 'valid'; readonly deletion: DeletionConfiguration }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

export interface SettingProblem {
  readonly setting: SettingName;
  /** Holds nothing of the value: health shows it to anybody. */
  readonly problem: string;
  /** Names out of the value, for the log alone. */
  readonly names?: readonly string[];
}

/** The settings as one value, or every problem at once. */
export type ConfigurationReading =
  | { readonly status: 'valid'; readonly configuration: Configuration }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which access tokens the part review accepts. */
export interface Authentication {
  readonly issuer: string;
  readonly audience: Guid;
  /** The scope that a person's token must hold. */
  readonly scope: string;
  readonly tenantId: Guid;
}

export type AuthenticationReading =
  | { readonly status: 'valid'; readonly authentication: Authentication }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

type ReadSetting = <Value>(name: SettingName, definition: Setting<Value>) => Value;

/** Which part this process is; null: the setting names none. Registration and health ask before anything else is read. */
export const readPart = (environment: Environment): AppPart | null =>
  appParts.find(part => part === environment['APP_PART']?.trim()) ?? null;

/** A reader that adds to `problems` where a setting can not be read; what it answers then is not to be used. */
const settingReader =
  (environment: Environment, problems: SettingProblem[]): ReadSetting =>
  <Value>(name: SettingName, { schema, fallback }: Setting<Value>): Value => {
    const text = environment[name]?.trim() || fallback;
    if (!text) {
      problems.push({ setting: name, problem: 'is missing' });
      return undefined as Value;
    }
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    problems.push(problemOf(name, parsed.error));
    return undefined as Value;
  };

/** The settings that decide who may call; the part review refuses every call while one of them is missing or wrong. */
export function readAuthentication(environment: Environment): AuthenticationReading {
  const problems: SettingProblem[] = [];
  const read = settingReader(environment, problems);
  const authentication: Authentication = {
    tenantId: read('TENANT_ID', settings.TENANT_ID),
    issuer: read('AUTH_ISSUER', settings.AUTH_ISSUER),
    audience: read('AUTH_AUDIENCE', settings.AUTH_AUDIENCE),
    scope: read('AUTH_SCOPE', settings.AUTH_SCOPE),
  };
  if (problems.length === 0 && issuerPattern.exec(authentication.issuer)?.[1] !== authentication.tenantId)
    problems.push({ setting: 'AUTH_ISSUER', problem: 'is the issuer of another tenant than TENANT_ID' });
  return problems.length === 0 ? { status: 'valid', authentication } : { status: 'invalid', problems };
}

/** The settings of deciding; `readConfiguration` reports their problems, too, in the part review. */
export function readReviewConfiguration(environment: Environment): ReviewConfigurationReading {
  const problems: SettingProblem[] = [];
  const read = settingReader(environment, problems);
  const review: ReviewConfiguration = {
    queueEndpoint: read('DATA_QUEUE_ENDPOINT', settings.DATA_QUEUE_ENDPOINT),
    approvalDays: read('APPROVAL_DAYS', settings.APPROVAL_DAYS),
    contactsThroughBeta: read('CONTACTS_THROUGH_BETA', settings.CONTACTS_THROUGH_BETA),
  };
  return problems.length === 0 ? { status: 'valid', review } : { status: 'invalid', problems };
}

/** The stage of the roll-out, and what is wrong with its settings: nothing that is wrong lets more through. */
export interface RolloutReading {
  readonly rollout: Rollout;
  readonly problems: readonly SettingProblem[];
}

/** Reads the stage as it is, without even a space beside it; what is wrong, or absent, means reportOnly, or no test object. */
export function readRollout(environment: Environment): RolloutReading {
  const problems: SettingProblem[] = [];
  const { ROLLOUT_STAGE: stageSetting, ROLLOUT_TEST_OBJECTS: objectsSetting } = settings;
  const stage = stageSetting.schema.safeParse(environment['ROLLOUT_STAGE'] || stageSetting.fallback);
  if (!stage.success) problems.push(problemOf('ROLLOUT_STAGE', stage.error));
  const objects = objectsSetting.schema.safeParse(
    environment['ROLLOUT_TEST_OBJECTS']?.trim() || objectsSetting.fallback,
  );
  if (!objects.success) problems.push(problemOf('ROLLOUT_TEST_OBJECTS', objects.error));
  const rollout: Rollout = {
    stage: stage.success ? stage.data : 'reportOnly',
    testObjects: objects.success ? objects.data : new Set(),
  };
  if (rollout.stage === 'testObjects' && objects.success && rollout.testObjects.size === 0)
    problems.push({
      setting: 'ROLLOUT_TEST_OBJECTS',
      problem: 'names no object, while ROLLOUT_STAGE is testObjects',
    });
  return { rollout, problems };
}

/**
 * What is wrong, but keeps nobody from the rest of the app, since the safest value is taken instead: health reports it. A stage that
 * is misspelled deletes nothing, and restoring must not wait for its correction.
 */
export const toleratedProblems = (environment: Environment): readonly SettingProblem[] => [
  ...(readPart(environment) === 'review' ? readRollout(environment).problems : []),
  ...readNotification(environment).problems,
];

/** The settings of notifications, and what is wrong with them: then nothing is sent, or in the form of Teams. */
export interface NotificationReading {
  readonly notification: NotificationSettings;
  readonly problems: readonly SettingProblem[];
}

/** A setting that is wrong here must not keep a scan from running, so it is no problem of `readConfiguration`. */
export function readNotification(environment: Environment): NotificationReading {
  const problems: SettingProblem[] = [];
  const { NOTIFICATION_WEBHOOK_URL: urlSetting, NOTIFICATION_FORMAT: formatSetting } = settings;
  const given = environment['NOTIFICATION_WEBHOOK_URL']?.trim() ?? '';
  const url = given === '' ? null : urlSetting.schema.safeParse(given);
  if (url?.success === false) problems.push(problemOf('NOTIFICATION_WEBHOOK_URL', url.error));
  const format = formatSetting.schema.safeParse(
    environment['NOTIFICATION_FORMAT']?.trim() || formatSetting.fallback,
  );
  if (!format.success) problems.push(problemOf('NOTIFICATION_FORMAT', format.error));
  const notification: NotificationSettings = {
    webhookUrl: url?.success ? url.data : null,
    format: format.success ? format.data : 'teams',
  };
  return { notification, problems };
}

/** The settings of deleting; `readConfiguration` reports their problems, too, in the part review. */
export function readDeletionConfiguration(environment: Environment): DeletionConfigurationReading {
  const problems: SettingProblem[] = [];
  const read = settingReader(environment, problems);
  const { rollout } = readRollout(environment);
  const deleterClientId = read('DELETER_CLIENT_ID', settings.DELETER_CLIENT_ID);
  const configured: CallAndDayLimits = {
    perCall: read('DELETIONS_PER_CALL', settings.DELETIONS_PER_CALL),
    limits: {
      perDay: read('DELETIONS_PER_DAY', settings.DELETIONS_PER_DAY),
      perType: read('DELETIONS_PER_DAY_AND_TYPE', settings.DELETIONS_PER_DAY_AND_TYPE),
    },
  };
  const deletion: DeletionConfiguration = {
    rollout,
    deleterClientId,
    ...(problems.length === 0 ? limitsOfStage(rollout.stage, configured) : configured),
    fourEyesTypes: read('FOUR_EYES_TYPES', settings.FOUR_EYES_TYPES),
    quarantineDays: read('QUARANTINE_DAYS', settings.QUARANTINE_DAYS),
    contactsThroughBeta: read('CONTACTS_THROUGH_BETA', settings.CONTACTS_THROUGH_BETA),
  };
  const approvalDays = read('APPROVAL_DAYS', settings.APPROVAL_DAYS);
  if (problems.length === 0 && deletion.quarantineDays >= approvalDays)
    problems.push({ setting: 'QUARANTINE_DAYS', problem: 'is not less than APPROVAL_DAYS' });
  // One identity for both could be handed another's rights in silence.
  const readerClientId = parseGuid(environment['READER_CLIENT_ID']?.trim() ?? '');
  if (problems.length === 0 && deletion.deleterClientId === readerClientId)
    problems.push({ setting: 'DELETER_CLIENT_ID', problem: 'is the identity of READER_CLIENT_ID' });
  return problems.length === 0 ? { status: 'valid', deletion } : { status: 'invalid', problems };
}

/** Of deleting, what is wrong whether or not it is switched on; a deleter that is missing counts only then. */
function deletionProblems(environment: Environment): readonly SettingProblem[] {
  const reading = readDeletionConfiguration(environment);
  if (reading.status === 'valid') return [];
  return reading.problems.filter(
    ({ setting: name, problem }) =>
      // These are read elsewhere, too.
      name !== 'APPROVAL_DAYS' &&
      name !== 'CONTACTS_THROUGH_BETA' &&
      (allowsDeletion(readRollout(environment).rollout) ||
        !(name === 'DELETER_CLIENT_ID' && problem === 'is missing')),
  );
}

export function readConfiguration(environment: Environment): ConfigurationReading {
  const problems: SettingProblem[] = [];
  const read = settingReader(environment, problems);
  const configuration: Configuration = {
    part: read('APP_PART', settings.APP_PART),
    tenantId: read('TENANT_ID', settings.TENANT_ID),
    graphEndpoint: read('GRAPH_ENDPOINT', settings.GRAPH_ENDPOINT),
    readerClientId: read('READER_CLIENT_ID', settings.READER_CLIENT_ID),
    blobEndpoint: read('DATA_BLOB_ENDPOINT', settings.DATA_BLOB_ENDPOINT),
    tableEndpoint: read('DATA_TABLE_ENDPOINT', settings.DATA_TABLE_ENDPOINT),
    sources: read('EXPORT_SOURCES', settings.EXPORT_SOURCES),
    cloudSyncServicePrincipalIds: read(
      'CLOUD_SYNC_SERVICE_PRINCIPAL_IDS',
      settings.CLOUD_SYNC_SERVICE_PRINCIPAL_IDS,
    ),
    scanSchedule: read('SCAN_SCHEDULE', settings.SCAN_SCHEDULE),
    notification: readNotification(environment).notification,
    gateLimits: read('GATE_LIMITS', settings.GATE_LIMITS),
    waitingRules: read('WAITING_RULES', settings.WAITING_RULES),
  };
  if (configuration.part === 'review') {
    const reading = readAuthentication(environment);
    // TENANT_ID was read above.
    if (reading.status === 'invalid')
      problems.push(...reading.problems.filter(one => one.setting !== 'TENANT_ID'));
    const review = readReviewConfiguration(environment);
    if (review.status === 'invalid') problems.push(...review.problems);
    problems.push(...deletionProblems(environment));
  }
  return problems.length === 0 ? { status: 'valid', configuration } : { status: 'invalid', problems };
}

function problemOf(name: SettingName, error: z.ZodError): SettingProblem {
  const names = error.issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  return {
    setting: name,
    problem: error.issues.map(describeIssue).join('; '),
    ...(names.length > 0 ? { names } : {}),
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const what = issue.code === 'unrecognized_keys' ? 'has a name that is not known here' : issue.message;
  return issue.path.length === 0 ? what : `at ${issue.path.join('.')}: ${what}`;
}

/** All problems in one message, each with the setting's name and an example. */
export function configurationError(problems: readonly SettingProblem[]): AppError {
  const lines = problems.map(
    ({ setting: name, problem, names = [] }) =>
      `${name} ${[problem, ...names].join(', ')}; for example: ${settings[name].example}`,
  );
  return new AppError('configurationInvalid', ['The app settings are not complete:', ...lines].join('\n  '));
}
