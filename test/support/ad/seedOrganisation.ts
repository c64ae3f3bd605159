import { escapedRdn, parentOf, type ObjectLine, type TombstoneLine } from '../organisation/onPremises';
import type { Source } from '../organisation/organisation';
import { addRecord, deleteRecord, type LdifValues } from './ldifRecord';

/** Why the database has a line of the sample organisation in another form, or not at all. */
export type SeedDifference =
  /** Every domain is born with an object of this SID: Samba has its own, with a GUID of its own. */
  | 'bornWithDomain'
  /** Active Directory names an inetOrgPerson by CN; the line has UID (the class's rDNAttID). */
  | 'namedByCommonName'
  /** A tombstone is as old as the seed: `whenChanged` can not be chosen. */
  | 'deletedWhenSeeded';

/** The LDIF of one domain of a source, for `DomainControllerOptions.seed`. */
export interface DomainSeed {
  readonly dnsName: string;
  readonly netBiosName: string;
  readonly domainSid: string;
  readonly ldif: string;
  /** Live objects and tombstones that the LDIF makes; the OUs around them are not counted. */
  readonly objects: number;
  readonly tombstones: number;
  /** By objectGUID of the line. */
  readonly differences: ReadonlyMap<string, SeedDifference>;
}

/** The value of adminDescription that takes an object out of scope; the agent's configuration has to name it. */
export const outOfScopeMark = 'NoSync';

/**
 * The domains of a source as LDIF change records, one text each, in the order of its naming contexts. Loaded into a domain with
 * the same SID, they make every line of the export: objectGUID, objectSid, sIDHistory and all that the format holds. Objects
 * outside of the scope bear `outOfScopeMark`. What is different is told in `differences`.
 *
 * Needs the Recycle Bin: a line that was recycled is deleted twice.
 */
export function seedsOf({ namingContexts, lines }: Source): readonly DomainSeed[] {
  return namingContexts.map(({ distinguishedName, domain }, namingContext) => {
    if (domain === null) throw new Error(`expected a domain, found the naming context ${distinguishedName}`);
    const own = lines.filter(line => line.namingContext === namingContext);
    const differences = new Map<string, SeedDifference>();
    const objects = own.filter(
      line => line.kind === 'object' && !isBornWith(line, domain.sid, differences),
    ) as ObjectLine[];
    const tombstones = own.filter(line => line.kind === 'tombstone');
    for (const { objectGUID } of tombstones) differences.set(objectGUID, 'deletedWhenSeeded');
    for (const { objectGUID, distinguishedName: dn } of objects)
      if (isNamedByUid(dn)) differences.set(objectGUID, 'namedByCommonName');
    const parents = [
      ...objects.map(line => parentOf(line.distinguishedName)),
      ...tombstones.map(line => line.lastKnownParent ?? distinguishedName),
    ];
    return {
      dnsName: domain.dnsName,
      netBiosName: domain.netBiosName ?? '',
      domainSid: domain.sid,
      // Tombstones first: an account that was made anew has the name of the one before it.
      ldif: [
        ...containersOf(parents, distinguishedName),
        ...tombstones.map(line => tombstoneRecords(line, distinguishedName)),
        ...objects.filter(line => line.objectClass !== 'group').map(line => objectRecord(line)),
        // Last, since their members have to be there.
        ...groupRecords(objects),
      ].join(''),
      objects: objects.length,
      tombstones: tombstones.length,
      differences,
    };
  });
}

/** RIDs below this are Windows' own, [MS-SAMR] 3.1.1.9.2. */
const firstChosenRid = 1000;

function isBornWith(
  { objectSid, objectGUID }: ObjectLine,
  domainSid: string,
  differences: Map<string, SeedDifference>,
): boolean {
  if (objectSid === undefined) return false;
  const isOfNoDomain = !objectSid.startsWith('S-1-5-21-');
  const isWellKnown =
    objectSid.startsWith(`${domainSid}-`) && Number(objectSid.slice(domainSid.length + 1)) < firstChosenRid;
  if (isOfNoDomain || isWellKnown) differences.set(objectGUID, 'bornWithDomain');
  return isOfNoDomain || isWellKnown;
}

/** Containers that every domain has. */
const containersFromBirth = ['CN=Users', 'CN=Computers', 'CN=Builtin', 'CN=ForeignSecurityPrincipals'];

