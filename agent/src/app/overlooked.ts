import { textOf, type DirectoryEntry } from '../core/directoryEntry';
import type { ReadingUnderWay } from './readingUnderWay';

/**
 * Whether both readings left out an object that is seen now: none of them has its objectGUID, although it was there before they
 * began. Its uSNCreated tells: that stays as it is when the object is moved or changed. One that does not tell it counts as left out.
 */
export async function wasOverlooked(
  { directory, namingContexts, secondCounts, signal }: ReadingUnderWay,
  position: number,
  found: DirectoryEntry,
): Promise<boolean> {
  const objectGUID = found.attributes.get('objectguid')?.[0];
  // Without an objectGUID it cannot be told apart; the readings tell of such objects themselves.
  if (objectGUID === undefined || secondCounts.some(count => count.isInFirst(objectGUID))) return false;
  const again = await directory.findByGuid(position, objectGUID, ['uSNCreated'], signal);
  const created = again === null ? null : textOf(again.entry, 'usncreated');
  const usnBefore = namingContexts[position]?.domainController.highestCommittedUSN ?? 0n;
  return created === null || !/^\d+$/.test(created) || BigInt(created) <= usnBefore;
}
