import type { AccessEntry, SecurityDescriptor } from '../../../agent/src/core/securityDescriptor';
import { guidToBytes } from '../../../shared/core/keys/guid';
import { parseSid, sidToBytes } from '../../../shared/core/keys/sid';

const plainTypes = { allow: 0, deny: 1 } as const;

const u16 = (value: number): Buffer => Buffer.of(value & 0xff, value >>> 8);
const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};

/** An access control entry; `extra` follows the SID, as a condition does. */
export function aceBytes(entry: AccessEntry, extra: Uint8Array = Buffer.of()): Buffer {
  const isObject = entry.objectType !== null || entry.inheritedObjectType !== null;
  const type = plainTypes[entry.effect] + (isObject ? 5 : 0) + (entry.isConditional ? (isObject ? 6 : 9) : 0);
  const body = Buffer.concat([
    u32(entry.mask),
    ...(isObject ? [u32((entry.objectType ? 1 : 0) | (entry.inheritedObjectType ? 2 : 0))] : []),
    ...(entry.objectType ? [guidToBytes(entry.objectType)] : []),
    ...(entry.inheritedObjectType ? [guidToBytes(entry.inheritedObjectType)] : []),
    sidToBytes(entry.sid),
    extra,
  ]);
  return rawAce(type, entry.flags, body);
}

export const rawAce = (type: number, flags: number, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(type, flags), u16(body.length + 4), body]);

export const aclBytes = (aces: readonly Uint8Array[], revision = 4, count = aces.length): Buffer => {
  const body = Buffer.concat(aces);
  return Buffer.concat([Buffer.of(revision, 0), u16(body.length + 8), u16(count), u16(0), body]);
};

const daclPresent = 0x4;

/** A self-relative descriptor: header, owner, group, DACL. dacl null: a null DACL; undefined: none. */
export function descriptorBytes(owner: string | null, dacl: Uint8Array | null | undefined): Buffer {
  const ownerBytes = owner === null ? Buffer.of() : sidToBytes(parseSid(owner)!);
  const header = Buffer.concat([
    Buffer.of(1, 0),
    u16(0x8000 | (dacl === undefined ? 0 : daclPresent)),
    u32(owner === null ? 0 : 20),
    u32(owner === null ? 0 : 20),
    u32(0),
    u32(dacl ? 20 + ownerBytes.length : 0),
  ]);
  return Buffer.concat([header, ownerBytes, dacl ?? Buffer.of()]);
}

export function buildDescriptor({ owner, dacl }: SecurityDescriptor): Buffer {
  switch (dacl.kind) {
    case 'absent':
      return descriptorBytes(owner, undefined);
    case 'null':
      return descriptorBytes(owner, null);
    case 'list':
      return descriptorBytes(owner, aclBytes(dacl.entries.map(entry => aceBytes(entry))));
  }
}
