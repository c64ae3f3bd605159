import { guidFromBytes, type Guid } from '../../../shared/core/keys/guid';
import { sidFromBytes, type Sid } from '../../../shared/core/keys/sid';

/** The access rights of directory objects that decide what an account sees ([MS-ADTS] 5.1.3.2). */
export const accessRights = {
  listContents: 0x4,
  readProperty: 0x10,
  listObject: 0x80,
} as const;

/** Flags of an access control entry ([MS-DTYP] 2.4.4.1). */
export const entryFlags = {
  objectInherit: 0x01,
  containerInherit: 0x02,
  noPropagateInherit: 0x04,
  inheritOnly: 0x08,
  inherited: 0x10,
} as const;

/** An entry of a DACL that allows or denies something. */
export interface AccessEntry {
  readonly effect: 'allow' | 'deny';
  /** It has a condition, which is not evaluated here: such an entry is taken to deny, and never to allow. */
  readonly isConditional: boolean;
  /** `entryFlags`. */
  readonly flags: number;
  /** As stored; generic rights are not mapped. */
  readonly mask: number;
  /** What it is about: a property, a property set, a class. null: everything. */
  readonly objectType: Guid | null;
  /** The class of objects that inherit it. null: every class. */
  readonly inheritedObjectType: Guid | null;
  readonly sid: Sid;
}

export type Dacl =
  /** The descriptor came without one. Windows then allows everything. */
  | { readonly kind: 'absent' }
  /** Allows everything. */
  | { readonly kind: 'null' }
  | { readonly kind: 'list'; readonly entries: readonly AccessEntry[] };

export interface SecurityDescriptor {
  readonly owner: Sid | null;
  readonly dacl: Dacl;
}

export type ParsedDescriptor =
  | { readonly kind: 'descriptor'; readonly descriptor: SecurityDescriptor }
  | { readonly kind: 'malformed'; readonly reason: string };

/**
 * Reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6) as AD returns it in nTSecurityDescriptor. Anything that is not exactly
 * understood and could deny access makes it malformed; the work is bounded by the length of the bytes.
 */
