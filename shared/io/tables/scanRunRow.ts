import { z } from 'zod';
import type { Correlation } from '../../core/correlate';
import { sourceNameSchema } from '../../core/exportFormat';
import { answeredRequestSchema } from '../../core/exportRequest';
import { gateKinds, type GateResult } from '../../core/gates/gate';
import type { Hold } from '../../core/holds';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { objectTypes } from '../../core/objectType';
import {
  runStates,
  type ExportUsed,
  type PlanCounts,
  type ScanRun,
  type TypeCounts,
} from '../../core/scanRun';
import type { RecordedSynchronisation } from '../../core/synchronisation';
import {
  dateTime,
  durationMs,
  int32,
  isoText,
  json,
  orNull,
  parseRow,
  present,
  read,
  rowInvalid,
  schemaVersion,
  text,
  unlessNull,
  type Columns,
  type ColumnValue,
  type Row,
} from './columns';
import { longestInline } from './spill';
import { cutText, escapeText, fromStorableText } from './storableText';

/** All runs are in one partition: there is one a night. */
export const runPartition = 'scan';

const newestPossible = 9_999_999_999_999;
const runIdPattern = /^[0-9A-Za-z-]{1,64}$/;

/** The later the run began, the smaller its key, since a table is read in the order of its keys. */
const rowKeyOf = ({ runId, startedAt }: Pick<ScanRun, 'runId' | 'startedAt'>): string =>
  `${String(newestPossible - startedAt).padStart(13, '0')}-${runId}`;

/** The key of a run's row. Throws a RangeError for a run that a key can not hold. */
export function runRowKey(run: Pick<ScanRun, 'runId' | 'startedAt'>): string {
  if (!runIdPattern.test(run.runId)) throw new RangeError(`a run id (${runIdPattern.source}) was expected`);
  if (!(run.startedAt >= 0 && run.startedAt <= newestPossible))
    throw new RangeError(`a start between 1970 and 2286 was expected, found ${run.startedAt}`);
  return rowKeyOf(run);
}

const jsonColumns = ['gates', 'exports', 'counts', 'durations', 'holds', 'synchronisation'] as const;
type JsonColumn = (typeof jsonColumns)[number];
const blobColumn = (column: JsonColumn): string => `${column}Blob`;

/** A row of ScanRuns, and the texts that are too long for it: they have to be in their blobs before the row is written. */
export interface PreparedRun {
  readonly row: Row;
  readonly spilled: readonly { readonly blob: string; readonly json: string }[];
}

/** The row of ScanRuns that records this run (docs/table-schema.md). */
export function rowOfRun(run: ScanRun): PreparedRun {
  const texts: Record<JsonColumn, string> = {
    gates: JSON.stringify(run.gates),
    exports: JSON.stringify(run.exports.map(exportUsedAsJson)),
    counts: JSON.stringify(run.counts),
    durations: JSON.stringify(run.durations),
    holds: JSON.stringify(run.holds.map(hold => ({ ...hold, since: isoText(hold.since) }))),
    synchronisation: JSON.stringify(synchronisationAsJson(run.synchronisation)),
  };
  const columns: Record<string, ColumnValue> = {};
  const spilled: { blob: string; json: string }[] = [];
  for (const column of jsonColumns) {
    const blob = `run-${run.runId}-${column}.json`;
    if (texts[column].length <= longestInline) columns[column] = texts[column];
    else {
      columns[blobColumn(column)] = blob;
      spilled.push({ blob, json: texts[column] });
    }
  }
  const row: Row = {
    partitionKey: runPartition,
    rowKey: runRowKey(run),
    ...present({
      schemaVersion,
      runId: run.runId,
      runNumber: int32(run.runNumber),
      state: run.state,
      startedAt: dateTime(run.startedAt),
      finishedAt: unlessNull(run.finishedAt, dateTime),
      durationMs: run.finishedAt === null ? null : durationMs(run.startedAt, run.finishedAt),
      reasons: reasonsColumn(run.reasons),
      created: unlessNull(run.plan?.created ?? null, int32),
      refreshed: unlessNull(run.plan?.refreshed ?? null, int32),
      attention: unlessNull(run.plan?.attention ?? null, int32),
      withdrawn: unlessNull(run.plan?.withdrawn ?? null, int32),
      unchanged: unlessNull(run.plan?.unchanged ?? null, int32),
      planDigest: run.planDigest,
      fence: unlessNull(run.fence, int32),
      version: text(run.version),
      acceptedBefore: run.acceptedBefore,
    }),
    ...columns,
    ...countColumns(run.counts),
  };
  return { row, spilled };
}

