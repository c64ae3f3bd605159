import { randomBytes, randomUUID } from 'node:crypto';
import type { ServicePrincipal } from '@microsoft/microsoft-graph-types';
import type { AccessTokenClaims } from '../tokenIssuer';
import {
  applicationAdministrators,
  applicationReaders,
  authorizeAdministrator,
  changedApplication,
  consentAdministrators,
  emptyApplication,
  privilegedAdministrators,
  taken,
} from './applicationRules';
import { graphAppId, type ApplicationStore } from './applicationStore';
import { authorize } from './authorization';
import { GraphError } from './graphError';
import { propertiesOf, type EntityName } from './metadata';
import { resourceNotFound } from './objectWithId';
import type { Answer } from './page';
import { addressOf, contextOf, pageOf, projection, sliceOf } from './pagedList';
import { badRequest, readOptions, type QueryOptions } from './query';
import type { Route, RouteContext, RoutedRequest } from './routes';
import { assertNoBody, assertNoParameters, jsonBody } from './writeRules';

/**
 * App registrations, service principals, their app role assignments and consents: https://learn.microsoft.com/graph/api/resources/application,
 * serviceprincipal, approleassignment, oauth2permissiongrant. Answers of reading hold what $select names, and it has to be there.
 */
export function applicationRoutes(
  store: ApplicationStore,
  context: RouteContext,
  others: readonly Route[],
): readonly Route[] {
  const application = "/applications(uniqueName='{id}')";
  const principalByAppId = "/servicePrincipals(appId='{id}')";
  return [
    { method: 'GET', path: application, answer: applicationByName(store, context) },
    { method: 'PATCH', path: application, answer: upsertApplication(store, context) },
    { method: 'PATCH', path: '/applications/{id}', answer: updateApplication(store) },
    { method: 'DELETE', path: '/applications/{id}', answer: deleteApplication(store, context) },
    {
      method: 'GET',
      path: '/directory/deletedItems/microsoft.graph.application',
      answer: deletedApplications(store, context),
    },
    {
      method: 'POST',
      path: '/directory/deletedItems/{id}/restore',
      answer: restoreApplication(store, context, others),
    },
    { method: 'GET', path: principalByAppId, answer: principalOfApp(store, context) },
    { method: 'PATCH', path: principalByAppId, answer: upsertPrincipal(store, context) },
    { method: 'GET', path: '/servicePrincipals/{id}', answer: principalById(store, context) },
    ...(['appRoleAssignments', 'appRoleAssignedTo'] as const).map(relation => ({
      method: 'GET',
      path: `/servicePrincipals/{id}/${relation}`,
      answer: assignmentsOf(relation, store, context),
    })),
    {
      method: 'GET',
      path: '/servicePrincipals/{id}/oauth2PermissionGrants',
      answer: consentsOf(store, context),
    },
    { method: 'POST', path: '/servicePrincipals/{id}/appRoleAssignedTo', answer: assign(store, context) },
    {
      method: 'DELETE',
      path: '/servicePrincipals/{id}/appRoleAssignedTo/{item}',
      answer: removeAssignment(store),
    },
    { method: 'POST', path: '/oauth2PermissionGrants', answer: addConsent(store, context) },
    { method: 'PATCH', path: '/oauth2PermissionGrants/{id}', answer: changeConsent(store) },
  ];
}

const invalid = (message: string): GraphError => new GraphError(400, 'Request_BadRequest', message);

function selectOf(entity: EntityName, options: QueryOptions): readonly string[] {
  const names = options.get('$select')?.split(',') ?? [];
  if (names.length === 0) throw badRequest(`The stand-in wants $select for ${entity}.`);
  for (const name of names)
    if (!propertiesOf(entity).has(name))
      throw badRequest(`Could not find a property named '${name}' on type 'microsoft.graph.${entity}'.`);
  return names;
}

const assertNoOptions = ({ search }: RoutedRequest): void => void readOptions(search, []);

function oneEntity(
  entity: 'application' | 'servicePrincipal',
  value: object,
  options: QueryOptions,
  { endpoint }: RouteContext,
): Answer {
  const context = `${contextOf(endpoint, `${entity}s`, options)}/$entity`;
  return {
    kind: 'entity',
    entity: { '@odata.context': context, ...projection({ entity }, selectOf(entity, options))(value) },
  };
}

