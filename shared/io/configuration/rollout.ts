import type { Rollout } from '../../core/rollout';
import { problemOf, type Environment, type SettingProblem } from './readSetting';
import { settings } from './settings';

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
