import { z } from 'zod';
import type { ScanRunTable } from '../shared/app/ports';
import { wholeNumberParameter } from '../shared/io/http/parameters';
import { problem } from '../shared/io/http/problem';
import { defineRoute } from '../shared/io/http/route';
import { scanDocument, scanSchema, scanSummaryDocument, scanSummarySchema } from './scanDocument';

/** What reading the runs needs. */
export interface ScansPorts {
  readonly runs: Pick<ScanRunTable, 'newest' | 'read'>;
}

const defaultLimit = 20;

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
    200: { description: 'Newest first', json: z.strictObject({ items: z.array(scanSummarySchema) }) },
  },
}).handledBy(async ({ query, signal }, { runs }: ScansPorts) => {
  const newest = await runs.newest(query.limit ?? defaultLimit, signal);
  return { status: 200, json: { items: newest.map(scanSummaryDocument) } };
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
