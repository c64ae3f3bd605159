import { ByteKeyTable } from '../byteKeyTable';
import type { CloudObject } from '../cloudObject';
import { guidFromImmutableId } from '../keys/immutableId';
import { guidToBytes, parseGuid, type Guid } from '../keys/guid';
import { parseSid } from '../keys/sid';
import type { ObjectType } from '../objectType';

/** One item of a list: an object, and which of the properties that may be left out were; or what made it unreadable. */
export type ListItem =
  | { readonly kind: 'object'; readonly object: CloudObject; readonly leftOut: readonly string[] }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Objects picked for a second look because of one property, at most. */
const mostOfAKind = 5;

/**
 * Counts what a list of synced objects holds, page by page, and picks a few objects for a second look: the first ones that are
 * restricted or have a provisioning error, those that were asked for, and some spread over the whole list.
 */
export class ListTally {
  pages = 0;
  items = 0;
  /** Objects that were readable, each page's repetitions included. */
  objects = 0;
  notSynced = 0;
  restricted = 0;
  provisioningErrors = 0;
  securityIdentifiers = 0;
  lastSyncTimes = 0;
  largestPage = 0;
  /** Of users, by what their onPremisesImmutableId holds. */
  readonly anchors = { guid: 0, other: 0, none: 0 };
  /** Of devices whose trustType is ServerAd: by what their deviceId holds. */
  readonly hybrid = { guid: 0, other: 0 };
  /** Of devices: any other trustType. */
  notHybrid = 0;
  /** By property, or by what else was wrong. */
  readonly problems = new Map<string, number>();
  readonly leftOut = new Map<string, number>();
  readonly picked: CloudObject[] = [];
  readonly #ids = new ByteKeyTable();
  readonly #pickedIds = new Set<string>();
  #restrictedPicked = 0;
  #errorsPicked = 0;

  /** `wanted`: ids that are picked whatever they hold. */
  constructor(
    readonly type: ObjectType,
    readonly wanted: ReadonlySet<string> = new Set(),
  ) {}

  /** Distinct ids. */
  get distinct(): number {
    return this.#ids.size;
  }

  page(items: readonly ListItem[]): void {
    this.pages += 1;
    this.items += items.length;
    this.largestPage = Math.max(this.largestPage, items.length);
    for (const item of items) {
      if (item.kind === 'unreadable') increase(this.problems, item.problem);
      else this.#add(item.object, item.leftOut);
    }
  }

  #add(object: CloudObject, leftOut: readonly string[]): void {
    this.objects += 1;
    for (const property of leftOut) increase(this.leftOut, property);
    this.#ids.add(guidToBytes(object.id as string as Guid));
    if (object.onPremisesSyncEnabled !== true) this.notSynced += 1;
    if (object.onPremisesLastSyncDateTime !== null) this.lastSyncTimes += 1;
    if (hasSecurityIdentifier(object)) this.securityIdentifiers += 1;
    if (object.type === 'user') this.anchors[anchorShape(object.onPremisesImmutableId)] += 1;
    if (object.type === 'device') {
      if (object.trustType === 'ServerAd') this.hybrid[isGuid(object.deviceId) ? 'guid' : 'other'] += 1;
      else this.notHybrid += 1;
    }
    this.#pick(object);
  }

  #pick(object: CloudObject): void {
    let wanted = this.wanted.has(object.id) || isPowerOfTwo(this.objects);
    if (isRestricted(object)) {
      this.restricted += 1;
      if (this.#restrictedPicked < mostOfAKind) {
        this.#restrictedPicked += 1;
        wanted = true;
      }
    }
    if (provisioningErrorsOf(object) > 0) {
      this.provisioningErrors += 1;
      if (this.#errorsPicked < mostOfAKind) {
        this.#errorsPicked += 1;
        wanted = true;
      }
    }
    if (!wanted || this.#pickedIds.has(object.id)) return;
    this.#pickedIds.add(object.id);
    this.picked.push(object);
  }
}

/** Whether Graph says that the object is in a restricted management unit; contacts have no such property. */
export const isRestricted = (object: CloudObject): boolean =>
  object.type !== 'contact' && object.isManagementRestricted === true;

/** How many errors of synchronisation Graph tells; devices have no such property. */
export const provisioningErrorsOf = (object: CloudObject): number =>
  object.type === 'device' ? 0 : object.onPremisesProvisioningErrorCount;

/** Whether it has a SID of Active Directory; contacts have no such property. */
export const hasSecurityIdentifier = (object: CloudObject): boolean =>
  object.type !== 'contact' && parseSid(object.onPremisesSecurityIdentifier ?? '') !== null;

const isGuid = (text: string | null): boolean => parseGuid(text ?? '') !== null;

function anchorShape(immutableId: string | null): 'guid' | 'other' | 'none' {
  if (immutableId === null) return 'none';
  return guidFromImmutableId(immutableId) === null ? 'other' : 'guid';
}

/** The 1st, 2nd, 4th, 8th … object: a few, and from all over a list whose length is not known yet. */
const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;

const increase = (counts: Map<string, number>, key: string): void =>
  void counts.set(key, (counts.get(key) ?? 0) + 1);
