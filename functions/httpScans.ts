import { z } from 'zod';
import type { Clock, ScanRunTable } from '../shared/app/ports';
import { runsForMissedWork } from '../shared/app/readMissedWork';
import type { SourceName } from '../shared/core/exportFormat';
import { missedWork, missedWorkAfterHours, type MissedWork } from '../shared/core/missedWork';
import { wholeNumberParameter } from '../shared/io/http/parameters';
import { problem } from '../shared/io/http/problem';
import { defineRoute } from '../shared/io/http/route';
import { time, timeOrNull } from './candidateDocument';
import { scanDocument, scanSchema, scanSummaryDocument, scanSummarySchema } from './scanDocument';

/** What reading the runs needs. */
export interface ScansPorts {
  readonly runs: Pick<ScanRunTable, 'newest' | 'read'>;
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  readonly clock: Clock;
}

const defaultLimit = 20;

const missedWorkSchema = z
  .strictObject({
    scan: z
      .strictObject({ lastFinishedAt: time.nullable().meta({ description: 'null: none has finished yet.' }) })
      .nullable()
      .meta({ description: `null: a scan has finished within the last ${missedWorkAfterHours} hours.` }),
    exports: z
      .array(
        z.strictObject({
          source: z.string(),
          lastFinishedAt: time
            .nullable()
            .meta({ description: 'null: the last scan that finished used none of this source.' }),
        }),
      )
      .meta({ description: `Sources without an accepted export for ${missedWorkAfterHours} hours.` }),
  })
  .meta({ id: 'MissedWork' });

const missedWorkDocument = ({ scan, exports: missing }: MissedWork): z.input<typeof missedWorkSchema> => ({
  scan: scan && { lastFinishedAt: timeOrNull(scan.lastFinishedAt) },
  exports: missing.map(({ source, lastFinishedAt }) => ({
    source,
    lastFinishedAt: timeOrNull(lastFinishedAt),
  })),
});

/** GET /api/scans: the newest runs. */
export const scansRoute = defineRoute({
  method: 'GET',
  path: '/scans',
  operationId: 'listScans',
  summary: 'The newest scans, whatever became of them',
  roles: ['Orphans.Reader'],
  query: z.strictObject({
    limit: wholeNumberParameter(1, 100)
      .optional()
      .meta({ description: `A whole number from 1 to 100; default ${defaultLimit}.` }),
  }),
  responses: {
    200: {
      description: 'Newest first, and what should have happened and did not',
      json: z.strictObject({ items: z.array(scanSummarySchema), missedWork: missedWorkSchema }),
    },
  },
}).handledBy(async ({ query, signal }, { runs, sources, clock }: ScansPorts) => {
  const limit = query.limit ?? defaultLimit;
  const newest = await runsForMissedWork(runs, signal, limit);
  return {
    status: 200,
    json: {
      items: newest.slice(0, limit).map(scanSummaryDocument),
      missedWork: missedWorkDocument(missedWork(newest, sources, clock.now())),
    },
  };
});

/** As the table ScanRuns keeps them. */
const runIdParameter = z.string().regex(/^[0-9A-Za-z-]{1,64}$/, 'the id of a run is expected');

/** GET /api/scans/{runId}: every gate with figure and limit, counts, exports, reasons, durations. */
export const scanRoute = defineRoute({
  method: 'GET',
  path: '/scans/{runId}',
  operationId: 'getScan',
  summary: 'One scan, with every gate, figure and limit',
  roles: ['Orphans.Reader'],
  params: z.strictObject({ runId: runIdParameter }),
  responses: { 200: { description: 'The scan', json: scanSchema } },
  problems: ['notFound'],
}).handledBy(async ({ params: { runId }, signal }, { runs }: ScansPorts) => {
  const run = await runs.read(runId, signal);
  if (run === null) return problem('notFound', 'There is no scan with this id.');
  return { status: 200, json: scanDocument(run) };
});
