import { type DirectoryEntry, textOf, textsOf } from '../../../agent/src/core/directoryEntry';
import type { ObjectLine } from '../organisation/onPremises';
import type { DirectoryAccount, DomainController } from './domainController';
import { textOfSid } from './securityDescriptor';
import { guidOfBytes, outOfScopeMark } from './seedOrganisation';

const sids = (entry: DirectoryEntry, attribute: string): string[] =>
  (entry.attributes.get(attribute) ?? []).map(textOfSid);

function classOf(entry: DirectoryEntry): ObjectLine['objectClass'] {
  const classes = new Set(textsOf(entry, 'objectclass'));
  for (const objectClass of ['computer', 'user', 'group', 'contact'] as const)
    if (classes.has(objectClass)) return objectClass;
  return 'other';
}

/** Only what is there: an attribute that the directory did not return is left out. */
export const present = <Line extends object>(line: Line): Line =>
  Object.fromEntries(
    Object.entries(line).filter(([, value]) => value !== null && value !== undefined && value !== false),
  ) as Line;

/** The line of an export for an object, as the format says, made here independently of the agent. Addresses are sorted. */
export const expectedLine = (entry: DirectoryEntry, namingContext: number): object =>
  present({
    kind: 'object',
    objectClass: classOf(entry),
    namingContext,
    objectGUID: guidOfBytes(firstValue(entry, 'objectguid')),
    distinguishedName: entry.distinguishedName,
    inScope: textOf(entry, 'admindescription') !== outOfScopeMark,
    objectSid: sids(entry, 'objectsid')[0],
    sIDHistory: entry.attributes.has('sidhistory') ? sids(entry, 'sidhistory').toSorted() : null,
    'mS-DS-ConsistencyGuid': entry.attributes.get('ms-ds-consistencyguid')?.[0]?.toString('base64'),
    'msDS-ExternalDirectoryObjectId': textOf(entry, 'msds-externaldirectoryobjectid'),
    sAMAccountName: textOf(entry, 'samaccountname'),
    userPrincipalName: textOf(entry, 'userprincipalname'),
    mail: textOf(entry, 'mail'),
    proxyAddresses: entry.attributes.has('proxyaddresses')
      ? textsOf(entry, 'proxyaddresses').toSorted()
      : null,
    userCertificate: entry.attributes.has('usercertificate'),
  });

/** The line of a tombstone, without the time of the deletion. */
export const expectedTombstone = (entry: DirectoryEntry, namingContext: number): object =>
  present({
    kind: 'tombstone',
    objectClass: classOf(entry),
    namingContext,
    objectGUID: guidOfBytes(firstValue(entry, 'objectguid')),
    isRecycled: textOf(entry, 'isrecycled') === 'TRUE',
    objectSid: sids(entry, 'objectsid')[0],
    sAMAccountName: textOf(entry, 'samaccountname'),
    lastKnownParent: textOf(entry, 'lastknownparent'),
  });

function firstValue(entry: DirectoryEntry, attribute: string): Buffer {
  const value = entry.attributes.get(attribute)?.[0];
  if (value === undefined) throw new Error(`expected ${attribute} of ${entry.distinguishedName}, found none`);
  return value;
}

/** As in Active Directory, an ordinary account sees little of some objects of the system; they are in no export. */
export const isOpaque = ({ attributes }: DirectoryEntry): boolean =>
  !attributes.has('objectguid') || !attributes.has('objectclass');

const keysOfOthers = [
  'objectsid',
  'ms-ds-consistencyguid',
  'msds-externaldirectoryobjectid',
  'mail',
  'proxyaddresses',
];

const isExported = (entry: DirectoryEntry): boolean =>
  !isOpaque(entry) &&
  (classOf(entry) !== 'other' || keysOfOthers.some(attribute => entry.attributes.has(attribute)));

/** ldapsearch's arguments: deleted objects, recycled ones too. */
export const withDeleted = ['-E', '!1.2.840.113556.1.4.417', '-E', '!1.2.840.113556.1.4.2064'];

/** [MS-ADTS] 3.1.1.2.2.2: 20261127074100.0Z. */
function timeOf(text: string | null): string {
  const [, ...fields] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.0Z$/.exec(text ?? '') ?? [];
  const [year = 0, month = 0, day, hour, minute, second] = fields.map(Number);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString();
}

/** Lines by objectGUID. */
export type Lines = ReadonlyMap<string, object>;

export const byGuid = (lines: readonly object[]): Lines =>
  new Map(lines.map(line => [(line as { readonly objectGUID: string }).objectGUID, line]));

/**
 * What an export of one domain has to hold, asked of ldapsearch: every object that the account sees and that has a key, and every
 * tombstone. Naming context 0 is the domain, 1 its Configuration.
 */
export async function expectedExport(dc: DomainController, account: DirectoryAccount): Promise<Lines> {
  const search = (base: string, ...rest: readonly string[]): Promise<readonly DirectoryEntry[]> =>
    dc.ldapsearch(['-b', base, ...rest, '*'], account);
  const domain = await search(dc.baseDn, '(objectClass=*)');
  const configuration = await search(
    `CN=Configuration,${dc.baseDn}`,
    '(|(mail=*)(proxyAddresses=*)(objectSid=*))',
  );
  const deleted = await search(
    `CN=Deleted Objects,${dc.baseDn}`,
    '-s',
    'one',
    ...withDeleted,
    '(objectClass=*)',
  );
  return byGuid([
    ...domain.filter(isExported).map(entry => expectedLine(entry, 0)),
    ...configuration.filter(isExported).map(entry => expectedLine(entry, 1)),
    ...deleted.map(entry => ({
      ...expectedTombstone(entry, 0),
      whenChanged: timeOf(textOf(entry, 'whenchanged')),
    })),
  ]);
}
