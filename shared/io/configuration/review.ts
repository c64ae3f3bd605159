import { settingReader, type Environment, type SettingProblem } from './readSetting';
import { settings } from './settings';

/** What the part review needs beside the common settings, to decide. */
export interface ReviewConfiguration {
  readonly queueEndpoint: string;
  readonly approvalDays: number;
  readonly contactsThroughBeta: boolean;
}

export type ReviewConfigurationReading =
  | { readonly status: 'valid'; readonly review: ReviewConfiguration }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

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
