import type { BlobSource } from '../../../../shared/io/exports/blobSource';
import type { WrittenExport } from '../../../support/exportWriter';

/** Blobs in memory, handed over in chunks of a chosen size. */
export class MemoryBlobs implements BlobSource {
  readonly files = new Map<string, Buffer>();
  readonly reads: string[] = [];

  constructor(readonly chunkBytes = 64 * 1024) {}

  /** A container that holds just these exports. */
  static of(...exports: readonly WrittenExport[]): MemoryBlobs {
    const blobs = new MemoryBlobs();
    for (const written of exports) blobs.add(written);
    return blobs;
  }

  add({ source, folder, files }: Pick<WrittenExport, 'source' | 'folder' | 'files'>): void {
    for (const [name, bytes] of files) this.files.set(`${source}/${folder}/${name}`, bytes);
  }

  listFolders(prefix: string): Promise<readonly string[]> {
    const below = [...this.files.keys()]
      .filter(name => name.startsWith(prefix))
      .map(name => name.slice(prefix.length));
    const folders = below.filter(name => name.includes('/')).map(name => name.slice(0, name.indexOf('/')));
    return Promise.resolve([...new Set(folders)]);
  }

  read(name: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | null> {
    this.reads.push(name);
    const bytes = this.files.get(name);
    return Promise.resolve(bytes === undefined ? null : this.#chunks(bytes, signal));
  }

  async *#chunks(bytes: Buffer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += this.chunkBytes) {
      signal.throwIfAborted();
      yield bytes.subarray(start, start + this.chunkBytes);
    }
  }
}
