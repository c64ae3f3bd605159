import type { Organization } from '@microsoft/microsoft-graph-types';
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessTokenClaims } from '../tokenIssuer';
import { applicationRoutes } from './applicationRoutes';
import type { ApplicationStore } from './applicationStore';
import { authorize, hasAny } from './authorization';
import type { Directory } from './directory';
import type { EqualityFilter } from './entityList';
import { limitedOrganizationPermission, objectSets, organizationSet, type ObjectSet } from './entitySets';
import { GraphError } from './graphError';
import { deletedItemRoutes } from './deletedItemRoutes';
import type { Answer } from './page';
import { addressOf, contextOf, pageOf, projection, requireEventual } from './pagedList';
import type { PageTokens } from './pageTokens';
import { objectWithId } from './objectWithId';
import {
  parseConsistencyLevel,
  parseCount,
  parseFilter,
  parseSelect,
  parseTop,
  readOptions,
  type QueryOption,
} from './query';
import { relationRoutes } from './relationRoutes';
import { synchronizationRoutes } from './synchronizationRoutes';
import { writeRoutes } from './writeRoutes';

/** What a route knows of a request whose token is valid. */
export interface RoutedRequest {
  readonly claims: AccessTokenClaims;
  readonly search: URLSearchParams;
  readonly consistencyLevel: string | string[] | undefined;
  /** The value of `{id}` in the route's path. */
  readonly id: string;
  /** The value of `{item}` in the route's path. */
  readonly item: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came; empty where there was none. */
  readonly body: string;
}

/** A request that Graph answers. To add one, add it to `createRoutes`. */
export interface Route {
  readonly method: string;
  /** Segments after the version, in which `{id}` and `{item}` stand for anything. */
  readonly path: string;
  /** Default: v1.0. */
  readonly version?: 'beta';
  /** Throws a GraphError for whatever Graph would refuse. */
  answer(request: RoutedRequest): Answer;
}

export interface RouteContext {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly directory: Directory;
  readonly pageTokens: PageTokens;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether `DELETE /beta/contacts/{id}` works for an application; people report it of administrators only. */
  readonly betaDeletesContacts: boolean;
  /** null: none are served. */
  readonly applications: ApplicationStore | null;
  /** Items of one page of assignments, consents and deleted applications: the service decides it. */
  readonly applicationPageSize: number;
}

export function createRoutes(context: RouteContext): readonly Route[] {
  const { applications } = context;
  const routes = directoryRoutes(context);
  return applications === null ? routes : [...applicationRoutes(applications, context, routes), ...routes];
}

function directoryRoutes(context: RouteContext): readonly Route[] {
  return [
    ...objectSets.flatMap(set => [
      { method: 'GET', path: `/${set.name}`, answer: listOf(set, context) },
      { method: 'GET', path: `/${set.name}/$count`, answer: countOf(set, context) },
      { method: 'GET', path: `/${set.name}/{id}`, answer: entityOf(set, context) },
    ]),
    { method: 'GET', path: '/organization', answer: organizationOf(context) },
    ...writeRoutes(context),
    ...deletedItemRoutes(context),
    ...relationRoutes(context),
    ...synchronizationRoutes(context),
  ];
}

/** The route of a request, and the ids in its path. Throws a GraphError where there is none. */
export function findRoute(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { readonly route: Route; readonly id: string; readonly item: string } {
  const segments = pathname.split('/').slice(1);
  const [version, ...rest] = segments;
  const ofVersion = routes.filter(route => (route.version ?? 'v1.0') === version);
  // Literal segments are listed before {id}: the first match says what the path is.
  const path = ofVersion.find(route => valuesIn(route.path, rest) !== null)?.path;
  if (path === undefined) {
    const unknown = version === 'v1.0' ? (rest.at(-1) ?? '') : version;
    throw new GraphError(404, 'BadRequest', `Resource not found for the segment '${unknown}'.`);
  }
  const methods = ofVersion.filter(route => route.path === path);
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
  const { id = '', item = '' } = valuesIn(path, rest) ?? {};
  return { route, id, item };
}

/** What `{id}` and `{item}` stand for; null: the path is another one. */
function valuesIn(path: string, segments: readonly string[]): Readonly<Record<string, string>> | null {
  const expected = path.split('/').slice(1);
  if (expected.length !== segments.length) return null;
  const values: Record<string, string> = {};
  for (const [index, pattern] of expected.entries()) {
    const segment = segments[index] ?? '';
    const name = /\{(?<name>\w+)\}/.exec(pattern)?.groups?.['name'];
    const [before = '', after = ''] = name === undefined ? [] : pattern.split(`{${name}}`);
    const value = segment.slice(before.length, segment.length - after.length);
    if (name === undefined ? segment !== pattern : value === '' || segment !== `${before}${value}${after}`)
      return null;
    if (name !== undefined) values[name] = value;
  }
  return values;
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

    const page = pageOf({
      list: addressOf(`${endpoint}/v1.0/${set.name}`, options),
      context: contextOf(endpoint, set.name, options),
      token: options.get('$skiptoken'),
      eventual,
      pageTokens,
      count: counted ? () => directory.count(set.type, filter) : null,
      read: after => directory.slice(set.type, filter, after, top),
      project: projection(set, select),
    });
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
    const select = parseSelect(
      options,
      set,
      set.aloneByPermission === null ? [] : [set.aloneByPermission.property],
    );
    if (set.aloneByPermission !== null && select.includes(set.aloneByPermission.property)) {
      authorize(claims, [set.aloneByPermission.permission]);
    }
    const entity = objectWithId(directory, set, id);
    const context = { '@odata.context': `${contextOf(endpoint, set.name, options)}/$entity` };
    return { kind: 'entity', entity: { ...context, ...projection(set, select)(entity) } };
  };
}

function organizationOf({ endpoint, directory }: RouteContext): Route['answer'] {
  const set = organizationSet;
  return ({ claims, search }) => {
    authorize(claims, [...set.readPermissions, limitedOrganizationPermission, 'Directory.AccessAsUser.All']);
    const options = readOptions(search, ['$select']);
    const visible = hasAny(claims, set.readPermissions)
      ? directory.organization
      : limited(directory.organization);
    const value = [projection(set, parseSelect(options, set))(visible)];
    return { kind: 'entity', entity: { '@odata.context': contextOf(endpoint, set.name, options), value } };
  };
}

/** What User.Read.All shows of the organization; all else is null (https://learn.microsoft.com/graph/api/organization-get). */
const limited = ({ id, displayName, verifiedDomains }: Readonly<Organization>): Organization => ({
  ...(id === undefined ? {} : { id }),
  ...(displayName === undefined ? {} : { displayName }),
  ...(verifiedDomains === undefined ? {} : { verifiedDomains }),
});
