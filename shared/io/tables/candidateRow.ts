import { z } from 'zod';
import type { ListedFacts } from '../../app/ports';
import {
  attentionReasons,
  factStates,
  waitNames,
  withdrawalReasons,
  type CandidateFacts,
  type EvidenceText,
  type StoredFacts,
  type Wait,
} from '../../core/facts';
import type { Instant } from '../../core/instant';
import { objectTypes } from '../../core/objectType';
import {
  dateTime,
  int32,
  isoText,
  json,
  orNull,
  parseRow,
  present,
  read,
  schemaVersion,
  text,
  unlessNull,
  type Row,
} from './columns';
import { longestInline } from './spill';

/** Evidence that has to be in its blob before the row that names it is written; null where the row holds it. */
export function evidenceToSpill(
  facts: CandidateFacts,
): { readonly blob: string; readonly json: string } | null {
  const { evidence, evidenceHash } = facts;
  if (evidence.kind === 'spilled' || evidence.json.length <= longestInline) return null;
  return { blob: `${evidenceHash}.json`, json: evidence.json };
}

/** The row of OrphanCandidates that says these facts (docs/table-schema.md). */
export function rowOfFacts(facts: CandidateFacts): Row {
  return {
    partitionKey: facts.type,
    rowKey: facts.id,
    ...present({
      schemaVersion,
      state: facts.state,
      outcome: text(facts.outcome),
      attention: facts.attention,
      withdrawal: facts.withdrawal,
      proof: facts.proof,
      ...evidenceColumns(facts),
      evidenceHash: facts.evidenceHash,
      waitsFor: JSON.stringify(
        facts.waitsFor.map(wait => ({ for: wait.for, until: unlessNull(wait.until, isoText) })),
      ),
      waitsUntil: unlessNull(latestOf(facts.waitsFor), dateTime),
      firstObservedRun: int32(facts.firstObservedRun),
      firstObservedAt: dateTime(facts.firstObservedAt),
      changedRun: int32(facts.changedRun),
      changedAt: dateTime(facts.changedAt),
      displayName: text(facts.displayName),
      userPrincipalName: text(facts.userPrincipalName),
      mail: text(facts.mail),
      onPremisesSamAccountName: text(facts.onPremisesSamAccountName),
      onPremisesDomainName: text(facts.onPremisesDomainName),
      accountEnabled: facts.accountEnabled,
      assignedLicenseCount: unlessNull(facts.assignedLicenseCount, int32),
      onPremisesLastSyncDateTime: unlessNull(facts.onPremisesLastSyncDateTime, dateTime),
    }),
  };
}

function evidenceColumns(facts: CandidateFacts): { evidence: string | null; evidenceBlob: string | null } {
  const { evidence } = facts;
  if (evidence.kind === 'spilled') return { evidence: null, evidenceBlob: evidence.blob };
  const spilled = evidenceToSpill(facts);
  return spilled
    ? { evidence: null, evidenceBlob: spilled.blob }
    : { evidence: evidence.json, evidenceBlob: null };
}

/** All waits must be over, so the last one counts; null where no date is known. */
function latestOf(waitsFor: readonly Wait[]): Instant | null {
  const dates = waitsFor.flatMap(wait => wait.until ?? []);
  return dates.length === 0 ? null : (Math.max(...dates) as Instant);
}

const listedShape = {
  partitionKey: z.enum(objectTypes),
  rowKey: read.cloudId,
  etag: read.etag,
  schemaVersion: read.schemaVersion,
  state: z.enum(factStates),
  outcome: read.text,
  attention: orNull(z.enum(attentionReasons)),
  withdrawal: orNull(z.enum(withdrawalReasons)),
  proof: orNull(z.enum(['tombstone', 'absence'])),
  evidenceHash: read.sha256,
  waitsFor: json(z.array(z.object({ for: z.enum(waitNames), until: z.nullable(read.isoText) }))),
  firstObservedRun: read.int32,
  firstObservedAt: read.dateTime,
  changedRun: read.int32,
  changedAt: read.dateTime,
  displayName: orNull(read.text),
  userPrincipalName: orNull(read.text),
  mail: orNull(read.text),
  onPremisesSamAccountName: orNull(read.text),
  onPremisesDomainName: orNull(read.text),
  accountEnabled: orNull(read.boolean),
  assignedLicenseCount: orNull(read.int32),
  onPremisesLastSyncDateTime: orNull(read.dateTime),
};

/** The columns that a list asks for: all but the evidence. */
export const listedColumns: readonly string[] = Object.keys(listedShape)
  .filter(column => column !== 'etag')
  .map(column => ({ partitionKey: 'PartitionKey', rowKey: 'RowKey' })[column] ?? column);

const listedSchema = z
  .object(listedShape)
  .transform(({ partitionKey, rowKey, schemaVersion: _, ...facts }): ListedFacts => ({
    type: partitionKey,
    id: rowKey,
    ...facts,
  }));

const rowSchema = z
  .object({
    ...listedShape,
    evidence: orNull(z.string()),
    evidenceBlob: orNull(z.string().min(1)),
  })
  .transform(
    ({ partitionKey, rowKey, schemaVersion: _, evidence, evidenceBlob, ...facts }, context): StoredFacts => {
      const stored = evidenceText(evidence, evidenceBlob);
      if (stored) return { type: partitionKey, id: rowKey, evidence: stored, ...facts };
      context.addIssue({
        code: 'custom',
        path: ['evidence'],
        message: 'one of evidence and evidenceBlob was expected',
      });
      return z.NEVER;
    },
  );

function evidenceText(inline: string | null, blob: string | null): EvidenceText | null {
  if (inline !== null && blob === null) return { kind: 'inline', json: inline };
  if (inline === null && blob !== null) return { kind: 'spilled', blob };
  return null;
}

/** Reads a row of OrphanCandidates; `rowInvalid` where it is not one. */
export const factsOfRow = (table: string, row: unknown): StoredFacts => parseRow(table, rowSchema, row);

/** Reads a row that was listed by `listedColumns`; `rowInvalid` where it is not one. */
export const listedFactsOfRow = (table: string, row: unknown): ListedFacts =>
  parseRow(table, listedSchema, row);