const exportUsedAsJson = (used: ExportUsed): object => ({
  ...used,
  startedAt: isoText(used.startedAt),
  finishedAt: isoText(used.finishedAt),
});

const isoTextOrNull = (at: Instant | null): string | null => (at === null ? null : isoText(at));

function synchronisationAsJson(synchronisation: ScanRun['synchronisation']): object | null {
  if (synchronisation === null) return null;
  const { tenant, sources } = synchronisation;
  return {
    tenant: tenant && {
      ...tenant,
      lastSyncDateTime: isoTextOrNull(tenant.lastSyncDateTime),
      cloudSync:
        tenant.cloudSync.status === 'read'
          ? {
              status: 'read',
              jobs: tenant.cloudSync.jobs.map(job => ({
                ...job,
                lastSuccess: isoTextOrNull(job.lastSuccess),
              })),
            }
          : tenant.cloudSync,
    },
    sources: sources.map(one => ({ ...one, lastSucceededStart: isoTextOrNull(one.lastSucceededStart) })),
  };
}

/** One reason a line; too many are cut, the column `gates` has each in full. */
const reasonsColumn = (reasons: readonly string[]): string | null =>
  reasons.length === 0 ? null : cutText(reasons.map(escapeText).join('\n'));

/** Each outcome of the comparison once; the compiler sees to it that none is missing. */
const outcomes: Readonly<Record<Correlation['kind'], true>> = {
  live: true,
  outOfScope: true,
  reAnchored: true,
  reCreated: true,
  duplicate: true,
  deleted: true,
  absent: true,
  notCovered: true,
  unknown: true,
};

/** The column `counts` again, flat: for reports only, never read back. */
function countColumns(counts: ScanRun['counts']): Columns {
  const columns: Record<string, ColumnValue> = {};
  for (const type of objectTypes) {
    const found = counts[type];
    if (!found) continue;
    columns[`${type}Read`] = int32(found.read);
    columns[`${type}NotSynced`] = int32(found.notSynced);
    for (const outcome of Object.keys(outcomes))
      columns[`${type}_${outcome}`] = int32(found.outcomes[outcome] ?? 0);
  }
  return columns;
}

const count = z.int().nonnegative();

const subjectShape = {
  gate: z.string(),
  source: z.nullable(z.string()),
  type: z.nullable(z.enum(objectTypes)),
  context: z.nullable(z.string()),
  kind: z.enum(gateKinds),
  severity: z.number().nonnegative(),
};

const gateSchema: z.ZodType<GateResult> = z.object({
  ...subjectShape,
  passed: z.boolean(),
  found: z.string(),
  limit: z.string(),
  reason: z.string(),
  holds: z.boolean(),
  releasedBy: z.nullable(z.object({ ruleId: z.string(), severity: z.number().nonnegative() })),
});

const holdSchema: z.ZodType<Hold> = z.object({
  ...subjectShape,
  runId: z.string().regex(runIdPattern),
  since: read.isoText,
});

const guid = z.guid().transform(id => id as Guid);

const synchronisationSchema: z.ZodType<RecordedSynchronisation> = z.object({
  tenant: z.nullable(
    z.object({
      tenantId: guid,
      enabled: z.nullable(z.boolean()),
      lastSyncDateTime: z.nullable(read.isoText),
      cloudSync: z.discriminatedUnion('status', [
        z.object({ status: z.enum(['notConfigured', 'notPermitted']) }),
        z.object({
          status: z.literal('read'),
          jobs: z.array(
            z.object({
              servicePrincipalId: guid,
              id: z.string(),
              code: z.string(),
              lastSuccess: z.nullable(read.isoText),
            }),
          ),
        }),
      ]),
    }),
  ),
  sources: z.array(
    z.object({
      source: sourceNameSchema,
      lastSucceededStart: z.nullable(read.isoText),
      hasHistory: z.boolean(),
      request: z.nullable(
        z.object({
          id: guid,
          status: z.enum(['requested', 'waiting', ...answeredRequestSchema.shape.outcome.options]),
        }),
      ),
    }),
  ),
});

