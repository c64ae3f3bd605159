import { isNativeError } from 'node:util/types';
import { AppError } from '../../core/appError';
import { differs, notChecked, type CheckOutcome } from '../../core/tenantChecks/checkOutcome';
import type { Tenant } from './tenant';
import type { TenantCheck } from './tenantCheck';

/** Makes the checks one after the other; none of them ends the others. Rejects only where the signal is aborted. */
export async function runChecks(
  checks: readonly TenantCheck[],
  tenant: Tenant,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, CheckOutcome>> {
  const outcomes = new Map<string, CheckOutcome>();
  for (const [index, check] of checks.entries()) {
    tenant.progress(`${index + 1}/${checks.length} ${check.id}: ${check.expected}`);
    const outcome = await outcomeOf(check, tenant, signal, outcomes);
    outcomes.set(check.id, outcome);
    tenant.progress(`${index + 1}/${checks.length} ${check.id}: ${outcome.status}`);
  }
  return outcomes;
}

async function outcomeOf(
  check: TenantCheck,
  tenant: Tenant,
  signal: AbortSignal,
  earlier: ReadonlyMap<string, CheckOutcome>,
): Promise<CheckOutcome> {
  try {
    return await check.look(tenant, signal, earlier);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) return notChecked(`an error of this command: ${nameOf(error)}`);
    return error.code === 'graphAnswerInvalid'
      ? differs('an answer that is not as documented', error.message)
      : notChecked(error.message);
  }
}

/** Of an error that nobody expected the kind alone: its message may quote what was read. */
const nameOf = (error: unknown): string => (isNativeError(error) ? error.name : typeof error);
