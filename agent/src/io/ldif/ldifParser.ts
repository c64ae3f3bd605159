import type { DirectoryEntry } from '../../core/directoryEntry';
import { distinguishedNameOf, readAttributeLine, type AttributeLine } from './attributeLine';
import { LineSplitter, maxLineBytes, type PhysicalLine } from './lineSplitter';
import { asUtf8, type TextEncoding } from './textEncoding';
import { RangedValues } from './valueRanges';

/** 256 MiB: a group of two million members. A record is the one thing that has to be held as a whole. */
const maxRecordBytes = 256 * 1024 * 1024;

/** One content record, and where it begins: its physical line, from 1, and its byte in the file. */
export interface LdifRecord {
  readonly entry: DirectoryEntry;
  readonly line: number;
  readonly offset: number;
}

/** Where parsing begins: behind the byte order mark, or at a record that was seen before. */
export interface ParserStart {
  readonly encoding: TextEncoding;
  readonly line: number;
  readonly offset: number;
}

const space = 0x20;
const numberSign = 0x23;

/** A line with its folds, not decoded yet. */
interface FoldedLine {
  readonly parts: Buffer[];
  readonly line: number;
  readonly offset: number;
  bytes: number;
}

interface OpenRecord {
  readonly line: number;
  readonly offset: number;
  readonly distinguishedName: string;
  readonly values: Map<string, Buffer[]>;
  readonly ranged: Map<string, RangedValues>;
  bytes: number;
  /** What the last line was: `changetype` may only follow the name, and nothing may follow `-`. */
  last: 'dn' | 'changetype' | 'attribute' | 'end';
  isAdd: boolean;
}

/**
 * Reads LDIF content records (RFC 2849) as ldifde, ldapsearch and ldbsearch write them, chunk by chunk: what ldifde marks
 * `changetype: add` too. Every other change record, a value by URL, an incomplete range and whatever is not LDIF are refused;
 * so is a file whose last record is not ended by an empty line, for it may have been cut there.
 *
 * Holds one record, and no chunk after it was pushed.
 */
export class LdifParser {
  readonly #encoding: TextEncoding;
  readonly #take: (record: LdifRecord) => void;
  readonly #refuse: (line: number, problem: string) => Error;
  readonly #splitter: LineSplitter;
  #folded: FoldedLine | null = null;
  #record: OpenRecord | null = null;
  /** A referral of ldbsearch: a block of `ref:` lines without a name. */
  #inReferral = false;
  #mayBeVersion: boolean;

  constructor(
    start: ParserStart,
    take: (record: LdifRecord) => void,
    refuse: (line: number, problem: string) => Error,
  ) {
    this.#encoding = start.encoding;
    this.#take = take;
    this.#refuse = refuse;
    this.#mayBeVersion = start.line === 1;
    this.#splitter = new LineSplitter(start.encoding, start, line => this.#physical(line), refuse);
  }

  push(chunk: Buffer): void {
    this.#splitter.push(chunk);
  }

  /** No more bytes will come. */
  end(): void {
    this.#splitter.end();
    this.#unfold();
    if (this.#record || this.#inReferral)
      throw this.#refuse(
        this.#splitter.nextLine,
        'expected an empty line behind the last record, found the end of the file: it was cut',
      );
  }

  #physical(line: PhysicalLine): void {
    const { bytes } = line;
    if (bytes.length === 0) {
      this.#unfold();
      this.#endRecord();
      return;
    }
    if (!this.#beginsWith(bytes, space)) {
      this.#unfold();
      this.#folded = { parts: [bytes], line: line.line, offset: line.offset, bytes: bytes.length };
      return;
    }
    const folded = this.#folded;
    if (!folded) throw this.#refuse(line.line, 'expected the beginning of a line, found its continuation');
    folded.parts.push(bytes.subarray(this.#encoding === 'utf8' ? 1 : 2));
    folded.bytes += bytes.length;
    if (folded.bytes > maxLineBytes)
      throw this.#refuse(folded.line, `expected a line of at most ${maxLineBytes} bytes, found a longer one`);
  }

  #beginsWith(bytes: Buffer, character: number): boolean {
    return bytes[0] === character && (this.#encoding === 'utf8' || bytes[1] === 0);
  }

  /** The line that was collected is complete. */
  #unfold(): void {
    const folded = this.#folded;
    if (!folded) return;
    this.#folded = null;
    const [first] = folded.parts as [Buffer];
    if (this.#beginsWith(first, numberSign)) return;
    const bytes = asUtf8(folded.parts.length === 1 ? first : Buffer.concat(folded.parts), this.#encoding);
    if (!bytes) throw this.#refuse(folded.line, `expected ${nameOf[this.#encoding]}, found other bytes`);
    if (bytes.includes(0))
      throw this.#refuse(
        folded.line,
        'expected text, found a NUL character: damaged, or UTF-16 without its mark',
      );
    if (bytes.includes(0x0d))
      throw this.#refuse(folded.line, 'expected lines that end in LF or CRLF, found a CR within a line');
    this.#logical(bytes, folded);
  }

  #logical(bytes: Buffer, place: FoldedLine): void {
    const record = this.#record;
    if (record && bytes.length === 1 && bytes[0] === 0x2d) {
      if (!record.isAdd || record.last === 'end')
        throw this.#refuse(place.line, 'expected an attribute, found "-", which belongs to a change');
      record.last = 'end';
      return;
    }
    const line = readAttributeLine(bytes);
    if (typeof line === 'string') throw this.#refuse(place.line, line);
    if (record) this.#continue(record, line, place);
    else this.#begin(line, place);
  }