const created = (entity: EntityName, value: object): Answer => ({
  kind: 'entity',
  status: 201,
  entity: {
    '@odata.context': `#${entity}/$entity`,
    ...projection({ entity }, [...propertiesOf(entity).keys()])(value),
  },
});

const applicationByName =
  (store: ApplicationStore, context: RouteContext): Route['answer'] =>
  ({ claims, search, id }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$select']);
    const found = store.state().applications.find(one => one.uniqueName === id);
    if (!found) throw resourceNotFound(id);
    return oneEntity('application', found, options, context);
  };

const authorizeChange = (claims: AccessTokenClaims): void =>
  authorizeAdministrator(claims, 'Application.ReadWrite.All', applicationAdministrators);

const upsertApplication =
  (store: ApplicationStore, { now }: RouteContext): Route['answer'] =>
  request => {
    authorizeChange(request.claims);
    assertNoOptions(request);
    const state = store.state();
    const change = jsonBody(request);
    const found = state.applications.find(one => one.uniqueName === request.id);
    if (found) {
      store.putApplication(changedApplication(found, change, state));
      return { kind: 'nothing' };
    }
    if (request.headers['prefer'] !== 'create-if-missing') throw resourceNotFound(request.id);
    if (typeof change['displayName'] !== 'string' || change['displayName'] === '')
      throw invalid("A value is required for property 'displayName' of resource 'Application'.");
    // https://github.com/microsoftgraph/msgraph-bicep-types/issues/137: a deleted application keeps its unique name.
    if (state.deletedApplications.some(one => one.uniqueName === request.id)) throw taken('uniqueName');
    const application = changedApplication(
      {
        ...emptyApplication,
        id: randomUUID(),
        appId: randomUUID(),
        uniqueName: request.id,
        createdDateTime: new Date(now()).toISOString(),
        deletedDateTime: null,
      },
      change,
      state,
    );
    store.putApplication(application);
    return created('application', application);
  };

const updateApplication =
  (store: ApplicationStore): Route['answer'] =>
  request => {
    authorizeChange(request.claims);
    assertNoOptions(request);
    const state = store.state();
    const found = state.applications.find(one => one.id === request.id);
    if (!found) throw resourceNotFound(request.id);
    store.putApplication(changedApplication(found, jsonBody(request), state));
    const principal = state.servicePrincipals.find(one => one.appId === found.appId);
    if (principal) store.putServicePrincipal({ ...principal, ...mirrored(store, found.appId ?? '') });
    return { kind: 'nothing' };
  };

/** What a service principal takes over from its application. */
function mirrored(
  store: ApplicationStore,
  appId: string,
): Pick<ServicePrincipal, 'displayName' | 'appRoles'> {
  const application = store.state().applications.find(one => one.appId === appId);
  if (!application)
    throw invalid(
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
    );
  return { displayName: application.displayName ?? null, appRoles: application.appRoles ?? [] };
}

const deleteApplication =
  (store: ApplicationStore, { now }: RouteContext): Route['answer'] =>
  request => {
    authorizeChange(request.claims);
    assertNoOptions(request);
    assertNoBody(request);
    if (!store.state().applications.some(one => one.id === request.id)) throw resourceNotFound(request.id);
    store.deleteApplication(request.id, new Date(now()));
    return { kind: 'nothing' };
  };

function listed(
  entity: EntityName,
  name: string,
  items: readonly object[],
  select: readonly string[],
  options: QueryOptions,
  { endpoint, pageTokens, applicationPageSize }: RouteContext,
): Answer {
  const page = pageOf({
    list: addressOf(`${endpoint}/v1.0/${name}`, options),
    context: contextOf(endpoint, name, options),
    token: options.get('$skiptoken'),
    eventual: false,
    pageTokens,
    count: null,
    read: after => sliceOf(items, after, applicationPageSize),
    project: projection({ entity }, select),
  });
  return { kind: 'page', page };
}

const deletedApplications =
  (store: ApplicationStore, context: RouteContext): Route['answer'] =>
  ({ claims, search }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$select', '$skiptoken']);
    const items = store.state().deletedApplications;
    const name = 'directory/deletedItems/microsoft.graph.application';
    return listed('application', name, items, selectOf('application', options), options, context);
  };

