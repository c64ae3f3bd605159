import { ByteKeyTable } from '../../../../shared/core/byteKeyTable';
import { dnKey } from '../../core/distinguishedName';
import type { RecordPlace } from './ldifFile';
import type { LdifRecord } from './ldifParser';

/** No update sequence number. */
export const unknownUsn = -1;

/** An object as a file has it. */
export interface IndexedObject extends RecordPlace {
  /** `unknownUsn` where the file does not tell. */
  readonly uSNChanged: number;
}

/** Where each object of a file lies, by objectGUID and by name: about 120 bytes an object. Later ones of a GUID are left out. */
export class FileIndex {
  readonly #guids = new ByteKeyTable();
  readonly #names = new ByteKeyTable();
  readonly #offsets: number[] = [];
  readonly #lines: number[] = [];
  readonly #usns: number[] = [];

  /** false: the objectGUID was there before. */
  add(record: LdifRecord, objectGUID: Uint8Array | null, uSNChanged: number): boolean {
    const at = this.#offsets.length;
    if (objectGUID && !this.#guids.add(objectGUID, at)) return false;
    this.#names.add(dnKey(record.entry.distinguishedName), at);
    this.#offsets.push(record.offset);
    this.#lines.push(record.line);
    this.#usns.push(uSNChanged);
    return true;
  }

  byGuid(objectGUID: Uint8Array): IndexedObject | null {
    return this.#at(this.#guids.get(objectGUID));
  }

  byName(distinguishedName: string): IndexedObject | null {
    return this.#at(this.#names.get(dnKey(distinguishedName)));
  }

  #at(at: number | undefined): IndexedObject | null {
    if (at === undefined) return null;
    return {
      line: this.#lines[at] as number,
      offset: this.#offsets[at] as number,
      uSNChanged: this.#usns[at] as number,
    };
  }
}
