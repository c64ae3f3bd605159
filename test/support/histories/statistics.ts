/** How often what happened, over all histories of a check. */
export class Statistics {
  readonly #counts = new Map<string, number>();

  count(what: string, times = 1): void {
    if (times > 0) this.#counts.set(what, this.of(what) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** What and how often, sorted by name. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  lines(): readonly string[] {
    return this.entries().map(([what, count]) => `${String(count).padStart(8)} ${what}`);
  }
}
