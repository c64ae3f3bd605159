import { waitNames, type StoredFacts, type Wait } from '../../../shared/core/facts';
import { objectTypes } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { ScannedNight } from './pastNights';

/** Rows of a table that are printed; a large organisation has more. */
const rowsShown = 100;
const widestCell = 58;

/** What a person sees of one scan: the candidates with their evidence, what needs attention, and the counts. */
export function reportOf(run: ScanRun, rows: readonly StoredFacts[]): string {
  const candidates = rows.filter(row => row.state === 'candidate');
  const observed = rows.filter(row => row.state === 'observed');
  const attention = rows.filter(row => row.state === 'attention');
  return [
    `Orphan candidates: ${candidates.length}`,
    '',
    ...table(['type', 'name', 'proof', 'enabled', 'licences', 'evidence'], candidates.map(candidateRow)),
    '',
    ...(observed.length === 0
      ? []
      : [
          `Missing, but not candidates yet: ${observed.length}`,
          '',
          ...table(['waits for', 'objects', 'until', 'for example'], observedRows(observed)),
          '',
        ]),
    `For a person to look at, not to be approved: ${attention.length}`,
    '',
    ...table(['why', 'objects', 'for example'], attentionRows(attention)),
    '',
    'Outcomes',
    '',
    ...outcomeTable(run),
    '',
    runLine(run),
  ].join('\n');
}

/** One line a night: what was scanned, what the table says after it, and what holds. */
export function nightLine({ startedAt, run, rows }: ScannedNight): string {
  const count = (state: StoredFacts['state']): number => rows.filter(row => row.state === state).length;
  const observed = rows.filter(row => row.state === 'observed');
  const waits = waitNames
    .map(name => ({ name, objects: observed.filter(row => waitsFor(row, name)).length }))
    .toSorted((a, b) => b.objects - a.objects);
  const most = waits[0] && waits[0].objects > 0 ? `, most wait for ${waits[0].name}` : '';
  const locks = [...new Set(run.holds.map(hold => hold.gate))];
  return [
    `Night of ${new Date(startedAt).toISOString().slice(0, 10)}`,
    run.state.padEnd(8),
    run.exports.map(used => `${used.source} #${used.sequence}`).join(', '),
    `${counted(count('observed'), 'observed')} ${counted(count('candidate'), 'candidates')} ` +
      `${counted(count('attention'), 'attention')} ${counted(count('withdrawn'), 'withdrawn')}${most}`,
    ...(locks.length > 0 ? [`locked by ${locks.join(', ')}`] : []),
  ].join('  ');
}

const counted = (count: number, what: string): string => `${String(count).padStart(3)} ${what}`;
const waitsFor = (row: StoredFacts, name: Wait['for']): boolean =>
  row.waitsFor.some(wait => wait.for === name);

/** Objects that wait for the same, with the earliest day on which one of them is done waiting. */
function observedRows(rows: readonly StoredFacts[]): string[][] {
  const by = Map.groupBy(rows, row => row.waitsFor.map(wait => wait.for).join(', '));
  return [...by]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([waits, those]) => {
      const [example] = those;
      return [
        waits,
        String(those.length),
        firstDay(those),
        `${example?.type} ${example?.userPrincipalName ?? example?.displayName ?? example?.id}`,
      ];
    });
}

function firstDay(rows: readonly StoredFacts[]): string {
  const ends = rows.flatMap(({ waitsFor: waits }) =>
    waits.length > 0 ? Math.max(...waits.map(wait => wait.until ?? -Infinity)) : [],
  );
  const first = Math.min(...ends.filter(Number.isFinite));
  return Number.isFinite(first) ? `${new Date(first).toISOString().slice(0, 10)} or later` : '';
}

const runLine = (run: ScanRun): string =>
  `Run ${run.runNumber} ${run.state} in ${((run.durations['total'] ?? 0) / 1000).toFixed(1)} s: ` +
  run.exports.map(used => `${used.source} ${used.folder} (${used.lines} lines)`).join(', ');