const restoreApplication =
  (store: ApplicationStore, { endpoint }: RouteContext, others: readonly Route[]): Route['answer'] =>
  request => {
    if (!store.state().deletedApplications.some(one => one.id === request.id)) {
      const other = others.find(({ path }) => path === '/directory/deletedItems/{id}/restore');
      if (!other) throw resourceNotFound(request.id);
      return other.answer(request);
    }
    authorizeChange(request.claims);
    assertNoOptions(request);
    assertNoParameters(request);
    store.restoreApplication(request.id);
    const entity = {
      '@odata.context': `${endpoint}/v1.0/$metadata#directoryObjects/$entity`,
      '@odata.type': '#microsoft.graph.application',
      id: request.id,
    };
    return { kind: 'entity', entity };
  };

const principalOfApp =
  (store: ApplicationStore, context: RouteContext): Route['answer'] =>
  ({ claims, search, id }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$select']);
    const found = store.state().servicePrincipals.find(one => one.appId === id);
    if (!found) throw resourceNotFound(id);
    return oneEntity('servicePrincipal', found, options, context);
  };

const principalById =
  (store: ApplicationStore, context: RouteContext): Route['answer'] =>
  ({ claims, search, id }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$select']);
    return oneEntity('servicePrincipal', principalWithId(store, id), options, context);
  };

const principalWritable = new Set(['appRoleAssignmentRequired', 'tags', 'displayName']);

const upsertPrincipal =
  (store: ApplicationStore, _: RouteContext): Route['answer'] =>
  request => {
    authorizeChange(request.claims);
    assertNoOptions(request);
    const change = jsonBody(request);
    for (const name of Object.keys(change))
      if (!principalWritable.has(name)) throw invalid(`Property '${name}' cannot be set here.`);
    const found = store.state().servicePrincipals.find(one => one.appId === request.id);
    if (found) {
      store.putServicePrincipal({ ...found, ...change });
      return { kind: 'nothing' };
    }
    if (request.headers['prefer'] !== 'create-if-missing') throw resourceNotFound(request.id);
    const principal: ServicePrincipal = {
      id: randomUUID(),
      appId: request.id,
      servicePrincipalType: 'Application',
      appRoleAssignmentRequired: false,
      tags: [],
      ...mirrored(store, request.id),
      ...change,
    };
    store.putServicePrincipal(principal);
    return created('servicePrincipal', principal);
  };

function principalWithId(store: ApplicationStore, id: string): ServicePrincipal {
  const found = store.state().servicePrincipals.find(one => one.id === id);
  if (!found) throw resourceNotFound(id);
  return found;
}

const assignmentsOf =
  (
    relation: 'appRoleAssignments' | 'appRoleAssignedTo',
    store: ApplicationStore,
    context: RouteContext,
  ): Route['answer'] =>
  ({ claims, search, id }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$skiptoken']);
    principalWithId(store, id);
    const key = relation === 'appRoleAssignments' ? 'principalId' : 'resourceId';
    const items = store.state().assignments.filter(one => one[key] === id);
    const select = [...propertiesOf('appRoleAssignment').keys()];
    return listed(
      'appRoleAssignment',
      `servicePrincipals/${id}/${relation}`,
      items,
      select,
      options,
      context,
    );
  };

const consentsOf =
  (store: ApplicationStore, context: RouteContext): Route['answer'] =>
  ({ claims, search, id }) => {
    authorize(claims, applicationReaders);
    const options = readOptions(search, ['$skiptoken']);
    principalWithId(store, id);
    const items = store.state().consents.filter(one => one.clientId === id);
    const name = `servicePrincipals/${id}/oauth2PermissionGrants`;
    const select = [...propertiesOf('oAuth2PermissionGrant').keys()];
    return listed('oAuth2PermissionGrant', name, items, select, options, context);
  };

/** Microsoft Graph's own roles take a higher directory role: https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent. */
const authorizeAssignment = (claims: AccessTokenClaims, resource: ServicePrincipal): void => {
  const administrators = resource.appId === graphAppId ? privilegedAdministrators : consentAdministrators;
  authorizeAdministrator(claims, 'AppRoleAssignment.ReadWrite.All', administrators);
  authorize(claims, applicationReaders);
};

