import type { DirectoryEntry } from '../../core/directoryEntry';
import { BerCursor, tags } from './ber';
import { brokenMessage } from './ldapFault';
import type { LdapMessage } from './ldapMessage';

/** Which values of an attribute an entry holds ([MS-ADTS] 3.1.1.3.1.3.3). */
export interface ValueRange {
  /** In lower case, without the range. */
  readonly attribute: string;
  readonly from: number;
  /** null: to the last one. */
  readonly to: number | null;
}

/** An entry as one message brought it: of an attribute with a range, only those values are here. */
export interface ReceivedEntry extends DirectoryEntry {
  readonly ranges: readonly ValueRange[];
}

const noRanges: readonly ValueRange[] = [];
const rangeOption = /;range=(\d{1,10})-(\*|\d{1,10})(?=;|$)/;

/**
 * Reads SearchResultEntry messages. Values are slices of what the socket delivered, a chunk of up to 64 KiB: who keeps one for
 * longer than its page copies it. Names of attributes are made into text once each: an export has millions of them, and a few dozen
 * different ones.
 */
export class EntryReader {
  readonly #names = new Map<string, string>();

  read(message: LdapMessage): ReceivedEntry {
    const cursor = new BerCursor(message.content);
    const distinguishedName = cursor.text();
    const attributes = new Map<string, Buffer[]>();
    let ranges: ValueRange[] | null = null;
    const end = cursor.open(tags.sequence);
    while (cursor.offset < end) {
      const attributeEnd = cursor.open(tags.sequence);
      const described = this.#name(cursor.octets());
      const values = readValues(cursor);
      cursor.close(attributeEnd);
      const range = rangeOf(described);
      if (range) (ranges ??= []).push(range);
      // A large attribute comes without any value under its plain name, and with its first ones under a range.
      if (values.length > 0) addValues(attributes, range?.attribute ?? described, values);
    }
    cursor.close(end);
    if (!cursor.atEnd) throw brokenMessage('an entry with something after its attributes');
    return { distinguishedName, attributes, ranges: ranges ?? noRanges };
  }

  #name(bytes: Buffer): string {
    const key = bytes.toString('latin1');
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    if (key === '') throw brokenMessage('an attribute without a name');
    const name = key.toLowerCase();
    // Ranges differ with every answer: to keep those would be to keep them all.
    if (!name.includes(';range=')) this.#names.set(key, name);
    return name;
  }
}

function readValues(cursor: BerCursor): Buffer[] {
  const values: Buffer[] = [];
  const end = cursor.open(tags.set);
  while (cursor.offset < end) values.push(cursor.octets());
  cursor.close(end);
  return values;
}

function addValues(attributes: Map<string, Buffer[]>, name: string, values: Buffer[]): void {
  const before = attributes.get(name);
  attributes.set(name, before ? [...before, ...values] : values);
}

function rangeOf(described: string): ValueRange | null {
  if (!described.includes(';range=')) return null;
  const match = rangeOption.exec(described);
  if (!match) throw brokenMessage('a range of values that is none');
  return {
    attribute: described.replace(rangeOption, ''),
    from: Number(match[1]),
    to: match[2] === '*' ? null : Number(match[2]),
  };
}
