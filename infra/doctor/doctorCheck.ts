import type { CheckOutcome } from '../../shared/core/tenantChecks/checkOutcome';
import { notChecked } from '../../shared/core/tenantChecks/checkOutcome';
import type { Deployment, Reading } from './deployment';

/** One thing that must be so in a deployment. */
export interface DoctorCheck {
  readonly id: string;
  /** What is expected, in one line. */
  readonly expected: string;
  /** It takes an option; without, that it is not checked is no reason for concern. */
  readonly optional?: true;
  readonly look: (deployment: Deployment) => Promise<CheckOutcome>;
}

/** Judges what was read; what was not read is not checked. */
export const judged = <Value>(
  reading: Reading<Value>,
  judge: (value: Value) => CheckOutcome,
): CheckOutcome => (reading.kind === 'read' ? judge(reading.value) : notChecked(reading.why));
