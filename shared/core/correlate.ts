import type { CloudDevice, CloudGroup, CloudObject } from './cloudObject';
import type { CloserLook } from './closerLook';
import { mayHaveMovedOut, uncoveredDomainOf, type Coverage } from './coverage';
import type { SourceName } from './exportFormat';
import type { Instant } from './instant';
import { parseGuid } from './keys/guid';
import { guidFromImmutableId } from './keys/immutableId';
import { parseSid } from './keys/sid';
import type { OnPremisesIndex, StrongAttribute } from './onPremisesIndex';
import type { ExportRecord, OnPremisesObject, Tombstone } from './onPremisesObject';
import { liveHits, settledAlive, tryStrongKeys, type StrongKeyTried } from './strongKeys';
import { weakKeysOfCloudObject, type WeakKey } from './weakKeys';

/** Why nothing can be said. Promise 3: what cannot be read, decoded or covered is unknown, never an orphan. */
export type UnknownReason =
  /** The user has no onPremisesImmutableId, the group no SID, the device no deviceId (case 27). */
  | 'keyMissing'
  /** The key is there, but no attribute that a source declares could hold it (case 27). */
  | 'keyUndecodable'
  /** Some source does not say which attribute is its anchor, so a miss proves nothing (case 1). */
  | 'anchorUndeclared'
  /** Neither a SID nor a domain name: fed by a connector that is not AD (case 35). */
  | 'notFromActiveDirectory'
  /** A synced device that is not hybrid-joined. */
  | 'trustTypeUnexpected'
  /** A contact without an SMTP address (case 18). */
  | 'addressMissing'
  /** A contact whose addresses lead to several on-premises contacts (case 18). */
  | 'addressAmbiguous'
  /** An object that names no domain, while some synced object names one that no export covers (case 30). */
  | 'uncoveredDomainSeen'
  /** Nowhere found, not proved to be deleted, and its forest has a domain that no export covers (cases 4 and 7 together). */
  | 'uncoveredDomainInForest'
  /** Made in the cloud after the first of the exports was begun (case 26). */
  | 'createdAfterExport';

/** The outcome of comparing one cloud object with all exports: always one of these, never a boolean. */
export type Correlation =
  | { readonly kind: 'live'; readonly by: StrongAttribute | 'address' | 'onPremisesLastSyncDateTime' }
  | { readonly kind: 'outOfScope'; readonly objects: readonly OnPremisesObject[] }
  | { readonly kind: 'reAnchored'; readonly to: readonly OnPremisesObject[] }
  | { readonly kind: 'reCreated'; readonly as: readonly OnPremisesObject[] }
  | { readonly kind: 'duplicate'; readonly of: readonly string[] }
  | { readonly kind: 'deleted'; readonly tombstone: Tombstone }
  /** `inRecycleBin`: a tombstone with a key of the object, which proves nothing of it, and from which somebody may take it back. */
  | { readonly kind: 'absent'; readonly inRecycleBin?: Tombstone }
  | { readonly kind: 'notCovered'; readonly domain: string }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason };

/** What is known besides the exports' records. */
export interface ComparisonContext {
  /** Each expected source, and the attribute that it declares as its anchor (null: it declares none). */
  readonly anchors: ReadonlyMap<SourceName, string | null>;
  readonly coverage: Coverage;
  /** Whether any synced cloud object names a domain, by SID or by DNS name, that no export covers. */
  readonly uncoveredDomainSeen: boolean;
  /** When the first of the exports in use was begun: what happened later is not in all of them. */
  readonly earliestExportStart: Instant;
  /** The other cloud objects with the same strong key, as `type/id`; empty where there is none (case 33). */
  readonly duplicatesOf: (cloud: CloudObject) => readonly string[];
  /** Since when the object is on record as missing; null: it is not. */
  readonly observedSince: (cloud: CloudObject) => Instant | null;
}

/** One weak key and the live on-premises objects that hold it. */
export interface WeakKeyTried extends WeakKey {
  readonly holders: readonly OnPremisesObject[];
}

