import type { ListedCandidate } from '../shared/app/review/listCandidates';
import { csvOf, type CsvCell } from '../shared/core/review/csv';
import { reversibilityOf } from '../shared/core/review/reversibility';
import { factsDocument, summaryDocument } from './candidateDocument';

type Cells = ReturnType<typeof factsDocument>;

/** The columns of the facts in their order; docs/table-schema.md says what they mean. */
const factColumns = [
  'type',
  'id',
  'state',
  'displayName',
  'userPrincipalName',
  'mail',
  'outcome',
  'proof',
  'attention',
  'withdrawal',
  'accountEnabled',
  'assignedLicenseCount',
  'onPremisesSamAccountName',
  'onPremisesDomainName',
  'onPremisesLastSyncDateTime',
  'firstObservedAt',
  'firstObservedRun',
  'changedAt',
  'changedRun',
  'evidenceHash',
] as const satisfies readonly (keyof Cells)[];

export const csvColumns: readonly string[] = [
  ...factColumns,
  'waitsFor',
  'reversibility',
  'decision',
  'decisionRecorded',
  'decisionLapseReason',
  'decidedBy',
  'decidedByName',
  'decidedAt',
  'decidedUntil',
];

/** The list for a spreadsheet (docs/http-api.md, "Candidates"). */
export const candidatesCsv = (items: readonly ListedCandidate[]): string =>
  csvOf(csvColumns, items.map(cellsOf));

function cellsOf({ facts, decision }: ListedCandidate): readonly CsvCell[] {
  const cells = factsDocument(facts);
  const summary = decision && summaryDocument(decision);
  return [
    ...factColumns.map(column => cells[column]),
    cells.waitsFor
      .map(wait => (wait.until === null ? wait.for : `${wait.for} until ${wait.until}`))
      .join(', '),
    reversibilityOf(facts.type).kind,
    summary?.state ?? null,
    summary?.recorded ?? null,
    summary?.lapseReason ?? null,
    summary?.by?.id ?? null,
    summary?.by?.name ?? null,
    summary?.at ?? null,
    summary?.until ?? null,
  ];
}
