import type { DeletionLimits } from '../../core/decisionCaps';
import { parseGuid, type Guid } from '../../core/keys/guid';
import type { ObjectType } from '../../core/objectType';
import { allowsDeletion, limitsOfStage, type CallAndDayLimits, type Rollout } from '../../core/rollout';
import { settingReader, type Environment, type SettingProblem } from './readSetting';
import { readRollout } from './rollout';
import { settings } from './settings';

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
export function deletionProblems(environment: Environment): readonly SettingProblem[] {
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
