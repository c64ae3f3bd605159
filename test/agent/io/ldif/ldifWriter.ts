import type { DirectoryEntry } from '../../../../agent/src/core/directoryEntry';

export interface LdifStyle {
  readonly encoding: 'utf8' | 'utf8WithMark' | 'utf16le' | 'utf16be';
  readonly lineEnd: '\n' | '\r\n';
  /** Units of a line, its end apart; what is longer is folded. */
  readonly width: number;
  readonly withVersion: boolean;
  /** As ldifde writes: `changetype: add` in every record. */
  readonly withChangeType: boolean;
}

/** ldifde without `-u`. */
export const ldifdeStyle: LdifStyle = {
  encoding: 'utf8',
  lineEnd: '\r\n',
  width: 78,
  withVersion: false,
  withChangeType: true,
};

/** Entries as LDIF, by RFC 2849: base64 where a value could be misread, folded lines. */
export function writeLdif(entries: Iterable<DirectoryEntry>, style: LdifStyle = ldifdeStyle): Buffer {
  const lines: string[] = style.withVersion ? ['version: 1', ''] : [];
  for (const entry of entries) lines.push(...linesOf(entry, style), '');
  return encoded(lines.map(line => line + style.lineEnd).join(''), style.encoding);
}

function linesOf(entry: DirectoryEntry, style: LdifStyle): readonly string[] {
  const lines = [written('dn', Buffer.from(entry.distinguishedName))];
  if (style.withChangeType) lines.push('changetype: add');
  for (const [name, values] of entry.attributes) for (const value of values) lines.push(written(name, value));
  return lines.flatMap(whole => folded(whole, style.width));
}

function written(name: string, value: Buffer): string {
  if (value.length === 0) return `${name}:`;
  const text = value.toString('latin1');
  const isSafe = value.every(byte => byte < 0x80 && !'\0\n\r'.includes(String.fromCharCode(byte)));
  return isSafe && !/^[ :<]| $/.test(text) ? `${name}: ${text}` : `${name}:: ${value.toString('base64')}`;
}

function folded(whole: string, width: number): readonly string[] {
  const lines = [whole.slice(0, width)];
  for (let at = width; at < whole.length; at += width - 1) lines.push(` ${whole.slice(at, at + width - 1)}`);
  return lines;
}

export function encoded(text: string, encoding: LdifStyle['encoding']): Buffer {
  switch (encoding) {
    case 'utf8':
      return Buffer.from(text, 'utf8');
    case 'utf8WithMark':
      return Buffer.from(`\uFEFF${text}`, 'utf8');
    case 'utf16le':
      return Buffer.from(`\uFEFF${text}`, 'utf16le');
    case 'utf16be':
      return Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
  }
}

/** An entry from text and bytes. */
export function entryOf(
  distinguishedName: string,
  attributes: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>,
): DirectoryEntry {
  const list = Object.entries(attributes).map(([name, values]): [string, readonly Buffer[]] => [
    name.toLowerCase(),
    [values].flat().map(value => Buffer.from(value as string)),
  ]);
  return { distinguishedName, attributes: new Map(list) };
}
