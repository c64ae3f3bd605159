import { createHash } from 'node:crypto';
import { ByteKeyTable } from './byteKeyTable';
import type { SourceName } from './exportFormat';
import { bytesFromBase64 } from './keys/base64';
import { guidToBytes, type Guid } from './keys/guid';
import { domainSidOf, relativeIdOf, type Sid } from './keys/sid';
import { objectClasses, type OnPremisesClass } from './exportFormat';
import type { ExportRecord } from './onPremisesObject';

/** The on-premises attribute by which a record was found. */
export type StrongAttribute =
  | 'objectGUID'
  | 'mS-DS-ConsistencyGuid'
  | 'sourceAnchor'
  | 'objectSid'
  | 'sIDHistory'
  | 'msDS-ExternalDirectoryObjectId';

/** A record that a strong key found. `ordinal` is its position in the exports, by which a closer look finds it again. */
export interface IndexHit {
  readonly ordinal: number;
  readonly matched: StrongAttribute;
  readonly source: SourceName;
  readonly objectClass: OnPremisesClass;
  readonly tombstone: boolean;
  /** false for tombstones. */
  readonly inScope: boolean;
}

const attributes: readonly StrongAttribute[] = [
  'objectGUID',
  'mS-DS-ConsistencyGuid',
  'sourceAnchor',
  'objectSid',
  'sIDHistory',
  'msDS-ExternalDirectoryObjectId',
];

const tombstoneFlag = 8;
const inScopeFlag = 16;

/**
 * Every strong key of every record of every expected export, in typed arrays. It is filled once, in the order of the exports,
 * and asked for each cloud object. Objects out of scope, of any class, and tombstones are in it too: they can only save an
 * object or prove its deletion. Memory grows with the number of keys, not with the size of the exports (design.md).
 */
export class OnPremisesIndex {
  /** objectGUID and mS-DS-ConsistencyGuid share a table: an anchor is tried against both (domain.md, case 2). */
  readonly #guids = new ByteKeyTable();
  readonly #sids = new ByteKeyTable();
  readonly #anchors = new ByteKeyTable();
  readonly #externals = new ByteKeyTable();
  readonly #domains = new Map<string, number>();
  readonly #sources: SourceName[] = [];
  /** Per record: the class, tombstoneFlag, inScopeFlag; and the position of its source. */
  #recordFlags = new Uint8Array(1024);
  #recordSources = new Uint16Array(1024);
  #records = 0;
  /** Chains of the records that share a key: (ordinal, attribute, next + 1). */
  #postings = new Uint32Array(3 * 1024);
  #postingCount = 0;

  /** Records added so far. */
  get size(): number {
    return this.#records;
  }

  /** Adds the next record and returns its ordinal: 0, 1, 2 … in the order of adding. */
  add(record: ExportRecord): number {
    const ordinal = this.#addRecord(record);
    this.#post(this.#guids, guidToBytes(record.objectGUID as Guid), ordinal, 'objectGUID');
    if (record.objectSid) this.#addSid(record.objectSid, ordinal, 'objectSid');
    if (record.kind === 'tombstone') return ordinal;
    for (const sid of record.sIDHistory ?? []) this.#addSid(sid, ordinal, 'sIDHistory');
    this.#addAnchor(record['mS-DS-ConsistencyGuid'], ordinal, 'mS-DS-ConsistencyGuid');
    this.#addAnchor(record.sourceAnchor, ordinal, 'sourceAnchor');
    const external = record['msDS-ExternalDirectoryObjectId'];
    if (external)
      this.#post(this.#externals, digest(foldText(external)), ordinal, 'msDS-ExternalDirectoryObjectId');
    return ordinal;
  }

  /** Records whose objectGUID, or whose mS-DS-ConsistencyGuid, is these 16 bytes. */
  findByGuid(guid: Guid): IndexHit[] {
    return this.#follow(this.#guids, guidToBytes(guid));
  }

  /** Records whose anchor attribute holds these bytes; ASCII letters match in either case. */
  findByAnchor(anchor: Uint8Array): IndexHit[] {
    return this.#anchors.size === 0 ? [] : this.#follow(this.#anchors, digest(foldBytes(anchor)));
  }

  /** Records whose objectSid, or one of whose sIDHistory, is this SID. */
  findBySid(sid: Sid): IndexHit[] {
    const domain = this.#domains.get(domainSidOf(sid));
    return domain === undefined ? [] : this.#follow(this.#sids, sidKey(domain, sid));
  }

