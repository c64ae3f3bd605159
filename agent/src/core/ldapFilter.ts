import { strictText } from './directoryEntry';

/**
 * A search filter (RFC 4515), as far as it can be decided without a domain controller. Attribute names are spelled as they were
 * written; texts are without escapes.
 */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly attribute: string }
  /** `~=` is read as equality. */
  | { readonly kind: 'equal'; readonly attribute: string; readonly value: Buffer }
  /** '' for an initial or a final that is not given. */
  | {
      readonly kind: 'substrings';
      readonly attribute: string;
      readonly initial: string;
      readonly any: readonly string[];
      readonly final: string;
    }
  | { readonly kind: 'greaterOrEqual' | 'lessOrEqual'; readonly attribute: string; readonly value: string }
  /** AD's bitwise rules: all bits of the mask are set, or any is ([MS-ADTS] 3.1.1.3.4.4). */
  | { readonly kind: 'allBits' | 'anyBit'; readonly attribute: string; readonly mask: bigint };

export type ParsedFilter =
  | { readonly kind: 'filter'; readonly filter: Filter }
  /** `at`: where, in characters from 0, it stopped being a filter. */
  | { readonly kind: 'invalid'; readonly problem: string; readonly at: number };

/** Filters within filters; deeper ones are refused. */
export const maxFilterDepth = 50;
/** Characters. */
export const maxFilterLength = 16_384;

/** Reads a filter. White space is allowed around parentheses, as AD allows it. */
export function parseFilter(text: string): ParsedFilter {
  if (text.length > maxFilterLength)
    return invalid(
      `at most ${maxFilterLength} characters were expected, found ${text.length}`,
      maxFilterLength,
    );
  const parsed = parseAt(text, skipSpaces(text, 0), 1);
  if (parsed.kind === 'invalid') return parsed;
  const end = skipSpaces(text, parsed.end);
  return end === text.length
    ? { kind: 'filter', filter: parsed.filter }
    : invalid('the end was expected; two filters need (&…) or (|…) around them', end);
}

/** Writes a filter; `parseFilter` reads it as the same. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
      return `(&${filter.filters.map(printFilter).join('')})`;
    case 'or':
      return `(|${filter.filters.map(printFilter).join('')})`;
    case 'not':
      return `(!${printFilter(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'equal':
      return `(${filter.attribute}=${escaped(filter.value)})`;
    case 'substrings': {
      const parts = [filter.initial, ...filter.any, filter.final];
      return `(${filter.attribute}=${parts.map(part => escaped(Buffer.from(part))).join('*')})`;
    }
    case 'greaterOrEqual':
      return `(${filter.attribute}>=${escaped(Buffer.from(filter.value))})`;
    case 'lessOrEqual':
      return `(${filter.attribute}<=${escaped(Buffer.from(filter.value))})`;
    case 'allBits':
      return `(${filter.attribute}:${allBitsRule}:=${filter.mask})`;
    case 'anyBit':
      return `(${filter.attribute}:${anyBitRule}:=${filter.mask})`;
  }
}

/** The attributes that the filter looks at, in lower case. */
export function attributesOf(filter: Filter): ReadonlySet<string> {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return new Set(filter.filters.flatMap(part => [...attributesOf(part)]));
    case 'not':
      return attributesOf(filter.filter);
    default:
      return new Set([filter.attribute.toLowerCase()]);
  }
}

const allBitsRule = '1.2.840.113556.1.4.803';
const anyBitRule = '1.2.840.113556.1.4.804';
const inChainRule = '1.2.840.113556.1.4.1941';

type ParsedPart = { readonly kind: 'part'; readonly filter: Filter; readonly end: number } | Invalid;
type Invalid = Extract<ParsedFilter, { kind: 'invalid' }>;

const invalid = (problem: string, at: number): Invalid => ({ kind: 'invalid', problem, at });

function skipSpaces(text: string, at: number): number {
  let end = at;
  while (/\s/.test(text.charAt(end))) end += 1;
  return end;
}

function parseAt(text: string, start: number, depth: number): ParsedPart {
  if (depth > maxFilterDepth)
    return invalid(`at most ${maxFilterDepth} filters within each other were expected`, start);
  if (text[start] !== '(') return invalid('"(" was expected', start);
  const at = skipSpaces(text, start + 1);
  switch (text[at]) {
    case '&':
      return parseList('and', text, at + 1, depth);
    case '|':
      return parseList('or', text, at + 1, depth);
    case '!':
      return parseNot(text, at + 1, depth);
    default:
      return parseItem(text, at);
  }
}

