import type { AccessTokenClaims } from '../tokenIssuer';
import { authorize, hasAny } from './authorization';
import type { Directory } from './directory';
import type { EqualityFilter } from './entityList';
import {
  limitedOrganizationPermission,
  objectSets,
  organizationSet,
  type EntitySet,
  type ObjectSet,
} from './entitySets';
import { GraphError } from './graphError';
import { isObjectId, propertiesOf } from './metadata';
import type { Answer, JsonObject, Page } from './page';
import type { PagePosition, PageTokens } from './pageTokens';
import {
  parseConsistencyLevel,
  parseCount,
  parseFilter,
  parseSelect,
  parseTop,
  readOptions,
  unsupported,
  type QueryOption,
  type QueryOptions,
} from './query';

/** What a route knows of a request whose token is valid. */
export interface RoutedRequest {
  readonly claims: AccessTokenClaims;
  readonly search: URLSearchParams;
  readonly consistencyLevel: string | string[] | undefined;
  /** The value of `{id}` in the route's path. */
  readonly id: string;
}

/** A request that Graph answers. To add one, add it to `createRoutes`. */
export interface Route {
  readonly method: string;
  /** Literal segments after /v1.0, or `{id}`. */
  readonly path: string;
  /** Throws a GraphError for whatever Graph would refuse. */
  answer(request: RoutedRequest): Answer;
}

export interface RouteContext {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly directory: Directory;
  readonly pageTokens: PageTokens;
}

export function createRoutes(context: RouteContext): readonly Route[] {
  return [
    ...objectSets.flatMap(set => [
      { method: 'GET', path: `/${set.name}`, answer: listOf(set, context) },
      { method: 'GET', path: `/${set.name}/$count`, answer: countOf(set, context) },
      { method: 'GET', path: `/${set.name}/{id}`, answer: entityOf(set, context) },
    ]),
    { method: 'GET', path: '/organization', answer: organizationOf(context) },
  ];
}