  /** Records whose msDS-ExternalDirectoryObjectId is this text, such as `User_<cloud id>`. */
  findByExternalId(externalId: string): IndexHit[] {
    return this.#externals.size === 0 ? [] : this.#follow(this.#externals, digest(foldText(externalId)));
  }

  #addRecord(record: ExportRecord): number {
    const ordinal = this.#records;
    if (ordinal === this.#recordFlags.length) {
      this.#recordFlags = grown(this.#recordFlags, new Uint8Array(ordinal * 2));
      this.#recordSources = grown(this.#recordSources, new Uint16Array(ordinal * 2));
    }
    if (this.#sources.at(-1) !== record.source) this.#sources.push(record.source);
    const flags = record.kind === 'tombstone' ? tombstoneFlag : record.inScope ? inScopeFlag : 0;
    this.#recordFlags[ordinal] = objectClasses.indexOf(record.objectClass) | flags;
    this.#recordSources[ordinal] = this.#sources.length - 1;
    this.#records += 1;
    return ordinal;
  }

  #addSid(text: string, ordinal: number, matched: StrongAttribute): void {
    const sid = text as Sid;
    const domain = this.#domains.get(domainSidOf(sid)) ?? this.#domains.size;
    this.#domains.set(domainSidOf(sid), domain);
    this.#post(this.#sids, sidKey(domain, sid), ordinal, matched);
  }

  /**
   * Of mS-DS-ConsistencyGuid, 16 bytes are a GUID. A configured anchor is indexed as bytes as well, whatever its length: its
   * shape never decides (domain.md, case 1).
   */
  #addAnchor(base64: string | undefined, ordinal: number, matched: StrongAttribute): void {
    const bytes = base64 === undefined ? null : bytesFromBase64(base64);
    if (!bytes) return;
    if (bytes.length === 16) this.#post(this.#guids, bytes, ordinal, matched);
    if (bytes.length !== 16 || matched === 'sourceAnchor')
      this.#post(this.#anchors, digest(foldBytes(bytes)), ordinal, matched);
  }

  #post(table: ByteKeyTable, key: Uint8Array, ordinal: number, matched: StrongAttribute): void {
    const at = this.#postingCount * 3;
    if (at === this.#postings.length) this.#postings = grown(this.#postings, new Uint32Array(at * 2));
    const head = table.get(key);
    this.#postings[at] = ordinal;
    this.#postings[at + 1] = attributes.indexOf(matched);
    this.#postings[at + 2] = head === undefined ? 0 : head + 1;
    table.set(key, this.#postingCount);
    this.#postingCount += 1;
  }

  #follow(table: ByteKeyTable, key: Uint8Array): IndexHit[] {
    const hits: IndexHit[] = [];
    let posting = table.get(key);
    while (posting !== undefined) {
      const [ordinal, attribute, next] = this.#postings.subarray(posting * 3) as unknown as [
        number,
        number,
        number,
      ];
      hits.push(this.#hit(ordinal, attributes[attribute] as StrongAttribute));
      posting = next === 0 ? undefined : next - 1;
    }
    return hits.toReversed();
  }

  #hit(ordinal: number, matched: StrongAttribute): IndexHit {
    const flags = this.#recordFlags[ordinal] as number;
    return {
      ordinal,
      matched,
      source: this.#sources[this.#recordSources[ordinal] as number] as SourceName,
      objectClass: objectClasses[flags & 7] as OnPremisesClass,
      tombstone: (flags & tombstoneFlag) !== 0,
      inScope: (flags & inScopeFlag) !== 0,
    };
  }
}

/** The same content in a larger array. */
function grown<Numbers extends { set(from: Numbers): void }>(from: Numbers, into: Numbers): Numbers {
  into.set(from);
  return into;
}

/** Exact, no digest: the number of the domain, then the relative identifier. */
function sidKey(domain: number, sid: Sid): Uint8Array {
  const key = new Uint8Array(16);
  const view = new DataView(key.buffer);
  view.setUint32(0, domain);
  view.setUint32(4, relativeIdOf(sid));
  return key;
}

/** 128 bits of SHA-256. Two anchors with one digest would save an object, never condemn it. */
const digest = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest().subarray(0, 16);

const foldText = (text: string): Uint8Array => foldBytes(new TextEncoder().encode(text));

const foldBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.map(byte => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
