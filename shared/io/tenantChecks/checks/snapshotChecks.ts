import { objectTypes, type ObjectType } from '../../../core/objectType';
import { allOf, notChecked, type CheckOutcome } from '../../../core/tenantChecks/checkOutcome';
import {
  judgeOptionalFacts,
  judgeParts,
  judgeWholeObject,
  type SnapshotShape,
} from '../../../core/tenantChecks/snapshotJudgements';
import { readOptionalFacts } from '../../graph/optionalFacts';
import type { Tenant } from '../tenant';
import type { TenantCheck } from '../tenantCheck';
import { judgeListEnd } from './listChecks';

async function judgeSnapshots(
  tenant: Tenant,
  signal: AbortSignal,
  judge: (shape: SnapshotShape) => readonly CheckOutcome[],
): Promise<CheckOutcome> {
  const parts: CheckOutcome[] = [];
  for (const type of objectTypes) {
    const shape = await tenant.snapshot(type, signal);
    parts.push(...(shape === null ? [await noExample(tenant, type, signal)] : judge(shape)));
  }
  return allOf(parts);
}

async function noExample(tenant: Tenant, type: ObjectType, signal: AbortSignal): Promise<CheckOutcome> {
  const { end } = await tenant.survey(type, signal);
  return judgeListEnd(type, end) ?? notChecked(`${type}: there is no synced object to look at`);
}

export const snapshotChecks: readonly TenantCheck[] = [
  {
    id: 'G26',
    expected: 'what a snapshot selects of an object is read by one request, for each type',
    look: (tenant, signal) => judgeSnapshots(tenant, signal, shape => [judgeWholeObject(shape)]),
  },
  {
    id: 'G27',
    expected: 'what belongs to an object is read with the permissions for both sides',
    look: (tenant, signal) =>
      judgeSnapshots(tenant, signal, shape => judgeParts(shape, tenant.signedIn?.permissions ?? null)),
  },
  {
    id: 'G28',
    expected: 'last sign-in and directly assigned roles of a user can be read',
    async look(tenant, signal) {
      const user = await tenant.example('user', signal);
      if (user === null) return await noExample(tenant, 'user', signal);
      const { lastSignIn, roles } = await readOptionalFacts(tenant.requests, 'user', user.id, signal);
      return allOf(judgeOptionalFacts(lastSignIn, roles, `user/${user.id}`));
    },
  },
];
