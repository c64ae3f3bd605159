import { Statistics } from '../support/histories/statistics';
import { breachesOfOrganisations } from '../support/randomNights/checkOrganisation';
import { nightFaults } from '../support/randomNights/nightFaults';

// 5,000 objects, three nights, faults drawn from everything that test/support/randomNights knows. 200 of them, each with an
// organisation of its own: npm run prove:histories.

const seeds = 40;

describe(`${seeds} random organisations with random faults`, () => {
  const statistics = new Statistics();
  let breaches: readonly string[];
  beforeAll(async () => {
    breaches = await breachesOfOrganisations({ from: 0, count: seeds, sharing: 8 }, statistics);
  }, 300_000);

  test('candidates are orphans in truth, always, and equal to the truth wherever no fault was injected', () => {
    expect(breaches).toEqual([]);
  });

  test('are about something', () => {
    expect(statistics.of('peaceful organisations')).toBe(seeds / 8);
    expect(statistics.of('faulty organisations: runs finished')).toBeGreaterThan(12);
    expect(statistics.of('faulty organisations: runs refused')).toBeGreaterThan(12);
    expect(statistics.of('faulty organisations: compared with the truth')).toBeGreaterThan(4);
    expect(statistics.of('faulty organisations: orphans that no fault touched')).toBeGreaterThan(150);
    const injected = Object.keys(nightFaults).filter(name => statistics.of(`faults: ${name}`) > 0);
    expect(injected.length).toBeGreaterThan(20);
  });
});
