import {
  linkTargets,
  maxKeptVanished,
  unexplainedLimitProblem,
  VanishedCount,
  type Vanished,
} from '../../../agent/src/core/vanished';

const key = (number: number): Uint8Array => new Uint8Array(16).fill(number);
const has =
  (...numbers: number[]): ((bytes: Uint8Array) => boolean) =>
  bytes =>
    numbers.includes(bytes[0]!);

function vanishedObjects(
  lastKeys: readonly Uint8Array[],
  isPresent: (objectGUID: Uint8Array) => boolean,
  hasTombstone: (objectGUID: Uint8Array) => boolean,
): Vanished {
  const count = new VanishedCount(isPresent, hasTombstone);
  for (const objectGUID of lastKeys) count.add(objectGUID);
  return count.result();
}

describe('objects of the last export', () => {
  test('that are gone are explained by their tombstones, and by nothing else', () => {
    expect(vanishedObjects([key(1), key(2), key(3), key(4)], has(1), has(2, 9))).toEqual({
      explained: 1,
      unexplained: 2,
      unexplainedKeys: [key(3), key(4)],
    });
  });

  test('that are here need no tombstone, even if there is one', () => {
    expect(vanishedObjects([key(1)], has(1), has(1))).toEqual({
      explained: 0,
      unexplained: 0,
      unexplainedKeys: [],
    });
  });

  test.each([maxKeptVanished, maxKeptVanished + 1])('%i unexplained: all counted, so many kept', number => {
    const vanished = vanishedObjects(
      Array.from({ length: number }, () => key(1)),
      has(),
      has(),
    );
    expect(vanished.unexplained).toBe(number);
    expect(vanished.unexplainedKeys).toHaveLength(maxKeptVanished);
  });
});

describe('what is unexplained', () => {
  const limits = { danglingLinks: 10, vanished: 0 };

  test.each([
    [0, 0],
    [10, 0],
  ])('%i dangling and %i vanished lie within the limits', (danglingLinks, vanished) => {
    expect(unexplainedLimitProblem({ danglingLinks, vanished }, limits, null)).toEqual({
      kind: 'ok',
      accepted: 0,
      note: null,
    });
  });

  test.each([
    [11, 0, 11, 'is 11 group members are objects that the account does not see (limit 10).'],
    [10, 1, 1, 'is 1 objects of the last export are gone without a tombstone (limit 0).'],
    [11, 5, 16, 'is 5 objects of the last export'],
  ])(
    '%i dangling and %i vanished are refused, and accepted by %i alone',
    (danglingLinks, vanished, figure, start) => {
      const figures = { danglingLinks, vanished };
      const refused = unexplainedLimitProblem(figures, limits, null);
      const problem = refused.kind === 'refused' ? refused.problem : '';
      expect(`is ${problem}`).toContain(start);
      expect(problem).toMatch(new RegExp(`--accept-unexplained ${figure}\\.$`));
      expect(unexplainedLimitProblem(figures, limits, figure)).toEqual({
        kind: 'ok',
        accepted: figure,
        note: null,
      });
      for (const other of [figure - 1, figure + 1]) {
        expect(unexplainedLimitProblem(figures, limits, other)).toEqual({
          kind: 'refused',
          problem: expect.stringContaining(`--accept-unexplained ${other} is another number`),
        });
      }
    },
  );

  test('a number that was not needed accepts nothing, and is told', () => {
    expect(unexplainedLimitProblem({ danglingLinks: 10, vanished: 0 }, limits, 10)).toEqual({
      kind: 'ok',
      accepted: 0,
      note: expect.stringContaining('--accept-unexplained 10 was not needed'),
    });
  });
});

describe('a group member must be in the export', () => {
  const isTarget = linkTargets(
    ['DC=contoso,DC=example', 'DC=leaf,DC=child,DC=contoso,DC=example'],
    ['DC=child,DC=contoso,DC=example', 'CN=Configuration,DC=contoso,DC=example'],
  );

  test.each([
    ['CN=Ada,OU=Staff,dc=contoso, dc=example', true],
    ['CN=Ada,DC=leaf,DC=child,DC=contoso,DC=example', true],
    ['DC=contoso,DC=example', true],
    ['CN=Ada,DC=child,DC=contoso,DC=example', false],
    ['CN=x,CN=Configuration,DC=contoso,DC=example', false],
    ['CN=Ada,DC=fabrikam,DC=example', false],
    [String.raw`CN=Ada\0ADEL:1,CN=Deleted Objects,DC=contoso,DC=example`, false],
    [String.raw`CN=Ada\0ADEL:1,CN=Deleted Objects,DC=leaf,DC=child,DC=contoso,DC=example`, false],
    ['CN=Deleted Objects,OU=Staff,DC=contoso,DC=example', true],
  ])('%s: %p', (member, expected) => {
    expect(isTarget(member)).toBe(expected);
  });
});
