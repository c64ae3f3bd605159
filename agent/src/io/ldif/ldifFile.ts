import { open, type FileHandle } from 'node:fs/promises';
import type { AgentError } from '../../core/agentError';
import { LdifParser, type LdifRecord, type ParserStart } from './ldifParser';
import { ldifRefused } from './refusal';
import { encodingOf, longestMark } from './textEncoding';

/** How much of a file is read at a time. */
export const chunkBytes = 128 * 1024;

/** Where a record lies in its file. */
export interface RecordPlace {
  readonly line: number;
  readonly offset: number;
}

/**
 * One LDIF file. It is read as often as it is asked for, from the beginning, and has to stay the same: size and time of change
 * are remembered when it is read first.
 */
export class LdifFile {
  readonly path: string;
  /** What to do when it is refused: how it is made. */
  readonly advice: string;
  #identity: string | null = null;

  constructor(path: string, advice: string) {
    this.path = path;
    this.advice = advice;
  }

  /** Every record in order, some at a time: as many as a chunk of the file completed. */
  async *records(signal: AbortSignal): AsyncGenerator<readonly LdifRecord[], void, void> {
    await using file = await this.#open();
    const { encoding, markBytes } = encodingOf(await this.#read(file, 0, longestMark));
    yield* this.#parse(file, { encoding, line: 1, offset: markBytes }, signal);
    await this.#assertSame(file);
  }

  /** The one record that an earlier pass found there. */
  async recordAt(place: RecordPlace, signal: AbortSignal): Promise<LdifRecord> {
    await using file = await this.#open();
    const { encoding } = encodingOf(await this.#read(file, 0, longestMark));
    for await (const [record] of this.#parse(file, { ...place, encoding }, signal)) if (record) return record;
    throw this.refused(place.line, 'expected the record that was there before, found none');
  }

  /** The error that names this file; `line` null: the whole file. */
  refused(line: number | null, problem: string): AgentError {
    return ldifRefused(this.path, line, problem, this.advice);
  }

  async *#parse(
    file: FileHandle,
    start: ParserStart,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LdifRecord[], void, void> {
    let complete: LdifRecord[] = [];
    const parser = new LdifParser(
      start,
      record => complete.push(record),
      (line, problem) => this.refused(line, problem),
    );
    let position = start.offset;
    for (;;) {
      signal.throwIfAborted();
      const chunk = await this.#read(file, position, chunkBytes);
      if (chunk.length === 0) break;
      position += chunk.length;
      parser.push(chunk);
      if (complete.length === 0) continue;
      const records = complete;
      complete = [];
      yield records;
    }
    parser.end();
    if (complete.length > 0) yield complete;
  }

  async #open(): Promise<FileHandle> {
    const file = await open(this.path, 'r').catch((error: unknown) => {
      throw this.#unreadable(error);
    });
    try {
      await this.#assertSame(file);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #assertSame(file: FileHandle): Promise<void> {
    const { size, mtimeMs } = await file.stat();
    const identity = `${size} ${mtimeMs}`;
    this.#identity ??= identity;
    if (identity !== this.#identity)
      throw this.refused(null, 'expected a file that stays as it is while it is read, found it changed');
  }

  async #read(file: FileHandle, position: number, length: number): Promise<Buffer> {
    try {
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, position);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: unknown): AgentError {
    const { code } = error as NodeJS.ErrnoException;
    return this.refused(null, `expected a file that can be read, found ${code ?? 'an error'}`);
  }
}
