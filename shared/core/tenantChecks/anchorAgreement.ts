import type { CloudObject } from '../cloudObject';
import type { SourceName } from '../exportFormat';
import type { Instant } from '../instant';
import type { ObjectType } from '../objectType';
import type { OnPremisesIndex } from '../onPremisesIndex';
import { tryStrongKeys } from '../strongKeys';
import { differs, holds, notChecked, type CheckOutcome } from './checkOutcome';

/** The exports of all sources, as a comparison with the cloud needs them. */
export interface ExportsIndexed {
  readonly index: OnPremisesIndex;
  /** When the tombstone with this ordinal was deleted. */
  readonly deletedAt: ReadonlyMap<number, Instant>;
  /** Sources that declare an anchor which is not a GUID. */
  readonly textAnchorSources: ReadonlySet<SourceName>;
}

/** Objects whose SID finds a live record, and how many of them have an anchor that leads to the same record. */
export class Agreement {
  compared = 0;
  agreeing = 0;
  readonly disagreeing: string[] = [];

  add(object: CloudObject, agrees: boolean): void {
    this.compared += 1;
    if (agrees) this.agreeing += 1;
    else if (this.disagreeing.length < mostNamed) this.disagreeing.push(`${object.type}/${object.id}`);
  }
}

/**
 * SID and anchor are two ways to one record. Re-anchored objects are real (domain.md, case 3), but few; where the anchor were made
 * in another way than assumed, nearly all would disagree.
 */
export const mostDisagreeingPercent = 5;
const mostNamed = 20;
const dayMs = 24 * 60 * 60_000;

/** Compares cloud objects with the exports, one by one, and keeps counts only. */
export class AnchorTally {
  readonly devices = new Agreement();
  readonly guidUsers = new Agreement();
  readonly textUsers = new Agreement();
  /** Objects whose anchor finds tombstones and no key finds anything alive. */
  readonly gone = { seen: 0, withTime: 0, syncedSince: [] as string[] };

  constructor(readonly exports: ExportsIndexed) {}

  add(object: CloudObject): void {
    const tried = tryStrongKeys(object, this.exports.index);
    const anchor = tried.find(key => key.role === 'anchor');
    if (!anchor) return;
    const sid = tried.find(key => key.role === 'sid');
    const bySid = (sid?.hits ?? []).filter(hit => !hit.tombstone && hit.matched === 'objectSid');
    if (bySid.length > 0) {
      const agrees = anchor.hits.some(hit => bySid.some(({ ordinal }) => ordinal === hit.ordinal));
      const ofText = bySid.some(({ source }) => this.exports.textAnchorSources.has(source));
      if (object.type === 'device') this.devices.add(object, agrees);
      else (ofText ? this.textUsers : this.guidUsers).add(object, agrees);
    }
    const alive = tried.some(key => key.hits.some(hit => !hit.tombstone));
    if (!alive && anchor.hits.length > 0) this.#addGone(object, anchor.hits);
  }

  #addGone(object: CloudObject, hits: readonly { readonly ordinal: number }[]): void {
    this.gone.seen += 1;
    const synced = object.onPremisesLastSyncDateTime;
    if (synced === null) return;
    this.gone.withTime += 1;
    // One whose deletion has no time is never late.
    const times = hits.map(({ ordinal }) => this.exports.deletedAt.get(ordinal) ?? Infinity);
    const deleted = Math.max(...times);
    if (synced > deleted + dayMs) this.gone.syncedSince.push(`${object.type}/${object.id}`);
  }
}

/** G2 and G3: whether anchors lead to the records that SIDs lead to. `what` names the objects, in the plural. */
export function judgeAgreement(what: string, agreement: Agreement, wrong: string): CheckOutcome {
  const { compared, agreeing, disagreeing } = agreement;
  const found = `${agreeing} of ${compared} ${what} whose SID an export has are found there by their anchor, too`;
  if (compared === 0) return notChecked(`no SID of ${what} is in the exports`, found);
  return (compared - agreeing) * 100 > compared * mostDisagreeingPercent
    ? differs(found, `at most ${mostDisagreeingPercent} % may disagree: ${wrong}`, disagreeing)
    : holds(found, disagreeing);
}

/** G12: objects whose source was deleted, and which say that they were synchronised more than a day after that. */
export function judgeLastSyncTimes(type: ObjectType, { gone }: AnchorTally): CheckOutcome {
  const { seen, withTime, syncedSince } = gone;
  const found = `${type}: ${seen} objects whose source an export shows as deleted, ${withTime} of them with a time of synchronisation, ${syncedSince.length} later than a day after the deletion`;
  if (syncedSince.length > 0)
    return differs(
      found,
      `${type}: either the cloud moves the time on by itself, and such orphans look alive for ever, or a forest without an export feeds them`,
      syncedSince,
    );
  return withTime === 0
    ? notChecked(`${type}: no such object has a time of synchronisation`, found)
    : holds(found);
}
