import type { HeldLock, RunLock } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';

/** The port RunLock in one process. `lose()` takes the lock away from its holder. */
export class MemoryLock implements RunLock {
  #fence = 0;
  #holder: AbortController | null = null;

  async acquire(): Promise<HeldLock | null> {
    if (this.#holder) return null;
    const lost = new AbortController();
    this.#holder = lost;
    this.#fence += 1;
    return {
      fence: this.#fence,
      lost: lost.signal,
      assertHeld: async () => lost.signal.throwIfAborted(),
      release: async () => {
        this.#holder = null;
      },
    };
  }

  lose(): void {
    this.#holder?.abort(new AppError('lockLost', 'The lease was lost.'));
  }
}
