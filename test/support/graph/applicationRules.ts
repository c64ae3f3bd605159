import type { Application, AppRole, PermissionScope } from '@microsoft/microsoft-graph-types';
import type { AccessTokenClaims } from '../tokenIssuer';
import { hasAny, insufficientPrivileges } from './authorization';
import type { ApplicationState } from './applicationStore';
import { GraphError } from './graphError';
import { assertEntity, propertiesOf } from './metadata';

/** Directory roles by their template ids, as in a user's claim `wids`. */
export const directoryRoles = {
  globalAdministrator: '62e90394-69f5-4237-9190-012177145e10',
  privilegedRoleAdministrator: 'e8611ab8-c189-46e8-94e1-60213ab1f814',
  applicationAdministrator: '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
  cloudApplicationAdministrator: '158c047a-c907-4556-b7ef-446551a6b5f7',
} as const;

/** What the Azure CLI's token may do in Microsoft Graph for its user. */
export const azureCliScopes = [
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'AuditLog.Read.All',
  'DelegatedPermissionGrant.ReadWrite.All',
  'Directory.AccessAsUser.All',
  'Group.ReadWrite.All',
  'User.ReadWrite.All',
];

const {
  globalAdministrator,
  privilegedRoleAdministrator,
  applicationAdministrator,
  cloudApplicationAdministrator,
} = directoryRoles;
/** Who may change registrations and consent on behalf of all to what is not Microsoft Graph's application permission. */
export const applicationAdministrators = [
  globalAdministrator,
  applicationAdministrator,
  cloudApplicationAdministrator,
];
export const consentAdministrators = [...applicationAdministrators, privilegedRoleAdministrator];
/** Who may grant application permissions of Microsoft Graph. */
export const privilegedAdministrators = [globalAdministrator, privilegedRoleAdministrator];

export const applicationReaders = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'Directory.AccessAsUser.All',
];

/** Throws where the application has not the permission, or its user none of the directory roles. An application needs no role. */
export function authorizeAdministrator(
  claims: AccessTokenClaims,
  permission: string,
  roles: readonly string[],
): void {
  if (!hasAny(claims, [permission])) throw insufficientPrivileges();
  if (claims.idtyp === 'app') return;
  if (!roles.some(role => claims.wids?.includes(role))) throw insufficientPrivileges();
}

const invalid = (message: string): GraphError => new GraphError(400, 'Request_BadRequest', message);

const writable = new Set([
  'displayName',
  'signInAudience',
  'identifierUris',
  'api',
  'appRoles',
  'optionalClaims',
  'spa',
  'tags',
  'notes',
]);
const apiParts = new Set([
  'acceptMappedClaims',
  'knownClientApplications',
  'oauth2PermissionScopes',
  'preAuthorizedApplications',
  'requestedAccessTokenVersion',
]);
const emptyApi = {
  acceptMappedClaims: null,
  knownClientApplications: [],
  oauth2PermissionScopes: [],
  preAuthorizedApplications: [],
  requestedAccessTokenVersion: null,
};

export const emptyApplication = {
  identifierUris: [],
  api: emptyApi,
  appRoles: [],
  spa: { redirectUris: [] },
  optionalClaims: null,
  signInAudience: 'AzureADandPersonalMicrosoftAccount',
  tags: [],
};

/**
 * The application as the request would leave it, or a refusal: https://learn.microsoft.com/graph/api/application-update. Stricter
 * than the service where documents leave it open: complex properties are replaced as a whole, never merged.
 */
export function changedApplication(
  before: Application,
  change: Readonly<Record<string, unknown>>,
  state: ApplicationState,
): Application {
  for (const name of Object.keys(change)) {
    if (!propertiesOf('application').has(name)) throw invalid(`Invalid property '${name}'.`);
    if (!writable.has(name)) throw invalid(`Property '${name}' is read-only and cannot be set.`);
  }
  const api = change['api'] as Record<string, unknown> | undefined;
  for (const name of Object.keys(api ?? {}))
    if (!apiParts.has(name)) throw invalid(`Invalid property '${name}'.`);
  const after: Application = {
    ...before,
    ...change,
    ...(api && { api: { ...emptyApi, ...api } }),
  };
  try {
    assertEntity('application', after);
  } catch (error) {
    throw invalid((error as Error).message);
  }
  assertRoles(before.appRoles ?? [], after.appRoles ?? []);
  assertRoles(before.api?.oauth2PermissionScopes ?? [], after.api?.oauth2PermissionScopes ?? []);
  assertIdentifierUris(after, state);
  assertPreAuthorized(before, after);
  for (const address of after.spa?.redirectUris ?? []) assertRedirect(address);
  return after;
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Roles and scopes alike: complete, each id and value once, and none taken away or renamed while it is enabled. */
function assertRoles(
  before: readonly (AppRole | PermissionScope)[],
  after: readonly (AppRole | PermissionScope)[],
): void {
  for (const key of ['id', 'value'] as const) {
    const values = after.map(one => one[key]);
    if (new Set(values).size < values.length)
      throw invalid(`Request contains a property with duplicate values: ${key}.`);
  }
  for (const one of after) {
    if (!guid.test(one.id ?? '')) throw invalid('The id of an app role or scope is no GUID.');
    if (!/^[\w.:/-]{1,120}$/.test(one.value ?? ''))
      throw invalid('The value of an app role or scope is not valid.');
    if ('allowedMemberTypes' in one) {
      const types = one.allowedMemberTypes ?? [];
      if (types.length === 0 || types.some(type => type !== 'User' && type !== 'Application'))
        throw invalid('allowedMemberTypes of an app role is not valid.');
      if (!one.displayName || !one.description)
        throw invalid('An app role has a display name and a description.');
    }
  }
  for (const one of before) {
    const kept = after.find(({ id }) => id === one.id);
    if (one.isEnabled && kept?.value !== one.value)
      throw new GraphError(
        400,
        'CannotDeleteOrUpdateEnabledEntitlement',
        'Permission (scope or role) cannot be deleted or updated unless disabled first.',
      );
  }
}

function assertIdentifierUris(
  { id, appId, identifierUris = [] }: Application,
  state: ApplicationState,
): void {
  for (const uri of identifierUris) {
    if (uri !== `api://${appId}`)
      throw invalid(
        `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${uri}'`,
      );
    const others = [...state.applications, ...state.deletedApplications].filter(one => one.id !== id);
    if (others.some(one => one.identifierUris?.includes(uri))) throw taken('identifierUris');
  }
}

/** https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/1395: only scopes that were there before the request. */
function assertPreAuthorized(before: Application, after: Application): void {
  const known = new Set((before.api?.oauth2PermissionScopes ?? []).map(({ id }) => id));
  for (const { appId, delegatedPermissionIds = [] } of after.api?.preAuthorizedApplications ?? []) {
    if (!guid.test(appId ?? '')) throw invalid('The appId of a pre-authorized application is no GUID.');
    if (delegatedPermissionIds.length === 0 || delegatedPermissionIds.some(id => !known.has(id)))
      throw new GraphError(
        400,
        'InvalidValue',
        'Property api.preAuthorizedApplications.delegatedPermissionIds has a Permission Id that cannot be found in the AppPermissions sets.',
      );
  }
}

function assertRedirect(address: string): void {
  const url = URL.parse(address);
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === 'localhost');
  if (!url || !allowed || url.hash !== '' || address.includes('*'))
    throw invalid(`The redirect URI '${address}' is not valid for a single-page application.`);
}

export const taken = (property: string): GraphError =>
  invalid(`Another object with the same value for property ${property} already exists.`);
