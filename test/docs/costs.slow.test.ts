import { countNight } from '../bench/costs/countNight';
import { nightOf } from '../bench/costs/night';

jest.setTimeout(120_000);

test('a scan asks for what the costs are computed from: not more, and not much less', async () => {
  const objects = 3_000;
  const found = await countNight(objects);
  const { seconds: _, ...computed } = nightOf(objects);
  const compared = Object.entries(computed).map(([name, figure]) => {
    const real = found[name as keyof typeof found];
    const fits = real <= figure && figure <= real * 2.5;
    return { name, real, figure, fits };
  });
  expect(compared.filter(({ fits }) => !fits)).toEqual([]);
});
