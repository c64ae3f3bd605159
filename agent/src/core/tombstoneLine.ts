import type { ExportLineInput } from '../../../shared/core/exportFormat';
import { formatInstant } from '../../../shared/core/instant';
import { guidFromBytes } from '../../../shared/core/keys/guid';
import { sidFromBytes } from '../../../shared/core/keys/sid';
import { textOf, type DirectoryEntry } from './directoryEntry';
import { parseGeneralizedTime } from './generalizedTime';
import { classOf } from './objectClass';

export type TombstoneLine = Extract<ExportLineInput, { kind: 'tombstone' }>;

export interface TombstoneContext {
  /** Position in the manifest's `namingContexts`. */
  readonly namingContext: number;
  /** Whether the forest's Recycle Bin is on. Without it a deleted object is stripped at once, and isRecycled is never set. */
  readonly recycleBinEnabled: boolean;
}

export type TombstoneLineResult =
  | { readonly kind: 'line'; readonly line: TombstoneLine }
  | { readonly kind: 'invalid'; readonly problem: string };

export const tombstoneAttributes: readonly string[] = [
  'objectClass',
  'objectGUID',
  'whenChanged',
  'isRecycled',
  'objectSid',
  'sAMAccountName',
  'lastKnownParent',
];

/**
 * The line of a deleted object. A tombstone is proof that its object was deleted, so what it must hold is not guessed: an entry
 * without it, or with something else in its place, is invalid.
 */
export function tombstoneLineOf(entry: DirectoryEntry, context: TombstoneContext): TombstoneLineResult {
  const objectClass = classOf(entry);
  if (objectClass === null) return invalid('objectClass was expected, found nothing');
  const guidBytes = entry.attributes.get('objectguid')?.[0];
  const objectGUID = guidBytes ? guidFromBytes(guidBytes) : null;
  if (!objectGUID)
    return invalid(`objectGUID: 16 bytes were expected, found ${guidBytes?.length ?? 'nothing'}`);
  const written = textOf(entry, 'whenchanged');
  const whenChanged = written === null ? null : parseGeneralizedTime(written);
  if (whenChanged === null)
    return invalid(`whenChanged: a time like 20261127074100.0Z was expected, found ${written ?? 'nothing'}`);
  const sidBytes = entry.attributes.get('objectsid')?.[0];
  const objectSid = sidBytes ? sidFromBytes(sidBytes) : null;
  if (sidBytes && !objectSid) return invalid('objectSid: the bytes of a SID were expected, found others');
  const recycled = textOf(entry, 'isrecycled');
  if (recycled !== null && recycled !== 'TRUE' && recycled !== 'FALSE')
    return invalid(`isRecycled: TRUE or FALSE was expected, found ${recycled}`);

  const line: TombstoneLine = {
    kind: 'tombstone',
    objectClass,
    namingContext: context.namingContext,
    objectGUID,
    whenChanged: formatInstant(whenChanged),
    isRecycled: !context.recycleBinEnabled || recycled === 'TRUE',
  };
  if (objectSid) line.objectSid = objectSid;
  const sAMAccountName = textOf(entry, 'samaccountname');
  if (sAMAccountName) line.sAMAccountName = sAMAccountName;
  const lastKnownParent = textOf(entry, 'lastknownparent');
  if (lastKnownParent) line.lastKnownParent = lastKnownParent;
  return { kind: 'line', line };
}

const invalid = (problem: string): TombstoneLineResult => ({ kind: 'invalid', problem });
