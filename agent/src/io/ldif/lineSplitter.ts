import type { TextEncoding } from './textEncoding';

/** 16 MiB, folded lines together: a security descriptor or a certificate is far below. */
export const maxLineBytes = 16 * 1024 * 1024;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A line without its end, UTF-16 in little-endian order. `line` counts from 1; `offset` is where it begins in the file. */
export interface PhysicalLine {
  readonly bytes: Buffer;
  readonly line: number;
  readonly offset: number;
}

/**
 * Splits a file into its physical lines, each ended by LF or CRLF. Holds one line over from chunk to chunk, never more than
 * `maxLineBytes`. Lines are not decoded yet: a fold may lie within a character.
 */
export class LineSplitter {
  readonly #encoding: TextEncoding;
  readonly #take: (line: PhysicalLine) => void;
  readonly #refuse: (line: number, problem: string) => Error;
  #carried: Buffer[] = [];
  #carriedBytes = 0;
  #oddByte: Buffer | null = null;
  #line: number;
  #offset: number;

  /** Begins at the byte `offset`, which is the first of line number `line`, behind a byte order mark. */
  constructor(
    encoding: TextEncoding,
    start: { readonly line: number; readonly offset: number },
    take: (line: PhysicalLine) => void,
    refuse: (line: number, problem: string) => Error,
  ) {
    this.#encoding = encoding;
    this.#line = start.line;
    this.#offset = start.offset;
    this.#take = take;
    this.#refuse = refuse;
  }

  push(chunk: Buffer): void {
    const units = this.#wholeUnits(chunk);
    let start = 0;
    for (let end = this.#lineEnd(units, 0); end >= 0; end = this.#lineEnd(units, start)) {
      this.#carry(units.subarray(start, end));
      start = end;
      this.#emit();
    }
    if (start < units.length) this.#carry(units.subarray(start));
  }

  /** No more bytes will come. */
  end(): void {
    if (this.#carriedBytes > 0 || this.#oddByte)
      throw this.#refuse(this.#line, 'expected a line end, found the end of the file: it was cut');
  }

  /** The number of the line that would come next. */
  get nextLine(): number {
    return this.#line;
  }

  #wholeUnits(chunk: Buffer): Buffer {
    if (this.#encoding === 'utf8') return chunk;
    const bytes = this.#oddByte ? Buffer.concat([this.#oddByte, chunk]) : chunk;
    const even = bytes.length - (bytes.length % 2);
    this.#oddByte = even < bytes.length ? Buffer.from(bytes.subarray(even)) : null;
    const units = bytes.subarray(0, even);
    return this.#encoding === 'utf16be' ? Buffer.from(units).swap16() : units;
  }

  /** Where the line ends that goes on at `start`: behind its line feed. -1: not in these bytes. */
  #lineEnd(units: Buffer, start: number): number {
    let at = units.indexOf(lineFeed, start);
    if (this.#encoding === 'utf8') return at < 0 ? -1 : at + 1;
    while (at >= 0 && (at % 2 !== 0 || units[at + 1] !== 0)) at = units.indexOf(lineFeed, at + 1);
    return at < 0 ? -1 : at + 2;
  }

  #carry(bytes: Buffer): void {
    this.#carried.push(bytes);
    this.#carriedBytes += bytes.length;
    if (this.#carriedBytes > maxLineBytes)
      throw this.#refuse(this.#line, `expected a line of at most ${maxLineBytes} bytes, found a longer one`);
  }

  #emit(): void {
    const whole = this.#carried.length === 1 ? (this.#carried[0] as Buffer) : Buffer.concat(this.#carried);
    this.#take({ bytes: this.#withoutEnd(whole), line: this.#line, offset: this.#offset });
    this.#line += 1;
    this.#offset += whole.length;
    this.#carried = [];
    this.#carriedBytes = 0;
  }

  #withoutEnd(whole: Buffer): Buffer {
    const unit = this.#encoding === 'utf8' ? 1 : 2;
    const end = whole.length - unit;
    const hasReturn = whole[end - unit] === carriageReturn && (unit === 1 || whole[end - 1] === 0);
    return whole.subarray(0, hasReturn ? end - unit : end);
  }
}
