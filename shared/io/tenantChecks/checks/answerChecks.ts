import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { CloudId, CloudUser } from '../../../core/cloudObject';
import { objectTypes } from '../../../core/objectType';
import {
  judgeDeletedUsers,
  judgeNationalCloud,
  judgeNotFound,
  judgeRefusal,
  judgeRetryAfter,
  judgeSynchronisationAccounts,
  refusalText,
} from '../../../core/tenantChecks/answerJudgements';
import { allOf, differs, notChecked, type CheckOutcome } from '../../../core/tenantChecks/checkOutcome';
import { entityOf } from '../../graph/entities';
import { readItems } from '../../graph/itemReader';
import { readObject, type Tenant } from '../tenant';
import type { TenantCheck } from '../tenantCheck';

/**
 * Templates of the roles that synchronisation holds: Directory Synchronization Accounts, On Premises Directory Sync Account
 * (https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference).
 */
const synchronisationRoles = ['d29b2b05-8046-44ba-8758-1e26182fcf32', 'a92aed5d-d78a-4d16-b381-09adb37eb3b0'];
const mostMembers = 1_000;
const assignmentsSchema = z.array(
  z.object({ principalId: z.guid().transform(id => id.toLowerCase() as CloudId) }),
);

async function judgeRoleHolders(tenant: Tenant, signal: AbortSignal): Promise<CheckOutcome> {
  const principals = new Set<CloudId>();
  for (const role of synchronisationRoles) {
    const filter = encodeURIComponent(`roleDefinitionId eq '${role}'`);
    const path = `/v1.0/roleManagement/directory/roleAssignments?$filter=${filter}`;
    const reading = await readItems(tenant.requests, path, mostMembers, signal);
    if (reading.kind === 'refused') {
      // The app itself asks for them by their principal: that this filter is refused says nothing about it.
      const why = 'reading role holders takes the permission RoleManagement.Read.Directory';
      return notChecked(why, `roleAssignments: ${refusalText(reading.refusal)}`);
    }
    const assignments = assignmentsSchema.safeParse(reading.items);
    if (!assignments.success)
      return differs('roleAssignments: items without a principalId', 'role holders can not be told');
    for (const { principalId } of assignments.data) principals.add(principalId);
  }
  const users: CloudUser[] = [];
  let others = 0;
  for (const id of principals) {
    const reading = await readObject(tenant.requests, { type: 'user', id }, signal);
    if (reading.kind === 'refused') return judgeRefusal('users/{id}', reading.refusal, 'User.Read.All');
    if (reading.kind === 'read' && reading.object.type === 'user') users.push(reading.object);
    else others += 1;
  }
  return judgeSynchronisationAccounts(users, others);
}

/** What shows that a cloud has the paths and properties that the app uses. */
const shownByNationalCloud = ['G4', 'G6', 'G10'];

export const answerChecks: readonly TenantCheck[] = [
  {
    id: 'G10',
    expected: 'a read by an id that nobody has is 404 with the code Request_ResourceNotFound, for each type',
    async look(tenant, signal) {
      const parts: CheckOutcome[] = [];
      for (const type of objectTypes) {
        const { path, permission } = entityOf(type);
        const address = tenant.requests.address(`${path}/${randomUUID()}?$select=id`);
        const answer = await tenant.requests.json(address, signal);
        parts.push(judgeNotFound(type, answer.kind === 'refused' ? answer.refusal : null, permission));
      }
      return allOf(parts);
    },
  },
  {
    id: 'G14',
    expected: 'the users that hold a role of synchronisation are known by their name or display name',
    look: judgeRoleHolders,
  },
  {
    id: 'G22',
    expected: 'deletedItems keep users for 30 days, with the time of their deletion',
    async look(tenant, signal) {
      const items = await tenant.deletedItems.list('user', signal);
      const [newest] = items.toSorted((a, b) => (b.deletedDateTime ?? 0) - (a.deletedDateTime ?? 0));
      const item = newest === undefined ? null : await tenant.deletedItems.read(newest.id, signal);
      return judgeDeletedUsers(items, item !== null, tenant.clock.now());
    },
  },
  {
    id: 'G15',
    expected: 'a national cloud differs in its endpoint only',
    look: (tenant, _signal, earlier) => {
      const shown = shownByNationalCloud.map(
        id => [id, earlier.get(id) ?? notChecked('not asked for')] as const,
      );
      return Promise.resolve(judgeNationalCloud(tenant.observed.origin, new Map(shown)));
    },
  },
  {
    id: 'G11',
    expected: 'Retry-After is a number of seconds or an HTTP date; seen only where Graph throttles meanwhile',
    look: tenant => Promise.resolve(judgeRetryAfter(tenant.observed.retryAfter)),
  },
];
