import { z } from 'zod';
import {
  auditHash,
  genesisHash,
  mirrorLineOf,
  sequenceKey,
  type AuditChain,
  type AuditHead,
  type AuditMonth,
  type AuditRow,
} from './audit';

/** A stored row by its key; `row` null: it cannot be read, for the reason in `problem`. */
export interface RowReading {
  readonly key: string;
  readonly row: AuditRow | null;
  readonly problem: string;
}

/** An entry of the index by operation id; `sequence` null: it cannot be read. */
export interface OperationReading {
  readonly key: string;
  readonly operationId: string;
  readonly sequence: number | null;
}

/** A chain's head; a text says why it cannot be read. */
export type HeadReading = AuditHead | string | null;

/** What the chain before ended with, as far as its rows say. */
export interface ChainBefore {
  readonly month: AuditMonth;
  readonly lastHash: string | null;
  readonly operationIds: ReadonlySet<string>;
}

/** Everything that is stored of one chain. */
export interface ChainReading {
  readonly chain: AuditChain;
  /** In the order of their keys. */
  readonly rows: readonly RowReading[];
  readonly operations: readonly OperationReading[];
  readonly head: HeadReading;
  readonly mirrorLines: readonly string[];
  readonly before: ChainBefore | null;
  /** The chain after, where something of it is stored. */
  readonly following: AuditMonth | null;
}

/**
 * removed: rows are missing before the last one. cutOff: rows are missing at the end, by the head or the mirror. changed: a value
 * is not what was hashed, or does not fit its neighbour. reordered: a row stands in another's place. doubledOperation: an operation
 * id was recorded twice. operationIndex: the index by operation id does not fit the rows. head: the head does not fit the rows.
 * link: a month does not go on from the month before. notMirrored: the mirror lacks rows at its end. mirroredOtherwise: a line of
 * the mirror is not its row.
 */
export type AuditFault =
  | 'removed'
  | 'cutOff'
  | 'changed'
  | 'reordered'
  | 'doubledOperation'
  | 'operationIndex'
  | 'head'
  | 'link'
  | 'notMirrored'
  | 'mirroredOtherwise';

/** One thing that is wrong, with the row (`scan-202611/0000000004`, or a range of them) that it is wrong with. */
export interface AuditFinding {
  readonly fault: AuditFault;
  readonly row: string;
  readonly message: string;
}

/** Decides whether a chain is whole: compares rows, head, index, mirror and its neighbours with one another; empty: it is. */
export function verifyChain(reading: ChainReading): AuditFinding[] {
  const name = `${reading.chain.part}-${reading.chain.month}`;
  const at = (sequence: number): string => `${name}/${sequenceKey(sequence)}`;
  const slots = slotsOf(reading.rows);
  const lines = reading.mirrorLines.map(readLine);
  const head = typeof reading.head === 'string' ? null : reading.head;
  const lastRow = Math.max(0, ...slots.keys());
  return [
    ...reading.rows.flatMap(row => rowFindings(row, `${name}/${row.key}`)),
    ...neighbourFindings(slots, reading.before, at),
    ...missingRows(slots, lastRow, head?.sequence ?? 0, lines, at),
    ...operationFindings(reading, at, name),
    ...headFindings(reading, slots.get(lastRow) ?? null, lastRow, `${name}/head`),
    ...mirrorFindings(slots, lines, lastRow, at, name),
  ];
}

/** Rows by the sequence that their key says. */
type Slots = ReadonlyMap<number, AuditRow | null>;

const sequenceKeyPattern = /^\d{10}$/;

/** A row under another kind of key is in no place of the chain; `rowFindings` names it. */
const slotsOf = (rows: readonly RowReading[]): Slots =>
  new Map(rows.filter(({ key }) => sequenceKeyPattern.test(key)).map(({ key, row }) => [Number(key), row]));

function rowFindings({ key, row, problem }: RowReading, name: string): AuditFinding[] {
  if (row === null) return [{ fault: 'changed', row: name, message: `The row cannot be read: ${problem}.` }];
  const findings: AuditFinding[] = [];
  if (sequenceKey(row.sequence) !== key)
    findings.push({
      fault: 'reordered',
      row: name,
      message: `The row with the sequence ${row.sequence} stands in this place.`,
    });
  if (auditHash(row) !== row.hash)
    findings.push({ fault: 'changed', row: name, message: 'The hash is not that of what the row says.' });
  return findings;
}

function neighbourFindings(
  slots: Slots,
  before: ChainBefore | null,
  at: (sequence: number) => string,
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  for (const [sequence, row] of slots) {
    if (row === null) continue;
    if (sequence === 1) {
      const expected = before ? before.lastHash : genesisHash;
      if (row.previousHash !== expected)
        findings.push({
          fault: 'link',
          row: at(1),
          message: before
            ? `The month does not go on from the last row of ${before.month}: rows are missing or changed there, or a month between.`
            : 'The first month does not begin the chain: months before it are missing.',
        });
      continue;
    }
    const previous = slots.get(sequence - 1);
    if (previous && previous.hash !== row.previousHash)
      findings.push({
        fault: 'changed',
        row: at(sequence),
        message: `The row does not go on from the hash of ${at(sequence - 1)}: one of the two was changed.`,
      });
  }
  return findings;
}

