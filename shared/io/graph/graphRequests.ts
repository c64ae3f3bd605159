import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { decodeCount, decodeJson, textOf, type Decode } from './answerBody';
import { exchangeOnce, type ExchangeLimits } from './exchange';
import type { GraphClient } from './graphClient';
import { errorCodeOf, type Refusal } from './refusal';
import {
  decideRetry,
  isPassing,
  retryAfterMs,
  seconds,
  type PassingFailure,
  type RetryPolicy,
} from '../retrying/retry';
import { untilAborted } from '../retrying/untilAborted';

export interface RequestLimits extends RetryPolicy, ExchangeLimits {}

const defaultLimits: RequestLimits = {
  attempts: 8,
  longestWaitMs: 15 * 60_000,
  attemptTimeoutMs: 100_000,
  largestBodyBytes: 64 * 1024 * 1024,
};

export type GraphAnswer<Value> =
  | { readonly kind: 'answered'; readonly value: Value; readonly trace: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Requests that go on until Graph answers or refuses. They reject with an `AppError` (`graphUnavailable` when attempts or
 * patience ran out, `graphAnswerInvalid` for a body that is too long) or with the reason of the caller's signal.
 */
export interface GraphRequests {
  /** An address of the Graph service, from a path and query that are encoded already. */
  address(pathAndQuery: string): string;
  json(url: string, signal: AbortSignal): Promise<GraphAnswer<unknown>>;
  /** A `/$count`. */
  count(url: string, signal: AbortSignal): Promise<GraphAnswer<number>>;
}

export interface GraphRequestsOptions {
  readonly client: GraphClient;
  /** The run's id: every client-request-id begins with its first 24 characters, and ends with 12 of its own. */
  readonly correlationId: Guid;
  readonly log: Log;
  readonly limits?: Partial<RequestLimits>;
  /** Replaced by tests: what time it is, how to wait, and a number 0 ≤ x < 1. */
  readonly clock?: Clock;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

const systemClock: Clock = { now: () => Date.now() as Instant };

type Attempt<Value> =
  GraphAnswer<Value> | ({ readonly kind: 'failed'; readonly trace: string } & PassingFailure);

export function createGraphRequests(options: GraphRequestsOptions): GraphRequests {
  const { client, correlationId, log } = options;
  const limits: RequestLimits = { ...defaultLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
  const random = options.random ?? Math.random;

  async function ask<Value>(
    url: string,
    headers: Readonly<Record<string, string>>,
    decode: Decode<Value>,
    signal: AbortSignal,
  ): Promise<GraphAnswer<Value>> {
    // The query is left out of all messages: it holds page tokens.
    const request = `GET ${new URL(url).pathname}`;
    let waitedMs = 0;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const outcome = await attemptOnce(request, url, headers, decode, signal);
      if (outcome.kind !== 'failed') return outcome;
      const decision = decideRetry(outcome, attempt, waitedMs, limits, random);
      if (decision.kind === 'giveUp') {
        throw new AppError(
          'graphUnavailable',
          `${request} was expected to be answered, but ${outcome.reason}, and ${decision.why}. ` +
            `Try again later; where it stays so, look at the Microsoft 365 service health and at the network. (${outcome.trace})`,
        );
      }
      log.warn(
        `${request}: ${outcome.reason}; attempt ${attempt + 1} of ${limits.attempts} in ${seconds(decision.waitMs)} (${outcome.trace})`,
      );
      await untilAborted(sleep(decision.waitMs, signal), signal);
      waitedMs += decision.waitMs;
    }
  }

  async function attemptOnce<Value>(
    request: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    decode: Decode<Value>,
    signal: AbortSignal,
  ): Promise<Attempt<Value>> {
    const exchange = await exchangeOnce(
      (ids, attemptSignal) => client.get(url, { ...headers, ...ids }, attemptSignal),
      correlationId,
      limits,
      signal,
    );
    if (exchange.kind === 'noAnswer') return { ...exchange, kind: 'failed', retryAfterMs: null };
    const { status, body, trace } = exchange;
    if (isPassing(status)) {
      return {
        kind: 'failed',
        reason: `the status was ${status}`,
        retryAfterMs: retryAfterMs(exchange.headers, clock.now()),
        trace,
      };
    }
    if (body === null) {
      throw new AppError(
        'graphAnswerInvalid',
        `${request} was expected to be answered with at most ${limits.largestBodyBytes} bytes; found more. ` +
          `Check that the Graph endpoint is Graph's. (${trace})`,
      );
    }
    if (status !== 200) return { kind: 'refused', refusal: { status, code: errorCodeOf(body), trace } };
    const text = textOf(body);
    const decoded = text === null ? null : decode(text);
    if (decoded) return { kind: 'answered', value: decoded.value, trace };
    return {
      kind: 'failed',
      reason: `the body (${body.length} bytes, ${contentTypeOf(exchange.headers)}) is cut short or not what was asked for`,
      retryAfterMs: null,
      trace,
    };
  }

  return {
    address: pathAndQuery => `${client.origin}${pathAndQuery}`,
    json: (url, signal) => ask(url, { Accept: 'application/json' }, decodeJson, signal),
    count: (url, signal) =>
      ask(url, { Accept: 'text/plain', ConsistencyLevel: 'eventual' }, decodeCount, signal),
  };
}

const contentTypeOf = (headers: Headers): string =>
  /^[\w.+/-]{1,100}/.exec(headers.get('content-type') ?? '')?.[0] ?? 'no content type';
