import type { HeldLock, RunLock } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';

/** How long (ms) a lease lives that nobody renews, as the one of the storage account. */
export const leaseMs = 60_000;

/** The port RunLock over a clock: who hangs or ends without giving the lease back loses it to the next one. */
export class LeaseLock implements RunLock {
  #fence = 0;
  #held: { readonly fence: number; readonly until: number } | null = null;

  constructor(private readonly now: () => number) {}

  async acquire(): Promise<HeldLock | null> {
    if (this.#held && this.now() < this.#held.until) return null;
    this.#fence += 1;
    const mine = { fence: this.#fence, until: this.now() + leaseMs };
    this.#held = mine;
    return {
      fence: mine.fence,
      lost: new AbortController().signal,
      assertHeld: async () => {
        if (this.#held !== mine || this.now() >= mine.until)
          throw new AppError('lockLost', 'The lease was lost.');
      },
      release: async () => {
        if (this.#held === mine) this.#held = null;
      },
    };
  }
}
