import { z } from 'zod';
import {
  actorKinds,
  auditActions,
  auditedTypes,
  auditMonthPattern,
  auditParts,
  sequenceKey,
  type AuditChain,
  type AuditHead,
  type AuditMonth,
  type AuditRow,
} from '../../core/audit';
import { canonicalJson, type Json } from '../../core/canonicalJson';
import type { StoredHead } from '../../app/auditPorts';
import {
  dateTime,
  int32,
  json,
  orNull,
  parseRow,
  present,
  read,
  schemaVersion,
  text,
  type Row,
} from '../tables/columns';

// Three kinds of row lie in the partition of a chain: its rows by sequence, one for each operation id, and the head.

export const headKey = 'head';
export const operationPrefix = 'op-';
export const partitionOf = ({ part, month }: AuditChain): string => `${part}-${month}`;

const partitionSchema = z
  .templateLiteral([z.enum(auditParts), '-', z.string().regex(auditMonthPattern)])
  .transform(partition => {
    const [part, month] = partition.split('-') as [AuditChain['part'], AuditMonth];
    return { part, month };
  });

/** The month that a partition is of; null where it is no chain's. */
export const monthOfPartition = (partition: string): AuditMonth | null =>
  partitionSchema.safeParse(partition).data?.month ?? null;

export function rowOfAudit(row: AuditRow): Row {
  return {
    partitionKey: partitionOf(row),
    rowKey: sequenceKey(row.sequence),
    ...present({
      schemaVersion,
      sequence: int32(row.sequence),
      operationId: row.operationId,
      at: dateTime(row.at),
      actorKind: row.actor.kind,
      actorId: row.actor.id,
      actorName: text(row.actor.name),
      action: row.action,
      objectType: row.object?.type ?? null,
      objectId: row.object?.id ?? null,
      evidenceHash: row.evidenceHash,
      runId: row.runId,
      correlationId: row.correlationId,
      details: text(canonicalJson(row.details)),
      previousHash: row.previousHash,
      hash: row.hash,
    }),
  };
}

export function rowOfOperation(row: AuditRow): Row {
  return {
    partitionKey: partitionOf(row),
    rowKey: `${operationPrefix}${row.operationId}`,
    schemaVersion,
    sequence: int32(row.sequence),
  };
}

export function rowOfHead(chain: AuditChain, head: AuditHead): Row {
  return {
    partitionKey: partitionOf(chain),
    rowKey: headKey,
    ...present({
      schemaVersion,
      sequence: int32(head.sequence),
      hash: head.hash,
      previousMonth: head.previous,
      nextMonth: head.next,
    }),
  };
}

const month = z
  .string()
  .regex(auditMonthPattern, 'a month, yyyyMM, was expected')
  .transform(value => value as AuditMonth);
const id = z.string().min(1);

const rowSchema = z
  .object({
    partitionKey: partitionSchema,
    schemaVersion: read.schemaVersion,
    sequence: read.int32,
    operationId: id,
    at: read.dateTime,
    actorKind: z.enum(actorKinds),
    actorId: id,
    actorName: orNull(read.text),
    action: z.enum(auditActions),
    objectType: orNull(z.enum(auditedTypes)),
    objectId: orNull(id),
    evidenceHash: orNull(id),
    runId: orNull(id),
    correlationId: orNull(id),
    details: read.text.pipe(json(z.json()) as z.ZodType<Json, string>),
    previousHash: read.sha256,
    hash: read.sha256,
  })
  .transform(
    (
      { partitionKey, schemaVersion: _, actorKind, actorId, actorName, objectType, objectId, ...row },
      context,
    ): AuditRow => {
      const rest = { ...partitionKey, ...row, actor: { kind: actorKind, id: actorId, name: actorName } };
      if (objectType !== null && objectId !== null)
        return { ...rest, object: { type: objectType, id: objectId } };
      if (objectType === null && objectId === null) return { ...rest, object: null };
      context.addIssue({
        code: 'custom',
        path: ['objectId'],
        message: 'both of objectType and objectId were expected, or none',
      });
      return z.NEVER;
    },
  );

const headSchema = z
  .object({
    schemaVersion: read.schemaVersion,
    etag: read.etag,
    sequence: read.int32,
    hash: read.sha256,
    previousMonth: orNull(month),
    nextMonth: orNull(month),
  })
  .transform(({ schemaVersion: _, previousMonth, nextMonth, ...head }): StoredHead => ({
    ...head,
    previous: previousMonth,
    next: nextMonth,
  }));

const operationSchema = z
  .object({ schemaVersion: read.schemaVersion, sequence: read.int32 })
  .transform(({ sequence }) => sequence);

/** These throw `rowInvalid`. */
export const auditOfRow = (table: string, row: unknown): AuditRow => parseRow(table, rowSchema, row);
export const headOfRow = (table: string, row: unknown): StoredHead => parseRow(table, headSchema, row);
/** The sequence that an operation's row leads to. */
export const sequenceOfOperation = (table: string, row: unknown): number =>
  parseRow(table, operationSchema, row);
