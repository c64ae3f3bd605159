import { setTimeout as delay } from 'node:timers/promises';
import { RestError } from '@azure/storage-blob';
import type { Instant } from '../../../../shared/core/instant';
import { decideRetry, retryAfterMs, type RetryPolicy } from '../../../../shared/io/retrying/retry';
import { untilAborted } from '../../../../shared/io/retrying/untilAborted';
import type { Wait } from '../../app/exportPorts';
import type { Clock } from '../../app/ports';

/** How patiently the storage is spoken to. */
export interface Patience extends RetryPolicy {
  readonly wait: Wait;
  readonly random: () => number;
  readonly clock: Clock;
  /** How long one attempt may take without its payload, in milliseconds. */
  readonly attemptMs: number;
}

export const defaultPatience: Patience = {
  attempts: 8,
  longestWaitMs: 10 * 60_000,
  wait: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { signal });
  },
  random: Math.random,
  clock: { now: () => Date.now() as Instant },
  attemptMs: 60_000,
};

/** The slowest line that is waited for, in bytes a millisecond: 16 KiB/s. */
const slowestBytesPerMs = 16;

/** How a failed attempt is to be taken. */
export type Failure =
  /** Another attempt may do. */
  | { readonly kind: 'passing'; readonly reason: string }
  /** Another attempt would end the same. */
  | { readonly kind: 'final'; readonly error: unknown };

/** All attempts failed in a way that another one may cure. */
export class OutOfPatience extends Error {}

/**
 * Makes attempts until one is through, with backoff, jitter and Retry-After. Each gets a signal of its own, which ends it where it
 * takes too long for its bytes. Throws a final failure's error, `OutOfPatience`, or the signal's reason.
 */
export async function withAttempts<Value>(
  attempt: (signal: AbortSignal) => Promise<Value>,
  judge: (error: unknown) => Failure,
  payloadBytes: number,
  patience: Patience,
  signal: AbortSignal,
): Promise<Value> {
  let waitedMs = 0;
  for (let number = 1; ; number += 1) {
    signal.throwIfAborted();
    const limitMs = patience.attemptMs + payloadBytes / slowestBytesPerMs;
    const limit = AbortSignal.timeout(Math.ceil(limitMs));
    try {
      // Not every part of an attempt listens to its signal: asking for a token does not.
      const both = AbortSignal.any([signal, limit]);
      return await untilAborted(attempt(both), both);
    } catch (error) {
      signal.throwIfAborted();
      const failure: Failure = limit.aborted
        ? { kind: 'passing', reason: `no answer within ${Math.ceil(limitMs / 1000)} s` }
        : judge(error);
      if (failure.kind === 'final') throw failure.error;
      const passing = { reason: failure.reason, retryAfterMs: askedToWait(error, patience.clock) };
      const decision = decideRetry(passing, number, waitedMs, patience, patience.random);
      if (decision.kind === 'giveUp')
        throw new OutOfPatience(`${failure.reason} (${decision.why})`, { cause: error });
      await patience.wait(decision.waitMs, signal);
      waitedMs += decision.waitMs;
    }
  }
}

/** What the storage's answer says: its code (`BlobAlreadyExists`) or only the HTTP status; null where there was no answer. */
export function answerOf(error: unknown): { readonly status: number; readonly code: string } | null {
  if (!(error instanceof RestError) || error.statusCode === undefined) return null;
  const status = error.statusCode;
  // An answer without a body that can be read has the transport's own code, or none.
  const header = error.response?.headers.get('x-ms-error-code');
  return { status, code: header ?? error.code ?? `HTTP ${status}` };
}

/** Statuses after which another attempt may be through. */
export const isPassingStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

/** @azure/identity's errors; the storage was not asked at all. */
export const isTokenError = (error: unknown): error is Error =>
  error instanceof Error &&
  [
    'AuthenticationError',
    'AggregateAuthenticationError',
    'CredentialUnavailableError',
    'AuthenticationRequiredError',
  ].includes(error.name);

export const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

function askedToWait(error: unknown, clock: Clock): number | null {
  const headers = error instanceof RestError ? error.response?.headers : undefined;
  if (headers === undefined) return null;
  return retryAfterMs(new Headers(Object.entries(headers.toJSON())), clock.now());
}
