import type { ValueRange } from './attributeLine';

/**
 * The values of one attribute that came in ranges (`member;range=0-1499`, [MS-ADTS] 3.1.1.3.1.3.3), in the order of the file.
 * A range that ends before `*` says that there are more values.
 */
export class RangedValues {
  readonly #values: Buffer[] = [];
  /** Of the range that is being read. */
  #range: ValueRange | null = null;
  #inRange = 0;

  /** null, or what is wrong: ranges have to follow each other without a gap. */
  add(range: ValueRange, value: Buffer): string | null {
    const current = this.#range;
    if (current?.first !== range.first || current.last !== range.last) {
      const next = this.#next();
      if (next.status === 'short') return next.problem;
      if (next.status === 'end' || next.first !== range.first)
        return 'expected ranges of values that follow each other without a gap, found others: the attribute is incomplete';
      this.#range = range;
      this.#inRange = 0;
    }
    this.#values.push(value);
    this.#inRange += 1;
    return null;
  }

  /** All values; as text: why they are not all. */
  all(): readonly Buffer[] | string {
    const next = this.#next();
    if (next.status === 'end') return this.#values;
    if (next.status === 'short') return next.problem;
    return `expected all values of an attribute, found the first ${next.first} and that there are more`;
  }

  /** Where the next range has to begin, or that there is none behind `*`. */
  #next(): NextRange {
    const range = this.#range;
    if (!range) return { status: 'more', first: 0 };
    if (range.last === null) return { status: 'end' };
    const announced = range.last - range.first + 1;
    if (this.#inRange === announced) return { status: 'more', first: range.last + 1 };
    return {
      status: 'short',
      problem: `expected ${announced} values in a range, found ${this.#inRange}: the attribute is incomplete`,
    };
  }
}

type NextRange =
  | { readonly status: 'more'; readonly first: number }
  | { readonly status: 'end' }
  | { readonly status: 'short'; readonly problem: string };
