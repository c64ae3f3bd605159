import type { Found, FoundIdentity } from '../../infra/grant/found';
import type { IdentityName } from '../../infra/grant/permissions';
import type { Action } from '../../infra/grant/plan';
import { identifierUriOf, type RegistrationParts } from '../../infra/grant/registration';

/** The tenant as it is after an action: what Microsoft Graph does, as a value. */
export function after(found: Found, action: Action): Found {
  switch (action.kind) {
    case 'revoke':
      return withGrants(found, action.identity, grants =>
        grants.filter(({ assignmentId }) => assignmentId !== action.assignmentId),
      );
    case 'grant':
      return withGrants(found, action.identity, grants => [
        ...grants,
        { assignmentId: `made ${action.identity} ${action.permission}`, permission: action.permission },
      ]);
    case 'createRegistration':
      return {
        ...found,
        registration: { kind: 'there', id: 'made', appId: 'made app', parts: action.parts },
      };
    case 'restoreRegistration':
      if (found.registration.kind !== 'deleted') throw new TypeError('there is nothing to restore');
      return { ...found, registration: { ...found.registration, kind: 'there' } };
    case 'updateRegistration':
      return withParts(found, action.set);
    case 'setIdentifierUri': {
      if (found.registration.kind !== 'there') throw new TypeError('there is no registration');
      const identifierUris = [...action.kept, identifierUriOf(found.registration.appId)];
      return withParts(found, { identifierUris });
    }
    case 'preAuthorize':
      return withParts(found, { api: action.api });
    case 'putServicePrincipal': {
      const { id = 'made', assignments = 0 } = found.servicePrincipal ?? {};
      return { ...found, servicePrincipal: { id, assignments, assignmentRequired: true, tags: action.tags } };
    }
    case 'consent': {
      const others = found.consents.filter(({ resource }) => resource !== action.resource);
      const id = action.consentId ?? `made ${action.resource}`;
      return { ...found, consents: [...others, { id, resource: action.resource, scope: action.scope }] };
    }
    case 'deleteRegistration':
      if (found.registration.kind !== 'there') throw new TypeError('there is no registration');
      return {
        ...found,
        registration: { ...found.registration, kind: 'deleted' },
        servicePrincipal: null,
        consents: [],
      };
  }
}

export const afterAll = (found: Found, actions: readonly Action[]): Found => actions.reduce(after, found);

const withGrants = (
  found: Found,
  identity: IdentityName,
  change: (grants: FoundIdentity['grants']) => FoundIdentity['grants'],
): Found => ({
  ...found,
  identities: found.identities.map(one =>
    one.identity === identity ? { ...one, grants: change(one.grants) } : one,
  ),
});

function withParts(found: Found, set: Partial<RegistrationParts>): Found {
  const { registration } = found;
  if (registration.kind !== 'there') throw new TypeError('there is no registration');
  return { ...found, registration: { ...registration, parts: { ...registration.parts, ...set } } };
}

/** What two tenants have to have in common to be alike: the ids of assignments and of consents differ. */
export const comparableFound = (found: Found): unknown => ({
  ...found,
  available: [...found.available],
  consents: found.consents.map(({ resource, scope }) => `${resource} ${scope}`).sort(),
  identities: found.identities.map(one => ({
    ...one,
    grants: one.grants.map(({ permission }) => permission).sort(),
  })),
});
