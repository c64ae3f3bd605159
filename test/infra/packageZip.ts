import { crc32, inflateRawSync } from 'node:zlib';

export interface ReadEntry {
  readonly name: string;
  readonly content: Buffer;
  /** Year of the DOS date. */
  readonly year: number;
  /** Of Unix, as in `stat`. */
  readonly mode: number;
}

/** Reads a ZIP file from its end, as an unpacker does, and checks every length and checksum. */
export function readZip(zip: Buffer): readonly ReadEntry[] {
  const end = zip.length - 22;
  expect(zip.toString('latin1', end, end + 4)).toBe('PK\x05\x06');
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  expect(at + zip.readUInt32LE(end + 12)).toBe(end);
  const entries: ReadEntry[] = [];
  for (let number = 0; number < count; number++) {
    expect(zip.toString('latin1', at, at + 4)).toBe('PK\x01\x02');
    const nameLength = zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    expect(zip.toString('latin1', local, local + 4)).toBe('PK\x03\x04');
    // From the version needed to the length of the name, both headers say the same.
    expect(zip.subarray(local + 4, local + 28)).toEqual(zip.subarray(at + 6, at + 30));
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const content = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : Buffer.from(packed);
    expect([name, content.length, crc32(content)]).toEqual([
      name,
      zip.readUInt32LE(at + 24),
      zip.readUInt32LE(at + 16),
    ]);
    const year = 1980 + (zip.readUInt16LE(at + 14) >> 9);
    entries.push({ name, content, year, mode: zip.readUInt32LE(at + 38) >>> 16 });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  expect(at).toBe(end);
  return entries;
}
