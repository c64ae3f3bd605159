import type { CloudObject } from '../cloudObject';
import type { ObjectType } from '../objectType';
import { differs, holds, notChecked, type CheckOutcome } from './checkOutcome';
import { hasSecurityIdentifier, isRestricted, provisioningErrorsOf } from './listTally';

/** One object as its list showed it, and as a read by its id shows it. */
export interface ReadTwice {
  readonly inList: CloudObject;
  readonly byId: CloudObject;
}

/** A property that a list may leave empty although the object has it. */
export interface ComparedProperty {
  readonly name: string;
  /** What shows that it is filled. */
  readonly filled: (object: CloudObject) => boolean;
  /** What to name with --object where the sample has none. */
  readonly example: string;
  readonly wrong: string;
}

export const isManagementRestricted: ComparedProperty = {
  name: 'isManagementRestricted',
  filled: isRestricted,
  example:
    'one in a restricted management administrative unit (AdministrativeUnit.Read.All finds them by itself)',
  wrong: 'a list does not tell of every restricted object: one whose source is missing would be a candidate',
};

export const onPremisesProvisioningErrors: ComparedProperty = {
  name: 'onPremisesProvisioningErrors',
  filled: object => provisioningErrorsOf(object) > 0,
  example: 'one with an error of synchronisation',
  wrong: 'a list does not tell of every error: a blocked link is counted as live',
};

export const onPremisesSecurityIdentifier: ComparedProperty = {
  name: 'onPremisesSecurityIdentifier',
  filled: hasSecurityIdentifier,
  example: 'one that has a SID',
  wrong: 'a list does not tell every SID: what has no other key becomes unknown',
};

/**
 * Whether lists fill the property. Only an object that has it can show that: where no object among those compared has, nothing is
 * known, since false, null and an empty collection may be what a list says of all.
 */
export function judgeFilledInLists(
  type: ObjectType,
  property: ComparedProperty,
  pairs: readonly ReadTwice[],
): CheckOutcome {
  const { name, filled } = property;
  const inBoth = pairs.filter(({ inList, byId }) => filled(inList) && filled(byId));
  const notInList = pairs.filter(({ inList, byId }) => !filled(inList) && filled(byId));
  const found = `${type}: ${pairs.length} read twice, ${name} filled in ${inBoth.length} both times, in ${notInList.length} only by id`;
  const ids = (some: readonly ReadTwice[]): string[] => some.map(({ byId }) => `${byId.type}/${byId.id}`);
  if (notInList.length > 0) return differs(found, `${type}: ${property.wrong}`, ids(notInList));
  if (inBoth.length > 0) return holds(found, ids(inBoth));
  return notChecked(
    `${type}: none of the objects compared has it; name ${property.example}, with --object ${type}/<id>`,
    found,
  );
}
