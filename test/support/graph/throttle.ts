/** At most `requests` answered in any `interval`, in milliseconds. */
export interface ThrottleLimit {
  readonly requests: number;
  readonly interval: number;
}

/** Counts answered requests; refused ones cost nothing. */
export class Throttle {
  #answeredAt: number[] = [];

  constructor(
    readonly limit: ThrottleLimit,
    readonly now: () => number,
  ) {}

  /** Milliseconds to wait before the next request; 0: this one is let through, and counted. */
  admit(): number {
    const now = this.now();
    this.#answeredAt = this.#answeredAt.filter(at => at > now - this.limit.interval);
    const [oldest] = this.#answeredAt;
    if (oldest !== undefined && this.#answeredAt.length >= this.limit.requests) {
      return oldest + this.limit.interval - now;
    }
    this.#answeredAt.push(now);
    return 0;
  }
}
