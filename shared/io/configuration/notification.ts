import type { NotificationFormat } from '../../core/notificationMessage';
import { problemOf, type Environment, type SettingProblem } from './readSetting';
import { settings } from './settings';

/** Where to announce what happens. */
export interface NotificationSettings {
  /** A secret: it appears in no line and no message. null: nothing is sent. */
  readonly webhookUrl: string | null;
  readonly format: NotificationFormat;
}

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
