import { randomBytes } from 'node:crypto';
import { isNativeError } from 'node:util/types';
import { AppError } from '../../core/appError';
import type { Guid } from '../../core/keys/guid';
import { readBody } from './answerBody';
import { isPassing, seconds } from '../retrying/retry';
import { untilAborted } from '../retrying/untilAborted';

export interface ExchangeLimits {
  /** The longest that one attempt takes, token, headers and body included, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** The longest body that is read, decompressed, in bytes. A page of 999 objects has about 2 MB. */
  readonly largestBodyBytes: number;
}

export type Exchange =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      /** null: longer than allowed. Empty for a status that passes: it is not read. */
      readonly body: Buffer | null;
      readonly trace: string;
    }
  | { readonly kind: 'noAnswer'; readonly reason: string; readonly trace: string };

/**
 * One request and its answer, with a client-request-id of its own: the run's first 24 characters, and 12 that differ. Rejects with
 * the `AppError` of `send`, or with the reason of the caller's signal; a failed connection and a timeout are values.
 */
export async function exchangeOnce(
  send: (ids: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<Response>,
  correlationId: Guid,
  limits: ExchangeLimits,
  signal: AbortSignal,
): Promise<Exchange> {
  const clientRequestId = `${correlationId.slice(0, 24)}${randomBytes(6).toString('hex')}`;
  const timeout = AbortSignal.timeout(limits.attemptTimeoutMs);
  const attemptSignal = AbortSignal.any([signal, timeout]);

  async function exchange(): Promise<Exchange> {
    const response = await send({ 'client-request-id': clientRequestId }, attemptSignal);
    const { status, headers } = response;
    const trace = traceOf(clientRequestId, headers.get('request-id'));
    if (isPassing(status)) {
      await response.body?.cancel();
      return { kind: 'answered', status, headers, body: Buffer.alloc(0), trace };
    }
    const body = await readBody(response, limits.largestBodyBytes);
    return { kind: 'answered', status, headers, body, trace };
  }

  try {
    return await untilAborted(exchange(), attemptSignal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    const reason = timeout.aborted
      ? `there was no complete answer within ${seconds(limits.attemptTimeoutMs)}`
      : `the connection failed (${networkCause(error)})`;
    return { kind: 'noAnswer', reason, trace: traceOf(clientRequestId, null) };
  }
}

/** Graph's own id comes from outside: it is repeated only where it looks like one. */
function traceOf(clientRequestId: string, requestId: string | null): string {
  const own = `client-request-id ${clientRequestId}`;
  return requestId !== null && /^[\w-]{1,64}$/.test(requestId) ? `${own}, request-id ${requestId}` : own;
}

/** `fetch` rejects with a TypeError whose cause tells what happened. Its own message may quote a header, so it is not repeated. */
function networkCause(error: unknown): string {
  if (!isNativeError(error)) return 'unknown';
  return isNativeError(error.cause) ? error.cause.message : error.name;
}
