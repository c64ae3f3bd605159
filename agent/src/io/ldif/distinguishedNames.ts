/** Bytes in hexadecimal, as many as follow each other, or one character behind a backslash. */
const escapes = /((?:\\[0-9a-f]{2})+)|\\./gis;

/** An escape, or a space beside a separator or an end: rare, so that nearly every name is compared as it is. */
const needsWork = /\\|\s[,=]|[,=]\s|^\s|\s$/;

/**
 * A distinguished name in a form in which equal names are equal text: without the spaces around separators, every
 * escape of RFC 4514 resolved but for commas and backslashes, in lower case. For comparing only.
 */
export function comparableName(distinguishedName: string): string {
  if (!needsWork.test(distinguishedName)) return distinguishedName.toLowerCase();
  return splitName(distinguishedName).map(comparablePart).join(',');
}

/** Whether the name is the naming context's head or lies below it. Both as `comparableName` gives them. */
export function liesIn(comparable: string, namingContext: string): boolean {
  if (comparable === namingContext) return true;
  return (
    comparable.endsWith(`,${namingContext}`) &&
    !isEscaped(comparable, comparable.length - namingContext.length - 1)
  );
}

/** Whether an odd number of backslashes stands in front of the character at `at`. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === '\\') start -= 1;
  return (at - start) % 2 === 1;
}

/** The relative names of a distinguished name; a comma behind a backslash separates nothing. */
function splitName(distinguishedName: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < distinguishedName.length; at += 1) {
    if (distinguishedName[at] === '\\') at += 1;
    else if (distinguishedName[at] === ',') {
      parts.push(distinguishedName.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(distinguishedName.slice(start));
  return parts;
}

function comparablePart(part: string): string {
  const equals = part.indexOf('=');
  if (equals < 0) return part.trim().toLowerCase();
  const value = unescaped(withoutPadding(part.slice(equals + 1)));
  return `${part.slice(0, equals).trim()}=${value.replaceAll(/[\\,]/g, String.raw`\$&`)}`.toLowerCase();
}

/** Without the spaces at both ends, but for an escaped one at the end. */
function withoutPadding(value: string): string {
  const trimmed = value.trim();
  return isEscaped(trimmed, trimmed.length) ? `${trimmed} ` : trimmed;
}

function unescaped(value: string): string {
  return value.replaceAll(escapes, (escape: string, bytes: string | undefined) =>
    bytes === undefined ? escape.slice(1) : Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8'),
  );
}