const candidateRow = (row: StoredFacts): string[] => [
  row.type,
  row.userPrincipalName ?? row.displayName ?? row.id,
  row.proof ?? '',
  row.accountEnabled === null ? '' : row.accountEnabled ? 'yes' : 'no',
  row.assignedLicenseCount ? String(row.assignedLicenseCount) : '',
  evidenceLine(row),
];

interface FoundRecord {
  readonly as: string;
  readonly whenChanged?: string;
}

interface ReadableEvidence {
  readonly keys: readonly { readonly key: string; readonly found: readonly FoundRecord[] }[];
}

/** Short names of the keys, as administrators say them. */
const keyNames: Readonly<Record<string, string>> = {
  onPremisesImmutableId: 'anchor',
  onPremisesSecurityIdentifier: 'SID',
  id: 'link',
  userPrincipalName: 'UPN',
  sAMAccountName: 'account name',
  computerName: 'name',
};

function whatWasFound(key: string, { as, whenChanged }: FoundRecord): string {
  // A re-imaged computer: its name lives on under another objectGUID (docs/how-it-works.md).
  if (key === 'computerName') return 'another live computer';
  return whenChanged ? `${as} of ${whenChanged.slice(0, 10)}` : as;
}

/** The evidence in a line: what was found and by which keys, then the keys that found nothing. */
function evidenceLine({ evidence }: StoredFacts): string {
  if (evidence.kind === 'spilled') return `in blob ${evidence.blob}`;
  const { keys } = JSON.parse(evidence.json) as ReadableEvidence;
  const byFinding = new Map<string, Set<string>>();
  for (const { key, found } of keys) {
    const [first] = found;
    const what = first ? whatWasFound(key, first) : 'nothing';
    byFinding.set(what, (byFinding.get(what) ?? new Set()).add(keyNames[key] ?? key));
  }
  const nothing = byFinding.get('nothing');
  byFinding.delete('nothing');
  const lines = [...byFinding].map(([what, names]) => `${what} by ${[...names].join(', ')}`);
  return [...lines, ...(nothing ? [`nothing by ${[...nothing].join(', ')}`] : [])].join('; ');
}

function attentionRows(rows: readonly StoredFacts[]): string[][] {
  const reasons = [...new Set(rows.map(row => row.attention ?? ''))].sort();
  return reasons.map(reason => {
    const those = rows.filter(row => row.attention === reason);
    const example = those[0];
    return [
      reason,
      String(those.length),
      `${example?.type} ${example?.userPrincipalName ?? example?.displayName ?? example?.id}`,
    ];
  });
}

function outcomeTable(run: ScanRun): string[] {
  const outcomes = new Set<string>();
  for (const type of objectTypes)
    for (const name of Object.keys(run.counts[type]?.outcomes ?? {})) outcomes.add(name);
  const rows = [...outcomes]
    .sort()
    .map(name => [name, ...objectTypes.map(type => String(run.counts[type]?.outcomes[name] ?? 0))]);
  return table(['outcome', ...objectTypes.map(type => `${type}s`)], rows);
}

/** Columns as wide as their widest cell. Names come from a tenant: control characters are shown, not obeyed. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = [head, ...rows.slice(0, rowsShown)].map(row =>
    row.map((cell, column) => (column === row.length - 1 ? printable(cell) : shortened(printable(cell)))),
  );
  const widths = head.map((_, column) => Math.max(...shown.map(row => row[column]?.length ?? 0)));
  const lines = shown.map(row =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  lines.splice(
    1,
    0,
    `  ${widths.map((width, column) => '-'.repeat(column === widths.length - 1 ? (head[column]?.length ?? 0) : width)).join('  ')}`,
  );
  if (rows.length > rowsShown) lines.push(`  … and ${rows.length - rowsShown} more`);
  return lines;
}

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}');
const shortened = (text: string): string =>
  text.length <= widestCell ? text : `${text.slice(0, widestCell - 1)}…`;
