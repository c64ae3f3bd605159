import { differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';

/** The tenant as one place knows it; null: that place does not tell. */
export interface TenantSeen {
  readonly where: string;
  readonly tenantId: string | null;
}

/** Whether all places mean the tenant that was asked for. */
export function judgeTenants(expected: string, seen: readonly TenantSeen[]): CheckOutcome {
  const others = seen.filter(({ tenantId }) => tenantId !== null && tenantId !== expected);
  if (others.length > 0)
    return differs(
      others.map(({ where, tenantId }) => `${where}: ${tenantId}`).join('; '),
      `the tenant ${expected} was expected: correct TENANT_ID, AUTH_ISSUER or the sign-in`,
    );
  const told = seen.filter(({ tenantId }) => tenantId !== null).map(({ where }) => where);
  if (told.length === 0) return notChecked('nothing told its tenant');
  const silent = seen.filter(({ tenantId }) => tenantId === null).map(({ where }) => where);
  const found = `one tenant in ${told.join(', ')}`;
  return silent.length === 0 ? holds(found) : notChecked(`not told by ${silent.join(', ')}`, found);
}