const assign =
  (store: ApplicationStore, { directory, now }: RouteContext): Route['answer'] =>
  request => {
    assertNoOptions(request);
    const resource = principalWithId(store, request.id);
    authorizeAssignment(request.claims, resource);
    const { principalId, resourceId, appRoleId, ...rest } = jsonBody(request);
    if (Object.keys(rest).length > 0) throw invalid('Unexpected contents in request body.');
    if (resourceId !== resource.id)
      throw invalid('resourceId does not match the service principal of the path.');
    const user = directory.get('user', String(principalId));
    const principal = user ?? principalWithId(store, String(principalId));
    const memberType = user ? 'User' : 'Application';
    const role = resource.appRoles?.find(({ id }) => id === appRoleId);
    if (!role?.isEnabled || !role.allowedMemberTypes?.includes(memberType))
      throw invalid('Permission being assigned was not found on application.');
    const held = store.state().assignments;
    if (
      held.some(
        one =>
          one.principalId === principalId && one.resourceId === resourceId && one.appRoleId === appRoleId,
      )
    )
      throw invalid('Permission being assigned already exists on the object');
    const assignment = {
      id: randomBytes(32).toString('base64url'),
      appRoleId: String(appRoleId),
      createdDateTime: new Date(now()).toISOString(),
      deletedDateTime: null,
      principalDisplayName: principal.displayName ?? null,
      principalId: String(principalId),
      principalType: user ? 'User' : 'ServicePrincipal',
      resourceDisplayName: resource.displayName ?? null,
      resourceId: resource.id ?? '',
    };
    store.addAssignment(assignment);
    return created('appRoleAssignment', assignment);
  };

const removeAssignment =
  (store: ApplicationStore): Route['answer'] =>
  request => {
    assertNoOptions(request);
    assertNoBody(request);
    const resource = principalWithId(store, request.id);
    authorizeAssignment(request.claims, resource);
    const found = store
      .state()
      .assignments.find(one => one.id === request.item && one.resourceId === resource.id);
    if (!found) throw resourceNotFound(request.item);
    store.removeAssignment(found.id);
    return { kind: 'nothing' };
  };

const authorizeConsent = (claims: AccessTokenClaims): void =>
  authorizeAdministrator(claims, 'DelegatedPermissionGrant.ReadWrite.All', consentAdministrators);

/** Names of scopes, separated by one space, each once. */
function assertScopes(scope: unknown): asserts scope is string {
  const names = typeof scope === 'string' ? scope.split(' ') : [];
  if (names.length > 0 && names.every(name => /^[\w.]+$/.test(name)) && new Set(names).size === names.length)
    return;
  throw invalid('The scope of the permission grant is not valid.');
}

const addConsent =
  (store: ApplicationStore, _: RouteContext): Route['answer'] =>
  request => {
    authorizeConsent(request.claims);
    assertNoOptions(request);
    const { clientId, consentType, resourceId, scope, ...rest } = jsonBody(request);
    if (Object.keys(rest).length > 0 || consentType !== 'AllPrincipals')
      throw invalid('The stand-in takes consents for all principals only.');
    assertScopes(scope);
    principalWithId(store, String(clientId));
    principalWithId(store, String(resourceId));
    const there = store
      .state()
      .consents.some(one => one.clientId === clientId && one.resourceId === resourceId);
    if (there)
      throw new GraphError(
        409,
        'Request_MultipleObjectsWithSameKeyValue',
        'Permission entry already exists.',
      );
    const consent = {
      id: randomBytes(32).toString('base64url'),
      clientId: String(clientId),
      consentType: 'AllPrincipals',
      principalId: null,
      resourceId: String(resourceId),
      scope,
    };
    store.putConsent(consent);
    return created('oAuth2PermissionGrant', consent);
  };

const changeConsent =
  (store: ApplicationStore): Route['answer'] =>
  request => {
    authorizeConsent(request.claims);
    assertNoOptions(request);
    const found = store.state().consents.find(one => one.id === request.id);
    if (!found) throw resourceNotFound(request.id);
    const { scope, ...rest } = jsonBody(request);
    if (Object.keys(rest).length > 0) throw invalid('Only scope can be changed.');
    assertScopes(scope);
    store.putConsent({ ...found, scope });
    return { kind: 'nothing' };
  };
