/** Rights that a test gives or takes, [MS-ADTS] 5.1.3.2. */
export type DirectoryRight = 'listContents' | 'readProperties' | 'listObject' | 'readPermissions';

const accessMasks: Readonly<Record<DirectoryRight, number>> = {
  listContents: 0x0000_0004,
  readProperties: 0x0000_0010,
  listObject: 0x0000_0080,
  readPermissions: 0x0002_0000,
};

export interface AccessControlEntry {
  readonly type: 'allow' | 'deny';
  readonly rights: readonly DirectoryRight[];
  /** The trustee's SID, text. */
  readonly sid: string;
  /** Whether it holds for everything below as well. */
  readonly inherited: boolean;
}

/** The bytes of a SID, [MS-DTYP] 2.4.2.2. */
export function bytesOfSid(sid: string): Buffer {
  const [authority, ...subAuthorities] = sid.replace(/^S-1-/, '').split('-').map(Number);
  const bytes = Buffer.alloc(8 + 4 * subAuthorities.length);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt8(subAuthorities.length, 1);
  bytes.writeUIntBE(authority ?? 0, 2, 6);
  for (const [index, value] of subAuthorities.entries()) bytes.writeUInt32LE(value, 8 + 4 * index);
  return bytes;
}

/** A SID as text. */
export function textOfSid(bytes: Buffer): string {
  const subAuthorities = Array.from({ length: bytes.readUInt8(1) }, (_, index) =>
    bytes.readUInt32LE(8 + 4 * index),
  );
  return ['S', bytes.readUInt8(0), bytes.readUIntBE(2, 6), ...subAuthorities].join('-');
}

const containerInherit = 0x02;
const inheritedAce = 0x10;
const aceTypes = { allow: 0, deny: 1 } as const;

function bytesOfAce({ type, rights, sid, inherited }: AccessControlEntry): Buffer {
  const trustee = bytesOfSid(sid);
  const header = Buffer.alloc(8);
  header.writeUInt8(aceTypes[type], 0);
  header.writeUInt8(inherited ? containerInherit : 0, 1);
  header.writeUInt16LE(header.length + trustee.length, 2);
  header.writeUInt32LE(
    rights.reduce((mask, right) => mask | accessMasks[right], 0),
    4,
  );
  return Buffer.concat([header, trustee]);
}

/**
 * A self-relative security descriptor that holds a DACL alone (as the SD-flags control asks for it), with one entry more, where
 * the canonical order wants it: explicit denials first, then explicit grants, then what is inherited ([MS-DTYP] 2.4.5, 2.4.6).
 */
export function withEntry(descriptor: Buffer, entry: AccessControlEntry): Buffer {
  const start = descriptor.readUInt32LE(16);
  if (start === 0) throw new Error('expected a security descriptor with a DACL, found none');
  const end = start + descriptor.readUInt16LE(start + 2);
  const count = descriptor.readUInt16LE(start + 4);
  let position = start + 8;
  for (let index = 0; entry.type === 'allow' && index < count; index += 1) {
    const isExplicitDenial =
      [1, 6].includes(descriptor.readUInt8(position)) &&
      (descriptor.readUInt8(position + 1) & inheritedAce) === 0;
    if (!isExplicitDenial) break;
    position += descriptor.readUInt16LE(position + 2);
  }
  const added = bytesOfAce(entry);
  const result = Buffer.concat([descriptor.subarray(0, position), added, descriptor.subarray(position, end)]);
  result.writeUInt16LE(end - start + added.length, start + 2);
  result.writeUInt16LE(count + 1, start + 4);
  return result;
}
