import type { Group } from '@microsoft/microsoft-graph-types';
import type { Domain } from '../forests';
import { cloudSidOf } from '../identifiers';
import { asciiOf, cities, departments } from '../names';
import { escapedRdn } from '../onPremises';
import type { Stage } from '../stage';
import type { Draft } from '../story';

const purposes = ['Editors', 'Readers', 'Owners', 'Projects', 'Printers', 'VPN', 'All Staff'] as const;

/** An ordinary group: a security group, one in three with an address; linked by its SID alone. */
export function draftGroup(stage: Stage, domain: Domain): Draft<Group> {
  const { random } = stage;
  const [department, city, purpose] = [random.pick(departments), random.pick(cities), random.pick(purposes)];
  const account = stage.names.take(`GG-${[department, city, purpose].map(asciiOf).join('-')}`);
  const mailEnabled = random.chance(1 / 3);
  const mailNickname = account.slice('GG-'.length);
  const address = `${mailNickname}@${domain.names.mailDomain}`;
  const addresses = mailEnabled ? { mail: address, proxyAddresses: [`SMTP:${address}`] } : {};
  const objectSid = domain.nextSid();
  const id = stage.guid();
  return {
    home: domain.object({
      objectClass: 'group',
      objectGUID: stage.guid(),
      distinguishedName: `CN=${escapedRdn(account)},OU=Groups,${domain.distinguishedName}`,
      inScope: true,
      objectSid,
      sAMAccountName: account,
      ...addresses,
    }),
    cloud: {
      id,
      assignedLicenses: [],
      createdDateTime: stage.daysAgo(320, 2500),
      description: `${purpose} of ${department} in ${city}`,
      displayName: `${department} ${city} – ${purpose}`,
      groupTypes: [],
      isManagementRestricted: null,
      mail: null,
      mailEnabled,
      mailNickname,
      onPremisesDomainName: domain.names.dnsName,
      onPremisesLastSyncDateTime: stage.daysAgo(180, 300),
      onPremisesNetBiosName: domain.names.netBiosName,
      onPremisesProvisioningErrors: [],
      onPremisesSamAccountName: account,
      onPremisesSecurityIdentifier: objectSid,
      onPremisesSyncEnabled: true,
      proxyAddresses: [],
      securityEnabled: true,
      securityIdentifier: cloudSidOf(id),
      ...addresses,
    },
  };
}
