import { setTimeout as delay } from 'node:timers/promises';

export const late = Symbol('late');

/** Settles as `promise` does, or resolves to `late` when it takes longer; `promise` goes on then. */
export async function within<Result>(
  limitMs: number,
  promise: Promise<Result>,
  { keepsProcessAlive }: { readonly keepsProcessAlive: boolean },
): Promise<Result | typeof late> {
  const settled = new AbortController();
  try {
    return await Promise.race([
      promise,
      delay(limitMs, late, { signal: settled.signal, ref: keepsProcessAlive }),
    ]);
  } finally {
    settled.abort();
  }
}
