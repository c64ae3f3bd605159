import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readScenario, runScenario } from '../support/scenario';

const names = readdirSync(__dirname, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
  .sort();

/** How many numbered cases domain.md has; each has at least one directory `case-NN-…`. */
const cases = 38;

describe('what a naive compare would delete', () => {
  test.each(names)('%s', async name => {
    const directory = path.join(__dirname, name);
    const golden = path.join(directory, 'plan.json');
    const plan = await runScenario(readScenario(directory));
    // A new scenario's plan is written once, to be read and committed; CI never writes one.
    if (!existsSync(golden) && process.env['CI'] === undefined)
      writeFileSync(golden, `${JSON.stringify(plan, null, 2)}\n`);
    expect(plan).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
    expect(readFileSync(path.join(directory, 'why.md'), 'utf8')).toMatch(/^# .+\n\n.+/);
  });

  test('every case has its scenario', () => {
    const missing = Array.from(
      { length: cases },
      (_, at) => `case-${String(at + 1).padStart(2, '0')}-`,
    ).filter(prefix => !names.some(name => name.startsWith(prefix)));
    expect(missing).toEqual([]);
  });
});
