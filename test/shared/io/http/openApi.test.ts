import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { reviewRoutes } from '../../../../functions/httpRoutes';
import { version } from '../../../../shared/core/version';
import { describeApi } from '../../../../shared/io/http/openApi';
import { problemCodes, problemKinds, problemType } from '../../../../shared/io/http/problem';
import type { RouteDescription } from '../../../../shared/io/http/route';
import { readDocument, root, section, table } from '../../../docs/markdown';
import { approveThing, listThings, sampleRoutes } from './sampleApi';

const documentFile = path.join(root, 'docs', 'openapi.json');

test('docs/openapi.json is current (delete it, run this test and format it, to make it anew)', () => {
  const current = describeApi(reviewRoutes, version);
  if (!existsSync(documentFile) && !process.env['CI'])
    writeFileSync(documentFile, `${JSON.stringify(current, null, 2)}\n`);
  expect(JSON.parse(readFileSync(documentFile, 'utf8'))).toEqual(current);
});

const document = describeApi(sampleRoutes, '1.2.3') as {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
  readonly components: { readonly schemas: Record<string, object> };
};

describe('the OpenAPI document', () => {
  test('is of version 3.1 and names the app’s version', () => {
    expect(document).toMatchObject({
      openapi: '3.1.0',
      info: { version: '1.2.3' },
      servers: [{ url: '/api' }],
    });
  });

  test('has every route with its parameters, body, answers and problems', () => {
    const operation = document.paths['/things/{type}/{id}/approve']?.['post'];
    expect(operation).toMatchObject({
      operationId: 'approveThing',
      description: 'Role: Orphans.Approver. A person only, not an application.',
      parameters: [
        {
          name: 'type',
          in: 'path',
          required: true,
          schema: { enum: ['user', 'group', 'contact', 'device'] },
        },
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'If-Match', in: 'header', required: true },
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { additionalProperties: false } } },
      },
      responses: {
        200: { headers: { ETag: {} }, content: { 'application/json': {} } },
        404: { description: '/problems/notFound: There is no such thing' },
        412: {
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    });
    expect(Object.keys(operation?.['responses'] as object)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '406',
      '409',
      '412',
      '413',
      '414',
      '415',
      '428',
      '500',
      '503',
    ]);
  });

  test('tells what a query may hold from what it must hold', () => {
    const parametersOf = (of: string): unknown => document.paths[of]?.['get']?.['parameters'];
    expect(parametersOf('/things')).toMatchObject([
      { name: 'top', in: 'query', required: false, schema: { description: 'A whole number from 1 to 100.' } },
      { name: 'type', required: false },
      { name: 'search', required: false },
    ]);
    expect(parametersOf('/failing')).toMatchObject([{ name: 'how', required: true }]);
  });

  test('has text/csv and Location where the route has', () => {
    expect(document.paths['/things']?.['get']?.['responses']).toMatchObject({
      200: { content: { 'application/json': {}, 'text/csv': { schema: { type: 'string' } } } },
    });
    expect(document.paths['/deletions']?.['post']).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { additionalProperties: false } } } },
      responses: { 202: { headers: { Location: {} } } },
    });
  });

  test('has schemas with an id once, as components, and every reference leads to one', () => {
    expect(Object.keys(document.components.schemas).sort()).toEqual(['Problem', 'Thing']);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to]) => to);
    expect(new Set(references)).toEqual(
      new Set(['#/components/schemas/Problem', '#/components/schemas/Thing']),
    );
    expect(JSON.stringify(document)).not.toContain('$defs');
  });

  test('two different schemas under one id are a mistake, the same twice is not', () => {
    const answering = (at: string, schema: z.ZodType): RouteDescription => ({
      ...listThings,
      path: at,
      responses: { 200: { description: '', json: z.strictObject({ twin: schema }) } },
    });
    const twin = z.string().meta({ id: 'Twin' });
    expect(() => describeApi([answering('/a', twin), answering('/b', twin)], '1')).not.toThrow();
    const other = z.int().meta({ id: 'Twin' });
    expect(() => describeApi([answering('/a', twin), answering('/b', other)], '1')).toThrow(
      'have the id Twin',
    );
  });
});

/** What every route of the app must hold; a new one is checked by being in the list. */
describe.each(reviewRoutes.map(route => [route.operationId, route] as const))('route %s', (_, route) => {
  test('names a parameter for each of its schema, and the other way round', () => {
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(new Set(names)).toEqual(new Set(Object.keys(route.params?.shape ?? {})));
  });

  test('takes nothing that it does not know, at any level', () => {
    expect(looseObjectsOf(route)).toEqual([]);
  });

  test('has a body only where it changes something', () => {
    expect(route.method === 'GET' && (route.body !== undefined || route.ifMatch === true)).toBe(false);
  });
});

test('a body that is loose somewhere is found', () => {
  const body = z.strictObject({ list: z.array(z.object({ a: z.string() })) });
  expect(looseObjectsOf({ ...approveThing, body })).toEqual(['body/properties/list/items']);
  expect(looseObjectsOf(approveThing)).toEqual([]);
});

test('no two routes have one operation id', () => {
  const ids = reviewRoutes.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
});

/** Where a request's schema has objects that take unknown properties. */
function looseObjectsOf(route: RouteDescription): string[] {
  return (['params', 'query', 'body'] as const).flatMap(part => {
    const schema = route[part];
    return schema ? looseIn(z.toJSONSchema(schema, { io: 'input', reused: 'inline' }), part) : [];
  });
}

function looseIn(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own =
    'type' in value &&
    value.type === 'object' &&
    (value as { additionalProperties?: unknown }).additionalProperties !== false
      ? [at]
      : [];
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => looseIn(inner, `${at}/${name}`))];
}

test('docs/http-api.md lists exactly the problems that there are', () => {
  const rows = table(section(readDocument('docs/http-api.md'), '## Problems'), 'type', 'status', 'title');
  const expected = problemCodes.map(code => [
    problemType(code),
    String(problemKinds[code].status),
    problemKinds[code].title,
  ]);
  expect(new Set(rows.map(row => row.slice(0, 3)))).toEqual(new Set(expected));
  expect(rows).toHaveLength(expected.length);
});