function parseList(kind: 'and' | 'or', text: string, start: number, depth: number): ParsedPart {
  const filters: Filter[] = [];
  let at = skipSpaces(text, start);
  while (text[at] !== ')') {
    const part = parseAt(text, at, depth + 1);
    if (part.kind === 'invalid') return part;
    filters.push(part.filter);
    at = skipSpaces(text, part.end);
  }
  if (filters.length === 0) return invalid('a filter was expected: an empty (&) or (|) is a mistake', at);
  return { kind: 'part', filter: { kind, filters }, end: at + 1 };
}

function parseNot(text: string, start: number, depth: number): ParsedPart {
  const part = parseAt(text, skipSpaces(text, start), depth + 1);
  if (part.kind === 'invalid') return part;
  const at = skipSpaces(text, part.end);
  if (text[at] !== ')') return invalid('")" was expected', at);
  return { kind: 'part', filter: { kind: 'not', filter: part.filter }, end: at + 1 };
}

const itemPattern = /^([^=<>~:()]*)((?::[^:=()]*)*:=|[~<>]?=)([^()]*)$/;
const attributePattern = /^[a-z][a-z0-9-]*$/i;

function parseItem(text: string, start: number): ParsedPart {
  const end = text.indexOf(')', start);
  if (end === -1) return invalid('")" was expected', text.length);
  const [, name = '', operator = '', value = ''] = itemPattern.exec(text.slice(start, end)) ?? [];
  if (operator === '')
    return invalid(
      'an attribute, an operator and a value were expected, "(", ")", "*" and "\\" escaped',
      start,
    );
  const attribute = name.trim();
  if (!attributePattern.test(attribute))
    return invalid(`the name of an attribute was expected, found "${attribute}"`, start);
  const filter = comparisonOf(attribute, operator, value);
  return typeof filter === 'string' ? invalid(filter, start) : { kind: 'part', filter, end: end + 1 };
}

/** The filter, or what is wrong. */
function comparisonOf(attribute: string, operator: string, value: string): Filter | string {
  if (operator.endsWith(':=')) return bitwise(attribute, operator.slice(0, -2), value);
  const parts = value.split('*').map(unescaped);
  if (parts.some(part => part === null)) return 'two hexadecimal digits were expected after "\\"';
  return operator === '=' || operator === '~='
    ? equality(attribute, parts as readonly Buffer[])
    : ordering(attribute, operator === '>=' ? 'greaterOrEqual' : 'lessOrEqual', parts as readonly Buffer[]);
}

function equality(attribute: string, parts: readonly Buffer[]): Filter | string {
  const [value = Buffer.of()] = parts;
  if (parts.length === 1) {
    if (value.length === 0) return 'a value was expected: AD has no empty ones';
    if (attribute.toLowerCase() === 'objectcategory' && !value.includes('='))
      return 'the distinguished name of a category was expected: only a domain controller knows the short ones; use objectClass';
    return { kind: 'equal', attribute, value };
  }
  if (parts.length === 2 && parts.every(part => part.length === 0)) return { kind: 'present', attribute };
  if (parts.slice(1, -1).some(part => part.length === 0)) return 'a text was expected between two "*"';
  const texts = parts.map(strictText);
  if (texts.some(text => text === null)) return 'UTF-8 was expected beside "*"';
  const [initial, ...rest] = texts as [string, ...string[]];
  return { kind: 'substrings', attribute, initial, any: rest.slice(0, -1), final: rest.at(-1) as string };
}

function ordering(
  attribute: string,
  kind: 'greaterOrEqual' | 'lessOrEqual',
  parts: readonly Buffer[],
): Filter | string {
  const value = parts.length === 1 ? strictText(parts[0] as Buffer) : null;
  return value
    ? { kind, attribute, value }
    : 'a number or a text without "*" was expected after ">=" and "<="';
}

function bitwise(attribute: string, rule: string, value: string): Filter | string {
  if (rule === `:${inChainRule}`)
    return `the rule ${inChainRule} (in chain) can only be evaluated by a domain controller; name the groups, or use base DNs`;
  const kind = rule === `:${allBitsRule}` ? 'allBits' : rule === `:${anyBitRule}` ? 'anyBit' : null;
  if (!kind) return `the rule ${allBitsRule} or ${anyBitRule} was expected, found "${rule}"`;
  if (!/^-?\d{1,19}$/.test(value)) return `a decimal number was expected, found "${value}"`;
  return { kind, attribute, mask: BigInt(value) };
}

/** null: a backslash without two hexadecimal digits. */
function unescaped(text: string): Buffer | null {
  const [plain = '', ...escapes] = text.split('\\');
  const parts = [Buffer.from(plain)];
  for (const part of escapes) {
    if (!/^[0-9a-f]{2}/i.test(part)) return null;
    parts.push(Buffer.from(part.slice(0, 2), 'hex'), Buffer.from(part.slice(2)));
  }
  return Buffer.concat(parts);
}

function escaped(value: Buffer): string {
  return value.toString('latin1').replaceAll(/[^ -~]|[*()\\]/g, byte => {
    return `\\${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
