import type { User } from '@microsoft/microsoft-graph-types';
import type { Domain } from '../forests';
import { base64OfGuid, cloudSidOf } from '../identifiers';
import { departments, jobTitles, type Person } from '../names';
import { type ObjectLine, type Placed, escapedRdn } from '../onPremises';
import type { Stage } from '../stage';
import type { Draft } from '../story';

/** Microsoft's product ids: Microsoft 365 E3, Office 365 E3, Exchange Online (Plan 1). */
const skuIds = [
  '05e9a617-0261-4cee-bb44-138d3ef5d965',
  '6fd2c87f-b296-42f0-b197-1e91e994b900',
  '4b9405b0-7788-4568-add1-99614e613b69',
] as const;

/** Every synced user's home is one of these. */
export function adUser(
  stage: Stage,
  domain: Domain,
  person: Person,
  department = stage.random.pick(departments),
): Placed<ObjectLine> {
  const objectGUID = stage.guid();
  const { mailDomain, consistencyGuidFilled } = domain.names;
  const address = `${person.login}@${mailDomain}`;
  return domain.object({
    objectClass: 'user',
    objectGUID,
    distinguishedName: `CN=${escapedRdn(person.commonName)},OU=${department},OU=People,${domain.distinguishedName}`,
    inScope: true,
    objectSid: domain.nextSid(),
    ...(consistencyGuidFilled && { 'mS-DS-ConsistencyGuid': base64OfGuid(objectGUID) }),
    sAMAccountName: person.sAMAccountName,
    userPrincipalName: address,
    mail: address,
    proxyAddresses: [`SMTP:${address}`, `smtp:${person.sAMAccountName}@${mailDomain}`],
  });
}

/** An ordinary user: an enabled member with a mailbox, in Active Directory and in the cloud, linked by the objectGUID. */
export function draftUser(stage: Stage, domain: Domain): Draft<User> {
  const { random } = stage;
  const person = stage.names.person(random);
  const department = random.pick(departments);
  const home = adUser(stage, domain, person, department);
  const { line } = home;
  const id = stage.guid();
  return {
    home,
    cloud: {
      id,
      accountEnabled: true,
      assignedLicenses: random.chance(0.8) ? [{ disabledPlans: [], skuId: random.pick(skuIds) }] : [],
      // Graph has no date for users that were synced before June 2018.
      createdDateTime: random.chance(0.1) ? null : stage.daysAgo(320, 2500),
      department,
      displayName: person.displayName,
      givenName: person.givenName,
      isManagementRestricted: null,
      jobTitle: random.pick(jobTitles),
      mail: line.mail ?? null,
      mailNickname: person.login,
      onPremisesDistinguishedName: line.distinguishedName,
      onPremisesDomainName: domain.names.dnsName,
      onPremisesImmutableId: base64OfGuid(line.objectGUID),
      onPremisesLastSyncDateTime: stage.daysAgo(180, 300),
      onPremisesProvisioningErrors: [],
      onPremisesSamAccountName: person.sAMAccountName,
      onPremisesSecurityIdentifier: line.objectSid ?? null,
      onPremisesSyncEnabled: true,
      onPremisesUserPrincipalName: line.userPrincipalName ?? null,
      proxyAddresses: [...(line.proxyAddresses ?? []), `smtp:${person.login}@contoso.onmicrosoft.com`],
      securityIdentifier: cloudSidOf(id),
      surname: person.surname,
      usageLocation: 'CH',
      userPrincipalName: line.userPrincipalName ?? null,
      userType: 'Member',
    },
  };
}
