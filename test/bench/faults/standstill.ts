const lookEveryMs = 500;
/** Longer than anything here keeps the process busy, and shorter than what a lease or a time limit can bear. */
const longMs = 8_000;

/**
 * Notices that the machine stood still, as a virtual one does that is moved or starved. Leases run out and time limits pass meanwhile, so
 * that a night in which it happened proves nothing, either way.
 */
export class Standstill {
  #looked = Date.now();
  #longest = 0;
  readonly #timer = setInterval(() => this.#look(), lookEveryMs);

  #look(): void {
    const now = Date.now();
    this.#longest = Math.max(this.#longest, now - this.#looked - lookEveryMs);
    this.#looked = now;
  }

  /** Whether it happened since this was asked last. */
  happened(): boolean {
    this.#look();
    const happened = this.#longest > longMs;
    this.#longest = 0;
    return happened;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
