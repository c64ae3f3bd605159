import { failureOf, refusalOf, saysNotFound, type WriteAttempt, type WriteFailure } from './attempt';

/** Why Graph refuses to block a user, so that a person must decide. The same words as of a deletion. */
export type BlockRefusal = 'roleHolder' | 'insufficientRights' | 'restrictedManagement' | 'other';

/** What one try of a change to a user's sign-in means. Both changes can be repeated without harm. */
export type SignInChange =
  | { readonly kind: 'done' }
  | { readonly kind: 'notThere' }
  | {
      readonly kind: 'needsHuman';
      readonly reason: BlockRefusal;
      readonly status: number;
      readonly code: string;
      readonly mayHaveTakenEffect: boolean;
    }
  | WriteFailure;

export type BlockOutcome =
  /** Sign-in is blocked. `sessions` is what became of those that were open: only `done` means that they were revoked. */
  { readonly kind: 'blocked'; readonly sessions: SignInChange } | Exclude<SignInChange, { kind: 'done' }>;

export type ReleaseOutcome = { readonly kind: 'released' } | Exclude<SignInChange, { kind: 'done' }>;

export interface SignInContext {
  /** The statuses by which Graph says that it did it. */
  readonly success: readonly number[];
  readonly mayHaveArrived: boolean;
  /** Whether the user holds a directory role, as far as that is known. */
  readonly privileged: boolean | 'unknown';
}

/** Decides what one try of `PATCH /users/{id}` or of `POST /users/{id}/revokeSignInSessions` means. */
export function signInChange(attempt: WriteAttempt, context: SignInContext): SignInChange {
  const { success, mayHaveArrived, privileged } = context;
  if (attempt.kind === 'answered' && success.includes(attempt.status)) {
    // 204 has no body; what has one must be Graph's.
    if (attempt.status === 204 || attempt.json) return { kind: 'done' };
  }
  if (saysNotFound(attempt)) return { kind: 'notThere' };
  const refusal = refusalOf(attempt);
  if (refusal === null) return failureOf(attempt, mayHaveArrived);
  const { status, code, message } = refusal;
  return {
    kind: 'needsHuman',
    reason: reasonOf(status, message, privileged),
    status,
    code,
    mayHaveTakenEffect: mayHaveArrived,
  };
}

function reasonOf(status: number, message: string, privileged: boolean | 'unknown'): BlockRefusal {
  if (/restricted management/i.test(message)) return 'restrictedManagement';
  if (status !== 403) return 'other';
  return privileged === true ? 'roleHolder' : 'insufficientRights';
}
