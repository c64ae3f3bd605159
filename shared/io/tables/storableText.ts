/** Azure keeps at most 32,768 UTF-16 units in a property of type Edm.String; this leaves room for the mark. */
export const longestText = 32_000;
export const cutMark = ' …[cut]';

/** Lone surrogates, U+FFFE, U+FFFF and every control character; and a backslash that would read like one that this file wrote. */
const unstorable = /[\p{Cc}\p{Cs}\ufffe\uffff]|\\(?=u[0-9a-f]{4})/gu;
const escaped = /\\u([0-9a-f]{4})/g;

/**
 * Text from an untrusted tenant, made fit for a column: a character that XML, Excel or a terminal can not carry becomes
 * `\uXXXX`, reversibly, so that an unchanged object reads back as it was written; a text that is too long is cut, with a mark.
 */
export const toStorableText = (text: string): string => cutText(escapeText(text));

/** The escapes of `toStorableText` alone. The result is one line. */
export const escapeText = (text: string): string =>
  text.replace(unstorable, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The cut of `toStorableText` alone: never through a pair of surrogates or through an escape. */
export function cutText(storable: string): string {
  if (storable.length <= longestText) return storable;
  const kept = storable.slice(0, longestText - cutMark.length);
  return kept.replace(/[\ud800-\udbff]$|\\(?:u[0-9a-f]{0,3})?$/, '') + cutMark;
}

/** The text that `toStorableText` was given, unless it was cut. */
export const fromStorableText = (stored: string): string =>
  stored.replace(escaped, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
