import type { OnPremisesClass } from '../../../shared/core/exportFormat';
import { textsOf, type DirectoryEntry } from './directoryEntry';

/**
 * The class of an entry by its whole chain of objectClass values (`top, person, …, user, computer`), the most telling one first: a
 * computer is a user too. inetOrgPerson has `user` in its chain, managed service accounts have `computer`. null: AD returned no
 * objectClass, which every object has: the account may not read it.
 */
export function classOf(entry: DirectoryEntry): OnPremisesClass | null {
  const chain = textsOf(entry, 'objectclass').map(name => name.toLowerCase());
  if (chain.length === 0) return null;
  return (['computer', 'user', 'group', 'contact'] as const).find(name => chain.includes(name)) ?? 'other';
}
