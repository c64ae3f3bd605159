import { isUtf8 } from 'node:buffer';
import { maxLineBytes } from '../../core/exportFormat';

const lineFeed = 0x0a;
/** UTF-8 needs at most three bytes for each UTF-16 code unit. */
const surelyShort = Math.floor(maxLineBytes / 3);

/** Why bytes are not lines; `line` counts from 1. */
export interface LineProblem {
  readonly line: number;
  readonly problem: string;
}

/**
 * Splits a stream of bytes into lines of UTF-8, each ended by a line feed. Decodes whole runs of lines at once, which is several
 * times as fast as line by line, and holds no more than one line over.
 */
export class LineSplitter {
  readonly #take: (text: string, line: number) => void;
  readonly #refuse: (found: LineProblem) => Error;
  #carried: Buffer[] = [];
  #carriedBytes = 0;
  #lines = 0;

  /** `take` gets each line without its line feed; the error that `refuse` makes is thrown. */
  constructor(take: (text: string, line: number) => void, refuse: (found: LineProblem) => Error) {
    this.#take = take;
    this.#refuse = refuse;
  }

  /** Lines so far. */
  get lines(): number {
    return this.#lines;
  }

  push(chunk: Buffer): void {
    const end = chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0) {
      this.#carried.push(chunk.subarray(0, end));
      this.#split(Buffer.concat(this.#carried));
      this.#carried = [];
      this.#carriedBytes = 0;
    }
    this.#carried.push(chunk.subarray(end));
    this.#carriedBytes += chunk.length - end;
    if (this.#carriedBytes > maxLineBytes) throw this.#tooLong();
  }

  /** No more bytes will come. */
  end(): void {
    if (this.#carriedBytes > 0)
      throw this.#refuseNext('expected a line feed at its end, found the end of the file');
  }

  #split(run: Buffer): void {
    if (!isUtf8(run)) {
      this.#splitTextOf(run.subarray(0, startOfBadLine(run)));
      throw this.#refuseNext('expected UTF-8, found other bytes');
    }
    this.#splitTextOf(run);
  }

  #splitTextOf(run: Buffer): void {
    const text = run.toString('utf8');
    for (
      let start = 0, end = text.indexOf('\n');
      end >= 0;
      start = end + 1, end = text.indexOf('\n', start)
    ) {
      const line = text.slice(start, end);
      if (line.length > surelyShort && Buffer.byteLength(line) > maxLineBytes) throw this.#tooLong();
      this.#lines += 1;
      this.#take(line, this.#lines);
    }
  }

  #tooLong(): Error {
    return this.#refuseNext(`expected at most ${maxLineBytes} bytes, found more`);
  }

  #refuseNext(problem: string): Error {
    return this.#refuse({ line: this.#lines + 1, problem });
  }
}

function startOfBadLine(run: Buffer): number {
  let start = 0;
  for (let end = run.indexOf(lineFeed); end >= 0; end = run.indexOf(lineFeed, start)) {
    if (!isUtf8(run.subarray(start, end))) break;
    start = end + 1;
  }
  return start;
}