/** The outcome together with every key that was tried and what each found: the raw material of the evidence. */
export interface Compared {
  readonly correlation: Correlation;
  readonly strong: readonly StrongKeyTried[];
  readonly weak: readonly WeakKeyTried[];
}

/** A device that was used this long ago, or less, is not taken for a leftover of a re-imaged computer (case 23). */
export const recentSignInDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Compares one synced cloud object with the index of all expected exports (first pass) and a closer look at its hits (second
 * pass). The order of the questions is the safety: first everything that could save the object, then everything that makes the
 * answer uncertain, and only what is left may be called deleted or absent (domain.md, cases 1 to 38; docs/how-it-works.md).
 */
export function correlate(
  cloud: CloudObject,
  index: OnPremisesIndex,
  look: CloserLook,
  context: ComparisonContext,
): Compared {
  const strong = tryStrongKeys(cloud, index);
  const weak = weakKeysOfCloudObject(cloud).map(key => ({ ...key, holders: look.holders(key) }));
  const correlation =
    duplicate(cloud, context) ??
    presence(strong, look) ??
    contactPresence(cloud, weak) ??
    recency(cloud, context) ??
    uncertainty(cloud, strong, weak, context) ??
    reCreation(cloud, strong, weak, context) ??
    proof(cloud, strong, look, context) ??
    movedOut(cloud, context) ??
    absence(strong, look);
  return { correlation, strong, weak };
}

function duplicate(cloud: CloudObject, context: ComparisonContext): Correlation | null {
  const of = context.duplicatesOf(cloud);
  return of.length > 0 ? { kind: 'duplicate', of: [...of].sort() } : null;
}

/** Whether a strong key finds a live object (cases 2 to 5, 10, 16, 19, 20, 32). */
function presence(strong: readonly StrongKeyTried[], look: CloserLook): Correlation | null {
  const by = settledAlive(strong);
  if (by) return { kind: 'live', by };
  const found = strong.flatMap(key => liveHits(key).map(hit => ({ ...hit, role: key.role })));
  const objects = [...new Set(found.map(hit => hit.ordinal))]
    .map(ordinal => liveObject(look, ordinal))
    .sort(byIdentity);
  if (objects.length === 0) return null;
  const anchorMissed = strong.some(key => key.role === 'anchor' && liveHits(key).length === 0);
  return anchorMissed && found.some(hit => hit.matched === 'objectSid')
    ? { kind: 'reAnchored', to: objects }
    : { kind: 'outOfScope', objects };
}

/** For a contact an address decides, since it has nothing else: held by anything live, of any class, it lives (cases 17, 31). */
function contactPresence(cloud: CloudObject, weak: readonly WeakKeyTried[]): Correlation | null {
  if (cloud.type !== 'contact') return null;
  const holders = distinctHolders(weak);
  if (holders.length === 0) return null;
  if (holders.filter(holder => holder.objectClass === 'contact').length > 1)
    return { kind: 'unknown', reason: 'addressAmbiguous' };
  return holders.some(holder => holder.inScope || holder.objectClass === 'other')
    ? { kind: 'live', by: 'address' }
    : { kind: 'outOfScope', objects: holders };
}

/** Something on-premises that we do not see still feeds the object: recency is evidence of life (domain.md). */
function recency(cloud: CloudObject, context: ComparisonContext): Correlation | null {
  const synced = cloud.onPremisesLastSyncDateTime;
  if (synced === null) return null;
  const observed = context.observedSince(cloud);
  const lives = synced > context.earliestExportStart || (observed !== null && synced > observed);
  return lives ? { kind: 'live', by: 'onPremisesLastSyncDateTime' } : null;
}

