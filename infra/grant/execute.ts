import { AppError } from '../../shared/core/appError';
import type { GraphCalls, Write, Written } from './graphCalls';
import { refusalToGrant } from './permissions';
import type { Action } from './plan';
import type { Tenant } from './readTenant';
import { readRegistration } from './readTenant';
import { identifierUriOf } from './registration';
import { stop, type Stop } from './stop';

/** Ids that actions need and earlier ones make known. */
export interface Place {
  readonly tenant: Tenant;
  readonly uniqueName: string;
  /** null: not there yet. */
  registration: { readonly id: string; readonly appId: string } | null;
  /** Object id of the registration's service principal. */
  servicePrincipalId: string | null;
  /** Whether something was made in this run: Entra ID shows it everywhere only after a while. */
  justMade: boolean;
}

export function placeOf(tenant: Tenant, uniqueName: string): Place {
  const { registration, servicePrincipal } = tenant.found;
  return {
    tenant,
    uniqueName,
    registration: registration.kind === 'missing' ? null : { id: registration.id, appId: registration.appId },
    servicePrincipalId: servicePrincipal?.id ?? null,
    justMade: false,
  };
}

const settleAttempts = 8;
const settlePauseMs = 4_000;

/**
 * Carries out one action. It may be carried out again, whole or in part: what is there already counts as done. null: done.
 * Rejects with an `AppError` where Graph does not answer.
 */
export async function execute(action: Action, place: Place, calls: GraphCalls): Promise<Stop | null> {
  const request = requestOf(action, place);
  if ('kind' in request) return request;
  const written = await writeWhenSettled(action, request, place, calls);
  if (written.kind === 'refused' && !isDoneAlready(action, written)) return refusalOf(action, written);
  return await remember(action, written, place, calls);
}

/**
 * After something was made, here or (an identity) by the deployment, a 404 or "does not reference a valid application" may pass:
 * tries again for half a minute.
 */
async function writeWhenSettled(
  action: Action,
  write: Write,
  place: Place,
  calls: GraphCalls,
): Promise<Written> {
  const mayPass = action.kind === 'grant' || (place.justMade && write.method !== 'DELETE');
  for (let attempt = 1; ; attempt += 1) {
    const written = await calls.write(write);
    if (!mayPass || !isNotThereYet(written) || attempt === settleAttempts) return written;
    await calls.pause(settlePauseMs, 'what was made a moment ago');
  }
}

function isNotThereYet(written: Written): boolean {
  if (written.kind === 'done') return false;
  const { status } = written.refusal;
  return (
    status === 404 ||
    (status === 400 && /does not (?:reference|exist)|cannot be found/i.test(written.message))
  );
}

function isDoneAlready(action: Action, { refusal, message }: Extract<Written, { kind: 'refused' }>): boolean {
  switch (action.kind) {
    case 'grant':
    case 'consent':
      return refusal.status === 409 || (refusal.status === 400 && /already exists/i.test(message));
    case 'revoke':
    case 'deleteRegistration':
      return refusal.status === 404;
    default:
      return false;
  }
}

function requestOf(action: Action, place: Place): Write | Stop {
  const { graph, found } = place.tenant;
  switch (action.kind) {
    case 'revoke':
      return {
        method: 'DELETE',
        path: `/servicePrincipals/${graph.id}/appRoleAssignedTo/${action.assignmentId}`,
      };
    case 'restoreRegistration':
      return { method: 'POST', path: `/directory/deletedItems/${action.id}/restore` };
    case 'createRegistration':
      return {
        method: 'PATCH',
        path: `/applications(uniqueName='${action.uniqueName}')`,
        body: action.parts,
        createIfMissing: true,
      };
    case 'updateRegistration':
      return { method: 'PATCH', path: `/applications/${registrationIn(place).id}`, body: action.set };
    case 'setIdentifierUri': {
      const { id, appId } = registrationIn(place);
      const body = { identifierUris: [...action.kept, identifierUriOf(appId)] };
      return { method: 'PATCH', path: `/applications/${id}`, body };
    }
    case 'preAuthorize':
      return {
        method: 'PATCH',
        path: `/applications/${registrationIn(place).id}`,
        body: { api: action.api },
      };
    case 'putServicePrincipal':
      return {
        method: 'PATCH',
        path: `/servicePrincipals(appId='${registrationIn(place).appId}')`,
        body: { appRoleAssignmentRequired: true, tags: action.tags },
        createIfMissing: true,
      };
    case 'consent': {
      if (action.consentId !== null)
        return {
          method: 'PATCH',
          path: `/oauth2PermissionGrants/${action.consentId}`,
          body: { scope: action.scope },
        };
      const clientId = known(place.servicePrincipalId, 'the service principal');
      const resourceId = action.resource === 'api' ? clientId : graph.id;
      const body = { clientId, consentType: 'AllPrincipals', resourceId, scope: action.scope };
      return { method: 'POST', path: '/oauth2PermissionGrants', body };
    }
    case 'grant': {
      const refused = refusalToGrant(action.identity, action.permission);
      if (refused !== null) return stop(2, refused);
      const principal = found.identities.find(({ identity }) => identity === action.identity);
      const body = {
        principalId: known(principal?.id, action.identity),
        resourceId: graph.id,
        appRoleId: known(graph.permissionIds.get(action.permission), action.permission),
      };
      return { method: 'POST', path: `/servicePrincipals/${graph.id}/appRoleAssignedTo`, body };
    }
    case 'deleteRegistration':
      return { method: 'DELETE', path: `/applications/${action.id}` };
  }
}

