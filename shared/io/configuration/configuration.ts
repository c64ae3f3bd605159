import type { GateLimits } from '../../core/gates/limits';
import type { Guid } from '../../core/keys/guid';
import type { WaitingRules } from '../../core/waiting';
import type { ExpectedSource } from '../exports/exportStore';
import { readAuthentication } from './authentication';
import { deletionProblems } from './deletion';
import { readNotification, type NotificationSettings } from './notification';
import { settingReader, type Environment, type SettingProblem } from './readSetting';
import { readReviewConfiguration } from './review';
import { readRollout } from './rollout';
import { appParts, settings, type AppPart } from './settings';

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

/** The settings as one value, or every problem at once. */
export type ConfigurationReading =
  | { readonly status: 'valid'; readonly configuration: Configuration }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

/** Which part this process is; null: the setting names none. Registration and health ask before anything else is read. */
export const readPart = (environment: Environment): AppPart | null =>
  appParts.find(part => part === environment['APP_PART']?.trim()) ?? null;

/**
 * What is wrong, but keeps nobody from the rest of the app, since the safest value is taken instead: health reports it. A stage that
 * is misspelled deletes nothing, and restoring must not wait for its correction.
 */
export const toleratedProblems = (environment: Environment): readonly SettingProblem[] => [
  ...(readPart(environment) === 'review' ? readRollout(environment).problems : []),
  ...readNotification(environment).problems,
];

/** What both parts need. A part whose own settings are wrong can still tell by these that something is missed. */
export function readCommonConfiguration(environment: Environment): ConfigurationReading {
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
  return problems.length === 0 ? { status: 'valid', configuration } : { status: 'invalid', problems };
}

/** What the part of this process needs: the common settings, and in the part review its own. */
export function readConfiguration(environment: Environment): ConfigurationReading {
  const common = readCommonConfiguration(environment);
  const problems = common.status === 'valid' ? [] : [...common.problems];
  if (readPart(environment) === 'review') {
    const reading = readAuthentication(environment);
    // TENANT_ID was read above.
    if (reading.status === 'invalid')
      problems.push(...reading.problems.filter(one => one.setting !== 'TENANT_ID'));
    const review = readReviewConfiguration(environment);
    if (review.status === 'invalid') problems.push(...review.problems);
    problems.push(...deletionProblems(environment));
  }
  return problems.length === 0 ? common : { status: 'invalid', problems };
}
