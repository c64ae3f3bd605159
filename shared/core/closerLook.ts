import type { ExportRecord, OnPremisesObject } from './onPremisesObject';
import { weakKeyId, weakKeysOfOnPremisesObject, type WeakKey } from './weakKeys';

/**
 * What a second pass over the same exports brings back, for the cloud objects that the first pass did not settle: the records
 * behind their strong hits, and the live objects that hold one of their names or addresses. Ask first (`wantRecord`,
 * `wantWeakKey`), then `visit` every record in the order of the first pass.
 */
export class CloserLook {
  readonly #records = new Map<number, ExportRecord | null>();
  readonly #weak = new Map<string, OnPremisesObject[]>();
  #visited = 0;

  wantRecord(ordinal: number): void {
    this.#records.set(ordinal, null);
  }

  wantWeakKey(key: WeakKey): void {
    this.#weak.set(weakKeyId(key), []);
  }

  visit(record: ExportRecord): void {
    const ordinal = this.#visited;
    this.#visited += 1;
    if (this.#records.has(ordinal)) this.#records.set(ordinal, record);
    if (record.kind === 'tombstone') return;
    for (const key of weakKeysOfOnPremisesObject(record)) this.#weak.get(weakKeyId(key))?.push(record);
  }

  /** The record with this ordinal. Throws where it was not wanted or not visited: a programming error. */
  record(ordinal: number): ExportRecord {
    const record = this.#records.get(ordinal);
    if (!record)
      throw new RangeError(`record ${ordinal} was ${record === null ? 'not visited' : 'not asked for'}`);
    return record;
  }

  /** The live objects that hold this weak key, in the order of the exports. Throws where the key was not wanted. */
  holders(key: WeakKey): readonly OnPremisesObject[] {
    const holders = this.#weak.get(weakKeyId(key));
    if (!holders) throw new RangeError(`the weak key ${key.name} was not asked for`);
    return holders;
  }
}
