import type { CheckStatus, ExitCode } from '../tenantChecks/checkOutcome';

/** How one check came out. optional: it takes an option that nobody has to give. */
export interface CheckEnd {
  readonly status: CheckStatus;
  readonly optional: boolean;
}

/**
 * 1: something differs. 2: nothing does, as far as it was looked at, but something that must hold could not be checked, so that nobody
 * knows. 0: all that must hold does.
 */
export function exitCodeOfChecks(checks: readonly CheckEnd[]): ExitCode {
  if (checks.some(({ status }) => status === 'differs')) return 1;
  const allKnown = checks.every(({ status, optional }) => status === 'holds' || optional);
  return allKnown && checks.some(({ status }) => status === 'holds') ? 0 : 2;
}
