import type {
  Device,
  Group,
  Organization,
  OrgContact,
  SynchronizationJob,
  User,
} from '@microsoft/microsoft-graph-types';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import { DeletedContainer, type DeletedEntity, type RecoverableType } from './deletedContainer';
import { EntityList, type EqualityFilter, type Slice } from './entityList';
import { assertEntity } from './metadata';
import { createRelations, type RelationContent, type Relations } from './relations';

export interface EntityOfType {
  readonly user: User;
  readonly group: Group;
  readonly contact: OrgContact;
  readonly device: Device;
}

/** A tenant in Graph v1.0 JSON. */
export interface DirectoryContent extends RelationContent {
  readonly users?: readonly User[];
  readonly groups?: readonly Group[];
  readonly contacts?: readonly OrgContact[];
  readonly devices?: readonly Device[];
  readonly organization: Organization;
  /** By the id of the service principal. */
  readonly synchronizationJobs?: Readonly<Record<string, readonly SynchronizationJob[]>>;
}

/** A deletion by way of Graph. */
export interface Deletion {
  readonly type: ObjectType;
  readonly id: string;
}

/**
 * The objects of one tenant, in memory, ordered by id. Whatever comes in is checked against Graph's metadata (a TypeError says what
 * does not fit) and kept as a shallow copy. It may change at any time, while lists are read too.
 */
export interface Directory {
  readonly organization: Readonly<Organization>;
  setOrganization(organization: Organization): void;
  /** Changes properties of the organization, such as when it was synchronised. */
  changeOrganization(change: Organization): void;
  /** The jobs of a service principal, in the order of their ids; undefined: there is no such service principal. */
  synchronizationJobs(servicePrincipalId: string): readonly SynchronizationJob[] | undefined;
  setSynchronizationJobs(servicePrincipalId: string, jobs: readonly SynchronizationJob[]): void;
  get<Type extends ObjectType>(type: Type, id: string): Readonly<EntityOfType[Type]> | undefined;
  /** Adds the object, or replaces the one of that type with its id. */
  put<Type extends ObjectType>(type: Type, entity: EntityOfType[Type]): void;
  /** Takes the object away without a trace; false: there was none. */
  remove(type: ObjectType, id: string): boolean;
  /** Deletes the object as Graph does: what can be restored goes to the deleted items. `at` in milliseconds; false: there was none. */
  delete(type: ObjectType, id: string, at: number): boolean;
  /** Every deletion that took effect, in order. */
  readonly deletions: readonly Deletion[];
  /** undefined: it is not among the deleted items, or was for 30 days. */
  deletedItem(id: string, now: number): DeletedEntity | undefined;
  deletedItems(type: RecoverableType, now: number): readonly object[];
  /** Takes an object out of the deleted items and puts it back; false: it is not there. */
  restore(id: string, now: number): boolean;
  readonly relations: Relations;
  /** The object with the id, of whatever type. */
  find(id: string): FoundEntity | undefined;
  /** The live users, for a search by address. */
  users(): readonly Readonly<User>[];
  count(type: ObjectType, filter: EqualityFilter | null): number;
  /** At most `size` of the objects that match, with ids greater than `after`. */
  slice(type: ObjectType, filter: EqualityFilter | null, after: string, size: number): Slice;
}

export interface FoundEntity {
  readonly type: ObjectType;
  readonly entity: Readonly<EntityOfType[ObjectType]>;
}

/** Security groups and distribution lists, and whatever is synced, are gone at once. */
const isRecoverable = (type: ObjectType, entity: EntityOfType[ObjectType]): type is RecoverableType =>
  type === 'user' ||
  (type === 'group' &&
    (entity as Group).groupTypes?.includes('Unified') === true &&
    (entity as Group).onPremisesSyncEnabled !== true);

export function createDirectory(content: DirectoryContent): Directory {
  const lists: { readonly [Type in ObjectType]: EntityList<EntityOfType[Type]> } = {
    user: new EntityList('user', content.users ?? []),
    group: new EntityList('group', content.groups ?? []),
    contact: new EntityList('orgContact', content.contacts ?? []),
    device: new EntityList('device', content.devices ?? []),
  };
  let organization = checkedOrganization(content.organization);
  const relations = createRelations(content);
  const jobs = new Map<string, readonly SynchronizationJob[]>();
  for (const [id, given] of Object.entries(content.synchronizationJobs ?? {}))
    jobs.set(id, checkedJobs(given));
  const container = new DeletedContainer();
  const deletions: Deletion[] = [];
  return {
    relations,
    deletions,
    delete(type, id, at) {
      const entity = lists[type].get(id);
      if (!entity) return false;
      lists[type].remove(id);
      deletions.push({ type, id });
      if (isRecoverable(type, entity)) container.put(type, entity, at);
      return true;
    },
    deletedItem: (id, now) => container.get(id, now),
    deletedItems: (type, now) => container.list(type, now),
    restore(id, now) {
      const item = container.get(id, now);
      if (!item) return false;
      container.remove(id);
      lists[item.type].put({ ...item.entity, deletedDateTime: null } as User & Group);
      return true;
    },
    find(id) {
      for (const type of objectTypes) {
        const entity = lists[type].get(id);
        if (entity) return { type, entity };
      }
      return undefined;
    },
    users: () => lists.user.slice(null, '', Infinity).entities,
    get organization() {
      return organization;
    },
    setOrganization(changed) {
      organization = checkedOrganization(changed);
    },
    changeOrganization(change) {
      organization = checkedOrganization({ ...organization, ...change });
    },
    synchronizationJobs: id => jobs.get(id),
    setSynchronizationJobs(id, changed) {
      jobs.set(id, checkedJobs(changed));
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

const statusCodes: ReadonlySet<unknown> = new Set([
  'NotConfigured',
  'NotRun',
  'Active',
  'Paused',
  'Quarantine',
]);

/** The metadata calls `status` a complex value; its code is checked here, since the app goes by it. */
function checkedJobs(jobs: readonly SynchronizationJob[]): readonly SynchronizationJob[] {
  for (const job of jobs) {
    assertEntity('synchronizationJob', job);
    if (job.status && !statusCodes.has(job.status.code))
      throw new TypeError(`Not a Graph synchronizationJob: no status code: ${String(job.status.code)}`);
  }
  return jobs
    .map(job => Object.freeze({ ...job }))
    .toSorted((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
}
