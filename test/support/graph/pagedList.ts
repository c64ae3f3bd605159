import type { Slice } from './entityList';
import type { EntitySet } from './entitySets';
import { propertiesOf } from './metadata';
import type { JsonObject, Page } from './page';
import type { PagePosition, PageTokens } from './pageTokens';
import { unsupported, type QueryOptions } from './query';

export interface PagedList {
  /** The list's own address, without its page token: a token is good for this alone. */
  readonly list: string;
  readonly context: string;
  /** The page token of the request, if it has one. */
  readonly token: string | undefined;
  /** Whether the request has `ConsistencyLevel: eventual`. */
  readonly eventual: boolean;
  readonly pageTokens: PageTokens;
  /** null: not asked for. */
  readonly count: (() => number) | null;
  /** The page that begins after this id. */
  readonly read: (after: string) => Slice;
  readonly project: (entity: object) => JsonObject;
}

/** The page of a list that the request asks for. Throws a GraphError for a page token that is not good. */
export function pageOf({
  list,
  context,
  token,
  eventual,
  pageTokens,
  count,
  read,
  project,
}: PagedList): Page {
  const position: PagePosition =
    token === undefined
      ? { number: 1, after: '', previous: null, list, eventual }
      : pageTokens.redeem(token, list);
  if (position.eventual) requireEventual(eventual, 'A further page of a list that was begun with it');
  const linkTo = (next: Pick<PagePosition, 'after' | 'previous'>): string => {
    const following = pageTokens.issue({ ...position, ...next, number: position.number + 1 });
    return `${list}${list.includes('?') ? '&' : '?'}$skiptoken=${following}`;
  };
  const { entities, more } = read(position.after);
  const last = entities.at(-1) as { readonly id: string } | undefined;
  return {
    context,
    count: count !== null && position.number === 1 ? count() : null,
    objects: entities.map(project),
    nextLink: more && last ? linkTo({ after: last.id, previous: position.after }) : null,
    linkHere: () => linkTo(position),
    previousObjects: () => (position.previous === null ? [] : read(position.previous).entities.map(project)),
  };
}

/** A slice of objects that are in memory already, in the order of their ids. */
export function sliceOf(entities: readonly object[], after: string, size: number): Slice {
  const rest = entities.filter(entity => (entity as { readonly id: string }).id > after);
  return { entities: rest.slice(0, size), more: rest.length > size };
}

export function requireEventual(eventual: boolean, what: string): void {
  if (eventual) return;
  throw unsupported(
    `${what} is not supported because the 'ConsistencyLevel:eventual' header is missing. ` +
      'Refer to https://aka.ms/graph-docs/advanced-queries for more information',
  );
}

/** The list's own address, without its page token, whatever the order of its options. */
export function addressOf(address: string, options: QueryOptions): string {
  const query = [...options]
    .filter(([name]) => name !== '$skiptoken')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return `${address}${query === '' ? '' : `?${query}`}`;
}

export function contextOf(endpoint: string, name: string, options: QueryOptions): string {
  const select = options.get('$select');
  return `${endpoint}/v1.0/$metadata#${name}${select === undefined ? '' : `(${select})`}`;
}

/** Takes the properties from an object: those that it lacks are null, or an empty collection. */
export function projection(
  set: Pick<EntitySet, 'entity'>,
  select: readonly string[],
): (entity: object) => JsonObject {
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