/** Everything that makes a miss say nothing. */
function uncertainty(
  cloud: CloudObject,
  strong: readonly StrongKeyTried[],
  weak: readonly WeakKeyTried[],
  context: ComparisonContext,
): Correlation | null {
  const unknown = unknownKey(cloud, strong, weak, context);
  if (unknown) return { kind: 'unknown', reason: unknown };
  const domain = uncoveredDomainOf(cloud, context.coverage);
  if (domain !== null) return { kind: 'notCovered', domain };
  const namesNoDomain = !strong.some(key => key.property === 'onPremisesSecurityIdentifier');
  if ((cloud.type === 'contact' || cloud.type === 'device') && namesNoDomain && context.uncoveredDomainSeen)
    return { kind: 'unknown', reason: 'uncoveredDomainSeen' };
  const created = createdAt(cloud);
  if (created !== null && created >= context.earliestExportStart)
    return { kind: 'unknown', reason: 'createdAfterExport' };
  return null;
}

function unknownKey(
  cloud: CloudObject,
  strong: readonly StrongKeyTried[],
  weak: readonly WeakKeyTried[],
  context: ComparisonContext,
): UnknownReason | null {
  const sid = strong.find(key => key.property === 'onPremisesSecurityIdentifier');
  if (sid && parseSid(sid.value) === null) return 'keyUndecodable';
  switch (cloud.type) {
    case 'user':
      if (!sid && cloud.onPremisesDomainName === null) return 'notFromActiveDirectory';
      // Empty text is no anchor, also where an anchor may be any text.
      if (!cloud.onPremisesImmutableId?.trim()) return 'keyMissing';
      return unknownAnchor(cloud.onPremisesImmutableId, context);
    case 'group':
      return sid ? null : 'keyMissing';
    case 'contact':
      return weak.length === 0 ? 'addressMissing' : null;
    case 'device':
      if (cloud.trustType !== 'ServerAd') return 'trustTypeUnexpected';
      if (cloud.deviceId === null) return 'keyMissing';
      return parseGuid(cloud.deviceId) === null ? 'keyUndecodable' : null;
  }
}

const guidAnchors: ReadonlySet<string> = new Set(['objectguid', 'ms-ds-consistencyguid']);
const isGuidAnchor = (attribute: string): boolean => guidAnchors.has(attribute.toLowerCase());

function unknownAnchor(immutableId: string, context: ComparisonContext): UnknownReason | null {
  const declared = [...context.anchors.values()];
  if (declared.includes(null)) return 'anchorUndeclared';
  const onlyGuids = declared.every(attribute => attribute !== null && isGuidAnchor(attribute));
  return onlyGuids && guidFromImmutableId(immutableId) === null ? 'keyUndecodable' : null;
}

const createdAt = (cloud: CloudObject): Instant | null => {
  if (cloud.type === 'contact') return null;
  return cloud.type === 'device' ? cloud.registrationDateTime : cloud.createdDateTime;
};

/** A live object holds a name or an address: somebody may use what looks orphaned (cases 3, 6, 23, 34). */
function reCreation(
  cloud: CloudObject,
  strong: readonly StrongKeyTried[],
  weak: readonly WeakKeyTried[],
  context: ComparisonContext,
): Correlation | null {
  const holders = distinctHolders(weak);
  if (holders.length === 0) return null;
  if (cloud.type === 'device' && !usedRecently(cloud, context)) return null;
  const withoutSid =
    cloud.type === 'user' && !strong.some(key => key.property === 'onPremisesSecurityIdentifier');
  const sameAccountName = weak.some(key => key.name === 'sAMAccountName' && key.holders.length > 0);
  return withoutSid && sameAccountName
    ? { kind: 'reAnchored', to: holders }
    : { kind: 'reCreated', as: holders };
}

/** An unknown last sign-in counts as recent. */
function usedRecently(device: CloudDevice, context: ComparisonContext): boolean {
  const lastSignIn = device.approximateLastSignInDateTime;
  return lastSignIn === null || lastSignIn >= context.earliestExportStart - recentSignInDays * dayMs;
}

/**
 * AD's own record of the deletion. Proof is a tombstone with the anchor's objectGUID, of a source whose anchor is a GUID; for a
 * group, which has no anchor, a group's with its SID and its account name, deleted after the cloud object was made (domain.md). One with
 * the anchor of a user and another SID is of an account before this one, whose anchor was carried on (case 5): it proves nothing of it.
 */
