import type { User } from '@microsoft/microsoft-graph-types';
import type { ObjectType } from '../../../shared/core/objectType';
import { authorize, hasAny, insufficientPrivileges } from './authorization';
import { objectSets, type ObjectSet } from './entitySets';
import { GraphError } from './graphError';
import { objectWithId } from './objectWithId';
import { badRequest } from './query';
import type { Route, RouteContext } from './routes';
import {
  assertMayChange,
  assertNoBody,
  assertNoParameters,
  assertNotExchangeOwned,
  assertPlain,
  jsonBody,
} from './writeRules';

/**
 * Application permissions of which any one allows to delete, by type. Directory.ReadWrite.All is none of them: it does not delete
 * users or groups.
 */
export const deletePermissions: { readonly [Type in ObjectType]: readonly string[] } = {
  user: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
  group: ['Group.ReadWrite.All'],
  device: ['Device.ReadWrite.All'],
  contact: [],
};

/** What changes live objects. */
export function writeRoutes(context: RouteContext): readonly Route[] {
  const setOf = (type: ObjectType): ObjectSet => objectSets.find(set => set.type === type) as ObjectSet;
  return [
    ...(['user', 'group', 'device'] as const).map(type => ({
      method: 'DELETE',
      path: `/${setOf(type).name}/{id}`,
      answer: deletionOf(setOf(type), context),
    })),
    { method: 'DELETE', path: '/contacts/{id}', answer: contactRefused },
    {
      method: 'DELETE',
      version: 'beta',
      path: '/contacts/{id}',
      answer: betaContactDeletion(setOf('contact'), context),
    },
    { method: 'PATCH', path: '/users/{id}', answer: userUpdate(setOf('user'), context) },
    {
      method: 'POST',
      path: '/users/{id}/revokeSignInSessions',
      answer: sessionRevocation(setOf('user'), context),
    },
  ];
}

const deletionOf =
  (set: ObjectSet, { directory, now }: RouteContext): Route['answer'] =>
  request => {
    authorize(request.claims, deletePermissions[set.type]);
    assertPlain(request);
    assertNoBody(request);
    const entity = objectWithId(directory, set, request.id);
    assertMayChange(request.claims, directory, entity);
    assertNotExchangeOwned(set.type, entity);
    directory.delete(set.type, entity.id ?? '', now());
    return { kind: 'nothing' };
  };

const contactRefused: Route['answer'] = () => {
  throw new GraphError(
    400,
    'Request_BadRequest',
    "Data contract version does not allow 'Delete' operations against instances of resource 'OrgContact'.",
  );
};

/** Reported to work for administrators; no application permission is documented, so that by default none suffices. */
const betaContactDeletion =
  (set: ObjectSet, { directory, now, betaDeletesContacts }: RouteContext): Route['answer'] =>
  request => {
    if (!betaDeletesContacts) throw insufficientPrivileges();
    assertPlain(request);
    assertNoBody(request);
    const entity = objectWithId(directory, set, request.id);
    directory.delete('contact', entity.id ?? '', now());
    return { kind: 'nothing' };
  };

/** Only `accountEnabled`, with its own pair of permissions. */
const userUpdate =
  (set: ObjectSet, { directory }: RouteContext): Route['answer'] =>
  request => {
    const { claims } = request;
    const pair = ['User.EnableDisableAccount.All', 'User.Read.All'];
    if (!pair.every(permission => hasAny(claims, [permission]))) authorize(claims, ['User.ReadWrite.All']);
    assertPlain(request);
    const { accountEnabled, ...others } = jsonBody(request);
    if (typeof accountEnabled !== 'boolean' || Object.keys(others).length > 0) {
      throw badRequest('Only accountEnabled can be changed here, to true or to false.');
    }
    const entity = objectWithId(directory, set, request.id);
    assertMayChange(claims, directory, entity);
    directory.put('user', { ...(entity as User), accountEnabled });
    return { kind: 'nothing' };
  };

const sessionRevocation =
  (set: ObjectSet, { endpoint, directory, now }: RouteContext): Route['answer'] =>
  request => {
    authorize(request.claims, ['User.RevokeSessions.All', 'User.ReadWrite.All']);
    assertPlain(request);
    assertNoParameters(request);
    const entity = objectWithId(directory, set, request.id);
    assertMayChange(request.claims, directory, entity);
    const signInSessionsValidFromDateTime = new Date(now()).toISOString();
    directory.put('user', { ...(entity as User), signInSessionsValidFromDateTime });
    return {
      kind: 'entity',
      entity: { '@odata.context': `${endpoint}/v1.0/$metadata#Edm.Boolean`, value: true },
    };
  };
