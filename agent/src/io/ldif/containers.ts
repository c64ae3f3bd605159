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
 *
 * containers.ldf is made first. So one of its containers that walk.ldf lacks, and that was not deleted since, says that walk.ldf is
 * short: that notices a walk and keys that broke off at the same place.
 *
 * @throws AgentError ldifInvalid
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
  const missing = new Set(seen);
  for await (const records of partition.walk(signal))
    for (const { entry } of records) {
      const key = guidOf(entry)?.toString('latin1');
      if (key !== undefined) missing.delete(key);
      if (isContainer(entry) && (key === undefined || !seen.has(key)))
        visit(entry.distinguishedName, structuralClassOf(entry), null);
    }
  await assertDeleted(partition, missing, signal);
}

/** Of the containers that walk.ldf lacks. Each key holds the bytes of an objectGUID. */
async function assertDeleted(
  partition: Partition,
  missing: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  if (missing.size === 0) return;
  const { deleted } = await partition.index(signal);
  const gone = [...missing].filter(key => deleted.byGuid(Buffer.from(key, 'latin1')) === null);
  if (gone.length > 0)
    throw partition.files.walk.refused(
      null,
      `expected every container that containers.ldf has, found ${gone.length} missing and not deleted: the walk broke off, or has another filter`,
    );
}

/** AD returns the most derived class last ([MS-ADTS] 3.1.1.1.4); empty where none is readable. */
const structuralClassOf = (entry: DirectoryEntry): string => textsOf(entry, 'objectclass').at(-1) ?? '';

function isContainer(entry: DirectoryEntry): boolean {
  const classes = textsOf(entry, 'objectclass');
  return classes.length === 0 || classes.some(name => containerClasses.has(name.toLowerCase()));
}
