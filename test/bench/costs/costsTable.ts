import { costLines, monthlyCosts, privateNetworkingCosts } from './monthlyCosts';
import { nightOf } from './night';

/** The tenants of the table, by synced objects. */
export const tenants = [10_000, 1_000_000] as const;

const header = ['USD a month', ...tenants.map(objects => `${objects.toLocaleString('en-US')} objects`)];

const amount = (dollars: number): string => (dollars < 0.05 ? 'under 0.1' : dollars.toFixed(1));

/** The rows of the table "Costs" of docs/operations.md. */
export function costRows(): readonly (readonly string[])[] {
  const months = tenants.map(monthlyCosts);
  const sums = months.map(month => costLines.reduce((sum, line) => sum + month[line], 0));
  const besides = privateNetworkingCosts();
  return [
    ...costLines.map(line => [line, ...months.map(month => amount(month[line]))]),
    ['Sum', ...sums.map(sum => sum.toFixed(0))],
    ['Besides, with private networking', ...tenants.map(() => besides.toFixed(0))],
  ];
}

/** The rows of the table of one night. */
export function nightRows(): readonly (readonly string[])[] {
  const nights = tenants.map(nightOf);
  const row = (title: string, figure: (night: ReturnType<typeof nightOf>) => number): readonly string[] => [
    title,
    ...nights.map(night => figure(night).toLocaleString('en-US')),
  ];
  return [
    row('requests to Graph', night => night.graphRequests),
    row('table transactions', night => night.tableTransactions),
    row('blob reads', night => night.blobReads),
    row('blob writes', night => night.blobWrites),
    row('seconds', night => night.seconds),
  ];
}

const markdown = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

/** Both tables as they stand in the document, before the formatter. */
export const costTables = (): string =>
  `${markdown(['One scan', ...header.slice(1)], nightRows())}\n\n${markdown(header, costRows())}\n`;
