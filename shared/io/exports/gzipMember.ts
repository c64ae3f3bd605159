import { crc32 } from 'node:zlib';

const headerBytes = 10;
const trailerBytes = 8;
/** Magic number, deflate, and no optional header fields (RFC 1952, section 2.3). */
const plainHeader = Buffer.from([0x1f, 0x8b, 0x08, 0x00]);

/** The fewest bytes that a part can have: header, an empty deflate stream, trailer. */
export const smallestMemberBytes = headerBytes + 2 + trailerBytes;

/**
 * Takes apart a file of known length that must be exactly one gzip member. Node's own gunzip takes several members for one and
 * ignores what follows the last; here the deflate stream has to end exactly where the trailer begins.
 */
export class GzipMember {
  readonly #header = Buffer.alloc(headerBytes);
  readonly #trailer = Buffer.alloc(trailerBytes);
  readonly #bytes: number;
  #crc = 0;
  #plainBytes = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Passes on the deflate stream between header and trailer. */
  async *deflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const trailerAt = this.#bytes - trailerBytes;
    let offset = 0;
    for await (const chunk of chunks) {
      const between = (from: number, to: number): Uint8Array =>
        chunk.subarray(Math.max(from - offset, 0), Math.max(to - offset, 0));
      this.#header.set(between(0, headerBytes), Math.min(offset, headerBytes));
      this.#trailer.set(between(trailerAt, this.#bytes), Math.max(offset - trailerAt, 0));
      const body = between(headerBytes, trailerAt);
      offset += chunk.length;
      if (body.length > 0) yield body;
    }
  }

  /** Takes note of decompressed bytes, for the trailer's checksum and length. */
  inflated(plain: Uint8Array): void {
    this.#crc = crc32(plain, this.#crc);
    this.#plainBytes += plain.length;
  }

  /** How long the deflate stream has to be, in bytes. */
  get deflatedBytes(): number {
    return this.#bytes - headerBytes - trailerBytes;
  }

  /** What is wrong with header and trailer, once all of the file was passed on. */
  problem(): string | null {
    if (!this.#header.subarray(0, plainHeader.length).equals(plainHeader))
      return 'expected a gzip header without optional fields';
    if (
      this.#trailer.readUInt32LE(0) !== this.#crc ||
      this.#trailer.readUInt32LE(4) !== this.#plainBytes % 2 ** 32
    )
      return 'expected the CRC and the length of the gzip trailer to fit the content';
    return null;
  }
}
