import type { Brand } from '../brand';

/** A security identifier as text: `S-1-…`, decimal (MS-DTYP 2.4.2.1). */
export type Sid = Brand<string, 'Sid'>;

const pattern = /^S-1-(\d{1,15})((?:-\d{1,10}){1,15})$/i;
const largestSubAuthority = 0xffff_ffff;
const largestAuthority = 2 ** 48 - 1;

/** Reads a SID; null where the text is none or a number in it is too large. */
export function parseSid(text: string): Sid | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const authority = Number(match[1]);
  const subAuthorities = subAuthoritiesOf(match[2] as string);
  if (authority > largestAuthority || subAuthorities.some(part => part > largestSubAuthority)) return null;
  return ['S', 1, authority, ...subAuthorities].join('-') as Sid;
}

const subAuthoritiesOf = (tail: string): number[] => tail.slice(1).split('-').map(Number);

/** The SID in AD's objectSid bytes: revision, count, 6 bytes of authority big-endian, then the parts little-endian. */
export function sidFromBytes(bytes: Uint8Array): Sid | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || bytes[0] !== 1) return null;
  const count = bytes[1] as number;
  if (count > 15 || bytes.length !== 8 + count * 4) return null;
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  const parts = Array.from({ length: count }, (_, part) => view.getUint32(8 + part * 4, true));
  return ['S', 1, authority, ...parts].join('-') as Sid;
}

/** The bytes of a SID as AD stores objectSid. */
export function sidToBytes(sid: Sid): Uint8Array {
  const [authority, ...parts] = sid.slice('S-1-'.length).split('-').map(Number) as [number, ...number[]];
  const bytes = new Uint8Array(8 + parts.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, parts.length);
  view.setUint16(2, Math.floor(authority / 2 ** 32));
  view.setUint32(4, authority % 2 ** 32);
  parts.forEach((part, at) => view.setUint32(8 + at * 4, part, true));
  return bytes;
}

/** The SID without its last part: the domain's SID for the SID of a domain's object. */
export function domainSidOf(sid: Sid): string {
  return sid.slice(0, sid.lastIndexOf('-'));
}

/** The last part of a SID: the relative identifier for the SID of a domain's object. */
export function relativeIdOf(sid: Sid): number {
  return Number(sid.slice(sid.lastIndexOf('-') + 1));
}
