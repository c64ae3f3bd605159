import { z } from 'zod';
import { formatInstant } from '../shared/core/instant';
import { objectTypes } from '../shared/core/objectType';
import { gateKinds } from '../shared/core/gates/gate';
import type { Hold } from '../shared/core/holds';
import { runStates, type ExportUsed, type ScanRun } from '../shared/core/scanRun';
import { time, timeOrNull } from './candidateDocument';

/** One gate with what was found and what is allowed. */
export const gateSchema = z
  .strictObject({
    gate: z.string(),
    kind: z.enum(gateKinds).meta({
      description: 'A breach of evidence refuses the run; one of volume locks approval and deletion.',
    }),
    source: z.string().nullable(),
    type: z.enum(objectTypes).nullable(),
    context: z.string().nullable().meta({ description: 'Part of the source, as a naming context.' }),
    passed: z.boolean(),
    found: z.string(),
    limit: z.string(),
    reason: z.string().meta({ description: 'What to do; empty where the gate was passed.' }),
    severity: z.number().meta({ description: 'How far the breach goes; 0 where the gate was passed.' }),
    holds: z.boolean().meta({ description: 'Whether later runs are held until the breach is released.' }),
    releasedBy: z.strictObject({ ruleId: z.string(), severity: z.number() }).nullable(),
  })
  .meta({ id: 'Gate' });

export const exportUsedSchema = z
  .strictObject({
    source: z.string(),
    folder: z.string(),
    sequence: z.int(),
    manifestHash: z.string(),
    startedAt: time,
    finishedAt: time,
    lines: z.int(),
    namingContexts: z.array(
      z.strictObject({ distinguishedName: z.string(), counts: z.record(z.string(), z.int()) }),
    ),
  })
  .meta({ id: 'ExportUsed' });

export const exportUsedDocument = (used: ExportUsed) => ({
  ...used,
  startedAt: formatInstant(used.startedAt),
  finishedAt: formatInstant(used.finishedAt),
});

/** A breach that holds until it is released for its run and gate. */
export const holdSchema = z
  .strictObject({
    runId: z.string(),
    gate: z.string(),
    kind: z.enum(gateKinds),
    source: z.string().nullable(),
    type: z.enum(objectTypes).nullable(),
    context: z.string().nullable(),
    since: time,
    severity: z.number(),
  })
  .meta({ id: 'Hold' });

export const holdDocument = ({ since, ...hold }: Hold) => ({ ...hold, since: formatInstant(since) });

const figures = z.record(z.string(), z.int());

const summaryShape = {
  runId: z.string(),
  runNumber: z.int(),
  state: z.enum(runStates),
  startedAt: time,
  finishedAt: time.nullable(),
  reasons: z.array(z.string()),
  plan: z
    .strictObject({
      created: z.int(),
      refreshed: z.int(),
      attention: z.int(),
      withdrawn: z.int(),
      unchanged: z.int(),
    })
    .nullable(),
  version: z.string(),
};

/** A run in a list. */
export const scanSummarySchema = z.strictObject(summaryShape).meta({ id: 'ScanSummary' });

export const scanSummaryDocument = (run: ScanRun) => ({
  runId: run.runId,
  runNumber: run.runNumber,
  state: run.state,
  startedAt: formatInstant(run.startedAt),
  finishedAt: timeOrNull(run.finishedAt),
  reasons: run.reasons,
  plan: run.plan,
  version: run.version,
});

const synchronisationSchema = z.strictObject({
  tenant: z
    .strictObject({
      tenantId: z.string(),
      enabled: z.boolean().nullable(),
      lastSyncDateTime: time.nullable(),
      cloudSync: z.strictObject({
        status: z.enum(['notConfigured', 'notPermitted', 'read']),
        jobs: z.array(
          z.strictObject({
            servicePrincipalId: z.string(),
            id: z.string(),
            code: z.string(),
            lastSuccess: time.nullable(),
          }),
        ),
      }),
    })
    .nullable(),
  sources: z.array(
    z.strictObject({
      source: z.string(),
      lastSucceededStart: time.nullable(),
      hasHistory: z.boolean(),
      request: z.strictObject({ id: z.string(), status: z.string() }).nullable(),
    }),
  ),
});

function synchronisationDocument(synchronisation: ScanRun['synchronisation']) {
  if (synchronisation === null) return null;
  const { tenant, sources } = synchronisation;
  return {
    tenant: tenant && {
      ...tenant,
      lastSyncDateTime: timeOrNull(tenant.lastSyncDateTime),
      cloudSync: {
        status: tenant.cloudSync.status,
        jobs:
          tenant.cloudSync.status === 'read'
            ? tenant.cloudSync.jobs.map(job => ({ ...job, lastSuccess: timeOrNull(job.lastSuccess) }))
            : [],
      },
    },
    sources: sources.map(one => ({ ...one, lastSucceededStart: timeOrNull(one.lastSucceededStart) })),
  };
}

/** A run with all that is recorded of it. */
export const scanSchema = z
  .strictObject({
    ...summaryShape,
    gates: z.array(gateSchema),
    exports: z.array(exportUsedSchema),
    counts: z.partialRecord(
      z.enum(objectTypes),
      z.strictObject({ read: z.int(), notSynced: z.int(), outcomes: figures, unknownReasons: figures }),
    ),
    durations: z.record(z.string(), z.number()).meta({ description: 'Milliseconds of each phase.' }),
    planDigest: z.string().nullable(),
    fence: z.int().nullable(),
    acceptedBefore: z.string().nullable().meta({ description: 'The newest accepted run before this one.' }),
    holds: z
      .array(holdSchema)
      .meta({ description: 'What this run leaves to the next one, released or not.' }),
    synchronisation: synchronisationSchema.nullable(),
  })
  .meta({ id: 'Scan' });

export const scanDocument = (run: ScanRun) => ({
  ...scanSummaryDocument(run),
  gates: run.gates,
  exports: run.exports.map(exportUsedDocument),
  counts: run.counts,
  durations: run.durations,
  planDigest: run.planDigest,
  fence: run.fence,
  acceptedBefore: run.acceptedBefore,
  holds: run.holds.map(holdDocument),
  synchronisation: synchronisationDocument(run.synchronisation),
});
