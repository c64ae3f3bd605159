import type { User } from '@microsoft/microsoft-graph-types';
import { authorize } from './authorization';
import type { RecoverableType } from './deletedContainer';
import type { Directory } from './directory';
import { objectSets, type ObjectSet } from './entitySets';
import { GraphError } from './graphError';
import { isObjectId } from './metadata';
import { resourceNotFound } from './objectWithId';
import { addressOf, contextOf, pageOf, projection, sliceOf } from './pagedList';
import { parseConsistencyLevel, parseSelect, parseTop, readOptions } from './query';
import type { Route, RouteContext } from './routes';
import { deletePermissions } from './writeRoutes';
import { assertMayChange, assertNoParameters, assertPlain } from './writeRules';

const setOf = (type: RecoverableType): ObjectSet => objectSets.find(set => set.type === type) as ObjectSet;
const recoverableTypes = ['user', 'group'] as const;

/** `/directory/deletedItems`: https://learn.microsoft.com/graph/api/directory-deleteditems-get, -list and -restore. */
export function deletedItemRoutes(context: RouteContext): readonly Route[] {
  return [
    ...recoverableTypes.map(type => ({
      method: 'GET',
      path: `/directory/deletedItems/microsoft.graph.${type}`,
      answer: listOf(type, context),
    })),
    { method: 'GET', path: '/directory/deletedItems/{id}', answer: itemOf(context) },
    { method: 'POST', path: '/directory/deletedItems/{id}/restore', answer: restorationOf(context) },
  ];
}

const listOf =
  (type: RecoverableType, { endpoint, directory, pageTokens, now }: RouteContext): Route['answer'] =>
  ({ claims, search, consistencyLevel }) => {
    const set = setOf(type);
    authorize(claims, set.readPermissions);
    const options = readOptions(search, ['$select', '$top', '$skiptoken']);
    const top = parseTop(options);
    const name = `directory/deletedItems/microsoft.graph.${type}`;
    const page = pageOf({
      list: addressOf(`${endpoint}/v1.0/${name}`, options),
      context: contextOf(endpoint, name, options),
      token: options.get('$skiptoken'),
      eventual: parseConsistencyLevel(consistencyLevel),
      pageTokens,
      count: null,
      read: after => sliceOf(directory.deletedItems(type, now()), after, top),
      project: projection(set, parseSelect(options, set)),
    });
    return { kind: 'page', page };
  };

const itemOf =
  ({ endpoint, directory, now }: RouteContext): Route['answer'] =>
  ({ claims, search, id }) => {
    const item = directory.deletedItem(checkedId(id), now());
    const sets = item ? [setOf(item.type)] : recoverableTypes.map(setOf);
    authorize(
      claims,
      sets.flatMap(set => set.readPermissions),
    );
    const [set] = sets;
    if (!item || !set) throw resourceNotFound(id);
    const options = readOptions(search, ['$select']);
    const select = parseSelect(options, { ...set, byDefault: [...set.byDefault, 'deletedDateTime'] });
    const context = `${contextOf(endpoint, 'directoryObjects', options)}/$entity`;
    return {
      kind: 'entity',
      entity: {
        '@odata.context': context,
        '@odata.type': `#microsoft.graph.${item.type}`,
        ...projection(set, select)(item.entity),
      },
    };
  };

const restorationOf =
  ({ endpoint, directory, now }: RouteContext): Route['answer'] =>
  request => {
    const { claims, id } = request;
    const objectId = checkedId(id);
    const item = directory.deletedItem(objectId, now());
    authorize(
      claims,
      item ? deletePermissions[item.type] : [...deletePermissions.user, ...deletePermissions.group],
    );
    assertPlain(request);
    assertNoParameters(request);
    if (!item) throw resourceNotFound(id);
    assertMayChange(claims, directory, item.entity);
    if (item.type === 'user') assertNothingTaken(directory, item.entity as User);
    directory.restore(objectId, now());
    return {
      kind: 'entity',
      entity: {
        '@odata.context': `${endpoint}/v1.0/$metadata#directoryObjects/$entity`,
        '@odata.type': `#microsoft.graph.${item.type}`,
        id: objectId,
      },
    };
  };

function checkedId(id: string): string {
  const objectId = id.toLowerCase();
  if (isObjectId(objectId)) return objectId;
  throw new GraphError(400, 'Request_BadRequest', `Invalid object identifier '${id}'.`);
}

/** A live user has its name, or one of its addresses. Public issues show the text; of the status, 400 and 409 are both told. */
function assertNothingTaken(directory: Directory, deleted: User): void {
  const lower = (text: string | null | undefined): string => text?.toLowerCase() ?? '';
  const addresses = new Set((deleted.proxyAddresses ?? []).map(lower));
  for (const user of directory.users()) {
    if (
      lower(user.userPrincipalName) !== '' &&
      lower(user.userPrincipalName) === lower(deleted.userPrincipalName)
    ) {
      throw taken(409, 'userPrincipalName');
    }
    if ((user.proxyAddresses ?? []).some(address => addresses.has(lower(address)))) {
      throw taken(400, 'proxyAddresses');
    }
  }
}

const taken = (status: number, property: string): GraphError =>
  new GraphError(
    status,
    'Request_BadRequest',
    `Another object with the same value for property ${property} already exists.`,
  );
