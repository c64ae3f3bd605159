import type { CheckOutcome } from '../../core/tenantChecks/checkOutcome';
import type { Tenant } from './tenant';

/** One entry of docs/assumptions.md, looked at on a real tenant. */
export interface TenantCheck {
  /** The entry's id, such as G1. */
  readonly id: string;
  /** What is assumed, in one line. */
  readonly expected: string;
  /**
   * Reads, and judges what came. `earlier` holds the outcomes of the checks before this one. An `AppError` counts as not checked,
   * `graphAnswerInvalid` as a difference.
   */
  readonly look: (
    tenant: Tenant,
    signal: AbortSignal,
    earlier: ReadonlyMap<string, CheckOutcome>,
  ) => Promise<CheckOutcome>;
}