function proof(
  cloud: CloudObject,
  strong: readonly StrongKeyTried[],
  look: CloserLook,
  context: ComparisonContext,
): Correlation | null {
  const sid = strong.find(key => key.role === 'sid');
  const isOfEarlierAccount = (tombstone: Tombstone): boolean =>
    cloud.type === 'user' &&
    sid !== undefined &&
    tombstone.objectSid !== undefined &&
    !tombstonesOf(sid, look).includes(tombstone);
  const tombstones = strong.flatMap(key =>
    tombstonesOf(key, look).filter(
      tombstone => proves(cloud, key, tombstone, context) && !isOfEarlierAccount(tombstone),
    ),
  );
  const [tombstone] = tombstones.sort(byIdentity);
  return tombstone ? { kind: 'deleted', tombstone } : null;
}

/** A move within a forest leaves no tombstone, and the cloud names the old domain until it was synchronised. */
const movedOut = (cloud: CloudObject, { coverage }: ComparisonContext): Correlation | null =>
  mayHaveMovedOut(cloud, coverage) ? { kind: 'unknown', reason: 'uncoveredDomainInForest' } : null;

/** Nothing is found, nothing is proved. What lies in the Recycle Bin by any key may come back all the same (case 15). */
function absence(strong: readonly StrongKeyTried[], look: CloserLook): Correlation {
  const [inRecycleBin] = strong
    .flatMap(key => tombstonesOf(key, look))
    .filter(tombstone => !tombstone.isRecycled)
    .sort((a, b) => b.whenChanged - a.whenChanged);
  return { kind: 'absent', ...(inRecycleBin && { inRecycleBin }) };
}

const tombstonesOf = (key: StrongKeyTried, look: CloserLook): readonly Tombstone[] =>
  key.hits.map(hit => look.record(hit.ordinal)).filter(record => record.kind === 'tombstone');

function proves(
  cloud: CloudObject,
  key: StrongKeyTried,
  tombstone: Tombstone,
  context: ComparisonContext,
): boolean {
  if (key.role === 'anchor' && cloud.type === 'device') return true;
  if (key.role === 'anchor') return isGuidAnchor(context.anchors.get(tombstone.source) ?? '');
  return cloud.type === 'group' && key.role === 'sid' && deletedGroup(cloud, tombstone);
}

/** One order for records, whatever the order of the exports. */
const identityOf = (record: ExportRecord): string => `${record.source} ${record.objectGUID}`;
const byIdentity = (a: ExportRecord, b: ExportRecord): number => (identityOf(a) < identityOf(b) ? -1 : 1);

const deletedGroup = (cloud: CloudGroup, tombstone: Tombstone): boolean =>
  tombstone.objectClass === 'group' &&
  cloud.onPremisesSamAccountName !== null &&
  cloud.onPremisesSamAccountName.toLowerCase() === tombstone.sAMAccountName?.toLowerCase() &&
  (cloud.createdDateTime === null || tombstone.whenChanged > cloud.createdDateTime);

/** What the index found alive is alive in the second pass too: both read the same exports. */
function liveObject(look: CloserLook, ordinal: number): OnPremisesObject {
  const record = look.record(ordinal);
  if (record.kind !== 'object') throw new RangeError(`record ${ordinal} differs from the first pass`);
  return record;
}

function distinctHolders(weak: readonly WeakKeyTried[]): OnPremisesObject[] {
  const holders = new Map(weak.flatMap(key => key.holders).map(holder => [identityOf(holder), holder]));
  return [...holders.values()].sort(byIdentity);
}

/** Asks the closer look for everything that `correlate` will need of it for this object. */
export function askCloserLook(cloud: CloudObject, strong: readonly StrongKeyTried[], look: CloserLook): void {
  for (const key of strong) for (const hit of key.hits) look.wantRecord(hit.ordinal);
  for (const key of weakKeysOfCloudObject(cloud)) look.wantWeakKey(key);
}
