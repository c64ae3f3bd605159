import { roles, type Role } from '../../shared/app/caller';

/** The Azure CLI's own application id, the same in every tenant and cloud. */
const azureCliAppId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';
/** The application id of Microsoft Graph, the same in every tenant and cloud. */
export const graphAppId = '00000003-0000-0000-c000-000000000000';
export const scopeName = 'access_as_user';
/** What the page needs of Microsoft Graph to sign a person in, and to stay signed in. None of them reads the directory. */
export const signInScopes = 'openid profile offline_access';
/** The tag by which the Entra portal lists an application under Enterprise applications, where people are assigned to roles. */
export const enterpriseApplicationTag = 'WindowsAzureActiveDirectoryIntegratedApp';

/** A part of a registration as Graph sends it: what is not ours is sent back as it came. */
export type Raw = Readonly<Record<string, unknown>>;

interface RoleDefinition {
  /** Ids are good within one application only; fixed, so that a repeated run makes the same role. */
  readonly id: string;
  readonly allowedMemberTypes: readonly ('User' | 'Application')[];
  readonly displayName: string;
  readonly description: string;
}

/** Reading is open to applications as well; to approve and to delete takes a person (docs/http-api.md). */
const roleDefinitions: Readonly<Record<Role, RoleDefinition>> = {
  'Orphans.Reader': {
    id: 'f153cf65-44ea-46a1-b5a7-42b2cb3003da',
    allowedMemberTypes: ['User', 'Application'],
    displayName: 'Orphans reader',
    description: 'Sees candidates, evidence, decisions and scans.',
  },
  'Orphans.Approver': {
    id: 'c71084fb-a699-4bdc-b128-dac26aa57107',
    allowedMemberTypes: ['User'],
    displayName: 'Orphans approver',
    description: 'Reads, approves and rejects. Does not delete.',
  },
  'Orphans.Deleter': {
    id: '461dd383-de50-42d5-8fbe-20929fcd0be7',
    allowedMemberTypes: ['User'],
    displayName: 'Orphans deleter',
    description: 'Reads, deletes what was approved, and restores. Does not approve.',
  },
};

const scopeDefinition = {
  id: '5e086aab-a797-4276-9357-119912d94426',
  type: 'Admin',
  adminConsentDisplayName: 'Use entra-orphans as the signed-in person',
  adminConsentDescription:
    'The application calls the API of entra-orphans with the roles of the signed-in person.',
} as const;

/** The parts of a registration that this command looks at. */
export interface RegistrationParts {
  readonly displayName: string;
  readonly signInAudience: string;
  readonly identifierUris: readonly string[];
  readonly api: Raw;
  readonly appRoles: readonly Raw[];
  readonly optionalClaims: Raw | null;
  readonly spa: Raw;
}
export type PartName = keyof RegistrationParts;

export const noParts: RegistrationParts = {
  displayName: '',
  signInAudience: '',
  identifierUris: [],
  api: {},
  appRoles: [],
  optionalClaims: null,
  spa: {},
};

export interface WantedRegistration {
  /** Graph's alternate key, by which the registration is found again; never changed. */
  readonly uniqueName: string;
  readonly displayName: string;
  /** Addresses of the page. */
  readonly redirects: readonly string[];
}

export const identifierUriOf = (appId: string): string => `api://${appId}`;

const listOf = (value: unknown): readonly Raw[] => (Array.isArray(value) ? (value as Raw[]) : []);
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];

/** The wanted item merged into the list by `key`: what is there keeps its id, for assignments hang on it, and its place. */
function merged(list: readonly Raw[], key: string, wanted: Raw): readonly Raw[] {
  const at = list.findIndex(one => one[key] === wanted[key]);
  if (at === -1) return [...list, wanted];
  return list.with(at, { ...list[at], ...wanted, id: list[at]?.['id'] ?? wanted['id'] });
}

const mergedRoles = (found: readonly Raw[]): readonly Raw[] =>
  roles.reduce<readonly Raw[]>(
    (list, value) => merged(list, 'value', { ...roleDefinitions[value], value, isEnabled: true }),
    found,
  );

function mergedApi(found: Raw): Raw {
  const wanted = { ...scopeDefinition, value: scopeName, isEnabled: true };
  return {
    ...found,
    // The app refuses version 1.0 (docs/http-api.md).
    requestedAccessTokenVersion: 2,
    oauth2PermissionScopes: merged(listOf(found['oauth2PermissionScopes']), 'value', wanted),
  };
}

/** `idtyp` tells an application's token from a person's. */
function mergedClaims(found: Raw | null): Raw {
  const claims = listOf(found?.['accessToken']);
  const idtyp = { name: 'idtyp', source: null, essential: false, additionalProperties: [] };
  return {
    ...found,
    accessToken: claims.some(({ name }) => name === 'idtyp') ? claims : [...claims, idtyp],
  };
}

function mergedSpa(found: Raw, redirects: readonly string[]): Raw {
  const there = textsOf(found['redirectUris']);
  return { ...found, redirectUris: [...there, ...redirects.filter(one => !there.includes(one))] };
}

export const redirectsOf = (parts: RegistrationParts): readonly string[] =>
  textsOf(parts.spa['redirectUris']);

/** The registration as it is to be, without what needs its application id or its scope to be there already. */
export const wantedParts = (
  found: RegistrationParts,
  { displayName, redirects }: WantedRegistration,
): RegistrationParts => ({
  // Who gave it another name since keeps it.
  displayName: found.displayName === '' ? displayName : found.displayName,
  signInAudience: 'AzureADMyOrg',
  identifierUris: found.identifierUris,
  api: mergedApi(found.api),
  appRoles: mergedRoles(found.appRoles),
  optionalClaims: mergedClaims(found.optionalClaims),
  spa: mergedSpa(found.spa, redirects),
});

/** The id of our scope among those of the registration; null: it is not there. */
function scopeIdOf(api: Raw): string | null {
  const scope = listOf(api['oauth2PermissionScopes']).find(({ value }) => value === scopeName);
  return typeof scope?.['id'] === 'string' ? scope['id'] : null;
}

/**
 * The `api` part with the Azure CLI pre-authorised for our scope, so that `az rest` needs nobody's consent. It goes in a request
 * of its own: Graph does not take a scope and its pre-authorisation in one.
 */
export function preAuthorized(api: Raw): Raw {
  const scopeId = scopeIdOf(api) ?? scopeDefinition.id;
  const applications = listOf(api['preAuthorizedApplications']);
  const own = applications.find(({ appId }) => appId === azureCliAppId);
  const ids = textsOf(own?.['delegatedPermissionIds']);
  const wanted = {
    appId: azureCliAppId,
    delegatedPermissionIds: ids.includes(scopeId) ? ids : [...ids, scopeId],
  };
  return {
    ...api,
    preAuthorizedApplications: own
      ? applications.map(one => (one === own ? { ...own, ...wanted } : one))
      : [...applications, wanted],
  };
}
