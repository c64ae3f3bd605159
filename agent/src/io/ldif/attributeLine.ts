import { isUtf8 } from 'node:buffer';

/** One line `description: value`, unfolded. */
export interface AttributeLine {
  /** Attribute type with its options, in lower case, without the range. */
  readonly description: string;
  readonly range: ValueRange | null;
  readonly value: Buffer;
}

/** Positions of values, from 0, both included; `last` is null for `*`: to the end. */
export interface ValueRange {
  readonly first: number;
  readonly last: number | null;
}

const colon = 0x3a;
const lessThan = 0x3c;
const space = 0x20;

/** RFC 2849's attribute description: a name or an OID, and options. */
const descriptionPattern = /^(?:[a-z][a-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[a-z0-9-]+(?:=[0-9*-]+)?)*$/;
const rangePattern = /^range=(\d{1,10})-(\d{1,10}|\*)$/;

/** Reads an unfolded line of UTF-8; as text: what is wrong with it, without its content. */
export function readAttributeLine(bytes: Buffer): AttributeLine | string {
  const end = bytes.indexOf(colon);
  if (end < 0) return 'expected "attribute: value", found a line without a colon';
  const parts = bytes.toString('latin1', 0, end).toLowerCase();
  if (!descriptionPattern.test(parts))
    return 'expected an attribute name before the colon, found something else';
  const options = parts.split(';');
  const ranges = options.filter(option => option.startsWith('range='));
  const range = rangeOf(ranges);
  if (typeof range === 'string') return range;
  const value = readValue(bytes, end + 1);
  if (typeof value === 'string') return value;
  return { description: options.filter(option => !option.startsWith('range=')).join(';'), range, value };
}

function rangeOf(options: readonly string[]): ValueRange | null | string {
  if (options.length === 0) return null;
  const match = options.length === 1 ? rangePattern.exec(options[0] as string) : null;
  if (!match) return 'expected a range of values "range=first-last", found something else';
  const first = Number(match[1]);
  const last = match[2] === '*' ? null : Number(match[2]);
  if (last !== null && last < first)
    return 'expected a range of values that ends behind its beginning, found another';
  return { first, last };
}

/** What stands behind the first colon. The value's bytes are a copy: they do not hold on to the file's buffer. */
function readValue(bytes: Buffer, at: number): Buffer | string {
  if (bytes[at] === lessThan)
    return 'expected a value, found the address of one (":<"), which is never followed';
  if (bytes[at] !== colon) return Buffer.from(bytes.subarray(behindSpaces(bytes, at)));
  const text = bytes.toString('latin1', behindSpaces(bytes, at + 1));
  const value = Buffer.from(text, 'base64');
  return value.toString('base64') === text ? value : 'expected base64 behind "::", found something else';
}

function behindSpaces(bytes: Buffer, at: number): number {
  let start = at;
  while (bytes[start] === space) start += 1;
  return start;
}

/** A distinguished name's bytes as text; null where they are not UTF-8. */
export function distinguishedNameOf(value: Buffer): string | null {
  return isUtf8(value) ? value.toString('utf8') : null;
}
