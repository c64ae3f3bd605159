import type { Directory, EntityOfType } from './directory';
import type { ObjectSet } from './entitySets';
import { GraphError } from './graphError';
import { isObjectId } from './metadata';

/** The object of the set with the id, in whatever case. Throws a GraphError where there is none. */
export function objectWithId(
  directory: Directory,
  set: ObjectSet,
  id: string,
): Readonly<EntityOfType[ObjectSet['type']]> {
  const objectId = id.toLowerCase();
  if (!isObjectId(objectId) && set.malformedId === 'badRequest') {
    throw new GraphError(400, 'Request_BadRequest', `Invalid object identifier '${id}'.`);
  }
  const entity = directory.get(set.type, objectId);
  if (!entity) throw resourceNotFound(id);
  return entity;
}

export const resourceNotFound = (id: string): GraphError =>
  new GraphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