/** Keeps the ids that were made. */
async function remember(
  action: Action,
  written: Written,
  place: Place,
  calls: GraphCalls,
): Promise<Stop | null> {
  switch (action.kind) {
    case 'restoreRegistration':
      place.justMade = true;
      return null;
    case 'createRegistration': {
      place.justMade = true;
      return await findRegistration(place, calls);
    }
    case 'putServicePrincipal':
      place.justMade ||= !action.exists;
      place.servicePrincipalId ??= idIn(written) ?? (await readPrincipalId(place, calls));
      return null;
    default:
      return null;
  }
}

async function findRegistration(place: Place, calls: GraphCalls): Promise<Stop | null> {
  for (let attempt = 1; ; attempt += 1) {
    const registration = await readRegistration(calls, place.uniqueName);
    if (registration.kind === 'stop') return registration;
    if (registration.kind === 'there') {
      place.registration = { id: registration.id, appId: registration.appId };
      return null;
    }
    if (attempt === settleAttempts)
      return stop(
        1,
        `The registration ${place.uniqueName} was made, but cannot be read yet. Run the command again in a minute.`,
      );
    await calls.pause(settlePauseMs, 'the registration');
  }
}

async function readPrincipalId(place: Place, calls: GraphCalls): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = `/servicePrincipals(appId='${registrationIn(place).appId}')?$select=id`;
    const answer = await calls.json(path);
    if (answer.kind === 'answered') return known<string>(idOf(answer.value), 'the service principal');
    if (attempt === settleAttempts) return known<string>(null, 'the service principal');
    await calls.pause(settlePauseMs, 'the service principal');
  }
}

const idIn = (written: Written): string | null => (written.kind === 'done' ? idOf(written.value) : null);

function idOf(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : null;
  return typeof id === 'string' ? id : null;
}

/** The registration, which is there once the actions before were carried out. */
export const registrationIn = (place: Place): { readonly id: string; readonly appId: string } =>
  known(place.registration, 'the registration');

function known<Value>(value: Value | null | undefined, what: string): Value {
  if (value !== null && value !== undefined) return value;
  throw new AppError(
    'graphAnswerInvalid',
    `Microsoft Graph was expected to show ${what} by now; it did not. Run the command again in a minute.`,
  );
}

/** Which directory role lets a person do it; each action has one that is enough. */
function roleFor(action: Action): string {
  switch (action.kind) {
    case 'grant':
    case 'revoke':
      return (
        'Privileged Role Administrator (Application Administrator and Cloud Application Administrator are not enough for ' +
        'permissions of Microsoft Graph)'
      );
    default:
      return 'Cloud Application Administrator or Application Administrator';
  }
}

function refusalOf(action: Action, { refusal, message }: Extract<Written, { kind: 'refused' }>): Stop {
  const { status, code, trace } = refusal;
  const found = `Microsoft Graph refused it with status ${status} (${code ?? "without Graph's error body"})`;
  if (status === 401)
    return stop(
      1,
      `${found}. The token is not good any more: run az login, then this command again. (${trace})`,
    );
  if (status === 403)
    return stop(
      3,
      `${found}. It takes the directory role ${roleFor(action)}, active for the signed-in account. (${trace})`,
    );
  if (action.kind === 'createRegistration' && /uniqueName already exists/i.test(message))
    return stop(
      1,
      `${found}: the unique name ${action.uniqueName} is taken by a registration that was deleted for good a short while ago, or ` +
        `that cannot be seen. Restore it under App registrations, Deleted applications; or choose another --name. (${trace})`,
    );
  return stop(
    1,
    `${found}. Run the command again; the ids help Microsoft support to find the request. (${trace})`,
  );
}
