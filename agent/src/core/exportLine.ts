import { maxLineBytes, type ExportLineInput, type OnPremisesClass } from '../../../shared/core/exportFormat';
import { guidFromBytes } from '../../../shared/core/keys/guid';
import { sidFromBytes, type Sid } from '../../../shared/core/keys/sid';
import { strictText, type DirectoryEntry } from './directoryEntry';
import { classOf } from './objectClass';
import { readAttributes } from './schemaGuids';

export type ObjectLine = Extract<ExportLineInput, { kind: 'object' }>;

export interface LineContext {
  /** Position in the manifest's `namingContexts`. */
  readonly namingContext: number;
  /** The attribute that synchronisation uses as source anchor; null: the administrator did not say. */
  readonly anchorAttribute: string | null;
  readonly inScope: boolean;
}

/** Everything but `line` and `notExported` means that the export must not be signed: an object would be missing from it. */
export type ExportLineResult =
  | { readonly kind: 'line'; readonly line: ObjectLine }
  /** Of class `other`, and with no key by which a cloud object could be found in it. */
  | { readonly kind: 'notExported' }
  /** The account may not read what every object of this class has. */
  | { readonly kind: 'stripped'; readonly missing: readonly string[] }
  | { readonly kind: 'invalid'; readonly attribute: string; readonly problem: string }
  /** The line would have more bytes than the format allows. */
  | { readonly kind: 'tooLong'; readonly bytes: number };

/** The names of the attributes to ask for, without repetition, spelled as AD does where they are ours. */
export function exportAttributes(
  anchorAttribute: string | null,
  scopeAttributes: readonly string[],
): readonly string[] {
  const names = new Map<string, string>();
  for (const name of [
    // Every one is checked for whether the account may read it.
    ...readAttributes.map(attribute => attribute.name),
    'uSNChanged',
    ...(anchorAttribute === null ? [] : [anchorAttribute]),
    ...scopeAttributes,
  ]) {
    if (!names.has(name.toLowerCase())) names.set(name.toLowerCase(), name);
  }
  return [...names.values()];
}

/** Classes whose every object has a SID and a sAMAccountName, and may have an anchor. */
const securityPrincipals: ReadonlySet<OnPremisesClass | null> = new Set([
  'user',
  'group',
  'computer',
] as const);
/** One of these makes an object of class `other` one that a cloud object can be tied to. */
const keysOfOthers = [
  'objectSid',
  'mS-DS-ConsistencyGuid',
  'msDS-ExternalDirectoryObjectId',
  'mail',
  'proxyAddresses',
];

/**
 * The line that the export has for an entry of a search for live objects.
 *
 * Empty values are left out. Text that is not UTF-8 keeps its line, with U+FFFD for what is malformed: the object is there by its
 * binary keys, and the text can only fail to match. Addresses are the exception: they may be the only key that a cloud contact has,
 * whatever the class of the object that holds them, so an address that cannot be read is `invalid`. (AD, whose texts are Unicode,
 * returns one only for a value that a program has damaged.)
 */
export function exportLineOf(entry: DirectoryEntry, context: LineContext): ExportLineResult {
  const objectClass = classOf(entry);
  const missing = missingAttributes(entry, objectClass);
  if (objectClass === null || missing.length > 0) return { kind: 'stripped', missing };
  if (objectClass === 'other' && keysOfOthers.every(name => valuesOf(entry, name).length === 0))
    return { kind: 'notExported' };
  const problem = invalidValue(entry);
  if (problem) return problem;
  const line = lineOf(entry, objectClass, context);
  const bytes = bytesAbove(maxLineBytes, line, entry);
  return bytes === null ? { kind: 'line', line } : { kind: 'tooLong', bytes };
}

function missingAttributes(entry: DirectoryEntry, objectClass: OnPremisesClass | null): string[] {
  const required = ['objectClass', 'objectGUID'];
  // Every object has uSNChanged. Like the anchors it is in none of the property sets that Authenticated Users may read of a user: who
  // may not read the one sees no anchor either, and an anchor that is hidden looks like one that is not set.
  if (securityPrincipals.has(objectClass)) required.push('objectSid', 'sAMAccountName', 'uSNChanged');
  return required.filter(name => valuesOf(entry, name).length === 0);
}

