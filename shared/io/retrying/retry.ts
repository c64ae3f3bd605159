import { parseInstant, type Instant } from '../../core/instant';

/** Answers that another attempt may cure: throttling, and a service that is not well. */
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/** How patient a request is. */
export interface RetryPolicy {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** The longest that one request waits between its attempts, all waits together, in milliseconds. */
  readonly longestWaitMs: number;
}

/** An attempt that failed in a way that another one may cure. */
export interface PassingFailure {
  readonly reason: string;
  /** What the service asked for, in milliseconds; null where it did not ask. */
  readonly retryAfterMs: number | null;
}

export type RetryDecision =
  { readonly kind: 'retry'; readonly waitMs: number } | { readonly kind: 'giveUp'; readonly why: string };

/** Whether an answer with this status is worth another attempt. */
export const isPassing = (status: number): boolean => passingStatuses.has(status);

/**
 * Decides what follows failed attempt number `attempt` (1 is the first) of a request that has waited `waitedMs` so far.
 * Exponential backoff with full jitter (`random` gives 0 ≤ x < 1), and never less than the whole of Retry-After: where patience
 * does not last for it, the request gives up rather than ask early.
 */
export function decideRetry(
  failure: PassingFailure,
  attempt: number,
  waitedMs: number,
  policy: RetryPolicy,
  random: () => number,
): RetryDecision {
  if (attempt >= policy.attempts) return { kind: 'giveUp', why: `that was attempt ${attempt}, the last one` };
  const backoffMs = random() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempt - 1));
  const waitMs = Math.ceil(Math.max(backoffMs, failure.retryAfterMs ?? 0));
  if (waitedMs + waitMs > policy.longestWaitMs) {
    return {
      kind: 'giveUp',
      why: `the next attempt is due in ${seconds(waitMs)}, after ${seconds(waitedMs)} of waiting, and the limit is ${seconds(policy.longestWaitMs)}`,
    };
  }
  return { kind: 'retry', waitMs };
}

/**
 * How long an answer's Retry-After asks to wait, in milliseconds; null where it has none that can be read. Graph sends seconds,
 * at times with a fraction; RFC 9110 (10.2.3) also allows a date, which is measured by the answer's own Date so that a wrong
 * clock on this side does not count.
 */
export function retryAfterMs(headers: Headers, now: Instant): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value) * 1_000;
  const due = parseHttpDate(value);
  if (due === null) return null;
  return Math.max(0, due - (parseHttpDate(headers.get('date') ?? '') ?? now));
}

/** IMF-fixdate, the one form that RFC 9110 (5.6.7) lets a server send. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function parseHttpDate(text: string): Instant | null {
  return httpDate.test(text) ? parseInstant(text) : null;
}

/** Milliseconds as seconds, for a message. */
export const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 100) / 10} s`;
