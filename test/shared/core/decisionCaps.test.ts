import fc from 'fast-check';
import {
  claimDeletions,
  emptyCounter,
  giveBackDeletions,
  utcDayOf,
  type DeletionCounter,
  type DeletionLimits,
} from '../../../shared/core/decisionCaps';
import { objectTypes } from '../../../shared/core/objectType';
import { instant } from '../../support/builders';

const limits: DeletionLimits = { perDay: 10, perType: { user: 6, group: 5, contact: 0, device: 99 } };
const day = utcDayOf(instant('2026-11-20T23:59:59.999Z'));
const counter: DeletionCounter = {
  ...emptyCounter(day),
  claimed: { user: 4, group: 3, contact: 0, device: 0 },
};
const inAll = ({ claimed }: DeletionCounter): number =>
  objectTypes.reduce((sum, type) => sum + claimed[type], 0);

test('a day is one of UTC', () => {
  expect(day).toBe('20261120');
  expect(utcDayOf(instant('2026-11-21T00:30:00+01:00'))).toBe('20261120');
  expect(utcDayOf(instant('2026-11-21T00:00:00Z'))).toBe('20261121');
});

test.each([
  ['below the cap of the type', 'user', 1, 1],
  ['at the cap of the type', 'user', 2, 2],
  ['above the cap of the type', 'user', 3, 2],
  ['below the cap of all', 'device', 2, 2],
  ['at the cap of all', 'device', 3, 3],
  ['above the cap of all', 'device', 4, 3],
  ['a type that may not be deleted', 'contact', 1, 0],
  ['none', 'user', 0, 0],
  ['less than none', 'user', -5, 0],
] as const)('%s: of %s %i asked for', (_, type, count, granted) => {
  const claimed = claimDeletions(counter, limits, type, count);
  expect(claimed.granted).toBe(granted);
  expect(claimed.counter).toEqual({
    day,
    claimed: { ...counter.claimed, [type]: counter.claimed[type] + granted },
  });
});

test('limits that were lowered under what is claimed grant nothing, and take nothing back', () => {
  const lowered = { perDay: 1, perType: { user: 1, group: 1, contact: 1, device: 1 } };
  expect(claimDeletions(counter, lowered, 'user', 3)).toEqual({ granted: 0, counter });
});

test('what is given back can be claimed again, and never more than was claimed', () => {
  expect(giveBackDeletions(counter, 'user', 1).claimed.user).toBe(3);
  expect(giveBackDeletions(counter, 'user', 5).claimed.user).toBe(0);
  expect(giveBackDeletions(counter, 'user', -5)).toEqual(counter);
});

test('law: whatever is claimed and given back, no cap is exceeded', () => {
  const move = fc.record({
    type: fc.constantFrom(...objectTypes),
    count: fc.integer({ min: -2, max: 12 }),
    back: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move), moves => {
      let now = emptyCounter(day);
      for (const { type, count, back } of moves) {
        now = back ? giveBackDeletions(now, type, count) : claimDeletions(now, limits, type, count).counter;
        expect(inAll(now)).toBeLessThanOrEqual(limits.perDay);
        for (const each of objectTypes) {
          expect(now.claimed[each]).toBeLessThanOrEqual(limits.perType[each]);
          expect(now.claimed[each]).toBeGreaterThanOrEqual(0);
        }
      }
    }),
  );
});
