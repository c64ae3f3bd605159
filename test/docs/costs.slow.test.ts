import { countNight } from '../bench/costs/countNight';
import { nightOf } from '../bench/costs/night';

jest.setTimeout(120_000);

test('a scan asks for what the costs are computed from: not more, and not much less', async () => {
  const objects = 3_000;
  const found = await countNight(objects);
  const { seconds: _, ...computed } = nightOf(objects);
  const compared = Object.entries(computed).map(([name, figure]) => {
    const real = found[name as keyof typeof found];
    // A few more or less depend on how long the scan takes.
    const fits = real <= figure && figure <= Math.max(real * 2.5, real + 10);
    return { name, real, figure, fits };
  });
  expect(compared.filter(({ fits }) => !fits)).toEqual([]);
});
