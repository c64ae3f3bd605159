import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository. */
export const root = path.resolve(__dirname, '..', '..');

export const readDocument = (name: string): string => readFileSync(path.join(root, name), 'utf8');

/** The text between a heading (`## Gates`) and the next one of the same level or above. */
export function section(document: string, heading: string): string {
  const lines = document.split('\n');
  const from = lines.indexOf(heading);
  if (from === -1) throw new RangeError(`there is no heading "${heading}"`);
  const level = heading.indexOf(' ');
  let inCode = false;
  const length = lines.slice(from + 1).findIndex(line => {
    // A comment of a shell looks like a heading.
    if (line.startsWith('```')) inCode = !inCode;
    if (inCode) return false;
    const marks = /^(#+) /.exec(line)?.[1];
    return marks !== undefined && marks.length <= level;
  });
  return lines.slice(from + 1, length === -1 ? undefined : from + 1 + length).join('\n');
}

/** Rows of the table whose header row begins with these columns, as text of the cells; code marks are taken off. */
export function table(text: string, ...header: readonly string[]): string[][] {
  const lines = text.split('\n');
  const rows = lines.map(cellsOf);
  const from = rows.findIndex(cells => header.every((name, at) => cells?.[at] === name));
  if (from === -1) throw new RangeError(`there is no table with the columns ${header.join(', ')}`);
  const found: string[][] = [];
  // The line below the header row is its rule.
  for (const cells of rows.slice(from + 2)) {
    if (!cells) break;
    found.push(cells);
  }
  return found;
}

function cellsOf(line: string): string[] | null {
  if (!line.startsWith('|')) return null;
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map(cell => cell.trim().replaceAll('`', ''));
}

/** The steps of a state diagram, as `from` → what may follow; `[*]` is `none`. */
export function stateDiagram(text: string): Record<string, string[]> {
  const steps: Record<string, string[]> = {};
  for (const [, from, to] of text.matchAll(/^ *(\S+) --> (\S+)$/gm)) {
    const state = from === '[*]' ? 'none' : (from as string);
    steps[state] = [...(steps[state] ?? []), to as string];
  }
  return steps;
}

/** Where a document's links lead, code blocks left out. */
export function linkTargetsIn(document: string): string[] {
  const prose = document.replaceAll(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
}

/** The anchors that a document's headings make: lower case, spaces to hyphens, punctuation dropped. */
export const anchorsIn = (document: string): Set<string> =>
  new Set(
    [...document.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
