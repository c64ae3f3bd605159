import type { Group } from '@microsoft/microsoft-graph-types';
import type { ObjectType } from '../../../shared/core/objectType';
import type { AccessTokenClaims } from '../tokenIssuer';
import { insufficientPrivileges } from './authorization';
import type { Directory } from './directory';
import { GraphError } from './graphError';
import { badRequest } from './query';
import type { RoutedRequest } from './routes';

interface Changed {
  readonly id?: string;
  readonly isManagementRestricted?: unknown;
  readonly isAssignableToRole?: unknown;
}

/**
 * Throws where an application may not change or delete the object, though it has the permission: restricted management, and roles
 * without a directory role of the application's own (https://learn.microsoft.com/graph/api/resources/users, "Who can perform
 * sensitive actions").
 */
export function assertMayChange(claims: AccessTokenClaims, directory: Directory, object: Changed): void {
  if (object.isManagementRestricted === true) throw restrictedManagement();
  const privileged = object.isAssignableToRole === true || directory.relations.holdsRole(object.id ?? '');
  if (privileged && !directory.relations.holdsRole(claims.oid)) throw insufficientPrivileges();
}

/** Exchange Online owns them: Graph does not write them, synced or not. */
export function assertNotExchangeOwned(type: ObjectType, entity: object): void {
  const { mailEnabled, groupTypes } = entity as Group;
  if (type !== 'group' || mailEnabled !== true || groupTypes?.includes('Unified')) return;
  throw new GraphError(
    400,
    'Request_BadRequest',
    'Cannot Update a mail-enabled security groups and or distribution list.',
  );
}

/** The application says what it wants by method, path and body: no option, and no header that would make it depend on something. */
export function assertPlain({ search, headers }: RoutedRequest): void {
  for (const name of search.keys()) throw badRequest(`The query option '${name}' is not supported here.`);
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'prefer']) {
    if (headers[name] !== undefined) throw badRequest(`The header '${name}' is not supported here.`);
  }
}

export function assertNoBody({ body }: RoutedRequest): void {
  if (body !== '') throw badRequest('The request was expected to have no body.');
}

/** An action without parameters: an empty body, or an empty object. */
export function assertNoParameters({ body }: RoutedRequest): void {
  if (body !== '' && body.trim() !== '{}') throw badRequest('The action takes no parameters.');
}

/** The members of a JSON body. */
export function jsonBody({ body, headers }: RoutedRequest): Readonly<Record<string, unknown>> {
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) {
    throw new GraphError(400, 'BadRequest', 'Write requests require Content-Type: application/json.');
  }
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Answered below, as any other body that is no object.
  }
  throw badRequest('Unable to read JSON request payload.');
}

const restrictedManagement = (): GraphError =>
  new GraphError(
    403,
    'Authorization_RequestDenied',
    'Insufficient privileges to complete the operation. Target object is a member of a restricted management administrative ' +
      'unit and can only be modified by administrators scoped to that administrative unit. Check that you are assigned a role ' +
      'that has permission to perform the operation for this restricted management administrative unit.',
  );
