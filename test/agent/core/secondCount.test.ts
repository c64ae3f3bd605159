import fc from 'fast-check';
import { explainDifference, maxKeptDifferences, SecondCount } from '../../../agent/src/core/secondCount';

const key = (number: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(4, number);
  return bytes;
};
const numberOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(4);
const byNumber = (keys: readonly Uint8Array[]): number[] => keys.map(numberOf).sort((a, b) => a - b);

describe('two readings of a naming context', () => {
  test('differ in nothing where both have the same', () => {
    const count = new SecondCount(10);
    expect(count.addFirst(key(1), 'user')).toBe(true);
    expect(count.addFirst(key(2), null)).toBe(true);
    count.restartSecond();
    count.addSecond(key(2));
    count.addSecond(key(1));
    expect(count.differences()).toEqual({
      onlyInFirst: 0,
      onlyInSecond: 0,
      keysOnlyInFirst: [],
      keysOnlyInSecond: [],
    });
    expect([count.inFirst, count.inSecond]).toEqual([2, 2]);
  });

  test('an entry that comes again counts once, and keeps its class', () => {
    const count = new SecondCount();
    expect(count.addFirst(key(1), 'group')).toBe(true);
    expect(count.addFirst(key(1), 'user')).toBe(false);
    expect(count.exportedClass(key(1))).toBe('group');
    expect(count.inFirst).toBe(1);
  });

  test('the classes of what was exported are known, also after the second reading', () => {
    const count = new SecondCount();
    const classes = ['user', 'group', 'contact', 'computer', 'other', null] as const;
    classes.forEach((objectClass, at) => count.addFirst(key(at), objectClass));
    classes.forEach((_, at) => count.addSecond(key(at)));
    count.addSecond(key(99));
    expect(classes.map((_, at) => count.exportedClass(key(at)))).toEqual(classes);
    expect(classes.every((_, at) => count.isInFirst(key(at)))).toBe(true);
    for (const unknown of [99, 100]) {
      expect(count.isInFirst(key(unknown))).toBe(false);
      expect(count.exportedClass(key(unknown))).toBeNull();
    }
  });

  test('what an attempt saw that broke off counts for nothing', () => {
    const count = new SecondCount();
    count.addFirst(key(1), 'user');
    count.restartSecond();
    count.addSecond(key(1));
    count.addSecond(key(7));
    count.restartSecond();
    expect(count.differences()).toMatchObject({ onlyInFirst: 1, onlyInSecond: 0, keysOnlyInSecond: [] });
    expect(byNumber(count.differences().keysOnlyInFirst)).toEqual([1]);
  });

  test.each([maxKeptDifferences - 1, maxKeptDifferences, maxKeptDifferences + 1])(
    '%i differences are all counted, and kept up to the limit',
    number => {
      const count = new SecondCount();
      for (let at = 0; at < number; at += 1) {
        count.addFirst(key(at), 'user');
        count.addSecond(key(100_000 + at));
      }
      const differences = count.differences();
      expect([differences.onlyInFirst, differences.onlyInSecond]).toEqual([number, number]);
      const kept = Math.min(number, maxKeptDifferences);
      expect(differences.keysOnlyInFirst).toHaveLength(kept);
      expect(differences.keysOnlyInSecond).toHaveLength(kept);
    },
  );

  test('differ by the symmetric difference of their sets, whatever comes in which order and how often', () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('first', 'second'), at: fc.nat(12) }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'restart', at: 0 } as const) },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), operations => {
        const count = new SecondCount();
        const first = new Set<number>();
        const second = new Set<number>();
        const added: [actual: boolean, expected: boolean][] = [];
        for (const { kind, at } of operations) {
          if (kind === 'restart') {
            count.restartSecond();
            second.clear();
          } else if (kind === 'first') {
            added.push([count.addFirst(key(at), 'user'), !first.has(at)]);
            first.add(at);
          } else {
            count.addSecond(key(at));
            second.add(at);
          }
        }
        expect(added.every(([actual, expected]) => actual === expected)).toBe(true);
        const onlyInFirst = [...first].filter(at => !second.has(at)).sort((a, b) => a - b);
        const onlyInSecond = [...second].filter(at => !first.has(at)).sort((a, b) => a - b);
        const differences = count.differences();
        expect([count.inFirst, count.inSecond]).toEqual([first.size, second.size]);
        expect([differences.onlyInFirst, differences.onlyInSecond]).toEqual([
          onlyInFirst.length,
          onlyInSecond.length,
        ]);
        expect(byNumber(differences.keysOnlyInFirst)).toEqual(onlyInFirst);
        expect(byNumber(differences.keysOnlyInSecond)).toEqual(onlyInSecond);
      }),
    );
  });
});

describe('a difference between the readings', () => {
  const usnBefore = 1000n;

  test.each([
    ['second', false, 1001n],
    ['first', true, 1001n],
    ['first', false, 1001n],
    ['second', true, 2n ** 63n - 1n],
  ] as const)('only in the %s, deleted %p, uSNChanged %p: is explained', (reading, isDeleted, uSNChanged) => {
    expect(explainDifference({ in: reading, found: { isDeleted, uSNChanged }, usnBefore })).toEqual({
      kind: 'explained',
    });
  });

  test.each([
    ['second', { isDeleted: false, uSNChanged: 1000n }, 'only the second reading has it, but it is live'],
    ['first', { isDeleted: false, uSNChanged: 1000n }, 'only the first reading has it, but it is live'],
    ['first', { isDeleted: true, uSNChanged: 999n }, 'uSNChanged 999, the readings began at 1000'],
    ['first', null, 'not found by its objectGUID'],
    ['second', null, 'not found by its objectGUID'],
  ] as const)('only in the %s, found %p: is not explained', (reading, found, reason) => {
    expect(explainDifference({ in: reading, found, usnBefore })).toEqual({
      kind: 'unexplained',
      reason: expect.stringContaining(reason),
    });
  });
});
