import type { CloudObject } from '../../../shared/core/cloudObject';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import type { ExportRecord, OnPremisesObject } from '../../../shared/core/onPremisesObject';

const same = (one: string | null | undefined, other: string | null | undefined): boolean =>
  typeof one === 'string' && one.toLowerCase() === other?.toLowerCase();

const anchors = new Map<string, string>();

/** What synchronisation makes of an objectGUID: histories meet few of them, many times. */
function anchorOf(objectGUID: string): string {
  const known = anchors.get(objectGUID);
  if (known !== undefined) return known;
  const anchor = guidToImmutableId(objectGUID as Guid);
  anchors.set(objectGUID, anchor);
  return anchor;
}

/**
 * The live records that hold some key of the object, said again without the code under test: plain comparison of each value. Names of
 * devices are left out: a name that a new computer took says nothing of a device that nobody has used for long.
 */
export function holdersOf(cloud: CloudObject, records: readonly ExportRecord[]): readonly OnPremisesObject[] {
  const anchor = cloud.type === 'user' ? cloud.onPremisesImmutableId : null;
  const sid = cloud.type === 'contact' ? null : cloud.onPremisesSecurityIdentifier;
  const account = cloud.type === 'user' || cloud.type === 'group' ? cloud : null;
  const mail = cloud.type === 'device' ? null : cloud.mail;
  const upn = cloud.type === 'user' ? cloud.userPrincipalName : null;
  const linked = `${cloud.type}_${cloud.id}`;
  return records.filter(
    (one): one is OnPremisesObject =>
      one.kind === 'object' &&
      ((anchor !== null && anchorOf(one.objectGUID) === anchor) ||
        (anchor !== null && one['mS-DS-ConsistencyGuid'] === anchor) ||
        (cloud.type === 'device' && same(cloud.deviceId, one.objectGUID)) ||
        same(sid, one.objectSid) ||
        (one.sIDHistory ?? []).some(old => same(sid, old)) ||
        same(linked, one['msDS-ExternalDirectoryObjectId']) ||
        same(mail, one.mail) ||
        same(upn, one.mail) ||
        same(upn, one.userPrincipalName) ||
        (same(account?.onPremisesDomainName, one.domainName) &&
          same(account?.onPremisesSamAccountName, one.sAMAccountName))),
  );
}

/** The tombstone that proves the deletion: of the anchor's objectGUID, or a group's with its SID and account name. */
export const tombstoneOf = (cloud: CloudObject, records: readonly ExportRecord[]) =>
  records.flatMap(one => {
    if (one.kind !== 'tombstone') return [];
    if (cloud.type === 'user') return anchorOf(one.objectGUID) === cloud.onPremisesImmutableId ? [one] : [];
    if (cloud.type === 'device') return same(cloud.deviceId, one.objectGUID) ? [one] : [];
    if (cloud.type === 'group')
      return same(cloud.onPremisesSecurityIdentifier, one.objectSid) &&
        same(cloud.onPremisesSamAccountName, one.sAMAccountName)
        ? [one]
        : [];
    return [];
  })[0] ?? null;
