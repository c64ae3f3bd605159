import type { Brand } from '../brand';

/** A GUID as text: lower case, with hyphens, without braces. */
export type Guid = Brand<string, 'Guid'>;

const pattern = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/**
 * Position, in the text without hyphens, of each byte's pair of digits. AD and .NET store the first three fields in
 * little-endian order (MS-DTYP 2.3.4.2), so the bytes of `88666888-0101-1111-…` begin 88 68 66 88 01 01 11 11.
 */
const byteOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** Reads a GUID in any case, with or without braces; null where the text is none. */
export function parseGuid(text: string): Guid | null {
  const match = pattern.exec(text);
  return match ? (match[1]?.toLowerCase() as Guid) : null;
}

/** The 16 bytes of a GUID as AD stores objectGUID. */
export function guidToBytes(guid: Guid): Uint8Array {
  const digits = guid.replaceAll('-', '');
  const bytes = new Uint8Array(16);
  byteOrder.forEach((from, to) => {
    bytes[to] = Number.parseInt(digits.slice(from * 2, from * 2 + 2), 16);
  });
  return bytes;
}

/** The GUID that AD's 16 bytes stand for; null where there are not 16. */
export function guidFromBytes(bytes: Uint8Array): Guid | null {
  if (bytes.length !== 16) return null;
  const pairs: string[] = [];
  byteOrder.forEach((from, to) => {
    pairs[from] = (bytes[to] as number).toString(16).padStart(2, '0');
  });
  const digits = pairs.join('');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-') as Guid;
}
