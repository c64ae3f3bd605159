import { setTimeout as wait } from 'node:timers/promises';

/** Replaced by tests: how to wait, and a number 0 ≤ x < 1. */
export interface BackoffOptions {
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

/** Waits before another attempt (1 is the second one); rejects with the signal's reason. */
export type Backoff = (attempt: number, signal: AbortSignal) => Promise<void>;

const firstBackoffMs = 20;
const longestBackoffMs = 1_000;

/** Exponential, with full jitter: writers that met once must not meet again. */
export function createBackoff({ sleep, random = Math.random }: BackoffOptions): Backoff {
  const sleeping = sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
  return async (attempt, signal) => {
    signal.throwIfAborted();
    const longest = Math.min(longestBackoffMs, firstBackoffMs * 2 ** attempt);
    // A wait ends before its time only where the caller stopped.
    await sleeping(Math.ceil(random() * longest), signal).catch(() => signal.throwIfAborted());
  };
}
