import { z } from 'zod';
import {
  lapseReasons,
  type Approval,
  type Decision,
  type DecisionIn,
  type Deletion,
  type Failure,
  type Lapse,
  type Person,
  type Quarantine,
  type Rejection,
  type Restoration,
  type StoredDecision,
} from '../../core/decision';
import type { Instant } from '../../core/instant';
import { objectTypes } from '../../core/objectType';
import { decisionStates, type DecisionState } from '../../core/transitions';
import {
  dateTime,
  int32,
  orNull,
  parseRow,
  present,
  read,
  schemaVersion,
  text,
  unlessNull,
  type ColumnValue,
  type Row,
} from './columns';

// Columns come in groups, one for each thing that happened: `approvedBy`, `approvedByName`, `approvedAt`, `approval…` and so on.
// A group is there as a whole or not at all, and the state says which have to be there.

type Group = Readonly<Record<string, ColumnValue | null>>;

/** The row of Decisions that says this decision (docs/table-schema.md). */
export function rowOfDecision(decision: Decision): Row {
  return {
    partitionKey: decision.type,
    rowKey: decision.id,
    ...present({
      schemaVersion,
      state: decision.state,
      changedAt: dateTime(decision.changedAt),
      operationId: decision.operationId,
      ...group(decision.quarantine, ({ by, at, until }) => ({
        ...person('quarantined', by),
        quarantinedAt: dateTime(at),
        quarantineUntil: dateTime(until),
      })),
      ...group('approval' in decision ? decision.approval : null, approvalColumns),
      ...group('rejection' in decision ? decision.rejection : null, rejectionColumns),
      ...group('deletion' in decision ? decision.deletion : null, ({ by, operationId, at, attempt }) => ({
        ...person('deletion', by),
        deletionOperationId: operationId,
        deletionAt: dateTime(at),
        deletionAttempt: int32(attempt),
      })),
      ...group('failure' in decision ? decision.failure : null, ({ at, reason }) => ({
        failedAt: dateTime(at),
        failureReason: text(reason),
      })),
      deletedAt: 'deletedAt' in decision ? dateTime(decision.deletedAt) : null,
      ...group('restoration' in decision ? decision.restoration : null, ({ by, at, comment }) => ({
        ...person('restored', by),
        restoredAt: dateTime(at),
        restoreComment: text(comment),
      })),
      ...group('lapse' in decision ? decision.lapse : null, ({ at, reason, by }) => ({
        lapsedAt: dateTime(at),
        lapseReason: reason,
        ...group(by, reopener => person('reopened', reopener)),
      })),
    }),
  };
}

const group = <Value>(value: Value | null, columns: (value: Value) => Group): Group =>
  value === null ? {} : columns(value);

const person = (prefix: string, { id, name }: Person): Group => ({
  [`${prefix}By`]: text(id),
  [`${prefix}ByName`]: text(name),
});

const approvalColumns = (approval: Approval): Group => ({
  ...person('approved', approval.by),
  approvedAt: dateTime(approval.at),
  approvalExpiresAt: dateTime(approval.expiresAt),
  approvalEvidenceHash: approval.evidenceHash,
  approvalRunId: approval.runId,
  approvalComment: text(approval.comment),
  approvalConfirmation: text(approval.confirmation),
});

const rejectionColumns = (rejection: Rejection): Group => ({
  ...person('rejected', rejection.by),
  rejectedAt: dateTime(rejection.at),
  rejectionExpiresAt: unlessNull(rejection.expiresAt, dateTime),
  rejectionEvidenceHash: rejection.evidenceHash,
  rejectionReason: text(rejection.reason),
});

const rowSchema = z.object({
  partitionKey: z.enum(objectTypes),
  rowKey: read.cloudId,
  etag: read.etag,
  schemaVersion: read.schemaVersion,
  state: z.enum(decisionStates),
  changedAt: read.dateTime,
  operationId: z.string().min(1),
  quarantinedBy: orNull(read.text),
  quarantinedByName: orNull(read.text),
  quarantinedAt: orNull(read.dateTime),
  quarantineUntil: orNull(read.dateTime),
  approvedBy: orNull(read.text),
  approvedByName: orNull(read.text),
  approvedAt: orNull(read.dateTime),
  approvalExpiresAt: orNull(read.dateTime),
  approvalEvidenceHash: orNull(read.sha256),
  approvalRunId: orNull(z.string().min(1)),
  approvalComment: orNull(read.text),
  approvalConfirmation: orNull(read.text),
  rejectedBy: orNull(read.text),
  rejectedByName: orNull(read.text),
  rejectedAt: orNull(read.dateTime),
  rejectionExpiresAt: orNull(read.dateTime),
  rejectionEvidenceHash: orNull(read.sha256),
  rejectionReason: orNull(read.text),
  deletionBy: orNull(read.text),
  deletionByName: orNull(read.text),
  deletionOperationId: orNull(z.string().min(1)),
  deletionAt: orNull(read.dateTime),
  deletionAttempt: orNull(read.int32),
  failedAt: orNull(read.dateTime),
  failureReason: orNull(read.text),
  deletedAt: orNull(read.dateTime),
  restoredBy: orNull(read.text),
  restoredByName: orNull(read.text),
  restoredAt: orNull(read.dateTime),
  restoreComment: orNull(read.text),
  lapsedAt: orNull(read.dateTime),
  lapseReason: orNull(z.enum(lapseReasons)),
  reopenedBy: orNull(read.text),
  reopenedByName: orNull(read.text),
});
type Columns = z.output<typeof rowSchema>;

