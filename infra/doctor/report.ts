import { exitCodeOfChecks } from '../../shared/core/doctor/exitCode';
import {
  withoutIds,
  type CheckOutcome,
  type CheckStatus,
  type ExitCode,
} from '../../shared/core/tenantChecks/checkOutcome';
import type { DoctorCheck } from './doctorCheck';

/** All that was found, for people and for programs. */
export interface DoctorReport {
  readonly checks: readonly CheckReport[];
  readonly summary: Readonly<Record<CheckStatus, number>>;
  readonly exitCode: ExitCode;
}

interface CheckReport {
  readonly id: string;
  readonly expected: string;
  readonly status: CheckStatus;
  readonly found: readonly string[];
  /** What it means, and what to do. */
  readonly why: readonly string[];
}

export function reportOf(
  outcomes: readonly { readonly check: DoctorCheck; readonly outcome: CheckOutcome }[],
  verbose: boolean,
): DoctorReport {
  const tell = (lines: readonly string[]): readonly string[] => (verbose ? lines : lines.map(withoutIds));
  const checks = outcomes.map(({ check: { id, expected }, outcome }): CheckReport => ({
    id,
    expected,
    status: outcome.status,
    found: tell(outcome.found),
    why: outcome.status === 'holds' ? [] : tell(outcome.why),
  }));
  const count = (status: CheckStatus): number => checks.filter(one => one.status === status).length;
  return {
    checks,
    summary: { holds: count('holds'), differs: count('differs'), notChecked: count('notChecked') },
    exitCode: exitCodeOfChecks(
      outcomes.map(({ check, outcome }) => ({ status: outcome.status, optional: check.optional ?? false })),
    ),
  };
}

/** The report as a table, what to do for each that differs, and a line that sums it up. */
export function linesOf({ checks, summary, exitCode }: DoctorReport): string[] {
  const idWidth = Math.max(...checks.map(({ id }) => id.length)) + 2;
  const row = (id: string, status: string, text: string): string =>
    `${id.padEnd(idWidth)}${status.padEnd(12)}${text}`;
  const detail = (name: string, text: string): string =>
    `${' '.repeat(idWidth + 12)}${name.padEnd(8)}${text}`;
  return [
    row('check', 'outcome', 'expected'),
    ...checks.flatMap(({ id, status, expected, found, why }) => [
      row(id, status, expected),
      ...found.map(line => detail('found', line)),
      ...why.map(line => detail(status === 'differs' ? 'do' : 'why', line)),
    ]),
    '',
    `${summary.holds} hold, ${summary.differs} differ, ${summary.notChecked} not checked.`,
    ...(exitCode === 2 ? ['Something that must hold could not be checked: the lines above say why.'] : []),
  ];
}
