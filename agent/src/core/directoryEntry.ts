/** One entry as the directory returned it. */
export interface DirectoryEntry {
  readonly distinguishedName: string;
  /**
   * Attribute description in lower case, without `;range=` → its values as raw bytes, at least one. An attribute that the
   * directory did not return is not in the map. Ranged values are complete: the adapter has fetched every range.
   */
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>;
}

/** The first value of an attribute as text (UTF-8, malformed bytes replaced); null where it was not returned. */
export function textOf(entry: DirectoryEntry, attribute: string): string | null {
  return entry.attributes.get(attribute)?.[0]?.toString('utf8') ?? null;
}

/** All values of an attribute as text; empty where it was not returned. */
export function textsOf(entry: DirectoryEntry, attribute: string): readonly string[] {
  return entry.attributes.get(attribute)?.map(value => value.toString('utf8')) ?? [];
}

const replacement = '\uFFFD';

/** A value as text; null where its bytes are not UTF-8. */
export function strictText(value: Buffer): string | null {
  const text = value.toString('utf8');
  return text.includes(replacement) && !Buffer.from(text, 'utf8').equals(value) ? null : text;
}
