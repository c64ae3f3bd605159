import type { IdentityName } from './permissions';
import type { RegistrationParts } from './registration';

/** Our app registration in the tenant, found by its unique name. */
export type FoundRegistration =
  | { readonly kind: 'missing' }
  /** Deleted less than 30 days ago. Its unique name stays taken, so it is restored rather than made again. */
  | ({ readonly kind: 'deleted' } & RegistrationIdentity)
  | ({ readonly kind: 'there' } & RegistrationIdentity);

export interface RegistrationIdentity {
  /** Object id. */
  readonly id: string;
  /** Application id, the audience of the API's tokens. */
  readonly appId: string;
  readonly parts: RegistrationParts;
}

export interface FoundServicePrincipal {
  readonly id: string;
  readonly assignmentRequired: boolean;
  readonly tags: readonly string[];
  /** How many people, groups and applications are assigned to its roles. */
  readonly assignments: number;
}

/** Whose scopes a consent is about: our API's, or Microsoft Graph's. */
export const consentResources = ['api', 'graph'] as const;
export type ConsentResource = (typeof consentResources)[number];

/** A consent for everybody (`AllPrincipals`), of the registration's own service principal. */
export interface FoundConsent {
  readonly id: string;
  readonly resource: ConsentResource;
  /** Names, separated by spaces. */
  readonly scope: string;
}

/** An application permission of Microsoft Graph that an identity holds. */
export interface FoundGrant {
  readonly assignmentId: string;
  /** The permission's name; its id where Microsoft Graph lists no such app role. */
  readonly permission: string;
}

export interface FoundIdentity {
  readonly identity: IdentityName;
  /** Object id of its service principal. */
  readonly id: string;
  readonly displayName: string;
  readonly grants: readonly FoundGrant[];
}

/** All that a plan depends on. */
export interface Found {
  readonly registration: FoundRegistration;
  /** null: there is none, or no registration. */
  readonly servicePrincipal: FoundServicePrincipal | null;
  readonly consents: readonly FoundConsent[];
  /** Those that were named. */
  readonly identities: readonly FoundIdentity[];
  /** The names of the application permissions that Microsoft Graph has in this cloud. */
  readonly available: ReadonlySet<string>;
}
