import { createHash } from 'node:crypto';
import { ByteKeyTable } from './byteKeyTable';
import type { CloudId, CloudObject } from './cloudObject';
import { guidFromBytes, guidToBytes, type Guid } from './keys/guid';
import { objectTypes, type ObjectType } from './objectType';

/** A cloud object by its type and id. */
export interface CloudReference {
  readonly type: ObjectType;
  readonly id: CloudId;
}

/** One text for one cloud object: `type/id`. */
export const referenceKey = (object: CloudReference): string => `${object.type}/${object.id}`;

const entryBytes = 17;

/**
 * Remembers the strong keys of every synced cloud object, 16 bytes each, and finds those that two of them share (domain.md,
 * case 33). Handing the same object over again, as a list that is read a second time does, changes nothing.
 */
export class DuplicateFinder {
  readonly #keys = new ByteKeyTable();
  /** Per object: its type, then the bytes of its id. */
  #objects = new Uint8Array(1024 * entryBytes);
  #count = 0;
  readonly #found = new Map<string, Map<string, CloudReference>>();
  /** Every holder of a key that has several: each of them is the others' duplicate, in whatever order they came. */
  readonly #holders = new Map<string, Map<string, CloudReference>>();

  add(cloud: CloudObject): void {
    const keys = sharedKeysOf(cloud);
    if (keys.length === 0) return;
    const ordinal = this.#remember(cloud);
    for (const key of keys) {
      const digest = createHash('sha256').update(key).digest().subarray(0, 16);
      const holder = this.#keys.get(digest);
      if (holder === undefined) this.#keys.add(digest, ordinal);
      else this.#join(key, this.#reference(holder), { type: cloud.type, id: cloud.id });
    }
  }

  /** The other objects that share a key with this one, as `type/id`. */
  of(cloud: CloudReference): string[] {
    return [...(this.#found.get(referenceKey(cloud))?.keys() ?? [])];
  }

  /** Every object that shares a key with another one. */
  all(): CloudReference[] {
    const references = new Map([...this.#found.values()].flatMap(others => [...others]));
    return [...references.values()];
  }

  #join(key: string, first: CloudReference, object: CloudReference): void {
    const holders = this.#holders.get(key) ?? new Map([[referenceKey(first), first]]);
    for (const holder of holders.values()) this.#relate(holder, object);
    // The same object may have come twice, as in a list that is read again.
    if (holders.set(referenceKey(object), object).size > 1) this.#holders.set(key, holders);
  }

  #relate(holder: CloudReference, object: CloudReference): void {
    const [a, b] = [referenceKey(holder), referenceKey(object)];
    if (a === b) return;
    this.#found.set(a, (this.#found.get(a) ?? new Map<string, CloudReference>()).set(b, object));
    this.#found.set(b, (this.#found.get(b) ?? new Map<string, CloudReference>()).set(a, holder));
  }

  #remember(cloud: CloudObject): number {
    const at = this.#count * entryBytes;
    if (at === this.#objects.length) {
      const larger = new Uint8Array(at * 2);
      larger.set(this.#objects);
      this.#objects = larger;
    }
    this.#objects[at] = objectTypes.indexOf(cloud.type);
    this.#objects.set(guidToBytes(cloud.id as string as Guid), at + 1);
    this.#count += 1;
    return this.#count - 1;
  }

  #reference(ordinal: number): CloudReference {
    const at = ordinal * entryBytes;
    const id = guidFromBytes(this.#objects.subarray(at + 1, at + entryBytes));
    return { type: objectTypes[this.#objects[at] as number] as ObjectType, id: id as string as CloudId };
  }
}

/** Keys that no two objects may share: the anchor, the SID, the device's id. Compared as they are written, case folded for SIDs. */
export function sharedKeysOf(cloud: CloudObject): string[] {
  if (cloud.type === 'contact') return [];
  const keys: string[] = [];
  if (cloud.type === 'user' && cloud.onPremisesImmutableId !== null)
    keys.push(sharedKey.onPremisesImmutableId(cloud.onPremisesImmutableId));
  if (cloud.type === 'device' && cloud.deviceId !== null) keys.push(sharedKey.deviceId(cloud.deviceId));
  if (cloud.onPremisesSecurityIdentifier !== null)
    keys.push(sharedKey.onPremisesSecurityIdentifier(cloud.onPremisesSecurityIdentifier));
  return keys;
}

/** One text for one key, by the property that holds it. */
export const sharedKey = {
  onPremisesImmutableId: (value: string): string => `anchor ${value}`,
  deviceId: (value: string): string => `device ${value.toLowerCase()}`,
  onPremisesSecurityIdentifier: (value: string): string => `sid ${value.toUpperCase()}`,
} as const;
