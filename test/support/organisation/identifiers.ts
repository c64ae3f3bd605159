import type { Random } from './random';

const fourDigits = Array.from({ length: 0x10000 }, (_, value) => value.toString(16).padStart(4, '0'));
const hex = (value: number): string => fourDigits[value & 0xffff] ?? '';

/** A random GUID (RFC 9562, version 4), lower case. */
export function newGuid(random: Random): string {
  const [first, second, third, fourth] = [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
  const version = hex((second & 0x0fff) | 0x4000);
  const variant = hex(((third >>> 16) & 0x3fff) | 0x8000);
  return `${hex(first >>> 16)}${hex(first)}-${hex(second >>> 16)}-${version}-${variant}-${hex(third)}${hex(fourth >>> 16)}${hex(fourth)}`;
}

/** The 16 bytes as Windows keeps a GUID: the first three fields little-endian, the rest as written. */
function windowsBytes(guid: string): Buffer {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** A GUID as onPremisesImmutableId and mS-DS-ConsistencyGuid hold it: base64 of its bytes in Windows' order. */
export const base64OfGuid = (guid: string): string => windowsBytes(guid).toString('base64');

/** Entra's own SID of a user or group (`securityIdentifier`), made of its id. It is not the SID of Active Directory. */
export function cloudSidOf(id: string): string {
  const bytes = windowsBytes(id);
  return `S-1-12-1-${[0, 4, 8, 12].map(offset => bytes.readUInt32LE(offset)).join('-')}`;
}