function invalidValue(entry: DirectoryEntry): Extract<ExportLineResult, { kind: 'invalid' }> | null {
  const [objectGUID] = valuesOf(entry, 'objectGUID');
  if (objectGUID?.length !== 16)
    return invalid('objectGUID', `16 bytes were expected, found ${objectGUID?.length}`);
  for (const attribute of ['objectSid', 'sIDHistory']) {
    if (valuesOf(entry, attribute).some(value => sidFromBytes(value) === null))
      return invalid(attribute, 'the bytes of a SID were expected, found others');
  }
  for (const attribute of ['mail', 'proxyAddresses']) {
    if (valuesOf(entry, attribute).some(value => strictText(value) === null))
      return invalid(
        attribute,
        'an address in UTF-8 was expected, found other bytes; correct the value in AD',
      );
  }
  return null;
}

const invalid = (attribute: string, problem: string): Extract<ExportLineResult, { kind: 'invalid' }> => ({
  kind: 'invalid',
  attribute,
  problem,
});

/** The values of an entry that `missingAttributes` and `invalidValue` let pass. */
function lineOf(entry: DirectoryEntry, objectClass: OnPremisesClass, context: LineContext): ObjectLine {
  const first = (attribute: string): Buffer | undefined => valuesOf(entry, attribute)[0];
  const line: ObjectLine = {
    kind: 'object',
    objectClass,
    namingContext: context.namingContext,
    objectGUID: guidFromBytes(first('objectGUID') as Buffer) as string,
    distinguishedName: entry.distinguishedName,
    inScope: context.inScope,
  };
  const sid = first('objectSid');
  if (sid) line.objectSid = sidFromBytes(sid) as Sid;
  const history = valuesOf(entry, 'sIDHistory');
  if (history.length > 0) line.sIDHistory = history.map(value => sidFromBytes(value) as Sid);
  const consistencyGuid = first('mS-DS-ConsistencyGuid');
  if (consistencyGuid) line['mS-DS-ConsistencyGuid'] = consistencyGuid.toString('base64');
  const anchor = hasAnchorOfItsOwn(context.anchorAttribute) ? first(context.anchorAttribute) : undefined;
  if (anchor) line.sourceAnchor = anchor.toString('base64');
  for (const attribute of singleTexts) {
    const value = first(attribute);
    if (value) line[attribute] = value.toString('utf8');
  }
  const addresses = valuesOf(entry, 'proxyAddresses');
  if (addresses.length > 0) line.proxyAddresses = addresses.map(value => value.toString('utf8'));
  if (first('userCertificate')) line.userCertificate = true;
  return line;
}

const singleTexts = [
  'msDS-ExternalDirectoryObjectId',
  'sAMAccountName',
  'userPrincipalName',
  'mail',
] as const;

function hasAnchorOfItsOwn(anchorAttribute: string | null): anchorAttribute is string {
  return anchorAttribute !== null && !/^(?:objectGUID|mS-DS-ConsistencyGuid)$/i.test(anchorAttribute);
}

function valuesOf(entry: DirectoryEntry, attribute: string): readonly Buffer[] {
  const values = entry.attributes.get(attribute.toLowerCase()) ?? [];
  return values.some(value => value.length === 0) ? values.filter(value => value.length > 0) : values;
}

/** No byte of a value takes more than this in a line: a control character is written as six, and as the anchor once more in base64. */
const worstExpansion = 8;
const bytesBesideValues = 4096;

/** The bytes of the line where it has more than `limit`, else null. Lines far below, which is nearly all, are not written out for it. */
function bytesAbove(limit: number, line: ObjectLine, entry: DirectoryEntry): number | null {
  let read = entry.distinguishedName.length;
  for (const [attribute, values] of entry.attributes) {
    if (attribute !== 'usercertificate') for (const value of values) read += value.length + 1;
  }
  if (read * worstExpansion + bytesBesideValues <= limit) return null;
  const bytes = Buffer.byteLength(JSON.stringify(line));
  return bytes > limit ? bytes : null;
}
