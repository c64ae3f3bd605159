import { crc32, deflateRawSync } from 'node:zlib';

/** A file of an archive: its path with `/`, and what is in it. */
export interface ArchiveFile {
  readonly name: string;
  readonly content: Buffer;
}

/** 1 January 1980, 00:00: the first time that a ZIP file can tell. */
const fixedDate = { time: 0, date: 0x0021 };
/** Bit 11: names are UTF-8. */
const flags = 0x0800;
const versionNeeded = 20;
/** Made on Unix, so that the mode below counts. */
const versionMadeBy = (3 << 8) | versionNeeded;
/** A plain file, rw-r--r--, in the upper half of the external attributes. */
const externalAttributes = 0o100644 * 0x10000;

const largestSize = 0xffff_ffff;
const mostEntries = 0xffff;

/**
 * A ZIP file (PKWARE's APPNOTE 6.3, without ZIP64) whose bytes depend on names and contents alone: entries in the order of their
 * names, one fixed time, no extra fields. So the same commit gives the same file, and its hash can be compared.
 *
 * @throws RangeError: a name twice, a name that leaves the folder, or more than the format without ZIP64 can hold.
 */
export function zipFile(files: readonly ArchiveFile[]): Buffer {
  const sorted = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (sorted.length > mostEntries) throw new RangeError(`${sorted.length} files are too many for a ZIP file`);
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [index, { name, content }] of sorted.entries()) {
    if (name === sorted[index - 1]?.name) throw new RangeError(`the file ${name} is there twice`);
    if (name.split('/').some(part => part === '' || part === '.' || part === '..') || name.includes('\\'))
      throw new RangeError(`${JSON.stringify(name)} is no path within the archive`);
    const entry = packEntry(name, content);
    directory.push(directoryRecord(entry, offset));
    for (const part of [localHeader(entry), entry.name, entry.packed]) {
      parts.push(part);
      offset += part.length;
    }
  }
  const list = Buffer.concat(directory);
  if (offset + list.length > largestSize) throw new RangeError('more than 4 GB is too much for a ZIP file');
  return Buffer.concat([...parts, list, endRecord(sorted.length, list.length, offset)]);
}

interface PackedEntry {
  readonly name: Buffer;
  readonly packed: Buffer;
  /** 8: deflated; 0: stored, where that is no larger. */
  readonly method: 0 | 8;
  readonly checksum: number;
  readonly size: number;
}

function packEntry(name: string, content: Buffer): PackedEntry {
  const deflated = deflateRawSync(content, { level: 9 });
  const stored = deflated.length >= content.length;
  return {
    name: Buffer.from(name, 'utf8'),
    packed: stored ? content : deflated,
    method: stored ? 0 : 8,
    checksum: crc32(content),
    size: content.length,
  };
}

/** What a local header and a record of the directory have in common, in this order. */
function commonFields({ name, packed, method, checksum, size }: PackedEntry): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(versionNeeded, 0);
  fields.writeUInt16LE(flags, 2);
  fields.writeUInt16LE(method, 4);
  fields.writeUInt16LE(fixedDate.time, 6);
  fields.writeUInt16LE(fixedDate.date, 8);
  fields.writeUInt32LE(checksum, 10);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(size, 18);
  fields.writeUInt16LE(name.length, 22);
  return fields;
}

function localHeader(entry: PackedEntry): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), commonFields(entry)]);
}

function directoryRecord(entry: PackedEntry, offset: number): Buffer {
  const head = Buffer.alloc(6);
  head.write('PK\x01\x02', 'latin1');
  head.writeUInt16LE(versionMadeBy, 4);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(externalAttributes, 6);
  tail.writeUInt32LE(offset, 10);
  return Buffer.concat([head, commonFields(entry), tail, entry.name]);
}

function endRecord(count: number, size: number, offset: number): Buffer {
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(count, 8);
  record.writeUInt16LE(count, 10);
  record.writeUInt32LE(size, 12);
  record.writeUInt32LE(offset, 16);
  return record;
}