  #begin(line: AttributeLine, place: FoldedLine): void {
    const isVersion = this.#mayBeVersion && line.description === 'version';
    this.#mayBeVersion = false;
    if (isVersion) {
      if (line.value.toString('latin1') !== '1')
        throw this.#refuse(place.line, 'expected LDIF version 1, found another');
      return;
    }
    if (line.description === 'ref') {
      this.#inReferral = true;
      return;
    }
    if (line.description !== 'dn' || line.range || this.#inReferral)
      throw this.#refuse(place.line, 'expected a record that begins with "dn:", found something else');
    const distinguishedName = distinguishedNameOf(line.value);
    if (distinguishedName === null)
      throw this.#refuse(place.line, 'expected a distinguished name in UTF-8, found other bytes');
    this.#record = {
      line: place.line,
      offset: place.offset,
      distinguishedName,
      values: new Map(),
      ranged: new Map(),
      bytes: place.bytes,
      last: 'dn',
      isAdd: false,
    };
  }

  #continue(record: OpenRecord, line: AttributeLine, place: FoldedLine): void {
    record.bytes += place.bytes;
    if (record.bytes > maxRecordBytes)
      throw this.#refuse(
        record.line,
        `expected a record of at most ${maxRecordBytes} bytes, found a larger one`,
      );
    switch (line.description) {
      case 'dn':
        throw this.#refuse(place.line, 'expected an empty line in front of the next record, found none');
      case 'version':
        throw this.#refuse(
          place.line,
          'expected "version:" in the first line only, found it within a record',
        );
      case 'control':
        throw this.#refuse(place.line, 'expected the content of an object, found a change record');
      case 'changetype':
        this.#changeType(record, line, place);
        return;
      default:
        this.#attribute(record, line, place);
    }
  }

  #changeType(record: OpenRecord, line: AttributeLine, place: FoldedLine): void {
    if (record.last !== 'dn' || line.value.toString('latin1').toLowerCase() !== 'add')
      throw this.#refuse(
        place.line,
        'expected the content of an object ("changetype: add"), found a change record',
      );
    record.last = 'changetype';
    record.isAdd = true;
  }

  #attribute(record: OpenRecord, line: AttributeLine, place: FoldedLine): void {
    if (record.last === 'end')
      throw this.#refuse(place.line, 'expected an empty line behind "-", found more of the record');
    record.last = 'attribute';
    const { description, range, value } = line;
    if (range ? record.values.has(description) : record.ranged.has(description))
      throw this.#refuse(place.line, 'expected all values of an attribute in ranges, or none, found both');
    if (!range) {
      const values = record.values.get(description);
      if (values) values.push(value);
      else record.values.set(description, [value]);
      return;
    }
    const values = record.ranged.get(description) ?? new RangedValues();
    record.ranged.set(description, values);
    const problem = values.add(range, value);
    if (problem) throw this.#refuse(place.line, problem);
  }

  #endRecord(): void {
    this.#inReferral = false;
    const record = this.#record;
    if (!record) return;
    this.#record = null;
    const attributes = new Map<string, readonly Buffer[]>(record.values);
    for (const [description, ranged] of record.ranged) {
      const values = ranged.all();
      if (typeof values === 'string') throw this.#refuse(record.line, values);
      attributes.set(description, values);
    }
    const { line, offset, distinguishedName } = record;
    this.#take({ entry: { distinguishedName, attributes }, line, offset });
  }
}

const nameOf: Readonly<Record<TextEncoding, string>> = {
  utf8: 'UTF-8',
  utf16le: 'UTF-16',
  utf16be: 'UTF-16',
};
