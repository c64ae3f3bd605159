import { hash } from 'node:crypto';

/** One relative distinguished name, its value without escapes. AD has no RDN of several values. */
export interface Rdn {
  readonly type: string;
  readonly value: string;
}

const typePattern = /^(?:[a-z][a-z0-9-]*|\d+(?:\.\d+)+)$/i;
/** What RFC 4514 lets follow a backslash as itself. */
const escapable = ' "#+,;<=>\\';
const hexPair = /^[0-9a-f]{2}$/i;
const leadingSpaces = /^ +/;
const keyBytes = 16;

/**
 * The RDNs of a distinguished name (RFC 4514, section 3) from the object up; null where the text is none. It takes what AD writes
 * and what administrators write: spaces around `,` and `=` mean nothing unless they are escaped, and characters that RFC 4514 wants
 * escaped, other than `,` and `\`, may stand for themselves. The form `#04…` (BER), which AD does not write, is not taken.
 */
export function parseDn(dn: string): readonly Rdn[] | null {
  const rdns: Rdn[] = [];
  for (const part of rdnTexts(dn)) {
    const rdn = parseRdn(part);
    if (!rdn) return null;
    rdns.push(rdn);
  }
  return rdns;
}

/**
 * The DN in the one spelling in which equal DNs are equal texts: lower case, no spaces at the edges of values, only those
 * characters escaped that must be. What is no DN is returned in lower case, so that it equals itself and hardly anything else.
 */
export function normalisedDn(dn: string): string {
  if (!needsParsing.test(dn)) return dn.toLowerCase();
  const rdns = parseDn(dn);
  return rdns ? rdns.map(normalisedRdn).join(',') : dn.toLowerCase();
}
/** Backslashes, and spaces that may be insignificant. Without them the normal form is the text in lower case. */
const needsParsing = /\\|^ | $| [,=]|[,=] /;

/** Whether `dn` is `base` or lies below it. */
export function isBelowOrEqual(dn: string, base: string): boolean {
  return isNormalisedBelowOrEqual(normalisedDn(dn), normalisedDn(base));
}

/** The same for DNs that went through `normalisedDn`: for one base and many objects. */
export function isNormalisedBelowOrEqual(dn: string, base: string): boolean {
  if (dn.length === base.length) return dn === base;
  const comma = dn.length - base.length - 1;
  return base !== '' && dn.endsWith(base) && dn[comma] === ',' && !isEscaped(dn, comma);
}

/** A 16-byte key for a `ByteKeyTable`: the beginning of the SHA-256 of the normalised DN. */
export function dnKey(dn: string): Uint8Array {
  return hash('sha256', normalisedDn(dn), 'buffer').subarray(0, keyBytes);
}

/** The position of the first `,` from `start` on that no backslash precedes; -1: none. */
function nextComma(dn: string, start: number): number {
  for (let at = start; at < dn.length; at += 1) {
    if (dn[at] === '\\') at += 1;
    else if (dn[at] === ',') return at;
  }
  return -1;
}

function rdnTexts(dn: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let comma = nextComma(dn, 0); comma !== -1; comma = nextComma(dn, start)) {
    parts.push(dn.slice(start, comma));
    start = comma + 1;
  }
  parts.push(dn.slice(start));
  return parts;
}

function parseRdn(text: string): Rdn | null {
  const equals = text.indexOf('=');
  const type = text.slice(0, Math.max(equals, 0)).trim();
  if (!typePattern.test(type)) return null;
  const written = withoutOuterSpaces(text.slice(equals + 1));
  if (written === '' || written.startsWith('#')) return null;
  const value = unescaped(written);
  return value === null ? null : { type, value };
}

/** A space at the end that a backslash precedes belongs to the value. */
function withoutOuterSpaces(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === ' ' && !isEscaped(text, end - 1)) end -= 1;
  return text.slice(0, end).replace(leadingSpaces, '');
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - backslashes - 1] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** null: a backslash with nothing that may follow it, or escaped bytes that are not UTF-8. */
function unescaped(text: string): string | null {
  if (!text.includes('\\')) return text;
  const bytes: Buffer[] = [];
  let plain = 0;
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', plain)) {
    bytes.push(Buffer.from(text.slice(plain, at)));
    const pair = text.slice(at + 1, at + 3);
    if (hexPair.test(pair)) {
      bytes.push(Buffer.from(pair, 'hex'));
      plain = at + 3;
    } else if (pair !== '' && escapable.includes(pair.charAt(0))) {
      bytes.push(Buffer.from(pair.charAt(0)));
      plain = at + 2;
    } else {
      return null;
    }
  }
  bytes.push(Buffer.from(text.slice(plain)));
  try {
    return decoder.decode(Buffer.concat(bytes));
  } catch {
    return null;
  }
}

function normalisedRdn({ type, value }: Rdn): string {
  const escaped = value.toLowerCase().replaceAll(/[\\,]|^[ #]| $/g, '\\$&');
  return `${type.toLowerCase()}=${escaped}`;
}
