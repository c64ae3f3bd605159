import { ByteKeyTable } from '../../../../shared/core/byteKeyTable';
import { textsOf } from '../../core/directoryEntry';
import type { LdifFile } from './ldifFile';
import { guidOf, type Partition } from './partition';

/**
 * Hands over the members of every group of members.ldf. A group of walk.ldf and keys.ldf that is neither there nor deleted since
 * says that the file was cut, or made with another filter.
 *
 * @throws AgentError ldifInvalid
 */
export async function readMembers(
  partition: Partition,
  members: LdifFile,
  visit: (group: string, members: readonly string[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const seen = new ByteKeyTable();
  for await (const records of partition.recordsOf(members, signal))
    for (const { entry, line } of records) {
      const objectGUID = guidOf(entry);
      if (!objectGUID) throw members.refused(line, 'expected an objectGUID of 16 bytes, found none');
      seen.add(objectGUID);
      visit(entry.distinguishedName, textsOf(entry, 'member'));
    }
  const missing = await groupsWithout(partition, seen, signal);
  if (missing > 0)
    throw members.refused(
      null,
      `expected every group that walk.ldf and keys.ldf have, found ${missing} missing: a file that was cut, or another filter`,
    );
}

async function groupsWithout(partition: Partition, seen: ByteKeyTable, signal: AbortSignal): Promise<number> {
  const index = await partition.index(signal);
  let missing = 0;
  for await (const records of partition.walk(signal))
    for (const { entry } of records) {
      const objectGUID = guidOf(entry);
      if (!objectGUID || !textsOf(entry, 'objectclass').some(name => name.toLowerCase() === 'group'))
        continue;
      const isAlive = index.keys.byGuid(objectGUID) !== null && index.deleted.byGuid(objectGUID) === null;
      if (isAlive && !seen.has(objectGUID)) missing += 1;
    }
  return missing;
}