const lineCounts = z.object({
  user: count,
  group: count,
  contact: count,
  computer: count,
  other: count,
  tombstone: count,
});

const exportUsedSchema: z.ZodType<ExportUsed> = z.object({
  source: sourceNameSchema,
  folder: z.string(),
  sequence: count,
  manifestHash: z.string(),
  startedAt: read.isoText,
  finishedAt: read.isoText,
  lines: count,
  namingContexts: z.array(z.object({ distinguishedName: z.string(), counts: lineCounts })),
});

const typeCountsSchema: z.ZodType<TypeCounts> = z.object({
  read: count,
  notSynced: count,
  outcomes: z.record(z.string(), count),
  unknownReasons: z.record(z.string(), count),
});

const planSchema: z.ZodType<PlanCounts> = z.object({
  created: count,
  refreshed: count,
  attention: count,
  withdrawn: count,
  unchanged: count,
});

/** All five figures, or none of them; undefined for anything between. */
function planOf(figures: Readonly<Record<keyof PlanCounts, number | null>>): PlanCounts | null | undefined {
  if (Object.values(figures).every(figure => figure === null)) return null;
  return planSchema.safeParse(figures).data;
}

const rowSchema = z
  .object({
    partitionKey: z.literal(runPartition),
    rowKey: z.string(),
    schemaVersion: read.schemaVersion,
    runId: z.string().regex(runIdPattern),
    runNumber: read.int32,
    state: z.enum(runStates),
    startedAt: read.dateTime,
    finishedAt: orNull(read.dateTime),
    reasons: orNull(z.string().transform(lines => lines.split('\n').map(fromStorableText))),
    created: orNull(read.int32),
    refreshed: orNull(read.int32),
    attention: orNull(read.int32),
    withdrawn: orNull(read.int32),
    unchanged: orNull(read.int32),
    planDigest: orNull(z.string()),
    fence: orNull(read.int32),
    version: read.text,
    gates: json(z.array(gateSchema)),
    exports: json(z.array(exportUsedSchema)),
    counts: json(z.partialRecord(z.enum(objectTypes), typeCountsSchema)),
    durations: json(z.record(z.string(), z.number())),
    acceptedBefore: orNull(z.string().regex(runIdPattern)),
    holds: json(z.array(holdSchema)),
    synchronisation: json(z.nullable(synchronisationSchema)),
  })
  .transform((row, context): ScanRun => {
    const { partitionKey: _, rowKey, schemaVersion: __, reasons, ...columns } = row;
    const { created, refreshed, attention, withdrawn, unchanged, ...rest } = columns;
    const plan = planOf({ created, refreshed, attention, withdrawn, unchanged });
    if (plan === undefined) context.addIssue('all figures of the plan were expected, or none');
    if (rowKeyOf(rest) !== rowKey) context.addIssue('the row key was expected to say startedAt and runId');
    return { ...rest, reasons: reasons ?? [], plan: plan ?? null };
  });

/** Reads a row of ScanRuns with the blobs that it names (`readBlob` answers null for a missing one); `rowInvalid` where it is not one. */
export async function runOfRow(
  table: string,
  row: Readonly<Record<string, unknown>>,
  readBlob: (blob: string) => Promise<string | null>,
): Promise<ScanRun> {
  const whole = { ...row };
  for (const column of jsonColumns) {
    const blob = row[blobColumn(column)];
    if (typeof blob !== 'string') continue;
    const spilled = await readBlob(blob);
    if (spilled === null) throw rowInvalid(table, String(row['rowKey']), `no blob ${JSON.stringify(blob)}`);
    whole[column] = spilled;
  }
  return parseRow(table, rowSchema, whole);
}