/** The route of a request, and the id in its path. Throws a GraphError where there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { readonly route: Route; readonly id: string } {
  const segments = pathname.split('/').slice(1);
  const [version, ...rest] = segments;
  // Literal segments are listed before {id}: the first match says what the path is.
  const path = version === 'v1.0' ? routes.find(route => pathFits(route.path, rest))?.path : undefined;
  if (path === undefined) {
    const unknown = version === 'v1.0' ? (rest.at(-1) ?? '') : version;
    throw new GraphError(404, 'BadRequest', `Resource not found for the segment '${unknown}'.`);
  }
  const methods = routes.filter(route => route.path === path);
  const route = methods.find(one => one.method === method);
  if (!route) {
    const allow = methods.map(one => one.method).join(', ');
    throw new GraphError(
      405,
      'Request_BadRequest',
      'Specified HTTP method is not allowed for the request target.',
      { allow },
    );
  }
  return { route, id: rest[path.split('/').indexOf('{id}') - 1] ?? '' };
}

function pathFits(path: string, segments: readonly string[]): boolean {
  const expected = path.split('/').slice(1);
  return (
    expected.length === segments.length &&
    expected.every((segment, index) =>
      segment === '{id}' ? segments[index] !== '' : segment === segments[index],
    )
  );
}

function listOf(set: ObjectSet, { endpoint, directory, pageTokens }: RouteContext): Route['answer'] {
  const allowed: readonly QueryOption[] = ['$select', '$filter', '$top', '$count', '$skiptoken'];
  return ({ claims, search, consistencyLevel }) => {
    authorize(claims, set.readPermissions);
    const options = readOptions(search, allowed);
    const eventual = parseConsistencyLevel(consistencyLevel);
    const select = parseSelect(options, set);
    const filter = parseFilter(options, set);
    const top = parseTop(options);
    const counted = parseCount(options);
    if (counted) requireEventual(eventual, '$count=true');

    const list = addressOf(endpoint, set, options);
    const token = options.get('$skiptoken');
    const position: PagePosition =
      token === undefined
        ? { number: 1, after: '', previous: null, list, eventual }
        : pageTokens.redeem(token, list);
    if (position.eventual) requireEventual(eventual, 'A further page of a list that was begun with it');

    const read = (after: string) => directory.slice(set.type, filter, after, top);
    const linkTo = (next: Pick<PagePosition, 'after' | 'previous'>): string => {
      const following = pageTokens.issue({ ...position, ...next, number: position.number + 1 });
      return `${list}${list.includes('?') ? '&' : '?'}$skiptoken=${following}`;
    };
    const { entities, more } = read(position.after);
    const last = entities.at(-1) as { readonly id: string } | undefined;
    const project = projection(set, select);
    const page: Page = {
      context: contextOf(endpoint, set, options),
      count: counted && position.number === 1 ? directory.count(set.type, filter) : null,
      objects: entities.map(project),
      nextLink: more && last ? linkTo({ after: last.id, previous: position.after }) : null,
      linkHere: () => linkTo(position),
      previousObjects: () =>
        position.previous === null ? [] : read(position.previous).entities.map(project),
    };
    return { kind: 'page', page };
  };
}

function countOf(set: ObjectSet, { directory }: RouteContext): Route['answer'] {
  return ({ claims, search, consistencyLevel }) => {
    authorize(claims, set.readPermissions);
    const filter: EqualityFilter | null = parseFilter(readOptions(search, ['$filter']), set);
    requireEventual(parseConsistencyLevel(consistencyLevel), 'Raw count (/$count)');
    return { kind: 'count', count: directory.count(set.type, filter) };
  };
}

function entityOf(set: ObjectSet, { endpoint, directory }: RouteContext): Route['answer'] {
  return ({ claims, search, id }) => {
    authorize(claims, set.readPermissions);
    const options = readOptions(search, ['$select']);
    const select = parseSelect(options, set);
    const objectId = id.toLowerCase();
    if (!isObjectId(objectId) && set.malformedId === 'badRequest') {
      throw new GraphError(400, 'Request_BadRequest', `Invalid object identifier '${id}'.`);
    }
    const entity = directory.get(set.type, objectId);
    if (!entity) {
      throw new GraphError(
        404,
        'Request_ResourceNotFound',
        `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
      );
    }
    const context = { '@odata.context': `${contextOf(endpoint, set, options)}/$entity` };
    return { kind: 'entity', entity: { ...context, ...projection(set, select)(entity) } };
  };
}

function organizationOf({ endpoint, directory }: RouteContext): Route['answer'] {
  const set = organizationSet;
  return ({ claims, search }) => {
    authorize(claims, [...set.readPermissions, limitedOrganizationPermission]);
    const options = readOptions(search, ['$select']);
    const visible = hasAny(claims, set.readPermissions)
      ? directory.organization
      : { ...directory.organization, onPremisesLastSyncDateTime: null };
    const value = [projection(set, parseSelect(options, set))(visible)];
    return { kind: 'entity', entity: { '@odata.context': contextOf(endpoint, set, options), value } };
  };
}

function requireEventual(eventual: boolean, what: string): void {
  if (eventual) return;
  throw unsupported(
    `${what} is not supported because the 'ConsistencyLevel:eventual' header is missing. ` +
      'Refer to https://aka.ms/graph-docs/advanced-queries for more information',
  );
}

/** The list's own address, without its page token, whatever the order of its options. */
function addressOf(endpoint: string, set: EntitySet, options: QueryOptions): string {
  const query = [...options]
    .filter(([name]) => name !== '$skiptoken')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return `${endpoint}/v1.0/${set.name}${query === '' ? '' : `?${query}`}`;
}

function contextOf(endpoint: string, set: EntitySet, options: QueryOptions): string {
  const select = options.get('$select');
  return `${endpoint}/v1.0/$metadata#${set.name}${select === undefined ? '' : `(${select})`}`;
}

/** Takes the properties from an object: those that it lacks are null, or an empty collection. */
function projection(set: EntitySet, select: readonly string[]): (entity: object) => JsonObject {
  const properties = propertiesOf(set.entity);
  const columns = select.map(name => ({ name, collection: properties.get(name)?.collection === true }));
  return entity => {
    const stored = entity as JsonObject;
    const selected: Record<string, unknown> = {};
    for (const { name, collection } of columns) {
      const value = stored[name];
      selected[name] = value === undefined ? (collection ? [] : null) : value;
    }
    return selected;
  };
}
