import { bytesFromBase64, bytesToBase64 } from './base64';
import { guidFromBytes, guidToBytes, type Guid } from './guid';

/** The GUID in an onPremisesImmutableId (base64 of 16 bytes, domain.md); null where it holds something else. */
export function guidFromImmutableId(immutableId: string): Guid | null {
  const bytes = bytesFromBase64(immutableId);
  return bytes && guidFromBytes(bytes);
}

/** The onPremisesImmutableId that synchronisation makes of a GUID. */
export function guidToImmutableId(guid: Guid): string {
  return bytesToBase64(guidToBytes(guid));
}

/**
 * The byte strings that a source anchor attribute may hold for this onPremisesImmutableId: the text itself, the bytes that it
 * encodes, and those bytes read as UTF-16 (what `ConvertToBase64` of a synchronisation rule makes of a text attribute).
 * All of them are tried, since a match can only save an object (domain.md, case 1).
 */
export function anchorForms(immutableId: string): Uint8Array[] {
  const encoder = new TextEncoder();
  const decoded = bytesFromBase64(immutableId);
  if (!decoded) return [encoder.encode(immutableId)];
  const text = new TextDecoder('utf-16le').decode(decoded);
  return [encoder.encode(immutableId), decoded, encoder.encode(text)];
}
