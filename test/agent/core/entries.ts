import type { DirectoryEntry } from '../../../agent/src/core/directoryEntry';
import { guidToBytes, parseGuid } from '../../../shared/core/keys/guid';
import { parseSid, sidToBytes } from '../../../shared/core/keys/sid';

type Value = string | Uint8Array;

export const guidBytes = (text: string): Buffer => Buffer.from(guidToBytes(parseGuid(text)!));
export const sidBytes = (text: string): Buffer => Buffer.from(sidToBytes(parseSid(text)!));

/** An entry as the directory returns it; attribute names in any case. undefined: not returned. */
export function entryOf(
  distinguishedName: string,
  attributes: Readonly<Record<string, Value | readonly Value[] | undefined>>,
): DirectoryEntry {
  const map = new Map<string, readonly Buffer[]>();
  for (const [name, given] of Object.entries(attributes)) {
    if (given === undefined) continue;
    const values = typeof given === 'string' || given instanceof Uint8Array ? [given] : given;
    map.set(
      name.toLowerCase(),
      values.map(value => Buffer.from(value as string)),
    );
  }
  return { distinguishedName, attributes: map };
}
