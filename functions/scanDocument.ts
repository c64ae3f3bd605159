import { z } from 'zod';
import { formatInstant } from '../shared/core/instant';
import { objectTypes } from '../shared/core/objectType';
import { runStates, type ExportUsed, type ScanRun } from '../shared/core/scanRun';
import { time, timeOrNull } from './candidateDocument';

/** One gate with what was found and what is allowed. */
export const gateSchema = z
  .strictObject({
    gate: z.string(),
    source: z.string().nullable(),
    type: z.enum(objectTypes).nullable(),
    passed: z.boolean(),
    found: z.string(),
    limit: z.string(),
    reason: z.string().meta({ description: 'What to do; empty where the gate was passed.' }),
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
  })
  .meta({ id: 'ExportUsed' });

export const exportUsedDocument = (used: ExportUsed) => ({
  ...used,
  startedAt: formatInstant(used.startedAt),
  finishedAt: formatInstant(used.finishedAt),
});

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
});
