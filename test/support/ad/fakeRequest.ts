import { BerReader } from 'ldapts';

export type FakeFilter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly FakeFilter[] }
  | { readonly kind: 'equals'; readonly attribute: string; readonly value: Buffer }
  | { readonly kind: 'present'; readonly attribute: string };

export interface FakeSearch {
  readonly kind: 'search';
  readonly messageId: number;
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: FakeFilter;
  /** As the client spells them. */
  readonly attributes: readonly string[];
  /** Object identifiers of its controls. */
  readonly controls: ReadonlySet<string>;
  readonly page: { readonly size: number; readonly cookie: Buffer } | null;
}

export type FakeRequest =
  | { readonly kind: 'bind'; readonly messageId: number; readonly name: string; readonly password: string }
  | { readonly kind: 'unbind'; readonly messageId: number }
  | { readonly kind: 'startTls'; readonly messageId: number }
  | FakeSearch;

/** The length of the message at the front; null where it is not all there. */
export function messageLength(bytes: Buffer): number | null {
  const reader = new BerReader(bytes);
  if (reader.readSequence(0x30) === null || reader.remain < reader.length) return null;
  return reader.offset + reader.length;
}

/** Decodes a request, and refuses whatever this client has no reason to send: limits, aliases, controls that are not critical. */
export function decodeRequest(bytes: Buffer): FakeRequest {
  const reader = new BerReader(bytes);
  reader.readSequence(0x30);
  const messageId = integerOf(reader);
  const operation = reader.peek();
  const content = contentOf(reader);
  const controls = reader.remain > 0 ? controlsOf(reader) : new Map<string, Buffer | null>();
  if (reader.remain > 0) throw new Error('bytes after the message');
  switch (operation) {
    case 0x60:
      if (integerOf(content) !== 3) throw new Error('not version 3');
      return { kind: 'bind', messageId, name: textOf(content), password: textOf(content, 0x80) };
    case 0x42:
      return { kind: 'unbind', messageId };
    case 0x77:
      if (textOf(content, 0x80) !== '1.3.6.1.4.1.1466.20037') throw new Error('another extended request');
      return { kind: 'startTls', messageId };
    case 0x63:
      return { kind: 'search', messageId, ...searchOf(content), ...described(controls) };
    default:
      throw new Error(`operation ${operation}`);
  }
}

function searchOf(reader: BerReader): Pick<FakeSearch, 'base' | 'scope' | 'filter' | 'attributes'> {
  const base = textOf(reader);
  const scope = (['base', 'one', 'sub'] as const)[reader.readEnumeration() ?? -1];
  if (!scope) throw new Error('an unknown scope');
  if (reader.readEnumeration() !== 0) throw new Error('aliases');
  if (integerOf(reader) !== 0) throw new Error('a size limit');
  if (integerOf(reader) !== 0) throw new Error('a time limit');
  if (reader.readBoolean() !== false) throw new Error('types only');
  const filter = filterOf(reader);
  const list = contentOf(reader, 0x30);
  const attributes: string[] = [];
  while (list.remain > 0) attributes.push(textOf(list));
  if (reader.remain > 0) throw new Error('bytes after the search');
  return { base, scope, filter, attributes };
}

function filterOf(reader: BerReader): FakeFilter {
  const tag = reader.peek();
  switch (tag) {
    case 0xa0:
    case 0xa1: {
      const content = contentOf(reader);
      const filters: FakeFilter[] = [];
      while (content.remain > 0) filters.push(filterOf(content));
      return { kind: tag === 0xa0 ? 'and' : 'or', filters };
    }
    case 0xa3: {
      const content = contentOf(reader);
      return { kind: 'equals', attribute: textOf(content).toLowerCase(), value: bytesOf(content) };
    }
    case 0x87:
      return { kind: 'present', attribute: textOf(reader, 0x87).toLowerCase() };
    default:
      throw new Error(`filter ${tag}`);
  }
}

function controlsOf(reader: BerReader): Map<string, Buffer | null> {
  const list = contentOf(reader, 0xa0);
  const controls = new Map<string, Buffer | null>();
  while (list.remain > 0) {
    const control = contentOf(list, 0x30);
    const type = textOf(control);
    if (control.readBoolean() !== true) throw new Error(`control ${type} is not critical`);
    controls.set(type, control.remain > 0 ? bytesOf(control) : null);
  }
  return controls;
}

function described(controls: ReadonlyMap<string, Buffer | null>): Pick<FakeSearch, 'controls' | 'page'> {
  const flags = controls.get('1.2.840.113556.1.4.801');
  if (flags && !flags.equals(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x07]))) throw new Error('other SD flags');
  const paged = controls.get('1.2.840.113556.1.4.319');
  let page: FakeSearch['page'] = null;
  if (paged) {
    const reader = contentOf(new BerReader(paged), 0x30);
    page = { size: integerOf(reader), cookie: bytesOf(reader) };
  }
  return { controls: new Set(controls.keys()), page };
}

/** The content of the next element, as a reader of its own; the outer one steps over it. */
function contentOf(reader: BerReader, tag?: number): BerReader {
  if (reader.readSequence(tag) === null || reader.remain < reader.length) throw new Error('cut short');
  const content = Buffer.from(reader.buffer.subarray(reader.offset, reader.offset + reader.length));
  reader.offset += reader.length;
  return new BerReader(content);
}

function bytesOf(reader: BerReader, tag = 0x04): Buffer {
  const value = reader.readString(tag, true);
  if (value === null) throw new Error('cut short');
  return Buffer.from(value);
}

const textOf = (reader: BerReader, tag = 0x04): string => bytesOf(reader, tag).toString('utf8');

function integerOf(reader: BerReader): number {
  const value = reader.readInt();
  if (value === null) throw new Error('cut short');
  return value;
}
