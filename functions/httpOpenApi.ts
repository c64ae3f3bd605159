import { z } from 'zod';
import { version } from '../shared/core/version';
import { describeApi, type OpenApiDocument } from '../shared/io/http/openApi';
import { defineRoute, type Route, type RouteDescription } from '../shared/io/http/route';

/** GET /api/openapi.json: what these routes, and this one, are. */
export function openApiRoute(routes: readonly RouteDescription[]): Route {
  let document: OpenApiDocument | null = null;
  const route: Route = defineRoute({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'This document',
    roles: ['Orphans.Reader'],
    responses: { 200: { description: 'An OpenAPI 3.1 document', json: z.looseObject({}) } },
  }).handledBy(async () => {
    document ??= describeApi([...routes, route], version);
    return { status: 200, json: document };
  });
  return route;
}
