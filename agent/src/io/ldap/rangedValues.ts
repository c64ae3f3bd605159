import type { Control } from 'ldapts';
import type { DirectoryEntry } from '../../core/directoryEntry';
import type { LdapConnection } from './ldapConnection';
import { LdapFault } from './ldapFault';
import { resultCodes } from './resultCodes';
import { EntryReader, type ReceivedEntry, type ValueRange } from './searchEntry';
import { everyObject } from './searchRequest';

/** The base that names an object by its objectGUID, whatever it is called meanwhile ([MS-ADTS] 3.1.1.3.1.2.4). */
export const guidBase = (objectGUID: Uint8Array): string =>
  `<GUID=${Buffer.from(objectGUID).toString('hex')}>`;

/**
 * The entry with all values of every attribute: where it holds a range of them, the others are fetched. `controls` are those of the
 * search that found it.
 */
export async function completeRanges(
  connection: LdapConnection,
  entry: ReceivedEntry,
  controls: readonly Control[],
  signal: AbortSignal,
): Promise<DirectoryEntry> {
  if (entry.ranges.length === 0) return entry;
  const attributes = new Map<string, readonly Buffer[]>(entry.attributes);
  for (const range of entry.ranges) {
    const values = [...(entry.attributes.get(range.attribute) ?? [])];
    for await (const more of restOfRange(connection, entry, range, controls, signal)) {
      for (const value of more) values.push(value);
    }
    if (values.length > 0) attributes.set(range.attribute, values);
  }
  return { distinguishedName: entry.distinguishedName, attributes };
}

/**
 * The values that follow those which the entry holds, some at a time, to the last one. An answer that does not begin where the one
 * before it ended, or holds another number of values than it says, is an `LdapFault`.
 */
export async function* restOfRange(
  connection: LdapConnection,
  entry: ReceivedEntry,
  first: ValueRange,
  controls: readonly Control[],
  signal: AbortSignal,
): AsyncGenerator<readonly Buffer[]> {
  const { attribute } = first;
  const objectGUID = entry.attributes.get('objectguid')?.[0];
  const base = objectGUID ? guidBase(objectGUID) : entry.distinguishedName;
  let due = 0;
  let range: ValueRange = first;
  let values = entry.attributes.get(attribute) ?? [];
  for (;;) {
    checkRange(range, due, values.length);
    if (range.to === null) return;
    due = range.to + 1;
    const answer = await readRange(connection, base, `${attribute};range=${due}-*`, controls, signal);
    const found = answer.ranges.find(each => each.attribute === attribute);
    if (!found) throw changedMeanwhile(`no value of ${attribute} from number ${due} on`);
    range = found;
    values = answer.attributes.get(attribute) ?? [];
    if (values.length > 0) yield values;
  }
}

function checkRange(range: ValueRange, due: number, count: number): void {
  if (range.from !== due)
    throw changedMeanwhile(`values of ${range.attribute} from number ${range.from} on, not ${due}`);
  if (range.to !== null && count !== range.to - range.from + 1) {
    throw changedMeanwhile(`${count} values of ${range.attribute} for ${range.from} to ${range.to}`);
  }
}

async function readRange(
  connection: LdapConnection,
  base: string,
  attribute: string,
  controls: readonly Control[],
  signal: AbortSignal,
): Promise<ReceivedEntry> {
  try {
    const { entries } = await connection.search(
      { base, scope: 'base', filter: everyObject, attributes: [attribute], controls },
      signal,
    );
    const [message] = entries;
    if (!message || entries.length > 1) throw changedMeanwhile(`${entries.length} objects`);
    return new EntryReader().read(message);
  } catch (error) {
    if (error instanceof LdapFault && error.resultCode === resultCodes.noSuchObject) {
      throw changedMeanwhile('the object gone', error);
    }
    throw error;
  }
}

const changedMeanwhile = (found: string, cause?: Error): LdapFault =>
  new LdapFault(
    'passing',
    `expected the remaining values of a large attribute, found ${found}`,
    cause ? { cause } : {},
  );
