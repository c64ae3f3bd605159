import type { ObjectType } from '../../../core/objectType';
import { judgeRefusal } from '../../../core/tenantChecks/answerJudgements';
import { allOf, notChecked, type CheckOutcome } from '../../../core/tenantChecks/checkOutcome';
import {
  isManagementRestricted,
  judgeFilledInLists,
  onPremisesProvisioningErrors,
  onPremisesSecurityIdentifier,
  type ComparedProperty,
} from '../../../core/tenantChecks/listsAgainstReads';
import { entityOf } from '../../graph/entities';
import type { Tenant } from '../tenant';
import type { TenantCheck } from '../tenantCheck';
import { judgeListEnd } from './listChecks';

/** What lists say of a few objects, against what a read by id says of each. */
function filledInLists(
  id: string,
  expected: string,
  property: ComparedProperty,
  types: readonly ObjectType[],
): TenantCheck {
  return {
    id,
    expected,
    async look(tenant, signal) {
      const parts: CheckOutcome[] = [];
      for (const type of types) parts.push(...(await judgeType(tenant, type, property, signal)));
      return allOf(parts);
    },
  };
}

async function judgeType(
  tenant: Tenant,
  type: ObjectType,
  property: ComparedProperty,
  signal: AbortSignal,
): Promise<readonly CheckOutcome[]> {
  const { tally, end } = await tenant.survey(type, signal);
  const ended = judgeListEnd(type, end);
  if (ended !== null && tally.objects === 0) return [ended];
  const { pairs, refusal } = await tenant.compared(type, signal);
  const { path, permission } = entityOf(type);
  const absent = [...tenant.wanted[type]].filter(id => tally.picked.every(object => object.id !== id)).length;
  return [
    judgeFilledInLists(type, property, pairs),
    ...(refusal === null ? [] : [judgeRefusal(`${type}: GET ${path}/{id}`, refusal, permission)]),
    ...(absent === 0
      ? []
      : [notChecked(`${type}: ${absent} of those named with --object are not in the list of synced ones`)]),
  ];
}

export const filledChecks: readonly TenantCheck[] = [
  filledInLists(
    'G1',
    'isManagementRestricted is filled in lists, as in a read by id',
    isManagementRestricted,
    ['user', 'group', 'device'],
  ),
  filledInLists(
    'G7',
    'onPremisesSecurityIdentifier of devices is filled in lists',
    onPremisesSecurityIdentifier,
    ['device'],
  ),
  filledInLists(
    'G13',
    'onPremisesProvisioningErrors of users is filled in lists',
    onPremisesProvisioningErrors,
    ['user'],
  ),
];
