import type { ObjectType } from '../../../shared/core/objectType';
import type { AccessTokenClaims } from '../tokenIssuer';
import { authorize, hasAny } from './authorization';
import type { FoundEntity } from './directory';
import { objectSets, type EntitySet, type ObjectSet } from './entitySets';
import { GraphError } from './graphError';
import { propertiesOf, type EntityName } from './metadata';
import { objectWithId } from './objectWithId';
import type { JsonObject } from './page';
import { addressOf, contextOf, pageOf, projection, requireEventual, sliceOf } from './pagedList';
import { badRequest, parseConsistencyLevel, parseSelect, parseTop, readOptions, unsupported } from './query';
import type { Link, Relations } from './relations';
import type { Route, RouteContext } from './routes';

const directoryReaders = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const groupReaders = ['GroupMember.Read.All', 'Group.Read.All', 'Group.ReadWrite.All', ...directoryReaders];

const setOf = (type: ObjectType): ObjectSet => objectSets.find(set => set.type === type) as ObjectSet;

/** A list of directory objects that belong to an object. */
interface ObjectRelation {
  readonly of: ObjectType;
  readonly name: string;
  readonly ids: (relations: Relations, id: string) => readonly string[];
  /** A permission that is needed besides the one for the object itself. */
  readonly alsoNeeded?: readonly string[];
}

const forward =
  (relation: Link['relation']): ObjectRelation['ids'] =>
  (relations, id) =>
    relations.to(id, relation);
const backward =
  (...names: readonly Link['relation'][]): ObjectRelation['ids'] =>
  (relations, id) =>
    names.flatMap(relation => relations.from(id, relation)).sort();

const memberOf = (of: ObjectType): ObjectRelation => ({
  of,
  name: 'memberOf',
  ids: backward('members'),
  alsoNeeded: groupReaders,
});

const objectRelations: readonly ObjectRelation[] = [
  memberOf('user'),
  memberOf('group'),
  memberOf('contact'),
  memberOf('device'),
  { of: 'user', name: 'directReports', ids: backward('manager') },
  { of: 'contact', name: 'directReports', ids: backward('manager') },
  { of: 'user', name: 'ownedObjects', ids: backward('owners', 'registeredOwners') },
  { of: 'group', name: 'members', ids: forward('members') },
  { of: 'group', name: 'owners', ids: forward('owners') },
  { of: 'device', name: 'registeredOwners', ids: forward('registeredOwners') },
  { of: 'device', name: 'registeredUsers', ids: forward('registeredUsers') },
];

/** What belongs to an object: https://learn.microsoft.com/graph/api/user-list-memberof, group-list-members and their like. */
export function relationRoutes(context: RouteContext): readonly Route[] {
  const { directory } = context;
  const appRoles = ['user', 'group'] as const;
  return [
    ...objectRelations.flatMap(relation => [
      { method: 'GET', path: pathOf(relation.of, relation.name), answer: relatedObjects(relation, context) },
      {
        method: 'GET',
        path: `${pathOf(relation.of, relation.name)}/$count`,
        answer: relatedCount(relation, context),
      },
    ]),
    ...(['user', 'contact'] as const).map(type => ({
      method: 'GET',
      path: pathOf(type, 'manager'),
      answer: managerOf(type, context),
    })),
    {
      method: 'GET',
      path: pathOf('user', 'licenseDetails'),
      answer: ownedEntities('user', 'licenseDetails', setOf('user').readPermissions, context, id =>
        directory.relations.licenseDetailsOf(id),
      ),
    },
    ...appRoles.map(type => ({
      method: 'GET',
      path: pathOf(type, 'appRoleAssignments'),
      answer: ownedEntities(type, 'appRoleAssignment', directoryReaders, context, id =>
        directory.relations.appRoleAssignmentsOf(id),
      ),
    })),
    { method: 'GET', path: '/roleManagement/directory/roleAssignments', answer: roleAssignments(context) },
  ];
}

const pathOf = (type: ObjectType, relation: string): string => `/${setOf(type).name}/{id}/${relation}`;

function authorizeFor(claims: AccessTokenClaims, { of, alsoNeeded }: ObjectRelation): void {
  authorize(claims, setOf(of).readPermissions);
  if (alsoNeeded) authorize(claims, alsoNeeded);
}

function relatedObjects(relation: ObjectRelation, context: RouteContext): Route['answer'] {
  const { endpoint, directory, pageTokens } = context;
  const set = setOf(relation.of);
  return ({ claims, search, consistencyLevel, id }) => {
    authorizeFor(claims, relation);
    const options = readOptions(search, ['$select', '$top', '$skiptoken']);
    const select = selectOfObjects(options.get('$select'));
    const top = parseTop(options);
    const eventual = parseConsistencyLevel(consistencyLevel);
    const { id: objectId = '' } = objectWithId(directory, set, id);
    const found = relation.ids(directory.relations, objectId).flatMap(one => directory.find(one) ?? []);
    const entities = found.map(one => ({ id: one.entity.id ?? '', found: one }));
    const page = pageOf({
      list: addressOf(`${endpoint}/v1.0/${set.name}/${id}/${relation.name}`, options),
      context: contextOf(endpoint, 'directoryObjects', options),
      token: options.get('$skiptoken'),
      eventual,
      pageTokens,
      count: null,
      read: after => sliceOf(entities, after, top),
      project: entity => seenAs(claims, (entity as { readonly found: FoundEntity }).found, select),
    });
    return { kind: 'page', page };
  };
}

