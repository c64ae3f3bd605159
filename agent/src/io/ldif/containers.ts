import { textsOf, type DirectoryEntry } from '../../core/directoryEntry';
import type { LdifFile } from './ldifFile';
import { guidOf, type Partition } from './partition';

/** Classes whose objects can hold users, groups, contacts or computers (their possSuperiors), subclasses included. */
export const containerClasses: ReadonlySet<string> = new Set([
  'builtindomain',
  'container',
  'country',
  'domain',
  'locality',
  'lostandfound',
  'organization',
  'organizationalunit',
]);

/**
 * Hands over every container of containers.ldf, and then with null those of walk.ldf that it lacks: a file that was cut, or made
 * with another filter, must not make a container look as if it had been checked. What has no class that can be read counts as
 * a container.
 */
export async function readContainers(
  partition: Partition,
  containers: LdifFile,
  visit: (distinguishedName: string, objectClass: string, securityDescriptor: Buffer | null) => void,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Set<string>();
  for await (const records of partition.recordsOf(containers, signal))
    for (const { entry } of records) {
      const objectGUID = guidOf(entry);
      const securityDescriptor = entry.attributes.get('ntsecuritydescriptor')?.[0] ?? null;
      if (objectGUID) seen.add(objectGUID.toString('latin1'));
      visit(entry.distinguishedName, structuralClassOf(entry), securityDescriptor);
    }
  for await (const records of partition.walk(signal))
    for (const { entry } of records) {
      const objectGUID = guidOf(entry);
      if (!isContainer(entry) || (objectGUID && seen.has(objectGUID.toString('latin1')))) continue;
      visit(entry.distinguishedName, structuralClassOf(entry), null);
    }
}

/** AD returns the most derived class last ([MS-ADTS] 3.1.1.1.4); empty where none is readable. */
const structuralClassOf = (entry: DirectoryEntry): string => textsOf(entry, 'objectclass').at(-1) ?? '';

function isContainer(entry: DirectoryEntry): boolean {
  const classes = textsOf(entry, 'objectclass');
  return classes.length === 0 || classes.some(name => containerClasses.has(name.toLowerCase()));
}
