import type { EqualityFilter } from './entityList';
import type { EntitySet } from './entitySets';
import { GraphError } from './graphError';
import { propertiesOf } from './metadata';

/** The query options that the stand-in knows; every route takes some of them. */
export type QueryOption = '$select' | '$filter' | '$top' | '$count' | '$skiptoken';
export type QueryOptions = ReadonlyMap<string, string>;

const defaultPageSize = 100;
const largestPageSize = 999;

/** The options of a request. Throws a GraphError for one that the route does not take, that is repeated or empty. */
export function readOptions(search: URLSearchParams, allowed: readonly QueryOption[]): QueryOptions {
  const options = new Map<string, string>();
  for (const [name, value] of search) {
    if (!allowed.some(option => option === name)) {
      throw badRequest(`The query option '${name}' is not supported here; supported: ${allowed.join(', ')}.`);
    }
    if (options.has(name)) throw badRequest(`Query option '${name}' was specified more than once.`);
    if (value === '') throw badRequest(`Query option '${name}' has no value.`);
    options.set(name, value);
  }
  return options;
}

/** The properties to answer with, in the order asked. `alsoServed`: what this route serves, though no list does. */
export function parseSelect(
  options: QueryOptions,
  set: EntitySet,
  alsoServed: readonly string[] = [],
): readonly string[] {
  const text = options.get('$select');
  if (text === undefined) return set.byDefault;
  const names = text.split(',');
  const properties = propertiesOf(set.entity);
  for (const name of names) {
    if (!properties.has(name)) {
      throw badRequest(`Parsing OData Select and Expand failed: ${noSuchProperty(name, set)}`);
    }
    if (set.notServed.includes(name) && !alsoServed.includes(name)) {
      throw new GraphError(501, 'NotImplemented', `The stand-in does not serve ${name} of ${set.entity}.`);
    }
  }
  if (new Set(names).size < names.length) throw badRequest(`$select names a property twice: ${text}.`);
  return names;
}

/** Only `<property> eq true|false` and `<property> eq 'text'`, a quote within the text doubled. */
export function parseFilter(options: QueryOptions, set: EntitySet): EqualityFilter | null {
  const text = options.get('$filter');
  if (text === undefined) return null;
  const match = /^(?<property>\w+) eq (?:(?<flag>true|false)|'(?<text>(?:[^']|'')*)')$/.exec(text)?.groups;
  const property = match?.['property'] ?? '';
  if (!match) throw unsupported(`Unsupported Query: ${text}.`);
  const type = propertiesOf(set.entity).get(property);
  if (!type) throw unsupported(noSuchProperty(property, set));
  const flag = match['flag'];
  const comparable = flag === undefined ? 'String' : 'Boolean';
  if (!set.filterable.includes(property) || type.name !== comparable) {
    throw unsupported(
      `Unsupported or invalid query filter clause specified for property '${property}' of resource '${set.entity}'.`,
    );
  }
  return {
    property,
    value: flag === undefined ? (match['text'] ?? '').replaceAll("''", "'") : flag === 'true',
  };
}

export function parseTop(options: QueryOptions): number {
  const text = options.get('$top');
  if (text === undefined) return defaultPageSize;
  const top = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (top >= 1 && top <= largestPageSize) return top;
  throw badRequest(
    `Invalid page size specified: '${text}'. Must be between 1 and ${largestPageSize} inclusive.`,
  );
}

export function parseCount(options: QueryOptions): boolean {
  const text = options.get('$count') ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw badRequest(
    `Invalid value '${text}' for $count query option found. Valid values are 'true', 'false'.`,
  );
}

/** Whether the request has the header `ConsistencyLevel: eventual`; another value of it is refused. */
export function parseConsistencyLevel(header: string | string[] | undefined): boolean {
  if (header === undefined) return false;
  if (header === 'eventual') return true;
  throw badRequest(`The header ConsistencyLevel was expected to be 'eventual', found '${String(header)}'.`);
}

export const badRequest = (message: string): GraphError => new GraphError(400, 'BadRequest', message);
export const unsupported = (message: string): GraphError =>
  new GraphError(400, 'Request_UnsupportedQuery', message);

const noSuchProperty = (name: string, set: EntitySet): string =>
  `Could not find a property named '${name}' on type 'microsoft.graph.${set.entity}'.`;
