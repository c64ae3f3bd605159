import { z } from 'zod';
import { collectCandidates, mostRowsCollected } from '../shared/app/review/collectCandidates';
import { listCandidates, type ListCandidatesPorts } from '../shared/app/review/listCandidates';
import { readCandidate, type ReadCandidatePorts } from '../shared/app/review/readCandidate';
import { factStates } from '../shared/core/facts';
import type { DecisionFilter } from '../shared/core/review/candidateFilter';
import { decisionStates } from '../shared/core/transitions';
import { cloudIdParameter, objectTypeParameter, wholeNumberParameter } from '../shared/io/http/parameters';
import { problem, type FieldError, type Problem } from '../shared/io/http/problem';
import { defineRoute } from '../shared/io/http/route';
import { candidatesCsv } from './candidateCsv';
import {
  candidateDocument,
  candidateSchema,
  listedCandidateSchema,
  listedDocument,
} from './candidateDocument';

const defaultLimit = 100;

const pageSchema = z
  .strictObject({
    items: z.array(listedCandidateSchema),
    continuation: z
      .string()
      .nullable()
      .meta({ description: 'Where the next page begins; null: there is none.' }),
    cutBy: z.enum(['rows', 'time']).nullable().meta({
      description: 'Why the page is shorter than its limit although there is more: go on with continuation.',
    }),
  })
  .meta({ id: 'CandidatePage' });

const query = z.strictObject({
  status: z.enum(factStates).optional().meta({ description: 'State of the facts.' }),
  decision: z
    .enum([...decisionStates, 'none'] satisfies DecisionFilter[])
    .optional()
    .meta({ description: 'State of the decision, as it is in force; none: nobody has decided.' }),
  type: objectTypeParameter.optional(),
  search: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Part of displayName, userPrincipalName, mail or id, whatever its case.' }),
  limit: wholeNumberParameter(1, 1_000)
    .optional()
    .meta({ description: `A whole number from 1 to 1000; default ${defaultLimit}. Not for text/csv.` }),
  continuation: z
    .string()
    .min(1)
    .max(3_000)
    .optional()
    .meta({ description: 'From the page before. Not for text/csv.' }),
});

/** A problem of the query: what the frame answers to one that does not fit its schema. */
const invalid = (name: keyof z.infer<typeof query>, detail: string): Problem<'requestInvalid'> => {
  const errors: FieldError[] = [{ pointer: `/query/${name}`, detail }];
  return problem('requestInvalid', 'Correct the fields that errors names.', { errors });
};

/** GET /api/candidates: what the scan found, with the decisions. */
export const candidatesRoute = defineRoute({
  method: 'GET',
  path: '/candidates',
  operationId: 'listCandidates',
  summary: 'The candidates, with the decisions about them',
  roles: ['Orphans.Reader'],
  query,
  responses: {
    200: {
      description: `A page of candidates in the order of type and id; as text/csv the whole list, at most ${mostRowsCollected} rows`,
      json: pageSchema,
      csv: true,
    },
  },
  problems: ['requestInvalid'],
}).handledBy(async ({ query: asked, accept, signal }, ports: ListCandidatesPorts) => {
  const { limit, continuation = null } = asked;
  const filters = {
    state: asked.status ?? null,
    type: asked.type ?? null,
    decision: asked.decision ?? null,
    search: asked.search ?? null,
  };
  if (accept === 'text/csv') {
    if (limit !== undefined) return invalid('limit', 'text/csv is the whole list');
    if (continuation !== null) return invalid('continuation', 'text/csv is the whole list');
    const collected = await collectCandidates(ports, filters, signal);
    switch (collected.kind) {
      case 'whole':
        return { status: 200, csv: candidatesCsv(collected.items) };
      case 'tooLong':
        return invalid(
          'status',
          `at most ${mostRowsCollected} rows fit: narrow the list by status, type, decision or search, or read pages of JSON`,
        );
      case 'tooSlow':
        return invalid('search', 'the whole list takes too long: narrow it, or read pages of JSON');
    }
  }
  const page = await listCandidates(
    ports,
    { ...filters, limit: limit ?? defaultLimit, continuation },
    signal,
  );
  if (page.kind === 'continuationInvalid')
    return invalid('continuation', 'the continuation of a page of the same list is expected');
  return {
    status: 200,
    json: { items: page.items.map(listedDocument), continuation: page.continuation, cutBy: page.cutBy },
  };
});

/** GET /api/candidates/{type}/{id}: what a person reads before deciding. */
export const candidateRoute = defineRoute({
  method: 'GET',
  path: '/candidates/{type}/{id}',
  operationId: 'getCandidate',
  summary: 'One candidate, with its evidence and its decision',
  roles: ['Orphans.Reader'],
  params: z.strictObject({ type: objectTypeParameter, id: cloudIdParameter }),
  responses: { 200: { description: 'The candidate', json: candidateSchema, etag: true } },
  problems: ['notFound'],
}).handledBy(async ({ params: { type, id }, signal }, ports: ReadCandidatePorts) => {
  const found = await readCandidate(ports, type, id, signal);
  if (found === null)
    return problem(
      'notFound',
      'The scan has found nothing about this object. See /api/explain for any object.',
    );
  return { status: 200, json: candidateDocument(found), etag: found.version };
});
