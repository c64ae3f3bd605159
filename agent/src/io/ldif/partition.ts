import { AgentError } from '../../core/agentError';
import type { DirectoryEntry } from '../../core/directoryEntry';
import type { FoundObject } from '../../app/ports';
import type { AttributeList } from './attributeList';
import { isNormalisedBelowOrEqual, normalisedDn } from '../../core/distinguishedName';
import { FileIndex, unknownUsn, type IndexedObject } from './fileIndex';
import type { LdifFile } from './ldifFile';
import type { LdifRecord } from './ldifParser';
import { parseUsn } from './updateSequenceNumber';

const pageSize = 1000;
const guidBytes = 16;

/** The files of one naming context. */
export interface PartitionFiles {
  readonly walk: LdifFile;
  readonly keys: LdifFile;
  readonly deleted: LdifFile;
}

/** What was known before the files were begun and after they were finished, for `Partition.assertOneSet`. */
export interface SetLimits {
  readonly committedBefore: number;
  readonly committedAfter: number;
  /** uSNChanged of the naming context's head, where it did not change in between; else null. */
  readonly headUsn: number | null;
}

interface PartitionIndex {
  readonly walk: FileIndex;
  readonly keys: FileIndex;
  readonly deleted: FileIndex;
}

/** One naming context as its files have it. Every pass reads a file from the beginning, and checks it as the first one did. */
export class Partition {
  readonly distinguishedName: string;
  readonly files: PartitionFiles;
  readonly #comparable: string;
  readonly #requested: AttributeList;
  /** Whether the head itself is one of the objects. In Configuration it is asked for as a proof of where the search began. */
  readonly #withHead: boolean;
  #index: Promise<PartitionIndex> | null = null;

  constructor(
    distinguishedName: string,
    files: PartitionFiles,
    requested: AttributeList,
    head: 'isObject' | 'isProof',
  ) {
    this.distinguishedName = distinguishedName;
    this.files = files;
    this.#comparable = normalisedDn(distinguishedName);
    this.#requested = requested;
    this.#withHead = head === 'isObject';
  }

