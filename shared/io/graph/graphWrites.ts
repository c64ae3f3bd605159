import { setTimeout as wait } from 'node:timers/promises';
import type { Written } from '../../app/deletionPorts';
import type { Clock, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import {
  isAmbiguous,
  type FailureReason,
  type WriteAttempt,
  type WriteFailure,
} from '../../core/cloudWrites/attempt';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { decodeJson, textOf } from './answerBody';
import { exchangeOnce } from './exchange';
import type { GraphWrite, GraphWriteClient } from './graphWriteClient';
import { errorOf } from './refusal';
import { decideRetry, retryAfterMs, seconds } from '../retrying/retry';
import { untilAborted } from '../retrying/untilAborted';
import { rateOfThisProcess, type WriteRate } from './writeRate';

export interface WriteLimits {
  /** The longest that one try takes, in milliseconds; less where the deadline is nearer. */
  readonly attemptTimeoutMs: number;
  /** A try that could not have as long as this before the deadline is not begun: it would end without an answer. */
  readonly shortestAttemptMs: number;
  readonly largestBodyBytes: number;
}

const defaultLimits: WriteLimits = {
  attemptTimeoutMs: 30_000,
  shortestAttemptMs: 2_000,
  largestBodyBytes: 1024 * 1024,
};

export interface GraphWritesOptions {
  readonly client: GraphWriteClient;
  /** The call's id: every client-request-id begins with its first 24 characters. */
  readonly correlationId: Guid;
  readonly log: Log;
  readonly limits?: Partial<WriteLimits>;
  /** Replaced by tests; `rate` is shared by the whole process otherwise. */
  readonly rate?: WriteRate;
  readonly clock?: Clock;
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

export interface WriteOrder<Outcome> {
  readonly write: GraphWrite;
  readonly deadline: Instant;
  /** Decides what a try means; `mayHaveArrived`: an earlier one may have reached Graph. */
  readonly decide: (attempt: WriteAttempt, mayHaveArrived: boolean) => Outcome | WriteFailure;
}

/** Sends a write until it is decided or the deadline is there. Never rejects: whatever happens is an outcome. */
export interface GraphWrites {
  send<Outcome>(order: WriteOrder<Outcome>, signal: AbortSignal): Promise<Written<Outcome | WriteFailure>>;
}

const systemClock: Clock = { now: () => Date.now() as Instant };

interface Tried {
  readonly attempt: WriteAttempt;
  readonly reason: string;
  readonly retryAfterMs: number | null;
  readonly trace: string | null;
}

export function createGraphWrites(options: GraphWritesOptions): GraphWrites {
  const { client, correlationId, log } = options;
  const limits: WriteLimits = { ...defaultLimits, ...options.limits };
  const rate = options.rate ?? rateOfThisProcess;
  const clock = options.clock ?? systemClock;
  const sleep = options.sleep ?? ((milliseconds, signal) => wait(milliseconds, undefined, { signal }));
  const random = options.random ?? Math.random;

  /** false: the signal was aborted meanwhile. */
  async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    if (milliseconds > 0) await untilAborted(sleep(milliseconds, signal), signal).catch(() => undefined);
    return !signal.aborted;
  }

  async function tryOnce(write: GraphWrite, deadline: Instant, signal: AbortSignal): Promise<Tried> {
    const attemptTimeoutMs = Math.max(
      1,
      Math.ceil(Math.min(limits.attemptTimeoutMs, deadline - clock.now())),
    );
    let exchange;
    try {
      exchange = await exchangeOnce(
        (ids, attemptSignal) => client.send(write, { Accept: 'application/json', ...ids }, attemptSignal),
        correlationId,
        { ...limits, attemptTimeoutMs },
        signal,
      );
    } catch (error) {
      // Without a token nothing was sent; where the caller's signal ended it, that is not known.
      const kind = error instanceof AppError ? 'notSent' : 'noAnswer';
      const reason = error instanceof AppError ? error.message : 'it was stopped';
      return { attempt: { kind }, reason, retryAfterMs: null, trace: null };
    }
    const { trace } = exchange;
    if (exchange.kind === 'noAnswer') {
      return { attempt: { kind: 'noAnswer' }, reason: exchange.reason, retryAfterMs: null, trace };
    }
    const { status, headers, body } = exchange;
    const error = body === null ? null : errorOf(body);
    const json = body !== null && decodeJson(textOf(body) ?? '') !== null;
    return {
      attempt: {
        kind: 'answered',
        status,
        code: error?.code ?? null,
        message: error?.message ?? null,
        json,
      },
      reason: `the status was ${status} (${error?.code ?? "without Graph's error body"})`,
      retryAfterMs: retryAfterMs(headers, clock.now()),
      trace,
    };
  }

  return {
    async send({ write, deadline, decide }, signal) {
      const request = `${write.method} ${write.path}`;
      const latestStart = (deadline - limits.shortestAttemptMs) as Instant;
      let mayHaveArrived = false;
      let attempts = 0;
      let tries = 0;
      let trace: string | null = null;
      const givenUp = (reason: FailureReason): Written<WriteFailure> => ({
        outcome: {
          kind: 'failed',
          reason,
          status: null,
          retryable: true,
          mayHaveTakenEffect: mayHaveArrived,
        },
        attempts,
        trace,
      });

      for (;;) {
        if (signal.aborted) return givenUp('stopped');
        const place = rate.reserve(clock.now(), latestStart);
        if (place === null) return givenUp('outOfTime');
        if (!(await waited(place, signal))) return givenUp('stopped');
        // A wait can last longer than it was asked to.
        if (clock.now() > latestStart) return givenUp('outOfTime');

        tries += 1;
        const tried = await tryOnce(write, deadline, signal);
        const { attempt } = tried;
        if (attempt.kind !== 'notSent') attempts += 1;
        trace = tried.trace ?? trace;
        const outcome = decide(attempt, mayHaveArrived);
        mayHaveArrived ||= isAmbiguous(attempt);
        if (signal.aborted && attempt.kind === 'noAnswer') return givenUp('stopped');
        if (!isRetryable(outcome)) return { outcome, attempts, trace };

        const patience = { attempts: Infinity, longestWaitMs: latestStart - clock.now() };
        const retry = decideRetry(tried, tries, 0, patience, random);
        if (retry.kind === 'giveUp') {
          log.warn(`${request}: ${tried.reason}, and ${retry.why}; given up (${String(trace)})`);
          return { outcome, attempts, trace };
        }
        log.warn(`${request}: ${tried.reason}; again in ${seconds(retry.waitMs)} (${String(trace)})`);
        if (!(await waited(retry.waitMs, signal))) return givenUp('stopped');
      }
    },
  };
}

const isRetryable = (outcome: unknown): boolean =>
  typeof outcome === 'object' && outcome !== null && 'retryable' in outcome && outcome.retryable === true;
