import { setTimeout as wait } from 'node:timers/promises';
import type { NotificationWebhook, WebhookAnswer } from '../../app/notify';
import type { Clock } from '../../app/ports';
import {
  decideRetry,
  isPassing,
  retryAfterMs,
  seconds,
  type PassingFailure,
  type RetryPolicy,
} from '../graph/retry';
import { untilAborted } from '../graph/untilAborted';

export interface WebhookLimits extends RetryPolicy {
  /** The longest that one attempt takes, in milliseconds. */
  readonly attemptTimeoutMs: number;
}

/** Few and short: whoever announces something has other things to do. */
export const webhookLimits: WebhookLimits = { attempts: 3, longestWaitMs: 5_000, attemptTimeoutMs: 4_000 };

export interface WebhookOptions {
  /** https; whoever knows it can post, so it appears nowhere. */
  readonly url: string;
  readonly clock: Clock;
  readonly limits?: Partial<WebhookLimits>;
  /** Replaced by tests: how to wait, and a number 0 ≤ x < 1. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

type Attempt = WebhookAnswer | ({ readonly kind: 'failed' } & PassingFailure);

/**
 * Posts messages to one address. Any 2xx is accepted (Teams' workflows answer 202, others 200); 429, 5xx, a timeout and a broken
 * connection are tried again; everything else, redirects too, is final. The answer's body is never read: it is of no use, and might
 * quote the address.
 */
export function createNotificationWebhook(options: WebhookOptions): NotificationWebhook {
  const { url, clock } = options;
  const limits: WebhookLimits = { ...webhookLimits, ...options.limits };
  const sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
  const random = options.random ?? Math.random;

  async function attempt(body: string, signal: AbortSignal): Promise<Attempt> {
    const timeout = AbortSignal.timeout(limits.attemptTimeoutMs);
    const attemptSignal = AbortSignal.any([signal, timeout]);
    try {
      const request = fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        redirect: 'manual',
        signal: attemptSignal,
      });
      const { status, headers, body: answer } = await untilAborted(request, attemptSignal);
      // Not awaited: a body that never ends must not hold anything up.
      answer?.cancel().catch(() => undefined);
      return understood(status, retryAfterMs(headers, clock.now()));
    } catch (error) {
      signal.throwIfAborted();
      const reason = timeout.aborted
        ? `there was no answer within ${seconds(limits.attemptTimeoutMs)}`
        : `the connection failed (${networkCode(error)})`;
      return { kind: 'failed', reason, retryAfterMs: null };
    }
  }

  return {
    async post(body, signal) {
      let waitedMs = 0;
      for (let number = 1; ; number += 1) {
        signal.throwIfAborted();
        const outcome = await attempt(body, signal);
        if (outcome.kind !== 'failed') return outcome;
        const decision = decideRetry(outcome, number, waitedMs, limits, random);
        if (decision.kind === 'giveUp')
          return {
            kind: 'notAccepted',
            reason: `The webhook was expected to take the message, but ${outcome.reason}, and ${decision.why}.`,
          };
        await untilAborted(sleep(decision.waitMs, signal), signal);
        waitedMs += decision.waitMs;
      }
    },
  };
}

function understood(status: number, retryAfter: number | null): Attempt {
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (isPassing(status)) return { kind: 'failed', reason: `it answered ${status}`, retryAfterMs: retryAfter };
  const found =
    status >= 300 && status < 400 ? `a redirect, ${status}, which is not followed` : String(status);
  return {
    kind: 'notAccepted',
    reason: `The webhook was expected to take the message, and answered ${found}. Check NOTIFICATION_WEBHOOK_URL and NOTIFICATION_FORMAT.`,
  };
}

/** Such as ECONNREFUSED. The message beside it names the host, which belongs to the secret. */
function networkCode(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown';
}
