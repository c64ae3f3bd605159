import type { AssumptionEntry } from '../../core/tenantChecks/assumptionEntry';
import {
  exitCodeOf,
  withoutIds,
  type CheckOutcome,
  type CheckStatus,
  type ExitCode,
} from '../../core/tenantChecks/checkOutcome';
import type { TenantCheck } from './tenantCheck';

/** All that was found, for people and for programs. */
export interface Report {
  readonly tenantId: string;
  /** What is worth knowing of the sign-in and of the tenant, a line each. */
  readonly facts: readonly string[];
  readonly checks: readonly CheckReport[];
  /** Entries that this command does not check, with their Check line. */
  readonly notCheckable: readonly { readonly id: string; readonly title: string; readonly check: string }[];
  readonly summary: Readonly<Record<CheckStatus, number>> & { readonly notCheckable: number };
  readonly exitCode: ExitCode;
}

interface CheckReport {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly status: CheckStatus;
  readonly found: readonly string[];
  readonly why: readonly string[];
  /** Only where ids were asked for. */
  readonly objects?: readonly string[];
}

export interface ReportInput {
  readonly tenantId: string;
  readonly facts: readonly string[];
  readonly entries: readonly AssumptionEntry[];
  readonly checks: readonly TenantCheck[];
  readonly outcomes: ReadonlyMap<string, CheckOutcome>;
  /** Whether ids of objects and requests are told. */
  readonly verbose: boolean;
}

/** Puts the outcomes in the order of the document. */
export function reportOf({ tenantId, facts, entries, checks, outcomes, verbose }: ReportInput): Report {
  const tell = (lines: readonly string[]): readonly string[] => (verbose ? lines : lines.map(withoutIds));
  const reports = entries.flatMap((entry): CheckReport[] => {
    const check = checks.find(({ id }) => id === entry.id);
    const outcome = outcomes.get(entry.id);
    if (!check || !outcome) return [];
    return [
      {
        id: entry.id,
        title: entry.title,
        expected: check.expected,
        status: outcome.status,
        found: tell(outcome.found),
        why: outcome.status === 'holds' ? [] : tell(outcome.why),
        ...(verbose ? { objects: outcome.objects } : {}),
      },
    ];
  });
  const checked = new Set(reports.map(({ id }) => id));
  const notCheckable = entries
    .filter(({ id }) => !checked.has(id))
    .map(({ id, title, check }) => ({ id, title, check }));
  const count = (status: CheckStatus): number => reports.filter(one => one.status === status).length;
  return {
    tenantId,
    facts: tell(facts),
    checks: reports,
    notCheckable,
    summary: {
      holds: count('holds'),
      differs: count('differs'),
      notChecked: count('notChecked'),
      notCheckable: notCheckable.length,
    },
    exitCode: exitCodeOf(outcomes),
  };
}

/** The report as a table, and a line that sums it up. */
export function linesOf(report: Report): string[] {
  const { facts, checks, notCheckable, summary } = report;
  return [
    ...facts,
    '',
    row('id', 'outcome', 'assumption'),
    ...checks.flatMap(check => [
      row(check.id, check.status, check.title),
      detail('expected', check.expected),
      ...check.found.map(line => detail('found', line)),
      ...check.why.map(line => detail('why', line)),
      ...(check.objects?.length ? [detail('objects', check.objects.join(' '))] : []),
    ]),
    '',
    'Not for this command:',
    ...notCheckable.map(({ id, title, check }) => row(id, '', `${title} (${check})`)),
    '',
    `${summary.holds} hold, ${summary.differs} differ, ${summary.notChecked} not checked, ${summary.notCheckable} not for this command.`,
    ...(report.exitCode === 2 ? ['Nothing of Microsoft Graph could be checked, so nothing is known.'] : []),
  ];
}

const row = (id: string, status: string, text: string): string =>
  `${id.padEnd(5)}${status.padEnd(12)}${text}`;
const detail = (name: string, text: string): string => `${' '.repeat(17)}${name.padEnd(10)}${text}`;
