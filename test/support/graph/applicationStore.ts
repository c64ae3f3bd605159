import { randomUUID } from 'node:crypto';
import type {
  Application,
  AppRole,
  AppRoleAssignment,
  OAuth2PermissionGrant,
  ServicePrincipal,
} from '@microsoft/microsoft-graph-types';
import { assertEntity } from './metadata';

/** The application id of Microsoft Graph, in every tenant. */
export const graphAppId = '00000003-0000-0000-c000-000000000000';

export type Stored<Entity> = Readonly<Entity> & { readonly id: string };

export interface ApplicationContent {
  readonly applications?: readonly Application[];
  readonly servicePrincipals?: readonly ServicePrincipal[];
  readonly assignments?: readonly AppRoleAssignment[];
  readonly consents?: readonly OAuth2PermissionGrant[];
}

/** Everything that the tenant knows of applications, as one value: what a test compares. */
export interface ApplicationState {
  readonly applications: readonly Stored<Application>[];
  readonly deletedApplications: readonly Stored<Application>[];
  readonly servicePrincipals: readonly Stored<ServicePrincipal>[];
  readonly assignments: readonly Stored<AppRoleAssignment>[];
  readonly consents: readonly Stored<OAuth2PermissionGrant>[];
}

/** App registrations, service principals, assignments of app roles and consents of one tenant, in memory, checked against Graph's metadata. */
export interface ApplicationStore {
  state(): ApplicationState;
  putApplication(application: Application): void;
  /** To the deleted items, with its service principal; their assignments and consents are gone. */
  deleteApplication(id: string, at: Date): void;
  restoreApplication(id: string): void;
  putServicePrincipal(principal: ServicePrincipal): void;
  addAssignment(assignment: AppRoleAssignment): void;
  removeAssignment(id: string): void;
  putConsent(consent: OAuth2PermissionGrant): void;
}

const sorted = <Entity>(map: ReadonlyMap<string, Stored<Entity>>): readonly Stored<Entity>[] =>
  [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

export function createApplicationStore(content: ApplicationContent = {}): ApplicationStore {
  const applications = new Map<string, Stored<Application>>();
  const deleted = new Map<string, Stored<Application>>();
  const principals = new Map<string, Stored<ServicePrincipal>>();
  const assignments = new Map<string, Stored<AppRoleAssignment>>();
  const consents = new Map<string, Stored<OAuth2PermissionGrant>>();
  const put = <Entity extends object>(
    map: Map<string, Stored<Entity>>,
    name: 'application' | 'servicePrincipal' | 'appRoleAssignment' | 'oAuth2PermissionGrant',
    entity: Entity,
  ): void => {
    assertEntity(name, entity);
    const stored = structuredClone(entity) as Stored<Entity>;
    map.set(stored.id, stored);
  };
  const store: ApplicationStore = {
    state: () => ({
      applications: sorted(applications),
      deletedApplications: sorted(deleted),
      servicePrincipals: sorted(principals),
      assignments: sorted(assignments),
      consents: sorted(consents),
    }),
    putApplication: application => put(applications, 'application', application),
    deleteApplication(id, at) {
      const application = applications.get(id);
      if (!application) return;
      applications.delete(id);
      put(deleted, 'application', { ...application, deletedDateTime: at.toISOString() });
      for (const { id: principal, appId } of principals.values()) {
        if (appId !== application.appId) continue;
        principals.delete(principal);
        for (const one of assignments.values())
          if (one.resourceId === principal || one.principalId === principal) assignments.delete(one.id);
        for (const one of consents.values())
          if (one.clientId === principal || one.resourceId === principal) consents.delete(one.id);
      }
    },
    restoreApplication(id) {
      const application = deleted.get(id);
      if (!application) return;
      deleted.delete(id);
      put(applications, 'application', { ...application, deletedDateTime: null });
    },
    putServicePrincipal: principal => put(principals, 'servicePrincipal', principal),
    addAssignment: assignment => put(assignments, 'appRoleAssignment', assignment),
    removeAssignment: id => void assignments.delete(id),
    putConsent: consent => put(consents, 'oAuth2PermissionGrant', consent),
  };
  for (const one of content.applications ?? []) store.putApplication(one);
  for (const one of content.servicePrincipals ?? []) store.putServicePrincipal(one);
  for (const one of content.assignments ?? []) store.addAssignment(one);
  for (const one of content.consents ?? []) store.putConsent(one);
  return store;
}

/** Microsoft Graph's own service principal, with these application permissions; ids are new each time, as nobody should know them. */
export const graphPrincipal = (permissions: readonly string[]): ServicePrincipal => ({
  id: randomUUID(),
  appId: graphAppId,
  displayName: 'Microsoft Graph',
  servicePrincipalType: 'Application',
  appRoleAssignmentRequired: false,
  tags: [],
  appRoles: permissions.map((value): AppRole => ({
    id: randomUUID(),
    value,
    displayName: value,
    description: value,
    isEnabled: true,
    allowedMemberTypes: ['Application'],
  })),
});

export const managedIdentity = (displayName: string, appId: string): ServicePrincipal => ({
  id: randomUUID(),
  appId,
  displayName,
  servicePrincipalType: 'ManagedIdentity',
  appRoleAssignmentRequired: false,
  tags: [],
  appRoles: [],
});
