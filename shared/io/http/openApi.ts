import { z } from 'zod';
import { roles } from '../../app/caller';
import { offeredTypes } from './mediaType';
import { problemKinds, problemSchema, problemType, type ProblemCode } from './problem';
import { largestBody } from './requestBody';
import type { ResponseDescription, RouteDescription } from './route';

/** An OpenAPI 3.1 document, as JSON. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

type Json = Readonly<Record<string, unknown>>;

/** Problems that any route may answer. */
const always: readonly ProblemCode[] = [
  'requestInvalid',
  'tokenRequired',
  'tokenInvalid',
  'scopeMissing',
  'roleMissing',
  'notAcceptable',
  'targetTooLong',
  'unexpected',
  'authenticationNotConfigured',
  'signingKeysUnavailable',
];
const ofChanges: readonly ProblemCode[] = ['bodyTooLarge', 'mediaTypeUnsupported'];
const ofConditions: readonly ProblemCode[] = ['preconditionRequired', 'preconditionFailed'];

/** Every problem that a route may answer: those of the frame, and its own. A use case's errors (5xx) may come on top. */
export const problemsOf = (route: RouteDescription): readonly ProblemCode[] => [
  ...new Set([
    ...always,
    ...(route.method === 'GET' ? [] : ofChanges),
    ...(route.ifMatch ? ofConditions : []),
    ...(route.person ? (['personRequired'] as const) : []),
    ...(route.problems ?? []),
  ]),
];

/**
 * Describes the routes as an OpenAPI 3.1 document, from the schemas that validate them. Schemas with an id (`.meta({ id })`) are
 * components.
 */
export function describeApi(routes: readonly RouteDescription[], version: string): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes.toSorted((one, other) => (one.path < other.path ? -1 : 1)))
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, components) };
  components.schemaOf(problemSchema, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'entra-orphans',
      version,
      description:
        'Review and deletion of synced objects that have lost their on-premises source. Errors are problem details (RFC 9457).',
    },
    servers: [{ url: '/api' }],
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `Access token of Microsoft Entra ID for this API, with a role: ${roles.join(', ')}.`,
        },
      },
      schemas: components.schemas,
    },
  };
}

/** Schemas that were met, by their ids. */
class Components {
  readonly schemas: Record<string, Json> = {};

  /** A schema as it stands in the document; what it refers to becomes a component. */
  schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as Json;
    for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, Json>)) {
      const found = pointingToComponents(definition) as Json;
      const known = this.schemas[id];
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(found))
        throw new RangeError(`Two different schemas have the id ${id}.`);
      this.schemas[id] = found;
    }
    return pointingToComponents(own) as Json;
  }
}

function pointingToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointingToComponents);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : pointingToComponents(inner),
    ]),
  );
}

function operation(route: RouteDescription, components: Components): Json {
  const parameters = [
    ...parametersOf('path', route.params, components),
    ...parametersOf('query', route.query, components),
    ...(route.ifMatch ? [ifMatchParameter] : []),
  ];
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: rightsOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.method === 'GET' ? {} : { requestBody: requestBodyOf(route, components) }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.responses).map(([status, response]) => [
          status,
          responseOf(response, components),
        ]),
      ),
      ...problemResponses(route),
    },
  };
}

const rightsOf = ({ roles: accepted, person }: RouteDescription): string =>
  `Role: ${accepted.join(' or ')}.${person ? ' A person only, not an application.' : ''}`;

const ifMatchParameter: Json = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what was read: one strong entity tag.',
  schema: { type: 'string' },
};

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodObject | undefined,
  components: Components,
): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, value]) => ({
    name,
    in: place,
    required: place === 'path' || !z.safeParse(value as z.ZodType, undefined).success,
    schema: components.schemaOf(value as z.ZodType, 'input'),
  }));
}

const requestBodyOf = (
  { body, largestBody: largest = largestBody }: RouteDescription,
  components: Components,
): Json => ({
  required: true,
  description: `At most ${largest} bytes.`,
  content: {
    'application/json': { schema: components.schemaOf(body ?? z.strictObject({}), 'input') },
  },
});

const [jsonType, csvType] = offeredTypes;

function responseOf(response: ResponseDescription, components: Components): Json {
  const content = {
    ...(response.json ? { [jsonType]: { schema: components.schemaOf(response.json, 'output') } } : {}),
    ...(response.csv ? { [csvType]: { schema: { type: 'string' } } } : {}),
  };
  const headers = {
    ...(response.etag ? { ETag: { description: 'For If-Match.', schema: { type: 'string' } } } : {}),
    ...(response.location ? { Location: { schema: { type: 'string' } } } : {}),
  };
  return {
    description: response.description,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

/** One answer a status, since OpenAPI has no other: its description lists the problems. */
function problemResponses(route: RouteDescription): Record<string, Json> {
  const responses: Record<string, Json> = {};
  const codes = problemsOf(route);
  for (const status of new Set(codes.map(code => problemKinds[code].status))) {
    const those = codes.filter(code => problemKinds[code].status === status);
    responses[status] = {
      description: those.map(code => `${problemType(code)}: ${problemKinds[code].title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return responses;
}
