import type { Control } from 'ldapts';
import type { DirectoryEntry } from '../../core/directoryEntry';
import type { LdapConnection } from './ldapConnection';
import { brokenMessage, LdapFault } from './ldapFault';
import { completeRanges } from './rangedValues';
import { resultCodes } from './resultCodes';
import { EntryReader } from './searchEntry';
import { everyObject } from './searchRequest';

/** The one entry at `base` with these attributes; null: there is none, or none that the account may see. */
export async function readEntry(
  connection: LdapConnection,
  base: string,
  attributes: readonly string[],
  controls: readonly Control[],
  signal: AbortSignal,
): Promise<DirectoryEntry | null> {
  const search = { base, scope: 'base', filter: everyObject, attributes, controls } as const;
  let entries;
  try {
    ({ entries } = await connection.search(search, signal));
  } catch (error) {
    if (error instanceof LdapFault && error.resultCode === resultCodes.noSuchObject) return null;
    throw error;
  }
  const [message] = entries;
  if (!message) return null;
  if (entries.length > 1) throw brokenMessage(`${entries.length} entries with one name`);
  return completeRanges(connection, new EntryReader().read(message), controls, signal);
}
