/** One entry of docs/assumptions.md, as far as a check needs it. */
export interface AssumptionEntry {
  /** G1, E1, S1 … */
  readonly id: string;
  readonly title: string;
  /** The text of its **Check** line, on one line. */
  readonly check: string;
  /** Whether that line promises a check on a tenant without writing: its first word is `tenant`. */
  readonly onTenant: boolean;
}

const heading = /^### (?<id>[A-Z]\d+) (?<title>.+)$/;
const checkLine = /^- \*\*Check\*\*: (?<text>.+)$/;

/** The entries of the document in their order. One without a Check line has an empty `check`. */
export function assumptionEntriesOf(document: string): AssumptionEntry[] {
  const entries: { id: string; title: string; check: string }[] = [];
  let inCheck = false;
  for (const line of document.split('\n')) {
    const entry = heading.exec(line)?.groups as { id: string; title: string } | undefined;
    if (entry) entries.push({ id: entry.id, title: entry.title, check: '' });
    const current = entries.at(-1);
    const text = checkLine.exec(line)?.groups?.['text'];
    // A line that was broken goes on, indented.
    const more: string | undefined = inCheck && line.startsWith('  ') ? line.trim() : undefined;
    inCheck = text !== undefined || more !== undefined;
    if (current) current.check = [current.check, text ?? more].filter(Boolean).join(' ');
  }
  return entries.map(entry => ({ ...entry, onTenant: /^tenant\b/.test(entry.check) }));
}
