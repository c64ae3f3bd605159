import { adComputer, computerName } from './drafts/device';
import { draftGroup } from './drafts/group';
import { adUser } from './drafts/user';
import type { Domain } from './forests';
import { altered, type ObjectLine, type Placed, tombstoneOf } from './onPremises';
import type { Stage } from './stage';

const builtInGroups = [
  { name: 'Administrators', objectSid: 'S-1-5-32-544' },
  { name: 'Users', objectSid: 'S-1-5-32-545' },
  { name: 'Guests', objectSid: 'S-1-5-32-546' },
] as const;
const wellKnownAccounts = [
  { name: 'Administrator', objectClass: 'user', rid: 500 },
  { name: 'Guest', objectClass: 'user', rid: 501 },
  { name: 'krbtgt', objectClass: 'user', rid: 502 },
  { name: 'Domain Admins', objectClass: 'group', rid: 512 },
  { name: 'Domain Users', objectClass: 'group', rid: 513 },
  { name: 'Domain Computers', objectClass: 'group', rid: 515 },
] as const;
/** Enterprise Domain Controllers, Authenticated Users, IUSR. */
const wellKnownPrincipals = ['S-1-5-9', 'S-1-5-11', 'S-1-5-17'] as const;

/** What every domain is born with; names and SIDs of built-in groups are the same in each. */
function bornWith(stage: Stage, domain: Domain): readonly Placed[] {
  const critical = (
    objectClass: ObjectLine['objectClass'],
    objectSid: string,
    commonName: string,
    container: string,
  ): Placed<ObjectLine> =>
    domain.object({
      objectClass,
      objectGUID: stage.guid(),
      distinguishedName: `CN=${commonName},CN=${container},${domain.distinguishedName}`,
      inScope: false,
      objectSid,
      ...(objectClass !== 'other' && { sAMAccountName: commonName }),
    });
  return [
    ...builtInGroups.map(({ name, objectSid }) => critical('group', objectSid, name, 'Builtin')),
    ...wellKnownAccounts.map(({ name, objectClass, rid }) =>
      critical(objectClass, `${domain.sid}-${rid}`, name, 'Users'),
    ),
    ...wellKnownPrincipals.map(sid => critical('other', sid, sid, 'ForeignSecurityPrincipals')),
  ];
}

function serviceAccount(stage: Stage, domain: Domain): Placed {
  const sAMAccountName = stage.names.take(
    `svc-${stage.random.pick(['backup', 'sql', 'web', 'scan', 'print'])}`,
  );
  const {
    mail: _mail,
    proxyAddresses: _proxyAddresses,
    ...line
  } = adUser(stage, domain, stage.names.person(stage.random)).line;
  return {
    source: domain.names.source,
    line: {
      ...line,
      distinguishedName: `CN=${sAMAccountName},OU=Service Accounts,${domain.distinguishedName}`,
      inScope: false,
      sAMAccountName,
      userPrincipalName: `${sAMAccountName}@${domain.names.dnsName}`,
    },
  };
}

const makers: readonly [Maker, ...Maker[]] = [
  serviceAccount,
  /** A server: never registered, hence without userCertificate. */
  (stage, domain) => altered(adComputer(stage, domain, computerName(stage)), { userCertificate: false }),
  /** A group that only grants rights on-premises. */
  (stage, domain) => altered(draftGroup(stage, domain).home, { inScope: false }),
  /** Somebody who left long ago and whose cloud object was deleted as it should be. */
  (stage, domain) =>
    tombstoneOf(adUser(stage, domain, stage.names.person(stage.random)), {
      whenChanged: stage.daysAgo(2, 170),
      isRecycled: stage.random.chance(0.5),
    }),
];
type Maker = (stage: Stage, domain: Domain) => Placed;

/** AD objects that have no twin in the cloud: what domains are born with, and `count` more. */
export function onPremisesOnly(stage: Stage, count: number): readonly Placed[] {
  const { contoso, emea, fabrikam } = stage.forests;
  return [
    ...[contoso, emea, fabrikam].flatMap(domain => bornWith(stage, domain)),
    ...Array.from({ length: count }, () => stage.random.pick(makers)(stage, stage.someDomain())),
  ];
}
