import { StatusCodeParser, SearchResponse } from 'ldapts';
import { LdapFault, type FaultKind } from './ldapFault';
import type { LdapResult } from './ldapMessage';

/** Result codes that this adapter decides on (RFC 4511, appendix A). */
export const resultCodes = {
  success: 0,
  referral: 10,
  unavailableCriticalExtension: 12,
  noSuchObject: 32,
  unwillingToPerform: 53,
} as const;

/**
 * What may be otherwise the next time: operationsError, timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded, busy,
 * unavailable, other. Limits too: a server under load reaches them, and never is what came until then all there is.
 */
const passing: ReadonlySet<number> = new Set([1, 3, 4, 11, 51, 52, 80]);

/** The fault that an answer other than success stands for. Active Directory's own text goes along; it names no object's data. */
export function failureOf(result: LdapResult, what: string, kind?: FaultKind): LdapFault {
  const { resultCode, diagnosticMessage } = result;
  const text = diagnosticMessage.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return new LdapFault(
    kind ?? (passing.has(resultCode) ? 'passing' : 'final'),
    `expected success of ${what}, found ${nameOf(resultCode)} (${resultCode})${text === '' ? '' : `: ${text}`}`,
    { resultCode },
  );
}

function nameOf(resultCode: number): string {
  if (resultCode === resultCodes.success) return 'success';
  if (resultCode === resultCodes.referral) return 'referral, to another domain controller';
  const error = StatusCodeParser.parse(new SearchResponse({ messageId: 0, status: resultCode }));
  return error.name.replace(/Error$/, '');
}