/** The groups of a row. */
interface Groups {
  readonly quarantine: Quarantine | null;
  readonly approval: Approval | null;
  readonly rejection: Rejection | null;
  readonly deletion: Deletion | null;
  readonly failure: Failure | null;
  readonly deletedAt: Instant | null;
  readonly restoration: Restoration | null;
  readonly lapse: Lapse | null;
}
type GroupName = keyof Groups;

/** The groups that a state has to have, and may have. What else a row says does not belong to its state. */
const groupsOf: Readonly<
  Record<DecisionState, { readonly needs: readonly GroupName[]; readonly takes: readonly GroupName[] }>
> = {
  approved: { needs: ['approval'], takes: ['quarantine'] },
  quarantined: { needs: ['approval', 'quarantine'], takes: [] },
  deleting: { needs: ['approval', 'deletion'], takes: ['quarantine'] },
  deleted: { needs: ['approval', 'deletion', 'deletedAt'], takes: ['quarantine'] },
  restored: { needs: ['approval', 'deletion', 'deletedAt', 'restoration'], takes: ['quarantine'] },
  rejected: { needs: ['rejection'], takes: ['quarantine'] },
  lapsed: { needs: ['lapse'], takes: ['approval', 'rejection', 'deletion', 'quarantine'] },
  failed: { needs: ['approval', 'deletion', 'failure'], takes: ['quarantine'] },
  manual: { needs: ['approval', 'deletion', 'failure'], takes: ['quarantine'] },
};

const decisionSchema = rowSchema.transform((columns, context): StoredDecision => {
  const groups = readGroups(columns, name => {
    context.addIssue({ code: 'custom', path: [name], message: 'all of its columns were expected, or none' });
  });
  const { needs, takes } = groupsOf[columns.state];
  for (const name of needs) {
    if (groups[name] === null)
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `its columns were expected in ${columns.state}`,
      });
  }
  for (const name of Object.keys(groups) as GroupName[]) {
    if (groups[name] !== null && !needs.includes(name) && !takes.includes(name))
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `no such columns were expected in ${columns.state}`,
      });
  }
  const { partitionKey, rowKey, state, changedAt, operationId, etag } = columns;
  const kept = Object.fromEntries([...needs, ...takes].map(name => [name, groups[name]]));
  // What the table of groups says of a state is what the type says of it.
  return {
    type: partitionKey,
    id: rowKey,
    state,
    changedAt,
    operationId,
    etag,
    ...kept,
  } as unknown as DecisionIn<typeof state> & { etag: string };
});

/** `incomplete` hears of groups that are there in part. */
function readGroups(row: Columns, incomplete: (group: string) => void): Groups {
  /** A group with all that it has to have, and what it may have; null where nothing of it is there. */
  function whole<Values extends object, Optional extends object>(
    name: string,
    values: Values,
    optional: Optional,
  ): (Whole<Values> & Optional) | null {
    const found = Object.values(values).filter(value => value !== null).length;
    if (found === Object.keys(values).length) return { ...(values as Whole<Values>), ...optional };
    if (found > 0 || Object.values(optional).some(value => value !== null)) incomplete(name);
    return null;
  }
  const somebody = (name: string, id: string | null, displayName: string | null): Person | null =>
    whole(name, { id, name: displayName }, {});

  return {
    quarantine: whole(
      'quarantine',
      {
        by: somebody('quarantinedBy', row.quarantinedBy, row.quarantinedByName),
        at: row.quarantinedAt,
        until: row.quarantineUntil,
      },
      {},
    ),
    approval: whole(
      'approval',
      {
        by: somebody('approvedBy', row.approvedBy, row.approvedByName),
        at: row.approvedAt,
        expiresAt: row.approvalExpiresAt,
        evidenceHash: row.approvalEvidenceHash,
        runId: row.approvalRunId,
      },
      { comment: row.approvalComment, confirmation: row.approvalConfirmation },
    ),
    rejection: whole(
      'rejection',
      {
        by: somebody('rejectedBy', row.rejectedBy, row.rejectedByName),
        at: row.rejectedAt,
        evidenceHash: row.rejectionEvidenceHash,
        reason: row.rejectionReason,
      },
      { expiresAt: row.rejectionExpiresAt },
    ),
    deletion: whole(
      'deletion',
      {
        by: somebody('deletionBy', row.deletionBy, row.deletionByName),
        operationId: row.deletionOperationId,
        at: row.deletionAt,
        attempt: row.deletionAttempt,
      },
      {},
    ),
    failure: whole('failure', { at: row.failedAt, reason: row.failureReason }, {}),
    deletedAt: row.deletedAt,
    restoration: whole(
      'restoration',
      { by: somebody('restoredBy', row.restoredBy, row.restoredByName), at: row.restoredAt },
      { comment: row.restoreComment },
    ),
    lapse: whole(
      'lapse',
      { at: row.lapsedAt, reason: row.lapseReason },
      { by: somebody('reopenedBy', row.reopenedBy, row.reopenedByName) },
    ),
  };
}

type Whole<Values> = { readonly [Name in keyof Values]: NonNullable<Values[Name]> };

/** Reads a row of Decisions; `rowInvalid` where it is not one. */
export const decisionOfRow = (table: string, row: unknown): StoredDecision =>
  parseRow(table, decisionSchema, row);
