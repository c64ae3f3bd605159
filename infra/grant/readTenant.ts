import { z } from 'zod';
import { AppError } from '../../shared/core/appError';
import type { Guid } from '../../shared/core/keys/guid';
import type { GraphAnswer } from '../../shared/io/graph/graphRequests';
import type { Refusal } from '../../shared/io/graph/refusal';
import type {
  Found,
  FoundConsent,
  FoundGrant,
  FoundIdentity,
  FoundRegistration,
  FoundServicePrincipal,
  RegistrationIdentity,
} from './found';
import type { GraphCalls } from './graphCalls';
import { identityTitles, type IdentityName } from './permissions';
import { graphAppId } from './registration';
import { stop, type Stop } from './stop';

/** Microsoft Graph in this tenant: where permissions are granted, and what its permissions are called. */
export interface GraphResource {
  /** Object id of its service principal. */
  readonly id: string;
  /** Ids of its application permissions, by name. */
  readonly permissionIds: ReadonlyMap<string, string>;
}

export interface Tenant {
  readonly graph: GraphResource;
  readonly found: Found;
}

export interface TenantQuestion {
  readonly uniqueName: string;
  readonly identities: ReadonlyMap<IdentityName, Guid>;
}

const text = z.string().min(1);
const raw = z.record(z.string(), z.unknown());
const organizationsSchema = z.object({
  value: z.array(z.object({ id: text, displayName: z.string().nullish() })),
});
const registrationSchema = z.object({
  id: text,
  appId: text,
  uniqueName: z.string().nullish(),
  displayName: z.string(),
  signInAudience: z.string(),
  identifierUris: z.array(z.string()),
  api: raw,
  appRoles: z.array(raw),
  optionalClaims: raw.nullish(),
  spa: raw.nullish(),
});
const registrationSelect = Object.keys(registrationSchema.shape).join(',');
const principalSchema = z.object({
  id: text,
  displayName: z.string().nullish(),
  appRoleAssignmentRequired: z.boolean(),
  servicePrincipalType: z.string().nullish(),
  tags: z.array(z.string()),
});
const principalSelect = Object.keys(principalSchema.shape).join(',');
const graphSchema = z.object({
  id: text,
  appRoles: z.array(
    z.object({
      id: text,
      value: z.string().nullish(),
      isEnabled: z.boolean(),
      allowedMemberTypes: z.array(z.string()),
    }),
  ),
});
const assignmentSchema = z.object({ id: text, appRoleId: text, resourceId: text });
const consentSchema = z.object({
  id: text,
  consentType: z.string(),
  resourceId: text,
  scope: z.string().nullish(),
});

/** Waits for an identity that was made a moment ago: Entra ID shows it everywhere only after a while. */
const identityAttempts = 8;
const identityPauseMs = 5_000;

/** The tenant as Graph itself names it for this token, or why it is not the expected one. */
export async function readTenantName(calls: GraphCalls, tenantId: Guid): Promise<string | Stop> {
  const answer = await calls.json('/organization?$select=id,displayName');
  if (answer.kind === 'refused') return notReadable(answer.refusal, 'the tenant');
  const organization = parsed(organizationsSchema, answer.value, '/organization').value[0];
  if (organization?.id.toLowerCase() === tenantId) return organization.displayName ?? '';
  return stop(
    2,
    `The tenant ${tenantId} was expected; the token is one of the tenant ${organization?.id ?? 'without a name'}. ` +
      `Nothing was written. Run: az login --tenant ${tenantId}`,
  );
}

/** Everything that a plan depends on. Reads only. */
export async function readTenant(calls: GraphCalls, question: TenantQuestion): Promise<Tenant | Stop> {
  const graph = await readGraphResource(calls);
  if ('kind' in graph) return graph;
  const registration = await readRegistration(calls, question.uniqueName);
  if (registration.kind === 'stop') return registration;
  const own =
    registration.kind === 'there' ? await readOwnPrincipal(calls, registration.appId, graph) : noPrincipal;
  if ('kind' in own) return own;
  const identities: FoundIdentity[] = [];
  for (const [identity, clientId] of question.identities) {
    const found = await readIdentity(calls, identity, clientId, graph);
    if ('kind' in found) return found;
    identities.push(found);
  }
  return {
    graph,
    found: { registration, ...own, identities, available: new Set(graph.permissionIds.keys()) },
  };
}

async function readGraphResource(calls: GraphCalls): Promise<GraphResource | Stop> {
  const answer = await calls.json(`/servicePrincipals(appId='${graphAppId}')?$select=id,appRoles`);
  if (answer.kind === 'refused')
    return notReadable(answer.refusal, 'the service principal of Microsoft Graph');
  const { id, appRoles } = parsed(graphSchema, answer.value, 'the service principal of Microsoft Graph');
  const permissionIds = new Map<string, string>();
  for (const role of appRoles) {
    if (role.value && role.isEnabled && role.allowedMemberTypes.includes('Application'))
      permissionIds.set(role.value, role.id);
  }
  return { id, permissionIds };
}

/** By its unique name; where there is none, among those that were deleted. */
export async function readRegistration(
  calls: GraphCalls,
  uniqueName: string,
): Promise<FoundRegistration | Stop> {
  const path = `/applications(uniqueName='${uniqueName}')?$select=${registrationSelect}`;
  const answer = await calls.json(path);
  if (answer.kind === 'answered')
    return { kind: 'there', ...registrationOf(parsed(registrationSchema, answer.value, 'the registration')) };
  if (!isNotFound(answer.refusal)) return notReadable(answer.refusal, 'app registrations');
  const deleted = await calls.items(
    `/directory/deletedItems/microsoft.graph.application?$select=${registrationSelect}`,
  );
  if (deleted.kind === 'refused') return notReadable(deleted.refusal, 'deleted app registrations');
  const ours = deleted.value.find(one => raw.safeParse(one).data?.['uniqueName'] === uniqueName);
  if (ours === undefined) return { kind: 'missing' };
  return { kind: 'deleted', ...registrationOf(parsed(registrationSchema, ours, 'the deleted registration')) };
}

