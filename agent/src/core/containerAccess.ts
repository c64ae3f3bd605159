import { classesWithoutKeys, containerClasses, containersOfOtherThings, readAttributes } from './schemaGuids';
import {
  accessCheck,
  accessRights,
  directoryRights,
  emptyGuid,
  entryFlags,
  parseSecurityDescriptor,
  type AccessEntry,
  type SecurityDescriptor,
} from './securityDescriptor';

export interface ContainerToCheck {
  readonly distinguishedName: string;
  /** Its own class, the last of its chain. */
  readonly objectClass: string;
  /** nTSecurityDescriptor; null: the domain controller did not return it. */
  readonly securityDescriptor: Uint8Array | null;
  /** SIDs of the account that reads and of all its groups, as text. */
  readonly callerSids: ReadonlySet<string>;
}

/**
 * What keeps the account from seeing everything in a container, or null. AD leaves out what an account may not see, without an
 * error, so a permission that is missing here makes live objects look deleted. Anything that cannot be read or understood is a
 * problem too. Denials that are inherited by what lies in the container are judged here, since an object that they hide cannot be asked.
 */
export function containerProblem(container: ContainerToCheck): string | null {
  const { distinguishedName: dn, objectClass, securityDescriptor, callerSids } = container;
  if (otherThings.has(objectClass.toLowerCase())) return null;
  if (callerSids.size === 0)
    return `${dn}: the domain controller did not tell the SIDs of the account (tokenGroups of the rootDSE), so its permissions cannot be checked.`;
  if (!securityDescriptor)
    return `${dn}: its permissions were expected, found none: the account may not read them. Grant it Read Permissions there: ${dsacls(dn, 'RC')}.`;
  const parsed = parseSecurityDescriptor(securityDescriptor);
  if (parsed.kind === 'malformed')
    return `${dn}: its security descriptor cannot be read: ${parsed.reason}. Save its permissions again, or list it in ignoreContainers.`;
  if (parsed.descriptor.dacl.kind === 'absent')
    return `${dn}: its permissions were expected, found a security descriptor without a DACL. Grant the account Read Permissions there: ${dsacls(dn, 'RC')}.`;
  return (
    missingRight(container, parsed.descriptor) ??
    inheritedDenial(
      dn,
      parsed.descriptor.dacl.kind === 'list' ? parsed.descriptor.dacl.entries : [],
      callerSids,
    )
  );
}

const namesInLowerCase = (classes: object): ReadonlySet<string> =>
  new Set(Object.keys(classes).map(name => name.toLowerCase()));

const otherThings = namesInLowerCase(containersOfOtherThings);
const guidsOfContainerClasses: ReadonlyMap<string, string> = new Map(
  Object.entries(containerClasses).map(([name, guid]) => [name.toLowerCase(), guid]),
);

const dsacls = (dn: string, rights: string): string => `dsacls "${dn}" /G "DOMAIN\\account:${rights}"`;

function missingRight(container: ContainerToCheck, descriptor: SecurityDescriptor): string | null {
  const { distinguishedName: dn, objectClass, callerSids } = container;
  const listing = accessCheck(descriptor, callerSids, {
    rights: accessRights.listContents,
    objectTypes: null,
  });
  if (listing !== 'granted')
    return `${dn}: List Contents was expected, but ${inWords[listing]}: everything in it is hidden. ${remedy(dn, listing)}`;
  const classGuid = guidsOfContainerClasses.get(objectClass.toLowerCase());
  const unreadable = readAttributes.filter(({ guid, propertySet }) => {
    const path = [guid, propertySet, classGuid].filter(part => typeof part === 'string');
    const rights = accessRights.readProperty;
    return accessCheck(descriptor, callerSids, { rights, objectTypes: new Set(path) }) !== 'granted';
  });
  if (unreadable.length === 0) return null;
  const what =
    unreadable.length === readAttributes.length ? '' : ` of ${unreadable.map(({ name }) => name).join(', ')}`;
  return `${dn}: Read Property${what} was expected, but the account does not have it. ${remedy(dn, 'notGranted')}`;
}

const inWords = {
  denied: 'an entry denies it to the account',
  notGranted: 'no entry grants it to the account',
} as const;

function remedy(dn: string, found: 'denied' | 'notGranted'): string {
  const start = found === 'denied' ? 'Remove the denial, or grant' : 'Grant';
  return `${start} List Contents and Read All Properties: ${dsacls(dn, 'LCRP')}; or list it in ignoreContainers.`;
}

const seeing = accessRights.listContents | accessRights.readProperty | accessRights.listObject;
const guidsWithoutKeys: ReadonlySet<string> = new Set(Object.values(classesWithoutKeys));
/** What a denial of Read Property may be about and concern the export: its attributes, their sets, and classes (all properties). */
const readTypes: ReadonlySet<string> = new Set([
  emptyGuid,
  ...readAttributes.flatMap(({ guid, propertySet }) => (propertySet === null ? [guid] : [guid, propertySet])),
  ...Object.values(containerClasses),
]);

function inheritedDenial(
  dn: string,
  entries: readonly AccessEntry[],
  callerSids: ReadonlySet<string>,
): string | null {
  const denial = entries.find(
    entry =>
      entry.effect === 'deny' &&
      (entry.flags & entryFlags.containerInherit) !== 0 &&
      callerSids.has(entry.sid) &&
      (entry.inheritedObjectType === null || !guidsWithoutKeys.has(entry.inheritedObjectType)) &&
      hides(entry),
  );
  if (!denial) return null;
  const whom =
    denial.inheritedObjectType === null ? 'everything' : `objects of class ${denial.inheritedObjectType}`;
  const source =
    denial.flags & entryFlags.inherited
      ? 'the entry is inherited from a container above'
      : 'the entry is its own';
  return (
    `${dn}: an entry for ${denial.sid} denies List Contents or Read Property to ${whom} below it (${source}), ` +
    `so objects may be hidden. Remove the denial, take the account out of that group, or list the container in ignoreContainers.`
  );
}

function hides(entry: AccessEntry): boolean {
  const rights = directoryRights(entry.mask) & seeing;
  if (rights === 0) return false;
  const onlyReads = rights === accessRights.readProperty;
  return !onlyReads || entry.objectType === null || readTypes.has(entry.objectType);
}
