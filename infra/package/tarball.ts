import { gunzipSync } from 'node:zlib';

const blockSize = 512;

/**
 * One file of an npm package as `npm pack` writes it: ustar, gzipped. Only plain files with short names are looked for, which is
 * what the packages of Node hold.
 *
 * @returns null: it is not in there.
 */
export function fileOfTarball(tarball: Buffer, name: string): Buffer | null {
  const archive = gunzipSync(tarball);
  for (let at = 0; at + blockSize <= archive.length && archive[at] !== 0;) {
    const header = archive.subarray(at, at + blockSize);
    const size = Number.parseInt(textOf(header, 124, 12), 8);
    if (!Number.isSafeInteger(size))
      throw new RangeError(`expected a tar archive, found a header at byte ${at} without a size`);
    const start = at + blockSize;
    if (pathOf(header) === name) return archive.subarray(start, start + size);
    at = start + Math.ceil(size / blockSize) * blockSize;
  }
  return null;
}

function pathOf(header: Buffer): string {
  const prefix = textOf(header, 345, 155);
  const name = textOf(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end).trim();
}
