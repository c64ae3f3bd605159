import { brokenMessage } from './ldapFault';

/** The tags of BER that LDAP uses (RFC 4511, 5.1). */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The most bytes that a length may be written with, besides its first: LDAP knows no message above 4 GiB. */
const mostLengthBytes = 4;

/** An element's header: where its content begins, and how long it is. */
export interface BerHeader {
  readonly start: number;
  readonly length: number;
}

/**
 * The header of the element at `offset`; null where the bytes end within it. Throws where no further byte could make it one.
 * Single-byte tags only: LDAP has no other.
 */
export function berHeader(bytes: Buffer, offset: number): BerHeader | null {
  const first = bytes[offset + 1];
  if (first === undefined) return null;
  if (first < 0x80) return { start: offset + 2, length: first };
  const count = first & 0x7f;
  if (count === 0 || count > mostLengthBytes)
    throw brokenMessage(`a length of ${count === 0 ? 'indefinite form' : `${count} bytes`}`);
  const start = offset + 2 + count;
  if (bytes.length < start) return null;
  return { start, length: bytes.readUIntBE(offset + 2, count) };
}

/**
 * Walks through BER without copying: every value is a slice of `bytes`. Throws an `LdapFault` where the bytes are not what was
 * asked for, or where an element does not fit into them; it never reads on with half of one.
 */
export class BerCursor {
  constructor(
    readonly bytes: Buffer,
    public offset = 0,
    readonly end = bytes.length,
  ) {}

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  /** The tag of the next element; undefined at the end. */
  peek(): number | undefined {
    return this.offset < this.end ? this.bytes[this.offset] : undefined;
  }

  /** Steps into the element with this tag, and returns where it ends. Who is done with it calls `close` with that. */
  open(tag: number): number {
    const found = this.peek();
    if (found !== tag) throw brokenMessage(`${nameOf(found)} where ${nameOf(tag)} is due`);
    let start = this.offset + 2;
    let length = start <= this.end ? (this.bytes[start - 1] as number) : 0x80;
    if (length >= 0x80) {
      const header = berHeader(this.bytes, this.offset);
      if (!header) throw brokenMessage('an element without its length');
      ({ start, length } = header);
    }
    if (start + length > this.end) throw brokenMessage('an element that is longer than what holds it');
    this.offset = start;
    return start + length;
  }

  /** Makes sure that an opened element was read exactly to its end. */
  close(end: number): void {
    if (this.offset !== end) throw brokenMessage('an element whose parts do not fit into it');
  }

  /** Steps over the next element, whatever it is. */
  skip(): void {
    this.offset = this.open(this.peek() ?? -1);
  }

  octets(tag: number = tags.octetString): Buffer {
    const end = this.open(tag);
    const value = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return value;
  }

  text(tag: number = tags.octetString): string {
    const end = this.open(tag);
    const value = this.bytes.toString('utf8', this.offset, end);
    this.offset = end;
    return value;
  }

  /** A whole number of at most 6 bytes: LDAP's own go to 2³¹ − 1 (RFC 4511, 4.1.1). */
  integer(tag: number = tags.integer): number {
    const value = this.octets(tag);
    if (value.length === 0 || value.length > 6)
      throw brokenMessage(`a whole number of ${value.length} bytes`);
    return value.readIntBE(0, value.length);
  }
}

const nameOf = (tag: number | undefined): string =>
  tag === undefined ? 'nothing' : `an element with the tag 0x${tag.toString(16)}`;
