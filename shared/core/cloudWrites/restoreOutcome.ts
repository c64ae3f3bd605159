import { failureOf, refusalOf, saysNotFound, type WriteAttempt, type WriteFailure } from './attempt';

export type RestoreRefusal =
  /** Another object has its user principal name. */
  | 'userPrincipalNameTaken'
  /** Another object has one of its addresses. */
  | 'addressTaken'
  /** Another object has something of its own; Graph does not say what. */
  | 'conflict'
  /** 403: it held a directory role, or the permission was not granted. */
  | 'insufficientRights'
  | 'other';

export type RestoreOutcome =
  | { readonly kind: 'restored' }
  /** It is not in deletedItems any more, and an earlier try of ours may have restored it: read the live object. */
  | { readonly kind: 'restoredProbably' }
  /** It is not in deletedItems: never was, purged, or restored by somebody else. */
  | { readonly kind: 'notThere' }
  | {
      readonly kind: 'refused';
      readonly reason: RestoreRefusal;
      readonly status: number;
      readonly code: string | null;
      readonly mayHaveTakenEffect: boolean;
    }
  | WriteFailure;

/** Decides what one try of `POST /directory/deletedItems/{id}/restore` means. */
export function restoreOutcome(attempt: WriteAttempt, mayHaveArrived: boolean): RestoreOutcome {
  if (attempt.kind === 'answered' && attempt.status === 200 && attempt.json) return { kind: 'restored' };
  if (saysNotFound(attempt)) return { kind: mayHaveArrived ? 'restoredProbably' : 'notThere' };
  if (attempt.kind === 'answered' && attempt.status === 409) {
    // Unlike elsewhere, it is not a passing conflict here: the name or the address stays taken.
    return refused(
      takenOf(attempt.message ?? '') ?? 'conflict',
      attempt.status,
      attempt.code,
      mayHaveArrived,
    );
  }
  const refusal = refusalOf(attempt);
  if (refusal === null) return failureOf(attempt, mayHaveArrived);
  const { status, code, message } = refusal;
  const reason = takenOf(message) ?? (status === 403 ? 'insufficientRights' : 'other');
  return refused(reason, status, code, mayHaveArrived);
}

const refused = (
  reason: RestoreRefusal,
  status: number,
  code: string | null,
  mayHaveTakenEffect: boolean,
): RestoreOutcome => ({ kind: 'refused', reason, status, code, mayHaveTakenEffect });

/** Graph says 400 or 409 with "Another object with the same value for property … already exists". */
function takenOf(message: string): RestoreRefusal | null {
  if (!/already exists|same value for property|conflict/i.test(message)) return null;
  if (/userPrincipalName/i.test(message)) return 'userPrincipalNameTaken';
  return /proxyAddresses|proxy address/i.test(message) ? 'addressTaken' : 'conflict';
}
