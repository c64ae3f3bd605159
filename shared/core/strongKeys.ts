import type { CloudObject } from './cloudObject';
import { anchorForms, guidFromImmutableId } from './keys/immutableId';
import { parseGuid } from './keys/guid';
import { parseSid } from './keys/sid';
import type { IndexHit, OnPremisesIndex, StrongAttribute } from './onPremisesIndex';

/** The property of the cloud object that holds the key. */
export type StrongProperty = 'onPremisesImmutableId' | 'deviceId' | 'onPremisesSecurityIdentifier' | 'id';

/** One strong key of a cloud object, what it was tried against, and what it found in the index. */
export interface StrongKeyTried {
  readonly property: StrongProperty;
  readonly value: string;
  readonly against: readonly StrongAttribute[];
  /** anchor: what synchronisation joins by. sid: may only save (case 25). link: AD's own note of the cloud id. */
  readonly role: 'anchor' | 'sid' | 'link';
  readonly hits: readonly IndexHit[];
}

/** AD's msDS-ExternalDirectoryObjectId of a type begins with this. */
const externalIdPrefix = { user: 'User', group: 'Group', contact: 'Contact', device: 'Device' } as const;

/** Tries every strong key that the object has, against every source (domain.md, "What ties a cloud object to AD"). */
export function tryStrongKeys(cloud: CloudObject, index: OnPremisesIndex): StrongKeyTried[] {
  const tried: StrongKeyTried[] = [];
  if (cloud.type === 'user' && cloud.onPremisesImmutableId !== null)
    tried.push(tryImmutableId(cloud.onPremisesImmutableId, index));
  if (cloud.type === 'device' && cloud.deviceId !== null) tried.push(tryDeviceId(cloud.deviceId, index));
  if (cloud.type !== 'contact' && cloud.onPremisesSecurityIdentifier !== null)
    tried.push(trySecurityIdentifier(cloud.onPremisesSecurityIdentifier, index));
  const externalId = `${externalIdPrefix[cloud.type]}_${cloud.id}`;
  const linked = index.findByExternalId(externalId);
  tried.push({
    property: 'id',
    value: cloud.id,
    against: ['msDS-ExternalDirectoryObjectId'],
    role: 'link',
    hits: linked,
  });
  return tried;
}

function tryImmutableId(value: string, index: OnPremisesIndex): StrongKeyTried {
  const guid = guidFromImmutableId(value);
  const hits = [
    ...(guid ? index.findByGuid(guid) : []),
    ...anchorForms(value).flatMap(form => index.findByAnchor(form)),
  ];
  return {
    property: 'onPremisesImmutableId',
    value,
    against: ['objectGUID', 'mS-DS-ConsistencyGuid', 'sourceAnchor'],
    role: 'anchor',
    hits: distinct(hits),
  };
}

function tryDeviceId(value: string, index: OnPremisesIndex): StrongKeyTried {
  const guid = parseGuid(value);
  const hits = guid ? index.findByGuid(guid).filter(hit => hit.matched === 'objectGUID') : [];
  return { property: 'deviceId', value, against: ['objectGUID'], role: 'anchor', hits };
}

function trySecurityIdentifier(value: string, index: OnPremisesIndex): StrongKeyTried {
  const sid = parseSid(value);
  return {
    property: 'onPremisesSecurityIdentifier',
    value,
    against: ['objectSid', 'sIDHistory'],
    role: 'sid',
    hits: sid ? index.findBySid(sid) : [],
  };
}

/** A record that is found by two attributes, or in two tables, counts once, by the first. */
function distinct(hits: readonly IndexHit[]): IndexHit[] {
  const ordinals = new Set<number>();
  return hits.filter(hit => !ordinals.has(hit.ordinal) && ordinals.add(hit.ordinal));
}

/** Hits of live objects, in scope or not. */
export const liveHits = (tried: StrongKeyTried): readonly IndexHit[] =>
  tried.hits.filter(hit => !hit.tombstone);

/**
 * Whether the strong keys alone settle that the object lives on-premises, in the scope of synchronisation: its anchor is
 * found; or AD names its cloud id; or its SID is found in a sIDHistory; or its SID is found and the object has no anchor that
 * could have been missed. Returns the attribute by which. (A SID found although the anchor was missed is *re-anchored*.)
 */
export function settledAlive(tried: readonly StrongKeyTried[]): StrongAttribute | null {
  const anchor = tried.find(key => key.role === 'anchor');
  const anchorWasMissed = anchor !== undefined && liveHits(anchor).length === 0;
  for (const key of tried) {
    const found = new Set(liveHits(key).flatMap(hit => (hit.inScope ? hit.matched : [])));
    if (anchorWasMissed) found.delete('objectSid');
    // In the order of the attributes, not of the exports: the answer is the same however these are ordered.
    const by = key.against.find(attribute => found.has(attribute));
    if (by) return by;
  }
  return null;
}
