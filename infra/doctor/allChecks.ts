import { accessChecks } from './checks/accessChecks';
import { agreementChecks } from './checks/agreementChecks';
import { insideChecks } from './checks/insideChecks';
import { scanChecks } from './checks/scanChecks';
import { transportChecks } from './checks/transportChecks';
import type { DoctorCheck } from './doctorCheck';

/** Every check, in the order in which they are made and told. */
export const allChecks: readonly DoctorCheck[] = [
  ...transportChecks,
  ...accessChecks,
  ...agreementChecks,
  ...scanChecks,
  ...insideChecks,
];
