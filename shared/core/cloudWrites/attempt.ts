/** What one try of a write to Microsoft Graph came back with. */
export type WriteAttempt =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Graph's own error code; null where the body is not Graph's error (a proxy's, for instance), and for a success. */
      readonly code: string | null;
      /** Graph's own text: untrusted, it may hold names. It is matched, never repeated. */
      readonly message: string | null;
      /** Whether the body is JSON; false where there is none. A proxy's page can come with 200. */
      readonly json: boolean;
    }
  /** The connection failed, or nothing complete came in time: it may have arrived. */
  | { readonly kind: 'noAnswer' }
  /** There was no token: nothing was sent. */
  | { readonly kind: 'notSent' };

export type FailureReason =
  /** 429. */
  | 'throttled'
  /** 5xx. */
  | 'serverError'
  | 'noAnswer'
  /** No token. */
  | 'notSent'
  /** 401. */
  | 'unauthenticated'
  /** 409: somebody else changes the object. */
  | 'conflict'
  /** A status or a body that Graph does not document for this request: a proxy's, for instance. */
  | 'notGraphs'
  /** The caller's deadline left no time for a try. */
  | 'outOfTime'
  /** The caller's signal was aborted. */
  | 'stopped';

/** A write that neither took effect for certain nor was refused by Graph. */
export interface WriteFailure {
  readonly kind: 'failed';
  readonly reason: FailureReason;
  readonly status: number | null;
  /** Whether the same request may succeed later, without anything being repaired. */
  readonly retryable: boolean;
  /** Whether a try of ours, this one or an earlier one, may have taken effect all the same: look before you try again. */
  readonly mayHaveTakenEffect: boolean;
}

/**
 * Whether Graph may have carried out a write that came back so: no answer, a 5xx (it can be sent after the effect), or a success
 * that the request cannot have.
 */
export function isAmbiguous(attempt: WriteAttempt): boolean {
  if (attempt.kind === 'answered') return attempt.status >= 500 || attempt.status < 300;
  return attempt.kind === 'noAnswer';
}

/** The attempt as a failure, for whatever is no outcome of its own. `mayHaveArrived`: an earlier try may have reached Graph. */
export function failureOf(attempt: WriteAttempt, mayHaveArrived: boolean): WriteFailure {
  const { reason, retryable } = reasonOf(attempt);
  return {
    kind: 'failed',
    reason,
    status: attempt.kind === 'answered' ? attempt.status : null,
    retryable,
    mayHaveTakenEffect: mayHaveArrived || isAmbiguous(attempt),
  };
}

function reasonOf(attempt: WriteAttempt): { readonly reason: FailureReason; readonly retryable: boolean } {
  if (attempt.kind !== 'answered') return { reason: attempt.kind, retryable: true };
  if (attempt.status === 429) return { reason: 'throttled', retryable: true };
  if (attempt.status >= 500) return { reason: 'serverError', retryable: true };
  if (attempt.status === 409) return { reason: 'conflict', retryable: true };
  if (attempt.status === 401) return { reason: 'unauthenticated', retryable: false };
  return { reason: 'notGraphs', retryable: false };
}

/** Only Graph itself can say that an object is not there: the 404 of a proxy is a failed request. */
export const saysNotFound = (attempt: WriteAttempt): boolean =>
  attempt.kind === 'answered' && attempt.status === 404 && attempt.code === 'Request_ResourceNotFound';

/** An answer by which Graph itself refuses for good: a 4xx with its error body, but for 401, 404, 409 and 429. */
export function refusalOf(
  attempt: WriteAttempt,
): { readonly status: number; readonly code: string; readonly message: string } | null {
  if (attempt.kind !== 'answered' || attempt.code === null) return null;
  const { status, code, message } = attempt;
  if (status < 400 || status >= 500 || [401, 404, 409, 429].includes(status)) return null;
  return { status, code, message: message ?? '' };
}
