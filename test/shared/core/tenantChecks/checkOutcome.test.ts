import fc from 'fast-check';
import {
  allOf,
  differs,
  exitCodeOf,
  holds,
  notChecked,
  withoutIds,
  type CheckOutcome,
} from '../../../../shared/core/tenantChecks/checkOutcome';

const outcome: fc.Arbitrary<CheckOutcome> = fc.constantFrom(
  holds('seen', ['user/1']),
  differs('seen otherwise', 'wrong'),
  notChecked('not allowed'),
  notChecked('not allowed', 'seen in part'),
);

test('a question holds only where every part of it holds, and one that differs is enough, in any order', () => {
  fc.assert(
    fc.property(fc.array(outcome), parts => {
      const { status } = allOf(parts);
      const statuses = parts.map(part => part.status);
      expect(status === 'holds').toBe(parts.length > 0 && statuses.every(one => one === 'holds'));
      expect(status === 'differs').toBe(statuses.includes('differs'));
      expect(allOf(parts.toReversed()).status).toBe(status);
    }),
  );
});

test('what was found of every part is told, and why of those that do not hold', () => {
  expect(allOf([holds('a', ['user/1']), notChecked('b'), differs('c', 'd', ['user/2'])])).toEqual({
    status: 'differs',
    found: ['a', 'c'],
    why: ['b', 'd'],
    objects: ['user/1', 'user/2'],
  });
});

test.each([
  [{}, 2],
  [{ G1: notChecked('x') }, 2],
  [{ G1: holds('x'), G2: notChecked('x') }, 0],
  [{ G1: notChecked('x'), I3: holds('x') }, 2],
  [{ G1: notChecked('x'), I3: differs('x', 'y') }, 1],
  [{ G1: holds('x'), G2: notChecked('x'), G3: differs('x', 'y') }, 1],
])('exit code of %j is %i', (outcomes, code) => {
  expect(exitCodeOf(new Map(Object.entries(outcomes)))).toBe(code);
});

test('a text loses its ids, and nothing else', () => {
  const id = 'AAAAAAAA-bbbb-4ccc-8ddd-eeeeeeeeeeee';
  expect(withoutIds(`user/${id} and ${id.toLowerCase()}, 4 of 5`)).toBe('user/<id> and <id>, 4 of 5');
});
