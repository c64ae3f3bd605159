import fc from 'fast-check';
import type { Instant } from '../../../../shared/core/instant';
import { createWriteRate } from '../../../../shared/io/graph/writeRate';

const never = Infinity as Instant;

test('no second holds more writes than the rate, however they come', () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.nat(300), { maxLength: 200 }),
      (perSecond, gaps) => {
        const rate = createWriteRate(perSecond);
        let now = 0;
        const at = gaps.map(gap => {
          now += gap;
          return now + (rate.reserve(now as Instant, never) ?? NaN);
        });
        const spans = at.slice(perSecond).map((time, first) => time - at[first]!);
        expect(spans.filter(span => span < 1_000)).toEqual([]);
      },
    ),
  );
});

test('the first does not wait; the next waits for its place, and one after a pause does not', () => {
  const rate = createWriteRate(10);
  const reserve = (now: number) => rate.reserve(now as Instant, never);
  expect([0, 0, 50, 1_000, 1_099, 1_200].map(reserve)).toEqual([0, 100, 150, 0, 1, 0]);
});

test('a place after the latest time is not taken', () => {
  const rate = createWriteRate(10);
  expect(rate.reserve(0 as Instant, 0 as Instant)).toBe(0);
  expect(rate.reserve(0 as Instant, 99 as Instant)).toBeNull();
  expect(rate.reserve(0 as Instant, 100 as Instant)).toBe(100);
});

test('a clock that was set back does not stop the writes for as long as it was wrong', () => {
  const rate = createWriteRate(10);
  rate.reserve((24 * 60 * 60_000) as Instant, never);
  expect(rate.reserve(0 as Instant, never)).toBeLessThanOrEqual(10 * 60_000);
});