function relatedCount(relation: ObjectRelation, { directory }: RouteContext): Route['answer'] {
  return ({ claims, search, consistencyLevel, id }) => {
    authorizeFor(claims, relation);
    readOptions(search, []);
    requireEventual(parseConsistencyLevel(consistencyLevel), 'Raw count (/$count)');
    const { id: objectId = '' } = objectWithId(directory, setOf(relation.of), id);
    const found = relation.ids(directory.relations, objectId).filter(one => directory.find(one));
    return { kind: 'count', count: found.length };
  };
}

function managerOf(type: 'user' | 'contact', { endpoint, directory }: RouteContext): Route['answer'] {
  const set = setOf(type);
  return ({ claims, search, id }) => {
    authorize(claims, set.readPermissions);
    const options = readOptions(search, ['$select']);
    const select = selectOfObjects(options.get('$select'));
    const { id: objectId = '' } = objectWithId(directory, set, id);
    const [manager = ''] = directory.relations.to(objectId, 'manager');
    const found = directory.find(manager);
    if (!found) {
      throw new GraphError(
        404,
        'Request_ResourceNotFound',
        "Resource 'manager' does not exist or one of its queried reference-property objects are not present.",
      );
    }
    const context = `${contextOf(endpoint, 'directoryObjects', options)}/$entity`;
    return { kind: 'entity', entity: { '@odata.context': context, ...seenAs(claims, found, select) } };
  };
}

/** Lists that are short and take no option. */
function ownedEntities(
  type: 'user' | 'group',
  entity: EntityName,
  permissions: readonly string[],
  { endpoint, directory }: RouteContext,
  of: (id: string) => readonly object[],
): Route['answer'] {
  return ({ claims, search, id }) => {
    authorize(claims, permissions);
    const options = readOptions(search, []);
    const { id: objectId = '' } = objectWithId(directory, setOf(type), id);
    const value = of(objectId).map(projection({ entity }, [...propertiesOf(entity).keys()]));
    return {
      kind: 'entity',
      entity: {
        '@odata.context': contextOf(endpoint, `${setOf(type).name}('${id}')/${entity}`, options),
        value,
      },
    };
  };
}

/** `$filter=principalId eq '…'` and nothing else: without it the list is that of the whole tenant. */
function roleAssignments({ endpoint, directory }: RouteContext): Route['answer'] {
  return ({ claims, search }) => {
    authorize(claims, [
      'RoleManagement.Read.Directory',
      'RoleManagement.Read.All',
      'RoleManagement.ReadWrite.Directory',
      ...directoryReaders,
    ]);
    const options = readOptions(search, ['$filter']);
    const principal = /^principalId eq '([0-9a-f-]{36})'$/.exec(options.get('$filter') ?? '')?.[1];
    if (principal === undefined)
      throw unsupported('The stand-in filters role assignments by principalId only.');
    const entity = 'unifiedRoleAssignment';
    const value = directory.relations
      .roleAssignmentsOf(principal)
      .map(projection({ entity }, [...propertiesOf(entity).keys()]));
    const context = contextOf(endpoint, 'roleManagement/directory/roleAssignments', options);
    return { kind: 'entity', entity: { '@odata.context': context, value } };
  };
}

/** What all directory objects of ours have. */
const commonProperties = new Set(['id', 'displayName', 'deletedDateTime']);

function selectOfObjects(text: string | undefined): readonly string[] {
  if (text === undefined) throw badRequest('The stand-in wants $select for directory objects.');
  const names = text.split(',');
  const set: EntitySet = { ...setOf('contact'), byDefault: [] };
  parseSelect(new Map([['$select', text]]), set);
  const unknown = names.find(name => !commonProperties.has(name));
  if (unknown !== undefined) throw badRequest(`${unknown} is not a property of every directory object.`);
  return names;
}

/**
 * The object as the application sees it in a list of several types: without the permission for its own type, the type and the id
 * alone (https://learn.microsoft.com/graph/permissions-overview, "Limited information returned for inaccessible member objects").
 */
function seenAs(claims: AccessTokenClaims, found: FoundEntity, select: readonly string[]): JsonObject {
  const set = setOf(found.type);
  const type = { '@odata.type': `#microsoft.graph.${set.entity}` };
  const seen = hasAny(claims, set.readPermissions) ? found.entity : { id: found.entity.id };
  return { ...type, ...projection(set, select)(seen) };
}
