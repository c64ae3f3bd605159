import { z } from 'zod';
import { readAudit } from '../shared/app/review/readAudit';
import { verifyAuditWithin } from '../shared/app/review/verifyAuditWithin';
import type { AuditStore } from '../shared/app/verifyAudit';
import {
  actorKinds,
  auditActions,
  auditedTypes,
  auditMonthPattern,
  auditParts,
  type AuditMonth,
  type AuditRow,
} from '../shared/core/audit';
import type { AuditFault, RowReading } from '../shared/core/auditVerification';
import { formatInstant } from '../shared/core/instant';
import { wholeNumberParameter } from '../shared/io/http/parameters';
import { defineRoute } from '../shared/io/http/route';
import { time } from './candidateDocument';

/** What reading the audit log needs. */
export interface AuditRoutePorts {
  readonly auditStore: AuditStore;
}

const defaultLimit = 100;
/** The host answers by itself after 230 seconds. */
const verifyBudgetMs = 200_000;

const partParameter = z.enum(auditParts);
const monthParameter = z
  .string()
  .regex(auditMonthPattern, 'a month as yyyyMM is expected')
  .transform(text => text as AuditMonth);

const rowSchema = z
  .strictObject({
    sequence: z.int(),
    operationId: z.string(),
    at: time,
    actor: z.strictObject({ kind: z.enum(actorKinds), id: z.string(), name: z.string().nullable() }),
    action: z.enum(auditActions),
    object: z.strictObject({ type: z.enum(auditedTypes), id: z.string() }).nullable(),
    evidenceHash: z.string().nullable(),
    runId: z.string().nullable(),
    correlationId: z.string().nullable(),
    details: z.unknown().meta({ description: 'Whatever the action has to say, as JSON.' }),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' });

const pageSchema = z
  .strictObject({
    part: z.enum(auditParts),
    month: z.string().nullable(),
    months: z.array(z.string()).meta({ description: 'Every month of the part, oldest first.' }),
    rows: z.array(
      z.strictObject({
        key: z.string(),
        row: rowSchema
          .nullable()
          .meta({ description: 'null: it can not be read, for the reason in problem.' }),
        problem: z.string().nullable(),
      }),
    ),
    next: z.int().nullable().meta({ description: '`after` of the next page; null: there is none.' }),
  })
  .meta({ id: 'AuditPage' });

/** GET /api/audit: rows of one chain. */
export const auditRoute = defineRoute({
  method: 'GET',
  path: '/audit',
  operationId: 'listAudit',
  summary: 'The audit log of one part and month, in its order',
  roles: ['Orphans.Reader'],
  query: z.strictObject({
    part: partParameter,
    month: monthParameter.optional().meta({ description: 'yyyyMM; default: the newest.' }),
    after: wholeNumberParameter(0, 9_999_999_999)
      .optional()
      .meta({ description: 'The rows behind this sequence.' }),
    limit: wholeNumberParameter(1, 1_000)
      .optional()
      .meta({ description: `A whole number from 1 to 1000; default ${defaultLimit}.` }),
  }),
  responses: { 200: { description: 'A page of rows', json: pageSchema } },
}).handledBy(async ({ query, signal }, { auditStore }: AuditRoutePorts) => {
  const { part, month = null, after = 0, limit = defaultLimit } = query;
  const page = await readAudit(auditStore.table, { part, month, after, limit }, signal);
  return { status: 200, json: { part, ...page, rows: page.rows.map(readingDocument) } };
});

function readingDocument({ key, row, problem }: RowReading) {
  return { key, row: row && rowDocument(row), problem: row ? null : problem };
}

const rowDocument = ({ part: _, month: __, actor, object, at, ...row }: AuditRow) => ({
  sequence: row.sequence,
  operationId: row.operationId,
  at: formatInstant(at),
  actor: { kind: actor.kind, id: actor.id, name: actor.name },
  action: row.action,
  object: object && { type: object.type, id: object.id },
  evidenceHash: row.evidenceHash,
  runId: row.runId,
  correlationId: row.correlationId,
  details: row.details,
  previousHash: row.previousHash,
  hash: row.hash,
});

const faults = [
  'removed',
  'cutOff',
  'changed',
  'reordered',
  'doubledOperation',
  'operationIndex',
  'head',
  'link',
  'notMirrored',
  'mirroredOtherwise',
] as const satisfies readonly AuditFault[];

const mostFindings = 1_000;

const reportSchema = z
  .discriminatedUnion('status', [
    z.strictObject({
      status: z.enum(['whole', 'damaged']),
      chains: z.int(),
      rows: z.int(),
      findings: z
        .array(z.strictObject({ fault: z.enum(faults), row: z.string(), message: z.string() }))
        .meta({ description: `The first ${mostFindings}.` }),
      findingsInAll: z.int(),
    }),
    z
      .strictObject({ status: z.literal('notFinished'), detail: z.string() })
      .meta({ description: 'Nothing is known.' }),
  ])
  .meta({ id: 'AuditReport' });

/** GET /api/audit/verify: whether the log is whole. */
export const verifyAuditRoute = defineRoute({
  method: 'GET',
  path: '/audit/verify',
  operationId: 'verifyAudit',
  summary: 'Compares the audit log with itself and with its mirror',
  roles: ['Orphans.Reader'],
  query: z.strictObject({ part: partParameter.optional().meta({ description: 'Default: both.' }) }),
  responses: { 200: { description: 'whole, or what is wrong with it', json: reportSchema } },
}).handledBy(async ({ query, signal }, { auditStore }: AuditRoutePorts) => {
  const parts = query.part === undefined ? auditParts : [query.part];
  const report = await verifyAuditWithin(auditStore, parts, verifyBudgetMs, signal);
  if (report.status === 'notFinished')
    return {
      status: 200,
      json: {
        status: report.status,
        detail: `The log was not read within ${verifyBudgetMs / 1000} seconds. Run npm run audit:verify, which has no such limit.`,
      },
    };
  const { findings } = report;
  return {
    status: 200,
    json: { ...report, findings: findings.slice(0, mostFindings), findingsInAll: findings.length },
  };
});
