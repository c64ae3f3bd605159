import type { z } from 'zod';
import {
  problemCodes,
  problemKinds,
  problemSchema,
  problemType,
  type ProblemDocument,
} from '../../../../shared/io/http/problem';
import { problemsOf } from '../../../../shared/io/http/openApi';
import type { RouteDescription } from '../../../../shared/io/http/route';

/** What was asked, where it was meant to be valid; what is left out is not checked. */
export interface DocumentedRequest {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/**
 * Checks an answer, and the request that led to it, against the route's description, which the OpenAPI document is made of: status,
 * media type, headers, every property of the body. Answers the body, parsed.
 */
export async function expectDocumented(
  route: RouteDescription,
  response: Response,
  request: DocumentedRequest = {},
): Promise<unknown> {
  expectCommonHeaders(response);
  if (response.status >= 400) return await expectProblem(route, response);
  for (const part of ['params', 'query', 'body'] as const)
    if (request[part] !== undefined) expectFits(route[part], request[part], `${part} of the request`);
  const described = route.responses[response.status];
  expect(described ?? `status ${response.status} of ${route.operationId} is not documented`).toBeInstanceOf(
    Object,
  );
  expect(response.headers.has('etag')).toBe(described?.etag === true);
  expect(response.headers.has('location')).toBe(described?.location === true);
  const text = await response.text();
  const type = response.headers.get('content-type');
  if (described?.csv && type === 'text/csv; charset=utf-8') return text;
  if (!described?.json) {
    expect(text).toBe('');
    return null;
  }
  expect(type).toBe('application/json');
  const body: unknown = JSON.parse(text);
  expectFits(described.json, body, 'the answer');
  return body;
}

/** A problem document that is right in itself, and one that the route may answer. */
async function expectProblem(route: RouteDescription, response: Response): Promise<ProblemDocument> {
  const body = await readProblem(response);
  // What a use case throws may come from any route.
  const declared = problemsOf(route).map(problemType);
  const fromAnywhere = problemCodes.filter(code => problemKinds[code].status >= 500).map(problemType);
  expect([...declared, ...fromAnywhere, '/problems/writeConflict']).toContain(body.type);
  return body;
}

/** A problem document (RFC 9457), whatever it is about. */
export async function readProblem(response: Response): Promise<ProblemDocument> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body = problemSchema.parse(await response.json());
  expect(body.status).toBe(response.status);
  expect(body.instance).toBe(`urn:uuid:${response.headers.get('x-correlation-id')}`);
  return body;
}

export function expectCommonHeaders({ headers }: Response): void {
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect([...headers.keys()].filter(name => /^access-control-|^set-cookie$/.test(name))).toEqual([]);
}

function expectFits(schema: z.ZodType | undefined, value: unknown, what: string): void {
  const parsed = schema?.safeParse(value);
  expect({ what, issues: parsed ? parsed.error?.issues : 'has no schema' }).toEqual({
    what,
    issues: undefined,
  });
}
