import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import type { Clock, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { decodeCount, decodeJson, readBody, textOf, type Decode } from './answerBody';
import type { GraphClient } from './graphClient';
import { errorCodeOf, type Refusal } from './refusal';
import {
  decideRetry,
  isPassing,
  retryAfterMs,
  seconds,
  type PassingFailure,
  type RetryPolicy,
} from './retry';
import { untilAborted } from './untilAborted';

export interface RequestLimits extends RetryPolicy {
  /** The longest that one attempt takes, token, headers and body included, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** The longest body that is read, decompressed, in bytes. A page of 999 objects has about 2 MB. */
  readonly largestBodyBytes: number;
}

export const defaultLimits: RequestLimits = {
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
    const clientRequestId = `${correlationId.slice(0, 24)}${randomBytes(6).toString('hex')}`;
    const traced = { ...headers, 'client-request-id': clientRequestId };
    const timeout = AbortSignal.timeout(limits.attemptTimeoutMs);
    const attemptSignal = AbortSignal.any([signal, timeout]);

    async function exchange(): Promise<Attempt<Value>> {
      const response = await client.get(url, traced, attemptSignal);
      const trace = traceOf(clientRequestId, response.headers.get('request-id'));
      const { status } = response;
      if (isPassing(status)) {
        await response.body?.cancel();
        return {
          kind: 'failed',
          reason: `the status was ${status}`,
          retryAfterMs: retryAfterMs(response.headers, clock.now()),
          trace,
        };
      }
      const body = await readBody(response, limits.largestBodyBytes);
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
        reason: `the body (${body.length} bytes, ${contentTypeOf(response)}) is cut short or not what was asked for`,
        retryAfterMs: null,
        trace,
      };
    }

    try {
      return await untilAborted(exchange(), attemptSignal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AppError) throw error;
      const reason = timeout.aborted
        ? `there was no complete answer within ${seconds(limits.attemptTimeoutMs)}`
        : `the connection failed (${networkCause(error)})`;
      return { kind: 'failed', reason, retryAfterMs: null, trace: traceOf(clientRequestId, null) };
    }
  }

  return {
    address: pathAndQuery => `${client.origin}${pathAndQuery}`,
    json: (url, signal) => ask(url, { Accept: 'application/json' }, decodeJson, signal),
    count: (url, signal) =>
      ask(url, { Accept: 'text/plain', ConsistencyLevel: 'eventual' }, decodeCount, signal),
  };
}

/** Graph's own id comes from outside: it is repeated only where it looks like one. */
function traceOf(clientRequestId: string, requestId: string | null): string {
  const own = `client-request-id ${clientRequestId}`;
  return requestId !== null && /^[\w-]{1,64}$/.test(requestId) ? `${own}, request-id ${requestId}` : own;
}

const contentTypeOf = ({ headers }: Response): string =>
  /^[\w.+/-]{1,100}/.exec(headers.get('content-type') ?? '')?.[0] ?? 'no content type';

/** `fetch` rejects with a TypeError whose cause tells what happened. Its own message may quote a header, so it is not repeated. */
function networkCause(error: unknown): string {
  if (!isNativeError(error)) return 'unknown';
  return isNativeError(error.cause) ? error.cause.message : error.name;
}
