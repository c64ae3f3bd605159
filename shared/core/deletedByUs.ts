import { z } from 'zod';
import type { CloudObject } from './cloudObject';
import { referenceKey, sharedKey, sharedKeysOf, type CloudReference } from './duplicates';
import type { Instant } from './instant';
import type { ObjectType } from './objectType';
import { weakKeyId, weakKeysOfCloudObject } from './weakKeys';

/**
 * How long a list of Graph may still show what was deleted, in minutes (docs/assumptions.md, G31): until then the same id says nothing.
 */
export const listLagMinutes = 60;

/** An object that the app deleted, and the keys by which one that is made again is recognised. */
export interface DeletedObject extends CloudReference {
  readonly deletedAt: Instant;
  /** As `recognisableKeysOf` writes them. */
  readonly keys: readonly string[];
}

/** The keys of a cloud object that no other one has: anchor, SID, device id; for a contact, which has none, its addresses. */
export const recognisableKeysOf = (cloud: CloudObject): readonly string[] =>
  cloud.type === 'contact' ? weakKeysOfCloudObject(cloud).map(weakKeyId) : sharedKeysOf(cloud);

const evidenceSchema = z.object({ keys: z.array(z.object({ key: z.string(), value: z.string() })) });

/**
 * The same keys, of an object that is gone, from its evidence (core/evidence). null: it is no evidence of ours, so that nothing would
 * be recognised by it.
 */
export function keysInEvidence(type: ObjectType, evidence: unknown): readonly string[] | null {
  const parsed = evidenceSchema.safeParse(evidence);
  if (!parsed.success) return null;
  return parsed.data.keys.flatMap(({ key, value }) => {
    if (type === 'contact') return key === 'address' ? weakKeyId({ name: key, value }) : [];
    return isShared(key) ? sharedKey[key](value) : [];
  });
}

const isShared = (key: string): key is keyof typeof sharedKey => Object.hasOwn(sharedKey, key);

/** What the app deleted, to be asked about every object that there is (domain.md, case 38). */
export class DeletedByUs {
  readonly #byReference = new Map<string, DeletedObject>();
  readonly #byKey = new Map<string, DeletedObject>();

  /** `at`: when the scan began. */
  constructor(
    objects: Iterable<DeletedObject>,
    readonly at: Instant,
  ) {
    for (const object of objects) {
      this.#byReference.set(referenceKey(object), object);
      for (const key of object.keys) this.#byKey.set(key, object);
    }
  }

  /** What we deleted and this object is again: by its id, or by a key of another id. null: we deleted nothing like it. */
  madeAgain(cloud: CloudObject): DeletedObject | null {
    // Asked about every object of the tenant.
    if (this.#byReference.size === 0) return null;
    const same = this.#byReference.get(referenceKey(cloud));
    if (same) return this.at - same.deletedAt >= listLagMinutes * 60_000 ? same : null;
    for (const key of recognisableKeysOf(cloud)) {
      const deleted = this.#byKey.get(key);
      if (deleted) return deleted;
    }
    return null;
  }
}
