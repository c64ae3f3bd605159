import type { CloudId } from '../cloudObject';
import type { Instant } from '../instant';
import type { ObjectType } from '../objectType';

/** An object in `/directory/deletedItems`. */
export interface DeletedItem {
  readonly id: CloudId;
  /** null: Graph does not tell. */
  readonly deletedDateTime: Instant | null;
}

/** The types that surely lie in deletedItems after a deletion. Synced groups are security or Exchange groups, which do not. */
export const confirmableTypes: readonly ObjectType[] = ['user'];

/** How long Entra ID keeps a deleted user, in days. */
export const restorableDays = 30;
const dayMs = 24 * 60 * 60_000;

/**
 * Until when it can be restored: users for 30 days. null: treat it as not restorable. For devices and contacts there is nothing to
 * restore, and for groups and devices the sources disagree (domain.md, "Deleting"), so the worse is assumed.
 */
export function restorableUntil(type: ObjectType, item: DeletedItem): Instant | null {
  if (!confirmableTypes.includes(type) || item.deletedDateTime === null) return null;
  return (item.deletedDateTime + restorableDays * dayMs) as Instant;
}
