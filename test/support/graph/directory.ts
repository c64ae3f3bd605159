import type { Device, Group, Organization, OrgContact, User } from '@microsoft/microsoft-graph-types';
import type { ObjectType } from '../../../shared/core/objectType';
import { EntityList, type EqualityFilter, type Slice } from './entityList';
import { assertEntity } from './metadata';

export interface EntityOfType {
  readonly user: User;
  readonly group: Group;
  readonly contact: OrgContact;
  readonly device: Device;
}

/** A tenant in Graph v1.0 JSON. */
export interface DirectoryContent {
  readonly users?: readonly User[];
  readonly groups?: readonly Group[];
  readonly contacts?: readonly OrgContact[];
  readonly devices?: readonly Device[];
  readonly organization: Organization;
}

/**
 * The objects of one tenant, in memory, ordered by id. Whatever comes in is checked against Graph's metadata (a TypeError says what
 * does not fit) and kept as a shallow copy. It may change at any time, while lists are read too.
 */
export interface Directory {
  readonly organization: Readonly<Organization>;
  setOrganization(organization: Organization): void;
  get<Type extends ObjectType>(type: Type, id: string): Readonly<EntityOfType[Type]> | undefined;
  /** Adds the object, or replaces the one of that type with its id. */
  put<Type extends ObjectType>(type: Type, entity: EntityOfType[Type]): void;
  /** false: there was none. */
  remove(type: ObjectType, id: string): boolean;
  count(type: ObjectType, filter: EqualityFilter | null): number;
  /** At most `size` of the objects that match, with ids greater than `after`. */
  slice(type: ObjectType, filter: EqualityFilter | null, after: string, size: number): Slice;
}

export function createDirectory(content: DirectoryContent): Directory {
  const lists: { readonly [Type in ObjectType]: EntityList<EntityOfType[Type]> } = {
    user: new EntityList('user', content.users ?? []),
    group: new EntityList('group', content.groups ?? []),
    contact: new EntityList('orgContact', content.contacts ?? []),
    device: new EntityList('device', content.devices ?? []),
  };
  let organization = checkedOrganization(content.organization);
  return {
    get organization() {
      return organization;
    },
    setOrganization(changed) {
      organization = checkedOrganization(changed);
    },
    get: (type, id) => lists[type].get(id),
    put: (type, entity) => lists[type].put(entity),
    remove: (type, id) => lists[type].remove(id),
    count: (type, filter) => lists[type].count(filter),
    slice: (type, filter, after, size) => lists[type].slice(filter, after, size),
  };
}

function checkedOrganization(organization: Organization): Readonly<Organization> {
  assertEntity('organization', organization);
  return Object.freeze({ ...organization });
}
