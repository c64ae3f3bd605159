import { ByteKeyTable } from '../../../shared/core/byteKeyTable';
import { objectClasses, type OnPremisesClass } from '../../../shared/core/exportFormat';

/** Of the objects that only one of two readings has, so many are kept by their GUIDs; all are counted. */
export const maxKeptDifferences = 1000;

export interface Differences {
  readonly onlyInFirst: number;
  readonly onlyInSecond: number;
  /** objectGUIDs as AD stores them, at most `maxKeptDifferences` of each kind, in no order that means anything. */
  readonly keysOnlyInFirst: readonly Uint8Array[];
  readonly keysOnlyInSecond: readonly Uint8Array[];
}

// A key's value in the table: bit 0: in the first reading; bits 1–3: its class, 0 for none; above: the attempt of the second
// reading that saw it last, 0 for none. Starting the second reading again then costs nothing, whatever is in the table.
const inFirst = 1;
const classShift = 1;
const classMask = 0b111;
const attemptShift = 4;
const attemptOf = (value: number): number => value >>> attemptShift;

/**
 * Two readings of one naming context, compared by objectGUID: what only one of them has was changed in the meantime, or one of
 * them is not complete. About 40 bytes an object. Entries may come again and in any order.
 */
export class SecondCount {
  readonly #table: ByteKeyTable;
  #attempt = 1;
  #first = 0;
  #second = 0;
  #both = 0;

  constructor(expectedObjects = 0) {
    this.#table = new ByteKeyTable(expectedObjects);
  }

  /** Objects of the first reading; each counts once. */
  get inFirst(): number {
    return this.#first;
  }

  /** Objects of the second reading since it was last started; each counts once. */
  get inSecond(): number {
    return this.#second;
  }

  /** An object of the first reading; null: it is none of those that are exported. false: it came before. */
  addFirst(objectGUID: Uint8Array, objectClass: OnPremisesClass | null): boolean {
    const value = this.#table.get(objectGUID) ?? 0;
    if (value & inFirst) return false;
    const classBits = objectClass === null ? 0 : objectClasses.indexOf(objectClass) + 1;
    this.#table.set(objectGUID, value | inFirst | (classBits << classShift));
    this.#first += 1;
    if (attemptOf(value) === this.#attempt) this.#both += 1;
    return true;
  }

  /** The second reading starts, or starts again: what it saw before counts for nothing. */
  restartSecond(): void {
    this.#attempt += 1;
    this.#second = 0;
    this.#both = 0;
  }

  addSecond(objectGUID: Uint8Array): void {
    const value = this.#table.get(objectGUID) ?? 0;
    if (attemptOf(value) === this.#attempt) return;
    const withoutAttempt = value & ((1 << attemptShift) - 1);
    this.#table.set(objectGUID, withoutAttempt | (this.#attempt << attemptShift));
    this.#second += 1;
    if (value & inFirst) this.#both += 1;
  }

  /** Whether the first reading has the object, exported or not. */
  isInFirst(objectGUID: Uint8Array): boolean {
    return ((this.#table.get(objectGUID) ?? 0) & inFirst) !== 0;
  }

  /** The class under which the first reading exported the object; null where it did not. */
  exportedClass(objectGUID: Uint8Array): OnPremisesClass | null {
    const classBits = ((this.#table.get(objectGUID) ?? 0) >>> classShift) & classMask;
    return objectClasses[classBits - 1] ?? null;
  }

  differences(): Differences {
    const attempt = this.#attempt;
    const isOnlyInFirst = (value: number): boolean => (value & inFirst) !== 0 && attemptOf(value) !== attempt;
    const isOnlyInSecond = (value: number): boolean =>
      (value & inFirst) === 0 && attemptOf(value) === attempt;
    return {
      onlyInFirst: this.#first - this.#both,
      onlyInSecond: this.#second - this.#both,
      keysOnlyInFirst: this.#kept(isOnlyInFirst),
      keysOnlyInSecond: this.#kept(isOnlyInSecond),
    };
  }

  #kept(accepts: (value: number) => boolean): readonly Uint8Array[] {
    const keys: Uint8Array[] = [];
    for (const key of this.#table.keysWith(accepts)) {
      keys.push(key);
      if (keys.length === maxKeptDifferences) break;
    }
    return keys;
  }
}

/** An object that one reading has and the other has not, as a base search by its objectGUID found it afterwards. */
export interface Difference {
  readonly in: 'first' | 'second';
  /** null: not found, deleted objects included. */
  readonly found: { readonly isDeleted: boolean; readonly uSNChanged: bigint } | null;
  /** highestCommittedUSN of the same domain controller (same invocationId), taken before the first reading. */
  readonly usnBefore: bigint;
}

export type Explanation =
  { readonly kind: 'explained' } | { readonly kind: 'unexplained'; readonly reason: string };

/**
 * Whether a change in the meantime explains the difference: the object was made, moved, changed or deleted after `usnBefore`.
 * Anything else means that a reading left out an object, or that the account sees some objects only at times.
 */
export function explainDifference({ in: reading, found, usnBefore }: Difference): Explanation {
  if (!found)
    return unexplained(
      `only the ${reading} reading has it, and it is not found by its objectGUID, nor as a tombstone`,
    );
  if (found.uSNChanged > usnBefore) return { kind: 'explained' };
  const state = found.isDeleted ? 'deleted' : 'live';
  return unexplained(
    `only the ${reading} reading has it, but it is ${state} and did not change in the meantime ` +
      `(uSNChanged ${found.uSNChanged}, the readings began at ${usnBefore})`,
  );
}

const unexplained = (reason: string): Explanation => ({ kind: 'unexplained', reason });
