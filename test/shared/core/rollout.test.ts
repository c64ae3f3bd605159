import fc from 'fast-check';
import type { CloudId } from '../../../shared/core/cloudObject';
import { objectTypes } from '../../../shared/core/objectType';
import {
  allowsDeletion,
  allowsDeletionOf,
  cappedStageLimits,
  limitsOfStage,
  parseRolloutStage,
  parseTestObjects,
  rolloutStages,
  type CallAndDayLimits,
  type Rollout,
} from '../../../shared/core/rollout';

const id = '0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f' as CloudId;
const other = '1b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f' as CloudId;
const naming = (stage: Rollout['stage']): Rollout => ({ stage, testObjects: new Set([`user/${id}`]) });

test('a stage is compared exactly', () => {
  for (const stage of rolloutStages) {
    expect(parseRolloutStage(stage)).toBe(stage);
    for (const wrong of [` ${stage}`, `${stage} `, stage.toUpperCase(), `${stage}\n`])
      expect(parseRolloutStage(wrong)).toBeNull();
  }
  for (const wrong of ['', 'true', 'toString']) expect(parseRolloutStage(wrong)).toBeNull();
});

test('a list of test objects is read whole or not at all', () => {
  expect(parseTestObjects(`user/${id}`)).toEqual(new Set([`user/${id}`]));
  expect(parseTestObjects(` device/{${id.toUpperCase()}} ,user/${other},user/${other}`)).toEqual(
    new Set([`device/${id}`, `user/${other}`]),
  );
  for (const wrong of [
    '',
    id,
    `mailbox/${id}`,
    'user/',
    `user/${id},`,
    `user/${id}/x`,
    `User/${id}`,
    'user/ada',
  ])
    expect(parseTestObjects(wrong)).toBeNull();
});

test.each([
  ['reportOnly', false, false, false],
  ['testObjects', true, true, false],
  ['capped', true, true, true],
  ['normal', true, true, true],
] as const)(
  'in the stage %s: anything %s, a test object %s, another %s',
  (stage, anything, named, another) => {
    const rollout = naming(stage);
    expect(allowsDeletion(rollout)).toBe(anything);
    expect(allowsDeletionOf(rollout, { type: 'user', id })).toBe(named);
    expect(allowsDeletionOf(rollout, { type: 'user', id: other })).toBe(another);
    expect(allowsDeletionOf(rollout, { type: 'group', id })).toBe(another);
  },
);

const allOf = (figure: number): CallAndDayLimits['limits']['perType'] => ({
  user: figure,
  group: figure,
  contact: figure,
  device: figure,
});
const limits = (perCall: number, perDay: number, perType: number): CallAndDayLimits => ({
  perCall,
  limits: { perDay, perType: allOf(perType) },
});

test.each([
  ['below', limits(4, 9, 4), limits(4, 9, 4)],
  ['at', limits(5, 10, 5), limits(5, 10, 5)],
  ['above', limits(6, 11, 6), limits(5, 10, 5)],
])('in the stage capped, limits %s its own', (_where, configured, effective) =>
  expect(limitsOfStage('capped', configured)).toEqual(effective),
);

test('a stage never lets more through than is configured, and capped never more than its own limits', () => {
  const figure = fc.nat({ max: 30 });
  fc.assert(
    fc.property(
      fc.constantFrom(...rolloutStages),
      figure,
      figure,
      fc.record({ user: figure, group: figure, contact: figure, device: figure }),
      (stage, perCall, perDay, perType) => {
        const effective = limitsOfStage(stage, { perCall, limits: { perDay, perType } });
        const capped = stage === 'capped';
        const most = (own: number, configured: number): number =>
          capped ? Math.min(own, configured) : configured;
        expect(effective.perCall).toBe(most(cappedStageLimits.objectsPerCall, perCall));
        expect(effective.limits.perDay).toBe(most(cappedStageLimits.deletionsPerDay, perDay));
        for (const type of objectTypes)
          expect(effective.limits.perType[type]).toBe(
            most(cappedStageLimits.deletionsPerTypeAndDay, perType[type]),
          );
      },
    ),
  );
});
