import type {
  AppRoleAssignment,
  LicenseDetails,
  UnifiedRoleAssignment,
} from '@microsoft/microsoft-graph-types';
import { assertEntity } from './metadata';

/** A relation from one object to another, as it is kept; the other direction follows from it. */
export interface Link {
  readonly from: string;
  readonly relation: 'members' | 'owners' | 'manager' | 'registeredOwners' | 'registeredUsers';
  readonly to: string;
}

export interface RelationContent {
  readonly links?: readonly Link[];
  readonly appRoleAssignments?: readonly AppRoleAssignment[];
  readonly roleAssignments?: readonly UnifiedRoleAssignment[];
  /** By the id of the user. */
  readonly licenseDetails?: Readonly<Record<string, readonly LicenseDetails[]>>;
}

/** How the objects of a tenant belong together. */
export interface Relations {
  /** Ids that the relation leads to from the object, in order. */
  to(id: string, relation: Link['relation']): readonly string[];
  /** Ids of the objects from which the relation leads to this one, in order. */
  from(id: string, relation: Link['relation']): readonly string[];
  appRoleAssignmentsOf(id: string): readonly AppRoleAssignment[];
  /** Directly assigned. */
  roleAssignmentsOf(id: string): readonly UnifiedRoleAssignment[];
  /** Whether it holds a directory role, itself or as a member of a group. */
  holdsRole(id: string): boolean;
  licenseDetailsOf(id: string): readonly LicenseDetails[];
}

export function createRelations(content: RelationContent): Relations {
  const { links = [], appRoleAssignments = [], roleAssignments = [], licenseDetails = {} } = content;
  for (const assignment of appRoleAssignments) assertEntity('appRoleAssignment', assignment);
  for (const assignment of roleAssignments) assertEntity('unifiedRoleAssignment', assignment);
  for (const detail of Object.values(licenseDetails).flat()) assertEntity('licenseDetails', detail);
  const to: Relations['to'] = (id, relation) =>
    links
      .filter(link => link.relation === relation && link.from === id)
      .map(link => link.to)
      .sort();
  const from: Relations['from'] = (id, relation) =>
    links
      .filter(link => link.relation === relation && link.to === id)
      .map(link => link.from)
      .sort();
  const roleAssignmentsOf: Relations['roleAssignmentsOf'] = id =>
    roleAssignments.filter(({ principalId }) => principalId === id);
  return {
    to,
    from,
    appRoleAssignmentsOf: id => appRoleAssignments.filter(({ principalId }) => principalId === id),
    roleAssignmentsOf,
    holdsRole: id => [id, ...from(id, 'members')].some(one => roleAssignmentsOf(one).length > 0),
    licenseDetailsOf: id => licenseDetails[id] ?? [],
  };
}
