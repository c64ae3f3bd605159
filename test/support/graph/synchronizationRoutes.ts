import { authorize } from './authorization';
import { GraphError } from './graphError';
import { isObjectId } from './metadata';
import { resourceNotFound } from './objectWithId';
import { addressOf, contextOf, pageOf, projection, sliceOf } from './pagedList';
import { propertiesOf } from './metadata';
import { parseTop, readOptions } from './query';
import type { Route, RouteContext } from './routes';

/** Application.ReadWrite.OwnedBy opens the jobs of one's own application as well; nothing here owns one. */
const readPermissions = ['Synchronization.Read.All', 'Synchronization.ReadWrite.All'];

/** The jobs of a service principal: https://learn.microsoft.com/graph/api/synchronization-synchronization-list-jobs. */
export function synchronizationRoutes({ endpoint, directory, pageTokens }: RouteContext): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/servicePrincipals/{id}/synchronization/jobs',
      answer({ claims, search, id }) {
        authorize(claims, readPermissions);
        // The reference names no query option.
        const options = readOptions(search, ['$skiptoken']);
        const servicePrincipalId = id.toLowerCase();
        if (!isObjectId(servicePrincipalId))
          throw new GraphError(400, 'Request_BadRequest', `Invalid object identifier '${id}'.`);
        const jobs = directory.synchronizationJobs(servicePrincipalId);
        if (!jobs) throw resourceNotFound(id);
        const name = `servicePrincipals/${servicePrincipalId}/synchronization/jobs`;
        const page = pageOf({
          list: addressOf(`${endpoint}/v1.0/servicePrincipals/${id}/synchronization/jobs`, options),
          context: contextOf(endpoint, name, options),
          token: options.get('$skiptoken'),
          eventual: false,
          pageTokens,
          count: null,
          read: after => sliceOf(jobs, after, parseTop(options)),
          project: projection({ entity: 'synchronizationJob' }, served),
        });
        return { kind: 'page', page };
      },
    },
  ];
}

const served = [...propertiesOf('synchronizationJob').keys()];
