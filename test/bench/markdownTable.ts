/** A table as Prettier would have it: the first row is the header. */
export function markdownTable(rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map(row => row.map(escaped));
  const [head = [], ...body] = cells;
  const widths = head.map((_, at) => Math.max(3, ...cells.map(line => line[at]?.length ?? 0)));
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)];
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
