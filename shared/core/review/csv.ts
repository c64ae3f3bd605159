/** Numbers and truth values are the app's own; a text may come from anybody; null is an empty cell. */
export type CsvCell = string | number | boolean | null;

/** Control characters, halves of pairs, what ends a line, and what turns the direction of writing: shown, never obeyed. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/gu;

/** Characters that make a spreadsheet read a formula; with those that East Asian versions take for them (OWASP, "CSV Injection"). */
const formula = '=+\\-@＝＋－＠﹦﹢﹣﹫';
/** White space, invisible characters and quotation marks: some programs leave them out before they look for a formula. */
const skipped = '[\\s"\\u200b-\\u200f\\u2060]*';
const formulaFirst = new RegExp(`^${skipped}[${formula}]`, 'u');
/** Where the list separator is a semicolon, a cell begins behind one in the middle of ours. */
const formulaBehindSeparator = new RegExp(`;(?=${skipped}[${formula}])`, 'gu');

/**
 * Text that a spreadsheet shows and does not calculate: an apostrophe stands before what would begin a formula, and a character that
 * can not be seen is `\uXXXX`.
 */
export function harmlessText(text: string): string {
  const visible = text.replace(
    unprintable,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const behind = visible.replace(formulaBehindSeparator, ";'");
  return formulaFirst.test(behind) ? `'${behind}` : behind;
}

/** RFC 4180: rows end with CRLF, texts are quoted. A byte order mark comes first, else Excel reads UTF-8 as something else. */
export function csvOf(header: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  const lines = [header.map(quoted).join(',')];
  for (const row of rows) lines.push(row.map(cellOf).join(','));
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function cellOf(cell: CsvCell): string {
  if (cell === null) return '';
  return typeof cell === 'string' ? quoted(harmlessText(cell)) : String(cell);
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
