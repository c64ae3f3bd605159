/** What If-Match asks for. */
export type IfMatch =
  | { readonly kind: 'version'; readonly version: string }
  /** A tag that this API never gave: it matches nothing. */
  | { readonly kind: 'noMatch' }
  | { readonly kind: 'malformed' };

const longestTag = 1024;
const strongTag = /^"([\x21\x23-\x7e]*)"$/;
const weakTag = /^W\/"[\x21\x23-\x7e]*"$/;

/**
 * The strong entity tag (RFC 9110, section 8.8.3) of a version. A version is any text that changes with each change, for example the
 * ETag of a table's row, which is weak and holds quotation marks, so it can not be one of ours as it is.
 */
export const entityTagOf = (version: string): string => `"${Buffer.from(version).toString('base64url')}"`;

/** Reads If-Match: one strong tag. A list, and `*`, which any version matches, are malformed: who changes has read one version. */
export function readIfMatch(header: string): IfMatch {
  if (header.length > longestTag) return { kind: 'malformed' };
  const opaque = strongTag.exec(header)?.[1];
  // If-Match compares strongly (RFC 9110, section 13.1.1), and then a weak tag matches nothing.
  if (opaque === undefined) return { kind: weakTag.test(header) ? 'noMatch' : 'malformed' };
  const version = Buffer.from(opaque, 'base64url').toString('utf8');
  return version !== '' && entityTagOf(version) === header
    ? { kind: 'version', version }
    : { kind: 'noMatch' };
}