/** Records of the parents that a domain has not from its birth, outermost first. */
function containersOf(parents: readonly string[], base: string): readonly string[] {
  const known = new Set([base, ...containersFromBirth.map(name => `${name},${base}`)]);
  const records: string[] = [];
  const add = (distinguishedName: string): void => {
    if (known.has(distinguishedName)) return;
    known.add(distinguishedName);
    add(parentOf(distinguishedName));
    const objectClass = distinguishedName.startsWith('OU=') ? 'organizationalUnit' : 'container';
    records.push(addRecord(distinguishedName, { objectClass }));
  };
  for (const parent of parents) add(parent);
  return records;
}

const isNamedByUid = (distinguishedName: string): boolean => /^UID=/i.test(distinguishedName);

/** Every user, computer and foreign principal is a member of one group: links that an export has to have both ends of. */
function groupRecords(objects: readonly ObjectLine[]): readonly string[] {
  const groups = objects.filter(line => line.objectClass === 'group');
  const members = objects.filter(line => line.objectClass !== 'group' && line.objectSid !== undefined);
  return groups.map((group, index) =>
    objectRecord(group, members.filter((_, member) => member % groups.length === index).map(nameInDirectory)),
  );
}

/** The line's distinguishedName, but for an inetOrgPerson's. */
const nameInDirectory = ({ distinguishedName }: ObjectLine): string =>
  distinguishedName.replace(/^UID=/i, 'CN=');

function objectRecord(line: ObjectLine, member: readonly string[] = []): string {
  const { objectSid, sIDHistory, userCertificate, inScope } = line;
  const consistencyGuid = line['mS-DS-ConsistencyGuid'];
  return addRecord(nameInDirectory(line), {
    member,
    ...classOf(line),
    objectGUID: bytesOfGuid(line.objectGUID),
    // Samba's LDIF takes a SID as text alone.
    objectSid,
    sIDHistory,
    'mS-DS-ConsistencyGuid':
      consistencyGuid === undefined ? undefined : Buffer.from(consistencyGuid, 'base64'),
    'msDS-ExternalDirectoryObjectId': line['msDS-ExternalDirectoryObjectId'],
    sAMAccountName: line.sAMAccountName,
    userPrincipalName: line.userPrincipalName,
    mail: line.mail,
    proxyAddresses: line.proxyAddresses,
    userCertificate: userCertificate === true ? anyCertificate : undefined,
    adminDescription: inScope ? undefined : outOfScopeMark,
  });
}

/** An object that is made to be deleted: its tombstone keeps what the line has. */
function tombstoneRecords(line: TombstoneLine, base: string): string {
  const { objectGUID, objectSid, sAMAccountName, isRecycled, lastKnownParent = base } = line;
  const name = escapedRdn((sAMAccountName ?? objectGUID).replace(/\$$/, ''));
  // By its GUID: no live object ever has this name, whatever it is called.
  const distinguishedName = `CN=${name} ${objectGUID.slice(0, 8)},${lastKnownParent}`;
  const deletion = deleteRecord(`<GUID=${objectGUID}>`);
  return [
    addRecord(distinguishedName, {
      ...classOf({ ...line, distinguishedName }),
      objectGUID: bytesOfGuid(objectGUID),
      objectSid,
      sAMAccountName,
    }),
    deletion,
    isRecycled ? deletion : '',
  ].join('');
}

const anyCertificate = Buffer.from('a certificate, of which only the presence counts');

/** [MS-ADTS] 2.2.16: normal account without a password; disabled account; workstation. */
const userAccountControl = { enabled: '544', disabled: '514', workstation: '4096' } as const;

function classOf({
  objectClass,
  distinguishedName,
}: Pick<ObjectLine, 'objectClass' | 'distinguishedName'>): Readonly<Record<string, LdifValues>> {
  switch (objectClass) {
    case 'user': {
      const isDisabled = distinguishedName.includes(',OU=Disabled Users,');
      return {
        objectClass: isNamedByUid(distinguishedName) ? 'inetOrgPerson' : 'user',
        userAccountControl: isDisabled ? userAccountControl.disabled : userAccountControl.enabled,
      };
    }
    case 'computer':
      return { objectClass, userAccountControl: userAccountControl.workstation };
    case 'group':
    case 'contact':
      return { objectClass };
    case 'other':
      return {
        objectClass: distinguishedName.includes(',CN=ForeignSecurityPrincipals,')
          ? 'foreignSecurityPrincipal'
          : 'publicFolder',
      };
  }
}

/** The first three fields of a GUID are little-endian in Windows' bytes; the change is its own reverse. */
function swapped(bytes: Buffer): Buffer {
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** The 16 bytes as objectGUID holds them. */
export const bytesOfGuid = (guid: string): Buffer => swapped(Buffer.from(guid.replaceAll('-', ''), 'hex'));

/** The GUID as text, lower case. */
export const guidOfBytes = (bytes: Buffer): string =>
  swapped(Buffer.from(bytes))
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
