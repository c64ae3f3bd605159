import { isUtf8 } from 'node:buffer';

/** How a file's text is stored. `ldifde -u` writes UTF-16 with a byte order mark. */
export type TextEncoding = 'utf8' | 'utf16le' | 'utf16be';

const marks: readonly (readonly [TextEncoding, Buffer])[] = [
  ['utf8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['utf16le', Buffer.from([0xff, 0xfe])],
  ['utf16be', Buffer.from([0xfe, 0xff])],
];

/** Bytes at a file's beginning that tell its encoding. */
export const longestMark = 3;

/** The encoding by the byte order mark, and how many bytes that takes. Without a mark a file is UTF-8. */
export function encodingOf(beginning: Buffer): {
  readonly encoding: TextEncoding;
  readonly markBytes: number;
} {
  for (const [encoding, mark] of marks)
    if (beginning.subarray(0, mark.length).equals(mark)) return { encoding, markBytes: mark.length };
  return { encoding: 'utf8', markBytes: 0 };
}

/**
 * The bytes as UTF-8; null where they are no text of their encoding. UTF-16 has to come in little-endian order by then
 * (`LineSplitter` swaps it), and unfolded: a writer that folds by units may part a surrogate pair.
 */
export function asUtf8(bytes: Buffer, encoding: TextEncoding): Buffer | null {
  if (encoding === 'utf8') return isUtf8(bytes) ? bytes : null;
  const text = bytes.toString('utf16le');
  return text.isWellFormed() ? Buffer.from(text, 'utf8') : null;
}
