import type { ObjectType } from '../objectType';
import type { RolloutStage } from '../rollout';
import { notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';
import { identityTitles, type IdentityName, type TokenFacts } from './diagnosis';

/** A permission of Microsoft Graph that an identity may hold, with what for; `npm run grant` grants these. */
export interface KnownPermission {
  readonly permission: string;
  readonly need:
    | { readonly kind: 'always' | 'quarantine' | 'optional' }
    | { readonly kind: 'type'; readonly type: ObjectType };
  readonly reason: string;
}

export interface PermissionRules {
  readonly known: readonly KnownPermission[];
  /** Why the identity must never hold a permission; null: it may. */
  readonly refusal: (permission: string) => string | null;
}

/** How far deletion is switched on; null for a part that deletes nothing. */
export interface DeletionInUse {
  readonly stage: RolloutStage;
  readonly quarantine: boolean;
}

/**
 * Compares what an identity was granted, by the claim `roles` of its own token for Graph, with what it needs. A permission that may
 * change something on a reader, or one that nobody may have, differs; an optional one that is missing is named with what it shows. What
 * the deleter needs depends on what is deleted: before anything is, it needs nothing.
 */
export function judgePermissions(
  identity: IdentityName,
  token: TokenFacts,
  { known, refusal }: PermissionRules,
  deletion: DeletionInUse | null,
): CheckOutcome {
  if (token.kind === 'none') return notChecked(`no token for Microsoft Graph: ${token.why}`);
  if (token.permissions === null) return notChecked('the token does not tell its permissions');
  const granted = new Set(token.permissions);
  const deletes = deletion !== null && deletion.stage !== 'reportOnly';
  const refusals = [...granted].flatMap(permission => {
    const never = refusal(permission);
    return never === null ? [] : [{ permission, never }];
  });
  const missing = known.filter(
    ({ permission, need }) =>
      !granted.has(permission) &&
      (need.kind === 'always' || (need.kind === 'quarantine' && deletes && deletion.quarantine)),
  );
  const ofTypes = known.filter(({ need }) => need.kind === 'type');
  const nothingToDeleteWith =
    deletes && ofTypes.length > 0 && !ofTypes.some(({ permission }) => granted.has(permission));
  const why = [
    ...refusals.map(({ never }) => `${never} Take it away: docs/permissions.md, "Taking it back"`),
    ...missing.map(({ permission, reason }) => `${permission} is missing (${reason}): npm run grant`),
    ...(nothingToDeleteWith
      ? ['nothing can be deleted, although ROLLOUT_STAGE allows it: npm run grant -- --types user,…']
      : []),
  ];
  const names = [...granted].toSorted().join(', ') || 'none';
  const unused = [...granted].filter(
    name =>
      !refusals.some(({ permission }) => permission === name) &&
      !known.some(({ permission }) => permission === name),
  );
  const found = [
    `${identityTitles[identity]}: ${names}`,
    ...(unused.length > 0 ? [`not used by the app: ${unused.toSorted().join(', ')}`] : []),
    ...known
      .filter(
        ({ permission, need }) =>
          !granted.has(permission) && (need.kind === 'optional' || need.kind === 'type'),
      )
      .map(({ permission, reason }) => `without ${permission}, nothing ${reason}`),
  ];
  return why.length === 0
    ? { status: 'holds', found, objects: [] }
    : { status: 'differs', found, why, objects: [] };
}
