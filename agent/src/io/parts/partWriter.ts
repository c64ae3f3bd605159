import { createHash } from 'node:crypto';
import path from 'node:path';
import { createGzip, type Gzip } from 'node:zlib';
import { maxLineBytes, partName } from '../../../../shared/core/exportFormat';
import type { PartWriter, WrittenPart } from '../../app/exportPorts';
import { AgentError } from '../../core/agentError';
import type { FileSystem } from '../files/fileSystem';

/** A part is closed at this many lines. */
const maxPartLines = 20_000;
/** A part is closed before its text gets longer than this, in bytes of UTF-8 before compression. */
const maxPartBytes = 32 * 1024 * 1024;

/** UTF-16 code units of text that are handed to the compression at once. */
const batchLength = 64 * 1024;
/** Bytes of text that may wait for the compression before `drained` waits for it. */
const maxBacklogBytes = 1024 * 1024;

export interface PartWriterOptions {
  /** Where the parts are written; `<name>.tmp` until a part is complete. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly maxLines?: number;
  readonly maxBytes?: number;
  /** A part is complete and durable. */
  readonly onClosed?: (part: WrittenPart) => void;
}

interface OpenPart {
  readonly gzip: Gzip;
  readonly lines: { count: number };
  plainBytes: number;
}

/**
 * Writes lines as parts of the export format (docs/export-format.md, "Parts"): NDJSON, one gzip member without optional header
 * fields each. Compression runs in the thread pool, beside the reading, also of a part that is being closed while the next is
 * begun; bytes and SHA-256 are taken from what is written. Memory is bounded as long as `drained` is awaited now and then.
 */
export class GzipPartWriter implements PartWriter {
  readonly #options: Required<Omit<PartWriterOptions, 'onClosed'>> & Pick<PartWriterOptions, 'onClosed'>;
  readonly #parts: Promise<WrittenPart>[] = [];
  #open: OpenPart | null = null;
  #batch: string[] = [];
  #batchLength = 0;
  #backlogBytes = 0;
  #waiting: (() => void)[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(options: PartWriterOptions) {
    this.#options = { maxLines: maxPartLines, maxBytes: maxPartBytes, ...options };
  }

  append(line: string): void {
    this.#throwFailure();
    if (line.includes('\n')) throw new RangeError('A line has no line feed in it.');
    const bytes = Buffer.byteLength(line);
    if (bytes > maxLineBytes) {
      throw new AgentError(
        'exportIncomplete',
        `Expected lines of at most ${maxLineBytes} bytes, found one of ${bytes}. ` +
          'An object with so much in it can not be exported: look for the one with the most addresses.',
      );
    }
    const full =
      this.#open !== null &&
      (this.#open.lines.count === this.#options.maxLines ||
        this.#open.plainBytes + bytes + 1 > this.#options.maxBytes);
    if (full) this.#end();
    const part = (this.#open ??= this.#begin());
    part.lines.count += 1;
    part.plainBytes += bytes + 1;
    this.#batch.push(line);
    this.#batchLength += line.length;
    if (this.#batchLength >= batchLength) this.#flush(part.gzip);
  }

  async drained(): Promise<void> {
    while (this.#failure === null && this.#backlogBytes > maxBacklogBytes) {
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve);
      });
    }
    this.#throwFailure();
  }

  /** Closes the last part. Resolves when all parts are complete and durable, with all of them in order; there is always one. */
  async close(): Promise<readonly WrittenPart[]> {
    this.#throwFailure();
    if (this.#open === null && this.#parts.length === 0) this.#open = this.#begin();
    this.#end();
    const parts = await Promise.all(this.#parts);
    this.#throwFailure();
    return parts;
  }

  /** Stops writing, and resolves when no file is written to any more. */
  async abandon(): Promise<void> {
    this.#fail(new AgentError('stopped', 'The export was given up.'));
    this.#open?.gzip.destroy();
    this.#open = null;
    await Promise.allSettled(this.#parts);
  }

  #begin(): OpenPart {
    const gzip = createGzip({ chunkSize: batchLength });
    const lines = { count: 0 };
    const stored = this.#store(partName(this.#parts.length), gzip, lines);
    this.#parts.push(stored);
    stored.then(
      part => this.#options.onClosed?.(part),
      (error: unknown) => this.#fail(error),
    );
    return { gzip, lines, plainBytes: 0 };
  }

  #end(): void {
    if (this.#open === null) return;
    this.#flush(this.#open.gzip);
    this.#open.gzip.end();
    this.#open = null;
  }

  #flush(gzip: Gzip): void {
    if (this.#batch.length === 0) return;
    const bytes = Buffer.from(`${this.#batch.join('\n')}\n`);
    this.#batch = [];
    this.#batchLength = 0;
    this.#backlogBytes += bytes.length;
    gzip.write(bytes, () => {
      this.#backlogBytes -= bytes.length;
      this.#wake();
    });
  }

  async #store(name: string, gzip: Gzip, lines: { readonly count: number }): Promise<WrittenPart> {
    const { files, folder } = this.#options;
    const target = path.join(folder, name);
    const spool = `${target}.tmp`;
    const hash = createHash('sha256');
    let bytes = 0;
    // Without a listener an error before the iteration begins would end the process; the iteration reports it.
    gzip.on('error', () => {});
    try {
      const file = await files.open(spool, 'replace');
      try {
        for await (const chunk of gzip as AsyncIterable<Buffer>) {
          hash.update(chunk);
          bytes += chunk.length;
          await file.append(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await files.rename(spool, target);
      await files.syncFolder(folder);
    } finally {
      gzip.destroy();
    }
    return { name, bytes, sha256: hash.digest('hex'), lines: lines.count };
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}
