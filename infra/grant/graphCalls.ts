import { setTimeout as wait } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { Log } from '../../shared/app/ports';
import { AppError } from '../../shared/core/appError';
import type { Instant } from '../../shared/core/instant';
import type { Guid } from '../../shared/core/keys/guid';
import { decodeJson, textOf } from '../../shared/io/graph/answerBody';
import { exchangeOnce, type Exchange } from '../../shared/io/graph/exchange';
import { connectGraph } from '../../shared/io/graph/graphConnection';
import { createGraphRequests, type GraphAnswer } from '../../shared/io/graph/graphRequests';
import { readItems } from '../../shared/io/graph/itemReader';
import { errorOf, type Refusal } from '../../shared/io/graph/refusal';
import {
  decideRetry,
  isPassing,
  retryAfterMs,
  seconds,
  type RetryPolicy,
} from '../../shared/io/retrying/retry';
import { untilAborted } from '../../shared/io/retrying/untilAborted';

export interface Write {
  readonly method: 'PATCH' | 'POST' | 'DELETE';
  /** Path from /v1.0, encoded. */
  readonly path: string;
  readonly body?: object;
  /** PATCH makes the object where it is not there: Graph's `Prefer: create-if-missing`. */
  readonly createIfMissing?: boolean;
}

export type Written =
  | { readonly kind: 'done'; readonly created: boolean; readonly value: unknown }
  /** `message` is Graph's own: it is matched, and not repeated. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly message: string };

/** Most items of one list; a tenant's deleted applications are the longest. */
const mostItems = 20_000;
const limits = { attemptTimeoutMs: 60_000, largestBodyBytes: 8 * 1024 * 1024 };
const patience: RetryPolicy = { attempts: 8, longestWaitMs: 10 * 60_000 };

export interface GraphCallsOptions {
  readonly endpoint: string;
  readonly accessToken: string;
  readonly correlationId: Guid;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Replaced by tests. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Requests with the signed-in user's token. They go on until Graph answers or refuses, and reject with an `AppError` where patience
 * ran out, or with the reason of the signal. A write may be sent several times: each of those that `execute` sends may be.
 */
export interface GraphCalls {
  json(pathAndQuery: string): Promise<GraphAnswer<unknown>>;
  /** All items of a list; `refused` at any page. */
  items(pathAndQuery: string): Promise<GraphAnswer<readonly unknown[]>>;
  write(write: Write): Promise<Written>;
  /** How many writes Graph carried out. */
  readonly writes: number;
  /** Whether a write was sent of which it is not known what became of it. */
  readonly unanswered: boolean;
  /** Waits for what is not there yet, and says for what. */
  pause(milliseconds: number, what: string): Promise<void>;
}

export function createGraphCalls(options: GraphCallsOptions): GraphCalls {
  const { endpoint, accessToken, correlationId, log, signal } = options;
  const credential: TokenCredential = {
    getToken: () => Promise.resolve({ token: accessToken, expiresOnTimestamp: Infinity }),
  };
  const connection = connectGraph(endpoint, credential);
  const sleep =
    options.sleep ?? ((milliseconds, aborted) => wait(milliseconds, undefined, { signal: aborted }));
  const requests = createGraphRequests({
    client: {
      origin: connection.origin,
      get: (url, headers, aborted) =>
        connection.send(url, headers, aborted, request => request.get() as Promise<Response>),
    },
    correlationId,
    log,
    limits: { ...limits, ...patience },
    sleep,
  });
  let writes = 0;
  let unanswered = false;

  const send = (write: Write): Promise<Exchange> =>
    exchangeOnce(
      (ids, aborted) =>
        connection.send(
          `${connection.origin}/v1.0${write.path}`,
          {
            ...ids,
            Accept: 'application/json',
            ...(write.createIfMissing ? { Prefer: 'create-if-missing' } : {}),
          },
          aborted,
          request => {
            switch (write.method) {
              case 'PATCH':
                return request.patch(write.body) as Promise<Response>;
              case 'POST':
                return request.post(write.body) as Promise<Response>;
              case 'DELETE':
                return request.delete() as Promise<Response>;
            }
          },
        ),
      correlationId,
      limits,
      signal,
    );

  return {
    get writes() {
      return writes;
    },
    get unanswered() {
      return unanswered;
    },
    async pause(milliseconds, what) {
      log.info(`Waiting for ${what}, which Entra ID does not show yet; again in ${seconds(milliseconds)}.`);
      await untilAborted(sleep(milliseconds, signal), signal);
    },
    json: path => requests.json(requests.address(`/v1.0${path}`), signal),
    async items(path) {
      const reading = await readItems(requests, `/v1.0${path}`, mostItems, signal);
      if (reading.kind === 'refused') return reading;
      if (!reading.more) return { kind: 'answered', value: reading.items, trace: reading.trace };
      throw new AppError(
        'graphAnswerInvalid',
        `A list of at most ${mostItems} items was expected at ${path.replace(/\?.*/, '')}; found more. (${reading.trace})`,
      );
    },
    async write(write) {
      const request = `${write.method} ${write.path}`;
      let waitedMs = 0;
      for (let attempt = 1; ; attempt += 1) {
        signal.throwIfAborted();
        unanswered = true;
        const exchange = await send(write);
        if (exchange.kind === 'answered' && !isPassing(exchange.status)) {
          unanswered = false;
          const written = writtenOf(exchange);
          if (written.kind === 'done') writes += 1;
          return written;
        }
        const answered = exchange.kind === 'answered';
        const reason = answered ? `the status was ${exchange.status}` : exchange.reason;
        const asked = answered ? retryAfterMs(exchange.headers, Date.now() as Instant) : null;
        const decision = decideRetry(
          { reason, retryAfterMs: asked },
          attempt,
          waitedMs,
          patience,
          Math.random,
        );
        if (decision.kind === 'giveUp') {
          throw new AppError(
            'graphUnavailable',
            `${request} was expected to be answered, but ${reason}, and ${decision.why}. Try again later. (${exchange.trace})`,
          );
        }
        log.warn(`${request}: ${reason}; again in ${seconds(decision.waitMs)} (${exchange.trace})`);
        await untilAborted(sleep(decision.waitMs, signal), signal);
        waitedMs += decision.waitMs;
      }
    },
  };
}

function writtenOf({ status, body, trace }: Extract<Exchange, { kind: 'answered' }>): Written {
  if (status >= 200 && status < 300) {
    const value = body === null ? null : (decodeJson(textOf(body) ?? '')?.value ?? null);
    return { kind: 'done', created: status === 201, value };
  }
  const error = body === null ? null : errorOf(body);
  return {
    kind: 'refused',
    refusal: { status, code: error?.code ?? null, trace },
    message: error?.message ?? '',
  };
}