const registrationOf = ({
  id,
  appId,
  uniqueName: _,
  optionalClaims,
  spa,
  ...parts
}: z.output<typeof registrationSchema>): RegistrationIdentity => ({
  id,
  appId,
  parts: { ...parts, optionalClaims: optionalClaims ?? null, spa: spa ?? {} },
});

interface OwnPrincipal {
  readonly servicePrincipal: FoundServicePrincipal | null;
  readonly consents: readonly FoundConsent[];
}
const noPrincipal: OwnPrincipal = { servicePrincipal: null, consents: [] };

async function readOwnPrincipal(
  calls: GraphCalls,
  appId: string,
  graph: GraphResource,
): Promise<OwnPrincipal | Stop> {
  const answer = await calls.json(`/servicePrincipals(appId='${appId}')?$select=${principalSelect}`);
  if (answer.kind === 'refused')
    return isNotFound(answer.refusal) ? noPrincipal : notReadable(answer.refusal, 'service principals');
  const { id, appRoleAssignmentRequired, tags } = parsed(
    principalSchema,
    answer.value,
    'the service principal',
  );
  const assignments = await calls.items(`/servicePrincipals/${id}/appRoleAssignedTo`);
  if (assignments.kind === 'refused') return notReadable(assignments.refusal, 'app role assignments');
  const grants = await calls.items(`/servicePrincipals/${id}/oauth2PermissionGrants`);
  if (grants.kind === 'refused') return notReadable(grants.refusal, 'consents');
  const resources = new Map([
    [id, 'api' as const],
    [graph.id, 'graph' as const],
  ]);
  return {
    servicePrincipal: {
      id,
      assignmentRequired: appRoleAssignmentRequired,
      tags,
      assignments: assignments.value.length,
    },
    consents: grants.value.flatMap((value): readonly FoundConsent[] => {
      const grant = parsed(consentSchema, value, 'a consent');
      const resource = resources.get(grant.resourceId);
      if (resource === undefined || grant.consentType !== 'AllPrincipals') return [];
      return [{ id: grant.id, resource, scope: grant.scope?.trim() ?? '' }];
    }),
  };
}

async function readIdentity(
  calls: GraphCalls,
  identity: IdentityName,
  clientId: Guid,
  graph: GraphResource,
): Promise<FoundIdentity | Stop> {
  const title = identityTitles[identity];
  const answer = await principalWhenThere(calls, clientId, title);
  if (answer.kind === 'refused') {
    if (!isNotFound(answer.refusal)) return notReadable(answer.refusal, `the ${title}`);
    return stop(
      2,
      `The ${title} was expected to be a managed identity with the client id ${clientId}; the tenant has no such application. ` +
        'Look the client id up in the Azure portal, under Managed Identities (it is not the object id).',
    );
  }
  const principal = parsed(principalSchema, answer.value, `the ${title}`);
  if (principal.servicePrincipalType !== 'ManagedIdentity')
    return stop(
      2,
      `The ${title} was expected to be a managed identity; ${clientId} is the client id of another kind of application. ` +
        'Permissions are granted to managed identities only: they have no secret that could leave Azure.',
    );
  const assignments = await calls.items(`/servicePrincipals/${principal.id}/appRoleAssignments`);
  if (assignments.kind === 'refused')
    return notReadable(assignments.refusal, `the permissions of the ${title}`);
  const names = new Map([...graph.permissionIds].map(([name, id]) => [id, name]));
  const grants = assignments.value.flatMap((value): readonly FoundGrant[] => {
    const { id, appRoleId, resourceId } = parsed(assignmentSchema, value, 'an app role assignment');
    if (resourceId !== graph.id) return [];
    return [{ assignmentId: id, permission: names.get(appRoleId) ?? appRoleId }];
  });
  return { identity, id: principal.id, displayName: principal.displayName ?? '', grants };
}

async function principalWhenThere(
  calls: GraphCalls,
  clientId: Guid,
  title: string,
): Promise<GraphAnswer<unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await calls.json(`/servicePrincipals(appId='${clientId}')?$select=${principalSelect}`);
    if (answer.kind === 'answered' || !isNotFound(answer.refusal) || attempt === identityAttempts)
      return answer;
    await calls.pause(identityPauseMs, `the ${title} (${clientId})`);
  }
}

/** Only Graph itself can say that something is not there. */
const isNotFound = ({ status, code }: Refusal): boolean =>
  status === 404 && code === 'Request_ResourceNotFound';

function notReadable({ status, code, trace }: Refusal, what: string): Stop {
  const found = `Reading ${what} was refused with status ${status} (${code ?? "without Graph's error body"})`;
  if (status === 401)
    return stop(2, `${found}. The token is not good any more: run az login again. (${trace})`);
  if (status === 403)
    return stop(
      3,
      `${found}. Sign in as somebody who may read applications: the directory role Cloud Application Administrator, or Directory Readers for --what-if. (${trace})`,
    );
  return stop(2, `${found}. Check --cloud: every cloud has a Microsoft Graph of its own. (${trace})`);
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = result.error.issues.map(({ path }) => path.join('.') || 'the whole').join(', ');
  throw new AppError(
    'graphAnswerInvalid',
    `Microsoft Graph was expected to answer with ${what}; found something else (${places}). Check --cloud.`,
  );
}