export function parseSecurityDescriptor(bytes: Uint8Array): ParsedDescriptor {
  if (bytes.length < headerLength)
    return malformed(`${headerLength} bytes at least were expected, found ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== 1) return malformed(`revision 1 was expected, found ${view.getUint8(0)}`);
  const control = view.getUint16(2, true);
  if (!(control & selfRelative)) return malformed('a self-relative descriptor was expected');
  const owner = optionalSidAt(bytes, view.getUint32(4, true));
  const group = optionalSidAt(bytes, view.getUint32(8, true));
  if (owner === undefined || group === undefined) return malformed('the owner or the group is no SID');
  const daclOffset = view.getUint32(16, true);
  if (!(control & daclPresent))
    return { kind: 'descriptor', descriptor: { owner, dacl: { kind: 'absent' } } };
  if (daclOffset === 0) return { kind: 'descriptor', descriptor: { owner, dacl: { kind: 'null' } } };
  const entries = parseAcl(view, daclOffset);
  return typeof entries === 'string'
    ? malformed(entries)
    : { kind: 'descriptor', descriptor: { owner, dacl: { kind: 'list', entries } } };
}

/** What an access check asks for. */
export interface DesiredAccess {
  /** `accessRights`, one or several. */
  readonly rights: number;
  /**
   * GUIDs of a property, its property set and the object's class: the path in the object type tree ([MS-ADTS] 5.1.3.3.3). null: the
   * object as a whole; what is about a part of it then allows nothing, but denies.
   */
  readonly objectTypes: ReadonlySet<string> | null;
}

/**
 * Whether the account with these SIDs (its own and those of its groups) has all of the rights ([MS-ADTS] 5.1.3.3.2 and 5.1.3.3.3):
 * the entries are walked in order, and for each right the first one that is about it decides.
 */
export function accessCheck(
  descriptor: SecurityDescriptor,
  callerSids: ReadonlySet<string>,
  desired: DesiredAccess,
): 'granted' | 'denied' | 'notGranted' {
  const { owner, dacl } = descriptor;
  if (dacl.kind !== 'list') return 'granted';
  const isOwner = owner !== null && callerSids.has(owner);
  let remaining = desired.rights;
  for (const entry of dacl.entries) {
    if (entry.flags & entryFlags.inheritOnly) continue;
    if (!callerSids.has(entry.sid) && !(isOwner && entry.sid === ownerRights)) continue;
    const rights = directoryRights(entry.mask) & remaining;
    if (entry.effect === 'deny') {
      if (rights !== 0 && denies(entry, desired.objectTypes)) return 'denied';
    } else if (allows(entry, desired.objectTypes)) {
      remaining &= ~rights;
      if (remaining === 0) return 'granted';
    }
  }
  return 'notGranted';
}

/** The mask with its generic rights replaced by what they mean for directory objects ([MS-ADTS] 5.1.3.2). */
export function directoryRights(mask: number): number {
  let rights = mask;
  for (const [generic, mapped] of genericRights) if (mask & generic) rights |= mapped;
  return rights;
}

/** The GUID of which some tools make "everything". */
export const emptyGuid = '00000000-0000-0000-0000-000000000000';

const genericRights = [
  [0x8000_0000, 0x2_0094],
  [0x4000_0000, 0x2_0028],
  [0x2000_0000, 0x2_0004],
  [0x1000_0000, 0xf_01ff],
] as const;

/** Stands for the owner of the object, whoever it is. */
const ownerRights = 'S-1-3-4';

const allows = (entry: AccessEntry, objectTypes: ReadonlySet<string> | null): boolean =>
  !entry.isConditional && (entry.objectType === null || objectTypes?.has(entry.objectType) === true);

const denies = (entry: AccessEntry, objectTypes: ReadonlySet<string> | null): boolean =>
  entry.objectType === null ||
  entry.objectType === emptyGuid ||
  objectTypes === null ||
  objectTypes.has(entry.objectType);

const headerLength = 20;
const selfRelative = 0x8000;
const daclPresent = 0x0004;
const aclHeaderLength = 8;
const entryHeaderLength = 8;
const guidLength = 16;
const sidHeaderLength = 8;

const malformed = (reason: string): ParsedDescriptor => ({ kind: 'malformed', reason });

/** null: there is none. undefined: the bytes are none. */
function optionalSidAt(bytes: Uint8Array, offset: number): Sid | null | undefined {
  return offset === 0 ? null : (sidAt(bytes, offset, bytes.length) ?? undefined);
}

/** The SID that begins at `offset` and ends at `end` or before. */
function sidAt(bytes: Uint8Array, offset: number, end: number): Sid | null {
  if (offset + sidHeaderLength > end) return null;
  const length = sidHeaderLength + (bytes[offset + 1] as number) * 4;
  return offset + length > end ? null : sidFromBytes(bytes.subarray(offset, offset + length));
}

/** The entries that allow or deny, or what is wrong. */
function parseAcl(view: DataView, offset: number): readonly AccessEntry[] | string {
  if (offset + aclHeaderLength > view.byteLength) return 'the DACL lies outside of the descriptor';
  const revision = view.getUint8(offset);
  if (revision !== 2 && revision !== 4) return `a DACL of revision 2 or 4 was expected, found ${revision}`;
  const end = offset + view.getUint16(offset + 2, true);
  if (end > view.byteLength) return 'the DACL ends outside of the descriptor';
  const count = view.getUint16(offset + 4, true);
  const entries: AccessEntry[] = [];
  let at = offset + aclHeaderLength;
  for (let ordinal = 1; ordinal <= count; ordinal += 1) {
    if (at + entryHeaderLength > end) return `entry ${ordinal} of ${count} lies outside of the DACL`;
    const size = view.getUint16(at + 2, true);
    if (size % 4 !== 0 || size < entryHeaderLength || at + size > end)
      return `entry ${ordinal} has a wrong size, ${size}`;
    const entry = parseEntry(view, at, at + size);
    if (typeof entry === 'string') return `entry ${ordinal}: ${entry}`;
    if (entry) entries.push(entry);
    at += size;
  }
  return entries;
}

interface EntryShape {
  readonly effect: 'allow' | 'deny';
  readonly isObject: boolean;
  readonly isConditional: boolean;
}
/** The types of [MS-DTYP] 2.4.4.1 that allow or deny. */
const shapes: ReadonlyMap<number, EntryShape> = new Map([
  [0x00, { effect: 'allow', isObject: false, isConditional: false }],
  [0x01, { effect: 'deny', isObject: false, isConditional: false }],
  [0x05, { effect: 'allow', isObject: true, isConditional: false }],
  [0x06, { effect: 'deny', isObject: true, isConditional: false }],
  [0x09, { effect: 'allow', isObject: false, isConditional: true }],
  [0x0a, { effect: 'deny', isObject: false, isConditional: true }],
  [0x0b, { effect: 'allow', isObject: true, isConditional: true }],
  [0x0c, { effect: 'deny', isObject: true, isConditional: true }],
]);
/** Audit and alarm, labels and attributes, and the compound entry, which only allows: none of them denies. */
const harmlessTypes: ReadonlySet<number> = new Set([
  0x02, 0x03, 0x04, 0x07, 0x08, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13,
]);
const objectTypePresent = 0x1;
const inheritedObjectTypePresent = 0x2;

/** null: an entry that neither allows nor denies. A text: what is wrong. */
function parseEntry(view: DataView, start: number, end: number): AccessEntry | null | string {
  const type = view.getUint8(start);
  const shape = shapes.get(type);
  if (!shape) return harmlessTypes.has(type) ? null : `type ${type} is not known`;
  let at = start + entryHeaderLength;
  let objectType: Guid | null = null;
  let inheritedObjectType: Guid | null = null;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  if (shape.isObject) {
    if (at + 4 > end) return 'it is too short';
    const present = view.getUint32(at, true);
    if (present > (objectTypePresent | inheritedObjectTypePresent))
      return `object flags ${present} are not known`;
    at += 4;
    const guidAt = (flag: number): Guid | null => {
      if (!(present & flag)) return null;
      at += guidLength;
      return guidFromBytes(bytes.subarray(at - guidLength, at));
    };
    objectType = guidAt(objectTypePresent);
    inheritedObjectType = guidAt(inheritedObjectTypePresent);
  }
  // Bytes after the SID are a condition's, or of no meaning. GUIDs beyond the end leave no room for a SID.
  const sid = sidAt(bytes, at, end);
  if (!sid) return 'it has no SID';
  return {
    effect: shape.effect,
    isConditional: shape.isConditional,
    flags: view.getUint8(start + 1),
    mask: view.getUint32(start + 4, true),
    objectType,
    inheritedObjectType,
    sid,
  };
}
