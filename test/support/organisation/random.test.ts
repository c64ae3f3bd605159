import { Random } from './random';

describe('the seeded generator', () => {
  const numbers = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.uint32());
  };

  test('gives the same numbers for a seed, and others for its neighbours and for seeds beyond 32 bits', () => {
    expect(numbers(7)).toEqual(numbers(7));
    const firsts = [0, 1, 2, 7, 2 ** 32, 2 ** 32 + 1].map(seed => numbers(seed)[0]);
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test('spreads evenly below a limit, and reaches both ends', () => {
    const random = new Random(3);
    const counts = [0, 0, 0, 0, 0];
    for (let draw = 0; draw < 5000; draw += 1) counts[random.below(5)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('a chance of nothing never comes, a certainty always', () => {
    const random = new Random(5);
    const draws = Array.from({ length: 1000 }, () => [random.chance(0), random.chance(1)]);
    expect(draws.every(([never, always]) => never === false && always === true)).toBe(true);
  });
});