  async readObjects(
    attributes: readonly string[],
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    this.#assertRequested(attributes);
    const wanted = lowerCase(attributes);
    const pages = new Pages(visit);
    for await (const records of this.walk(signal))
      for (const record of records)
        if (this.#isObject(record)) await pages.add(narrowed(record.entry, wanted));
    await pages.end();
  }

  async readKeys(visit: (objectGUIDs: readonly Uint8Array[]) => void, signal: AbortSignal): Promise<void> {
    for await (const records of this.#wholePartition(this.files.keys, signal)) {
      const objects = records.filter(record => this.#isObject(record));
      visit(objects.map(record => requiredGuid(this.files.keys, record)));
    }
  }

  /**
   * `notReadable`: the file holds neither a deleted object nor their container with its class, which is what an account gets
   * that may not read there.
   */
  async readTombstones(
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<'included' | 'notReadable'> {
    const pages = new Pages(visit);
    let isReadable = false;
    for await (const { entry, isContainer } of this.#deleted(signal)) {
      isReadable ||= !isContainer || entry.attributes.has('objectclass');
      if (!isContainer) await pages.add(entry);
    }
    await pages.end();
    return isReadable ? 'included' : 'notReadable';
  }

  /** The live objects with all attributes that the file has, the head too. */
  async *walk(signal: AbortSignal): AsyncGenerator<readonly LdifRecord[], void, void> {
    const file = this.files.walk;
    for await (const records of this.#wholePartition(file, signal)) {
      for (const record of records) this.#assertOnlyRequested(record);
      yield records;
    }
  }

  /** Every record of the file, each of which has to lie in the naming context. */
  async *recordsOf(file: LdifFile, signal: AbortSignal): AsyncGenerator<readonly LdifRecord[], void, void> {
    for await (const records of file.records(signal)) {
      for (const { entry, line } of records)
        if (!isNormalisedBelowOrEqual(normalisedDn(entry.distinguishedName), this.#comparable))
          throw file.refused(line, `expected objects of ${this.distinguishedName}, found one outside`);
      yield records;
    }
  }

  async findByGuid(
    objectGUID: Uint8Array,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<FoundObject | null> {
    this.#assertRequested(attributes);
    const index = await this.index(signal);
    const wanted = lowerCase(attributes);
    const deleted = index.deleted.byGuid(objectGUID);
    if (deleted) {
      const entry = await this.#entryAt(this.files.deleted, deleted, wanted, signal);
      return { entry, isDeleted: true, uSNChanged: BigInt(deleted.uSNChanged) };
    }
    const key = index.keys.byGuid(objectGUID);
    if (!key) return null;
    const live = index.walk.byGuid(objectGUID);
    const entry = await (live
      ? this.#entryAt(this.files.walk, live, wanted, signal)
      : this.#entryAt(this.files.keys, key, wanted, signal));
    return { entry, isDeleted: false, uSNChanged: BigInt(key.uSNChanged) };
  }

  async findByDn(
    distinguishedName: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<DirectoryEntry | null> {
    this.#assertRequested(attributes);
    const object = (await this.index(signal)).walk.byName(distinguishedName);
    return object && this.#entryAt(this.files.walk, object, lowerCase(attributes), signal);
  }

  /** Where everything lies; made on the first call, by one pass over each file. */
  index(signal: AbortSignal): Promise<PartitionIndex> {
    this.#index ??= this.#makeIndex(signal).catch((error: unknown) => {
      this.#index = null;
      throw error;
    });
    return this.#index;
  }

  /**
   * Whether the files were made one after the other, at one domain controller: nothing is newer than the end, an object that was
   * last changed before the beginning is the same in walk and keys, and what was deleted before the beginning is in neither.
   *
   * @throws AgentError ldifInvalid: a file is of another time, or of another domain controller
   */
  async assertOneSet(limits: SetLimits, signal: AbortSignal): Promise<void> {
    const { walk, keys, deleted } = this.files;
    const index = await this.index(signal);
    const { headUsn } = limits;
    for (const [file, objects] of [
      [walk, index.walk],
      [keys, index.keys],
    ] as const) {
      const usn = objects.byName(this.distinguishedName)?.uSNChanged;
      if (headUsn !== null && usn !== headUsn)
        throw file.refused(
          null,
          'expected the head of the naming context as before.ldf and after.ldf have it, found another uSNChanged: the file is of another time or another domain controller (ldifde without -s)',
        );
    }
    for await (const { line, usn, walkUsn } of this.#keyUsns(index, signal)) {
      if (usn > limits.committedAfter)
        throw keys.refused(
          line,
          'expected changes up to highestCommittedUSN of after.ldf, found a later one: the files are of different times',
        );
      if (usn <= limits.committedBefore && walkUsn !== unknownUsn && walkUsn !== usn)
        throw keys.refused(
          line,
          'expected an object that did not change since before.ldf as walk.ldf has it, found another uSNChanged: the files are of different times',
        );
    }
    for await (const { record, isContainer } of this.#deleted(signal)) {
      if (isContainer || requiredUsn(deleted, record) > limits.committedBefore) continue;
      const objectGUID = requiredGuid(deleted, record);
      if (index.walk.byGuid(objectGUID) || index.keys.byGuid(objectGUID))
        throw deleted.refused(
          record.line,
          'expected objects that are deleted, found one that was deleted before before.ldf and lives in walk.ldf or keys.ldf: the files are of different times',
        );
    }
  }

  async *#keyUsns(
    index: PartitionIndex,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly line: number; readonly usn: number; readonly walkUsn: number }> {
    const { keys } = this.files;
    for await (const records of this.#wholePartition(keys, signal))
      for (const record of records)
        yield {
          line: record.line,
          usn: requiredUsn(keys, record),
          walkUsn: index.walk.byGuid(requiredGuid(keys, record))?.uSNChanged ?? unknownUsn,
        };
  }

  async #makeIndex(signal: AbortSignal): Promise<PartitionIndex> {
    const index = { walk: new FileIndex(), keys: new FileIndex(), deleted: new FileIndex() };
    const twice = 'expected every objectGUID once, found one that came before';
    for await (const records of this.walk(signal))
      for (const record of records)
        if (!index.walk.add(record, guidOf(record.entry), usnOf(record.entry) ?? unknownUsn))
          throw this.files.walk.refused(record.line, twice);
    for await (const records of this.#wholePartition(this.files.keys, signal))
      for (const record of records)
        if (!this.#addRequired(index.keys, this.files.keys, record))
          throw this.files.keys.refused(record.line, twice);
    for await (const { record, isContainer } of this.#deleted(signal))
      if (!isContainer && !this.#addRequired(index.deleted, this.files.deleted, record))
        throw this.files.deleted.refused(record.line, twice);
    return index;
  }

  #addRequired(index: FileIndex, file: LdifFile, record: LdifRecord): boolean {
    return index.add(record, requiredGuid(file, record), requiredUsn(file, record));
  }

  /** The records of a file that has to begin at the naming context's head and to hold nothing that is deleted. */
  async *#wholePartition(
    file: LdifFile,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LdifRecord[], void, void> {
    let hasHead = false;
    for await (const records of this.recordsOf(file, signal)) {
      for (const { entry, line } of records) {
        if (isDeletedName(entry.distinguishedName) || isTrue(entry, 'isdeleted'))
          throw file.refused(line, 'expected live objects, found a deleted one (ldifde -x)');
        hasHead ||= this.#isHead(entry);
      }
      yield records;
    }
    if (!hasHead)
      throw file.refused(
        null,
        `expected ${this.distinguishedName} itself among the objects, found it not: another filter, another place to begin, or a file that was cut`,
      );
  }

  async *#deleted(signal: AbortSignal): AsyncGenerator<{
    readonly entry: DirectoryEntry;
    readonly record: LdifRecord;
    readonly isContainer: boolean;
  }> {
    const file = this.files.deleted;
    const container = `cn=deleted objects,${this.#comparable}`;
    for await (const records of this.recordsOf(file, signal))
      for (const record of records) {
        const { entry } = record;
        const isContainer = normalisedDn(entry.distinguishedName) === container;
        if (!isContainer && !isTrue(entry, 'isdeleted'))
          throw file.refused(record.line, 'expected deleted objects (isDeleted is TRUE), found another one');
        yield { entry, record, isContainer };
      }
  }

  async #entryAt(
    file: LdifFile,
    object: IndexedObject,
    wanted: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<DirectoryEntry> {
    return narrowed((await file.recordAt(object, signal)).entry, wanted);
  }

  #isHead(entry: DirectoryEntry): boolean {
    return normalisedDn(entry.distinguishedName) === this.#comparable;
  }

  #isObject({ entry }: LdifRecord): boolean {
    return this.#withHead || !this.#isHead(entry);
  }

  #assertRequested(attributes: readonly string[]): void {
    const requested = this.#requested;
    if (requested === 'all') return;
    const missing = [...attributes, 'objectGUID', 'uSNChanged'].filter(
      name => !requested.has(name.toLowerCase()),
    );
    if (missing.length > 0)
      throw new AgentError(
        'exportIncomplete',
        `${this.files.walk.path}: expected a file that was made with ${missing.join(', ')}, found that attributes.txt does not ` +
          `name it. What nobody asked for looks like what nobody has. Add it to ATTRIBUTES. ${this.files.walk.advice}`,
      );
  }

  #assertOnlyRequested({ entry, line }: LdifRecord): void {
    const requested = this.#requested;
    if (requested === 'all') return;
    for (const description of entry.attributes.keys())
      if (!requested.has(description) && !requested.has(description.split(';', 1)[0] as string))
        throw this.files.walk.refused(
          line,
          'expected attributes that attributes.txt names, found another: the two are not of one set',
        );
  }
}

/** Collects entries and hands them over a thousand at a time; no more are held. */
class Pages {
  readonly #visit: (page: readonly DirectoryEntry[]) => Promise<void>;
  #page: DirectoryEntry[] = [];

  constructor(visit: (page: readonly DirectoryEntry[]) => Promise<void>) {
    this.#visit = visit;
  }

  async add(entry: DirectoryEntry): Promise<void> {
    this.#page.push(entry);
    if (this.#page.length === pageSize) await this.end();
  }

  async end(): Promise<void> {
    const page = this.#page;
    this.#page = [];
    if (page.length > 0) await this.#visit(page);
  }
}

/** The objectGUID; null where it is none or not there. */
export function guidOf(entry: DirectoryEntry): Buffer | null {
  const value = entry.attributes.get('objectguid')?.[0];
  return value?.length === guidBytes ? value : null;
}

function usnOf(entry: DirectoryEntry): number | null {
  const value = entry.attributes.get('usnchanged')?.[0];
  return value ? parseUsn(value) : null;
}

function requiredGuid(file: LdifFile, record: LdifRecord): Buffer {
  const objectGUID = guidOf(record.entry);
  if (!objectGUID) throw file.refused(record.line, 'expected an objectGUID of 16 bytes, found none');
  return objectGUID;
}

function requiredUsn(file: LdifFile, record: LdifRecord): number {
  const usn = usnOf(record.entry);
  if (usn === null) throw file.refused(record.line, 'expected uSNChanged, found none');
  return usn;
}

/** A deleted object is renamed to `name\0ADEL:GUID` ([MS-ADTS] 3.1.1.5.5.1). */
const isDeletedName = (distinguishedName: string): boolean =>
  /\\0ADEL:[0-9a-f-]{36},/i.test(distinguishedName);

const isTrue = (entry: DirectoryEntry, attribute: string): boolean =>
  entry.attributes.get(attribute)?.[0]?.toString('latin1').toUpperCase() === 'TRUE';

const lowerCase = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map(name => name.toLowerCase()));

function narrowed(entry: DirectoryEntry, wanted: ReadonlySet<string>): DirectoryEntry {
  return {
    distinguishedName: entry.distinguishedName,
    attributes: new Map([...entry.attributes].filter(([description]) => wanted.has(description))),
  };
}
