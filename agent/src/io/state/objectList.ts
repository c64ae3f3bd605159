import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { ObjectList, ObjectListWriter } from '../../app/exportPorts';
import type { FileSystem, WritableFile } from '../files/fileSystem';
import { stateInvalid } from './stateError';
import type { ObjectListFacts } from './stateFile';

/**
 * The file `last-objects`: 16-byte objectGUIDs, as AD stores them, of the live objects of an export.
 *
 *     offset  bytes     what
 *     0       8         magic number, `EOOBJECT`
 *     8       4         version, 1 (little-endian)
 *     12      4         0
 *     16      8         number of objects (little-endian)
 *     24      16 each   the objectGUIDs
 *     end-32  32        SHA-256 of the objectGUIDs, followed by the first 24 bytes
 */
export const objectListFileName = 'last-objects';

const keyBytes = 16;
const headerBytes = 24;
const trailerBytes = 32;
const version = 1;
const magic = 'EOOBJECT';
/** Bytes of keys that are written at once. */
const blockBytes = 4096 * keyBytes;
const maxWaitingBlocks = 8;

const header = (count: number): Buffer => {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write(magic, 0, 'latin1');
  bytes.writeUInt32LE(version, 8);
  bytes.writeBigUInt64LE(BigInt(count), 16);
  return bytes;
};

/** Writes the list while the directory is read; `close` makes it whole. */
export class ObjectListFile implements ObjectListWriter {
  readonly #files: FileSystem;
  readonly #target: string;
  readonly #hash: Hash = createHash('sha256');
  #block = Buffer.allocUnsafe(blockBytes);
  #filled = 0;
  #count = 0;
  #file: Promise<WritableFile> | null = null;
  #tail: Promise<void> = Promise.resolve();
  #waitingBlocks = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(files: FileSystem, folder: string) {
    this.#files = files;
    this.#target = path.join(folder, objectListFileName);
  }

  add(objectGUID: Uint8Array): void {
    if (objectGUID.length !== keyBytes) throw new RangeError(`An objectGUID has ${keyBytes} bytes.`);
    this.#throwFailure();
    this.#block.set(objectGUID, this.#filled);
    this.#filled += keyBytes;
    this.#count += 1;
    if (this.#filled === blockBytes) this.#flush();
  }

  async drained(): Promise<void> {
    if (this.#waitingBlocks > maxWaitingBlocks) await this.#tail;
    this.#throwFailure();
  }

  /** Ends the file and makes it durable. */
  async close(): Promise<ObjectListFacts> {
    this.#flush();
    await this.#tail;
    this.#throwFailure();
    const file = await this.#opened();
    const begin = header(this.#count);
    const digest = this.#hash.update(begin).digest();
    try {
      await file.append(digest);
      await file.writeAt(0, begin);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.#files.rename(`${this.#target}.tmp`, this.#target);
    await this.#files.syncFolder(path.dirname(this.#target));
    return { count: this.#count, sha256: digest.toString('hex') };
  }

  /** Stops writing. */
  async abandon(): Promise<void> {
    await this.#tail;
    if (this.#file === null) return;
    const [opened] = await Promise.allSettled([this.#file]);
    if (opened.status === 'fulfilled') await opened.value.close();
  }

  #flush(): void {
    const keys = this.#block.subarray(0, this.#filled);
    this.#block = Buffer.allocUnsafe(blockBytes);
    this.#filled = 0;
    this.#hash.update(keys);
    this.#waitingBlocks += 1;
    this.#tail = this.#tail
      .then(async () => (await this.#opened()).append(keys))
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#waitingBlocks -= 1;
      });
  }

  #opened(): Promise<WritableFile> {
    return (this.#file ??= this.#open());
  }

  async #open(): Promise<WritableFile> {
    const file = await this.#files.open(`${this.#target}.tmp`, 'replace');
    try {
      // The count is known at the end only.
      await file.append(Buffer.alloc(headerBytes));
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/** Opens a list that was closed with these facts. Throws an `AgentError`, `stateInvalid`, where the file is another one. */
export async function openObjectList(
  files: FileSystem,
  file: string,
  facts: ObjectListFacts,
): Promise<ObjectList> {
  const expectedBytes = headerBytes + facts.count * keyBytes + trailerBytes;
  const stat = await files.stat(file);
  if (stat?.bytes !== expectedBytes) {
    throw stateInvalid(
      `the objects of the last export in ${file}, ${expectedBytes} bytes`,
      stat === null ? 'no such file' : `${stat.bytes} bytes`,
    );
  }
  return {
    count: facts.count,
    async read(visit, signal) {
      const end = expectedBytes - trailerBytes;
      const begin = await collect(file, 0, headerBytes, signal);
      const hash = createHash('sha256');
      if (facts.count > 0) await readKeys(file, end, hash, visit, signal);
      const trailer = await collect(file, end, trailerBytes, signal);
      const digest = hash.update(begin).digest();
      const holds =
        begin.equals(header(facts.count)) &&
        digest.equals(trailer) &&
        digest.toString('hex') === facts.sha256;
      if (!holds)
        throw stateInvalid(`the objects of the last export in ${file}`, 'content that does not fit its hash');
    },
  };
}

async function readKeys(
  file: string,
  end: number,
  hash: Hash,
  visit: (objectGUIDs: Uint8Array) => void,
  signal: AbortSignal,
): Promise<void> {
  const stream = createReadStream(file, {
    start: headerBytes,
    end: end - 1,
    highWaterMark: blockBytes,
    signal,
  });
  let carried: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
    const whole = bytes.length - (bytes.length % keyBytes);
    carried = bytes.subarray(whole);
    if (whole > 0) visit(bytes.subarray(0, whole));
  }
}

async function collect(file: string, start: number, bytes: number, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(file, {
    start,
    end: start + bytes - 1,
    signal,
  }) as AsyncIterable<Buffer>)
    chunks.push(chunk);
  return Buffer.concat(chunks);
}