/** Gaps are told as ranges: a figure that somebody wrote must not make a million findings. */
function missingRows(
  slots: Slots,
  lastRow: number,
  headSequence: number,
  lines: readonly MirrorLine[],
  at: (sequence: number) => string,
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const range = (from: number, to: number): string => (from === to ? at(from) : `${at(from)} to ${at(to)}`);
  let expected = 1;
  for (const sequence of [...slots.keys()].toSorted((a, b) => a - b)) {
    if (sequence > expected)
      findings.push({
        fault: 'removed',
        row: range(expected, sequence - 1),
        message: 'Missing, and later rows are there.',
      });
    expected = sequence + 1;
  }
  const lastMirrored = Math.max(0, ...lines.map(line => line.sequence ?? 0));
  const last = Math.max(headSequence, lastMirrored);
  if (last > lastRow)
    findings.push({
      fault: 'cutOff',
      row: range(lastRow + 1, last),
      message: `Missing at the end: the head counts ${headSequence} rows, the mirror ${lastMirrored}, and ${lastRow} is the last one.`,
    });
  return findings;
}

function operationFindings(
  { rows, operations, before }: ChainReading,
  at: (sequence: number) => string,
  name: string,
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  const index = new Map(operations.map(operation => [operation.operationId, operation]));
  const seen = new Set<string>(before?.operationIds);
  for (const { key, row } of rows) {
    if (row === null) continue;
    const where = `${name}/${key}`;
    if (seen.has(row.operationId))
      findings.push({
        fault: 'doubledOperation',
        row: where,
        message: `The operation ${row.operationId} is recorded twice.`,
      });
    seen.add(row.operationId);
    const operation = index.get(row.operationId);
    index.delete(row.operationId);
    if (operation === undefined || operation.sequence !== row.sequence)
      findings.push({
        fault: 'operationIndex',
        row: where,
        message: `The index does not lead from the operation ${row.operationId} to this row.`,
      });
  }
  for (const { key, sequence } of index.values())
    findings.push({
      fault: 'operationIndex',
      row: `${name}/${key}`,
      message: `The index names ${sequence === null ? 'no row' : at(sequence)} for an operation that no row has.`,
    });
  return findings;
}

function headFindings(
  { head, before, following, rows }: ChainReading,
  lastRow: AuditRow | null,
  lastSequence: number,
  row: string,
): AuditFinding[] {
  const finding = (message: string): AuditFinding => ({ fault: 'head', row, message });
  if (typeof head === 'string') return [finding(`The head cannot be read: ${head}.`)];
  if (head === null) return rows.length === 0 ? [] : [finding('The head is missing.')];
  const findings: AuditFinding[] = [];
  if (head.sequence < lastSequence)
    findings.push(finding(`The head counts ${head.sequence} rows, and ${lastSequence} is the last one.`));
  if (lastRow && head.sequence === lastSequence && head.hash !== lastRow.hash)
    findings.push(finding('The head does not have the hash of the last row.'));
  if (head.previous !== (before?.month ?? null))
    findings.push(
      finding(
        `The head goes on from ${head.previous ?? 'nothing'}, and ${before?.month ?? 'nothing'} is stored before it.`,
      ),
    );
  if (head.next !== following)
    findings.push(
      finding(
        `The head says that ${head.next ?? 'nothing'} follows, and ${following ?? 'nothing'} is stored after it. ` +
          'Right after a crash at the turn of the month this is no damage: the next record opens that month.',
      ),
    );
  return findings;
}

interface MirrorLine {
  readonly text: string;
  readonly sequence: number | null;
}

const lineSchema = z.object({ sequence: z.int().positive() });

/** The sequence that a line of the mirror is about; null where it is no line of ours. */
export function mirroredSequence(line: string): number | null {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data?.sequence ?? null;
  } catch {
    return null;
  }
}

const readLine = (text: string): MirrorLine => ({ text, sequence: mirroredSequence(text) });

function mirrorFindings(
  slots: Slots,
  lines: readonly MirrorLine[],
  lastRow: number,
  at: (sequence: number) => string,
  name: string,
): AuditFinding[] {
  const findings: AuditFinding[] = [];
  // Line n is row n: nothing is doubled, nothing is left out, nothing comes before its time.
  lines.forEach(({ text, sequence }, index) => {
    const expected = index + 1;
    const row = slots.get(expected);
    if (sequence === expected && (row === undefined || (row && mirrorLineOf(row) === text))) return;
    findings.push({
      fault: 'mirroredOtherwise',
      row: at(expected),
      message:
        `Line ${expected} of the mirror of ${name} ` +
        (sequence === expected
          ? 'says something else than the row. The mirror cannot be changed: believe the mirror.'
          : `is ${sequence === null ? 'no line of the log' : `about row ${sequence}`}.`),
    });
  });
  if (lastRow > lines.length)
    findings.push({
      fault: 'notMirrored',
      row: lastRow === lines.length + 1 ? at(lastRow) : `${at(lines.length + 1)} to ${at(lastRow)}`,
      message:
        'Not in the mirror. The next writer catches up what a crash left; rows that stay unmirrored are damage.',
    });
  return findings;
}
