import { markdownTable } from '../markdownTable';
import { faultGroups, type Outcome } from './fault';

/** What the report says of the run as a whole. */
export interface ReportFrame {
  /** `git rev-parse HEAD`, with what is not committed said. */
  readonly commit: string;
  readonly command: string;
  readonly cells: number;
  readonly minutes: number;
  /** What the audit logs held at the end: chains and rows of all worlds. */
  readonly audit: readonly AuditLine[];
  /** Nights that had to be run once more, each with the reason. */
  readonly repeated: readonly string[];
}

export interface AuditLine {
  readonly world: string;
  readonly status: 'whole' | 'damaged';
  readonly chains: number;
  readonly rows: number;
}

/** One line of the report: a fault over all its types and numbers of forests. */
export interface ReportRow {
  readonly fault: string;
  readonly answers: string;
  readonly types: string;
  readonly forests: string;
  readonly happened: string;
  readonly refused: string;
  readonly lost: string;
}

const kills = /^the process is killed \(SIGKILL\) after /;

/** The rows of one group, in the order in which they were run. */
export function rowsOf(outcomes: readonly Outcome[]): readonly ReportRow[] {
  const single = outcomes.filter(({ fault }) => !kills.test(fault));
  const killed = outcomes.filter(({ fault }) => kills.test(fault));
  const rows = [...Map.groupBy(single, ({ fault }) => fault)].map(([fault, of]) => rowOf(fault, of));
  return killed.length === 0 ? rows : [...rows, killRow(killed)];
}

function rowOf(fault: string, outcomes: readonly Outcome[]): ReportRow {
  const lost = distinct(outcomes.flatMap(one => one.lost));
  return {
    fault,
    answers: outcomes[0]?.answers ?? '',
    types: distinct(outcomes.map(({ type }) => type)).join(', '),
    forests: distinct(outcomes.map(({ forests }) => String(forests)))
      .toSorted()
      .join(', '),
    happened: distinct(outcomes.map(({ happened }) => happened)).join('; '),
    refused:
      distinct(outcomes.map(({ refused }) => refused).filter(text => text !== '')).join(', ') || 'none asked',
    lost: lost.join('; ') || 'nothing',
  };
}

/** All kills in one line, with how many ended how. */
function killRow(outcomes: readonly Outcome[]): ReportRow {
  const moments = Map.groupBy(outcomes, ({ fault }) => fault);
  const ends = Map.groupBy([...moments.values()], ([one]) => one?.happened ?? '');
  const row = rowOf('', outcomes);
  return {
    ...row,
    fault: `the process is killed (SIGKILL) at ${moments.size} moments of a run, and started again`,
    happened: [...ends]
      .map(([happened, of]) => `${of.length} times ${endNames[happened] ?? happened}`)
      .join('; '),
  };
}

const endNames: Readonly<Record<string, string>> = { none: 'before its record was made' };

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const introduction = `# Fault report

Written by \`npm run prove:faults -- --report docs/fault-report.md\`, not by hand. Each fault is run end to end: the built app in
two processes (scan and review), over Azurite and a stand-in for Microsoft Graph, in a small organisation of one or two forests
with 23 objects of each type in each.

One night and its surroundings are four steps:

1. **A night as it should be** finds the orphans, and an administrator approves one of each type.
2. **The night of the fault.**
3. **Somebody asks for deletion in spite of it**: of a live object, and, where the night was not accepted, of what was approved.
4. **The night after**, put right as an administrator would do it: what holds is released with a reason, the agents export anew.

| Column   | Says                                                                                                              |
| -------- | ----------------------------------------------------------------------------------------------------------------- |
| happened | how the run of that night ended, and the [gates](how-it-works.md#gates) that were breached                        |
| refused  | what was answered to whoever asked for deletion: a [refusal](http-api.md), or what became of the object otherwise |
| lost     | must be "nothing"                                                                                                 |

Looked for each time, and counted as lost: a live object among the candidates; an object that is gone from the tenant without a
DELETE that was right; a decision, a row or an audit row that is gone; an orphan that the night after does not find; a record that is
left open for good; a night that did not end as it must; a fault that did not take place. At the end the audit log of each world
is verified against its mirror, row by row.

The cases are those of [test/scenarios](../test/scenarios/README.md). Each story is put on stage as exports, answers of Graph and rows of
the tables, with its dates moved to today; what the app writes is compared with the golden plan, evidence hashes included. Where
a story has one source, its second forest is one that has nothing to do with it.

Waits between the attempts of one request are a fiftieth of what they are in Azure; leases, timeouts and limits are as they are. The
rules of time are met at once, but where a fault is about them. The app deletes no contact by default, and takes no approval of one.
`;

/** The whole report, as Markdown. */
export function reportText(outcomes: readonly Outcome[], frame: ReportFrame): string {
  const names = new Set(outcomes.map(({ fault }) => fault));
  const failed = outcomes.filter(({ lost }) => lost.length > 0).length;
  const damaged = frame.audit.filter(({ status }) => status === 'damaged').length;
  const lines = [
    introduction,
    '## Summary',
    '',
    `* Commit: ${frame.commit}`,
    `* Command: \`${frame.command}\``,
    `* Faults: ${names.size}; nights and stories: ${frame.cells}; outcomes by type: ${outcomes.length}; minutes: ${frame.minutes.toFixed(0)}`,
    `* Lost: ${failed === 0 && damaged === 0 ? 'nothing' : `${failed} outcomes, ${damaged} audit logs`}`,
    `* Run once more, since they could not be judged: ${frame.repeated.length === 0 ? 'none' : frame.repeated.join('; ')}`,
    ...frame.audit.map(
      ({ world, status, chains, rows }) =>
        `* Audit log of ${world}: ${status}, ${chains} chains with ${rows} rows`,
    ),
    '',
  ];
  for (const group of faultGroups) {
    const rows = rowsOf(outcomes.filter(one => one.group === group));
    if (rows.length > 0) lines.push(`## ${titleOf(group)}`, '', ...table(rows), '');
  }
  return lines.join('\n');
}

const titleOf = (group: string): string => `${group.charAt(0).toUpperCase()}${group.slice(1)}`;

const columns = ['fault', 'answers', 'types', 'forests', 'happened', 'refused', 'lost'] as const;

const table = (rows: readonly ReportRow[]): readonly string[] =>
  markdownTable([columns, ...rows.map(row => columns.map(column => row[column]))]);
