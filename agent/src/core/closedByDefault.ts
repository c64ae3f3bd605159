import { isNormalisedBelowOrEqual, normalisedDn } from './distinguishedName';

/**
 * Places, relative to a domain, whose objects a new Active Directory opens to administrators alone (defaultSecurityDescriptor of
 * their classes) or whose permissions have another purpose: those of a group policy say to whom it applies.
 */
const closedPlaces = [
  'cn=ntds quotas',
  'cn=password settings container,cn=system',
  'cn=microsoftdns,cn=system',
  'cn=filelinks,cn=system',
  'cn=ip security,cn=system',
  'cn=policies,cn=system',
];
/** The domain's backup keys for DPAPI: objects of class secret, directly below CN=System. */
const backupKey = /^cn=bckupkey_[^,\\]*,cn=system$/;
/** What BitLocker saves below a computer is named by time and GUID. */
const recoveryKey =
  /^cn=\d{4}-\d\d-\d\dt\d\d:\d\d:\d\d[+-]\d\d:\d\d\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\},/;

/**
 * Whether an object of which the account may not even read objectClass is, by its name and place, one of those that AD closes to
 * ordinary accounts and that are neither people, groups, computers nor holders of addresses. Such objects are listed in every domain;
 * any other one that is closed may be a user, and refuses the export.
 */
export function isClosedByDefault(distinguishedName: string, namingContext: string): boolean {
  const dn = normalisedDn(distinguishedName);
  const base = normalisedDn(namingContext);
  if (!isNormalisedBelowOrEqual(dn, base)) return false;
  const relative = dn.slice(0, -base.length - 1);
  return (
    closedPlaces.some(place => isNormalisedBelowOrEqual(relative, place)) ||
    backupKey.test(relative) ||
    recoveryKey.test(relative)
  );
}
