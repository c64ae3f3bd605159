import { setTimeout as wait } from 'node:timers/promises';
import type { NotificationWebhook, WebhookAnswer } from '../../app/notify';
import type { Clock } from '../../app/ports';
import { decideRetry, retryAfterMs, seconds, type PassingFailure, type RetryPolicy } from '../retrying/retry';
import { untilAborted } from '../retrying/untilAborted';

export interface WebhookLimits extends RetryPolicy {
  /** The longest that one attempt takes, in milliseconds. */
  readonly attemptTimeoutMs: number;
}

/** Few and short: whoever announces something has other things to do. */
export const webhookLimits: WebhookLimits = { attempts: 3, longestWaitMs: 5_000, attemptTimeoutMs: 10_000 };

/** Answers by which nothing was taken: a gateway that gave up waiting (502, 504) does not know, and 500 may come after the fact. */
const notTakenStatuses: ReadonlySet<number> = new Set([429, 503]);
/** Failures before there is a connection. */
const notConnectedCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

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
 * Posts messages to one address, each at most once: any 2xx is accepted (Teams' workflows answer 202, others 200); only what can not
 * have arrived is tried again (429, 503, no connection). Everything else is final: an answer that is late, a connection that broke,
 * redirects too. The answer's body is never read: it is of no use, and might quote the address.
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
      if (timeout.aborted)
        return mayHaveArrived(`there was no answer within ${seconds(limits.attemptTimeoutMs)}`);
      const code = networkCode(error);
      const reason = `the connection failed (${code})`;
      return notConnectedCodes.has(code)
        ? { kind: 'failed', reason, retryAfterMs: null }
        : mayHaveArrived(reason);
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
  const reason = `it answered ${status}`;
  if (notTakenStatuses.has(status)) return { kind: 'failed', reason, retryAfterMs: retryAfter };
  if (status >= 500) return mayHaveArrived(reason);
  const found =
    status >= 300 && status < 400 ? `a redirect, ${status}, which is not followed` : String(status);
  return {
    kind: 'notAccepted',
    reason: `The webhook was expected to take the message, and answered ${found}. Check NOTIFICATION_WEBHOOK_URL and NOTIFICATION_FORMAT.`,
  };
}

const mayHaveArrived = (found: string): WebhookAnswer => ({
  kind: 'notAccepted',
  reason: `The webhook was expected to take the message, but ${found}. It may have arrived, so it is not sent again.`,
});

/** Such as ECONNREFUSED. The message beside it names the host, which belongs to the secret. */
function networkCode(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown';
}
