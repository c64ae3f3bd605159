import { z } from 'zod';
import { readDocument, table } from '../markdown';
import { withValues } from './placeholders';

/** A request to the app's own API, as a line of a document makes it. */
export interface ApiCall {
  readonly method: string;
  /** Behind `/api`: `/scans?limit=7`. */
  readonly address: string;
  readonly headers: readonly string[];
  readonly body: string | null;
  /** A JMESPath that picks from the answer; null: none. */
  readonly query: string | null;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: { readonly 'application/json': { readonly schema: JsonObject } };
  };
  readonly responses: JsonObject;
}

const openApi = JSON.parse(readDocument('docs/openapi.json')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: JsonObject };
};

/** Health has a function of its own, and is in no document of the routes. */
const besides: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/health': { get: { responses: {} } },
};

const gates = new Set(table(readDocument('docs/how-it-works.md'), 'Gate', 'Kind').map(([gate]) => gate));

/** What stands behind `/api` in an address, where it is one of this app; null: it is not. */
export const apiAddressOf = (url: string): string | null =>
  /^(?:\$API|https:\/\/[^/]+\/api)(\/.*)$/.exec(url)?.[1] ?? null;

/** What is wrong with a request: route, method, parameters, headers, body, and what it picks from the answer. */
export function problemsOfApiCall({ method, address, headers, body, query }: ApiCall): readonly string[] {
  const [route = '', search = ''] = address.split('?');
  const operations = operationsAt(route);
  if (operations === null) return [`there is no route ${route}`];
  const operation = operations[method.toLowerCase()];
  if (operation === undefined) return [`there is no ${method.toUpperCase()} ${route}`];
  const named = (place: string): readonly string[] =>
    (operation.parameters ?? []).filter(parameter => parameter.in === place).map(({ name }) => name);
  const problems: string[] = [];
  for (const name of new URLSearchParams(search).keys())
    if (!named('query').includes(name)) problems.push(`${route} has no parameter ${name}`);
  const ifMatch = headers.some(header => /^If-Match[=:]/.test(header));
  if (ifMatch !== named('header').includes('If-Match'))
    problems.push(`If-Match is ${ifMatch ? 'not known to' : 'missing for'} ${method} ${route}`);
  problems.push(...problemsOfBody(operation, body, headers, route));
  if (query !== null) problems.push(...problemsOfQuery(operation, query));
  return problems;
}

function operationsAt(route: string): Readonly<Record<string, Operation>> | null {
  const all = { ...openApi.paths, ...besides };
  // A fixed segment goes before one that stands for anything.
  const templates = Object.keys(all).toSorted((one, other) => placesIn(one) - placesIn(other));
  const found = templates.find(template =>
    new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(route),
  );
  return found === undefined ? null : (all[found] ?? null);
}

const placesIn = (template: string): number => template.split('{').length;

function problemsOfBody(
  { requestBody }: Operation,
  body: string | null,
  headers: readonly string[],
  route: string,
): readonly string[] {
  if (requestBody === undefined) return body === null ? [] : [`${route} takes no body`];
  if (body === null) return [`${route} needs a body`];
  const problems: string[] = [];
  if (!headers.some(header => /^(?:Content-Type[=:] ?application\/json|\$JSON)$/.test(header)))
    problems.push(`${route} needs Content-Type application/json`);
  let value: unknown;
  try {
    value = JSON.parse(withValues(body));
  } catch {
    return [...problems, `the body of ${route} is not JSON: ${body}`];
  }
  const schema = {
    ...(localReferences(requestBody.content['application/json'].schema) as JsonObject),
    $defs: localReferences(openApi.components.schemas),
  };
  const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
  if (!checked.success)
    problems.push(...checked.error.issues.map(({ path, message }) => `body /${path.join('/')}: ${message}`));
  const { gate } = value as { readonly gate?: unknown };
  if (typeof gate === 'string' && !gates.has(gate)) problems.push(`there is no gate ${gate}`);
  return problems;
}

/** References within one schema, in place of those into the whole document. */
const localReferences = (value: Json): Json =>
  JSON.parse(JSON.stringify(value).replaceAll('#/components/schemas/', '#/$defs/')) as Json;

/** Every name that a query uses has to be a property somewhere in the answer. */
function problemsOfQuery({ responses }: Operation, query: string): readonly string[] {
  const properties = new Set<string>();
  collectProperties(responses, properties, new Set());
  const names = query
    .replaceAll(/'[^']*'|`[^`]*`/g, '')
    .replaceAll(/\w+ *: */g, '')
    .match(/[A-Za-z_]\w*/g);
  return (names ?? [])
    .filter(name => !properties.has(name))
    .map(name => `the answer has no ${name} to be picked by --query`);
}

function collectProperties(value: Json, into: Set<string>, seen: Set<string>): void {
  if (value === null || typeof value !== 'object') return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'properties') for (const name of Object.keys(inner as JsonObject)) into.add(name);
    if (key === '$ref' && typeof inner === 'string' && !seen.has(inner)) {
      seen.add(inner);
      const referred = openApi.components.schemas[inner.split('/').at(-1) ?? ''];
      if (referred !== undefined) collectProperties(referred, into, seen);
    }
    collectProperties(inner, into, seen);
  }
}
