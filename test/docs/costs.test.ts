import { costRows, nightRows, tenants } from '../bench/costs/costsTable';
import { costLines, monthlyCosts, scanGigabytes } from '../bench/costs/monthlyCosts';
import { nightOf } from '../bench/costs/night';
import { prices } from '../bench/costs/prices';
import { readDocument, section, table } from './markdown';

const costs = section(readDocument('docs/operations.md'), '## Costs');

test('the tables of costs in docs/operations.md are what is computed', () => {
  expect(table(costs, 'One scan')).toEqual(nightRows());
  expect(table(costs, 'USD a month')).toEqual(costRows());
});

test('the document says of when the prices are, and that it is an estimate', () => {
  expect(costs).toContain(`as of ${prices.asOf}`);
  expect(costs).toContain('estimate');
});

test('a larger tenant never costs less, on any line', () => {
  const sizes = [0, 200, 5_000, ...tenants, 5_000_000].toSorted((one, other) => one - other);
  for (const line of costLines) {
    const months = sizes.map(objects => monthlyCosts(objects)[line]);
    expect([line, months.toSorted((one, other) => one - other)]).toEqual([line, months]);
  }
});

test('a scan of the largest tenant ends within the timeout of the host', () => {
  const { functionTimeout } = JSON.parse(readDocument('host.json')) as { readonly functionTimeout: string };
  const [hours = 0, minutes = 0, seconds = 0] = functionTimeout.split(':').map(Number);
  expect(nightOf(Math.max(...tenants)).seconds).toBeLessThan(hours * 3600 + minutes * 60 + seconds);
});

test('the memory that is paid for is one that the template offers', () => {
  for (const objects of tenants)
    expect(readDocument('infra/main.bicep')).toMatch(
      new RegExp(`param scanMemory 512 \\| .*\\b${scanGigabytes(objects) * 1024}\\b`),
    );
});
