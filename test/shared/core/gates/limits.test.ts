import {
  defaultGateLimits,
  gateLimitChangesSchema,
  gateLimitsSchema,
  gateLimitsWith,
} from '../../../../shared/core/gates/limits';

const parse = (changes: unknown) => gateLimitChangesSchema.safeParse(changes);

test('the default limits are limits', () =>
  expect(gateLimitsSchema.parse(defaultGateLimits)).toEqual(defaultGateLimits));

test('without changes the limits are the default ones', () =>
  expect(gateLimitsWith({})).toEqual(defaultGateLimits));

test('a change replaces one figure, and leaves every other as it is', () => {
  expect(gateLimitsWith({ exportAgeHours: 26 })).toEqual({ ...defaultGateLimits, exportAgeHours: 26 });
  expect(gateLimitsWith({ exportDropObjects: 0 })).toEqual({ ...defaultGateLimits, exportDropObjects: 0 });
});

test.each(['matchRateFloorPercent', 'candidatesObjects', 'candidatesPercent', 'newMissingObjects'] as const)(
  'of %s, the change of one type leaves the other types as they are',
  name => {
    expect(gateLimitsWith({ [name]: { contact: 7 } })).toEqual({
      ...defaultGateLimits,
      [name]: { ...defaultGateLimits[name], contact: 7 },
    });
    expect(parse({ [name]: 7 }).success).toBe(false);
    expect(parse({ [name]: { room: 7 } }).success).toBe(false);
  },
);

describe('a limit is a number within its bounds', () => {
  test.each<[string, unknown, unknown]>([
    ['exportAgeHours', 1, 0.9],
    ['exportAgeHours', 720, 720.1],
    ['clockAheadMinutes', 0, -0.1],
    ['clockAheadMinutes', 60, 61],
    ['exportFloorObjects', 0, -1],
    ['exportFloorObjects', 1_000_000, 1_000_001],
    ['exportDropPercent', 0, -0.1],
    ['exportDropPercent', 99.9, 100.1],
    ['exportDropObjects', 10, 10.5],
    ['canariesUnseenObjects', 0, null],
    ['replicationLagHours', 720, 721],
    ['synchronisationAgeHours', 1, '24'],
    ['candidatesLeastObjects', 0, Number.NaN],
    ['pendingDeletionsObjects', 500, Number.POSITIVE_INFINITY],
  ])('%s: %p is, and %p is not', (name, taken, refused) => {
    expect(parse({ [name]: taken }).success).toBe(true);
    expect(parse({ [name]: refused }).success).toBe(false);
  });
});

test('a name that is no limit is refused: it would be one that somebody believes in', () => {
  expect(parse({ exportAgeHour: 26 }).success).toBe(false);
  expect(parse({ newMissingObjects: { users: 26 } }).success).toBe(false);
  expect(parse([]).success).toBe(false);
  expect(parse(null).success).toBe(false);
});
