import type { OrgContact } from '@microsoft/microsoft-graph-types';
import type { Domain } from '../forests';
import { partnerDomains } from '../names';
import { escapedRdn } from '../onPremises';
import type { Stage } from '../stage';
import type { Draft } from '../story';

/** An ordinary contact: somebody of another firm; nothing but the address links both sides. */
export function draftContact(stage: Stage, domain: Domain): Draft<OrgContact> {
  const { random } = stage;
  const person = stage.names.person(random);
  const firm = random.pick(partnerDomains);
  const mail = `${person.login}@${firm}`;
  const proxyAddresses = [`SMTP:${mail}`];
  return {
    home: domain.object({
      objectClass: 'contact',
      objectGUID: stage.guid(),
      distinguishedName: `CN=${escapedRdn(person.commonName)},OU=Contacts,${domain.distinguishedName}`,
      inScope: true,
      mail,
      proxyAddresses,
    }),
    cloud: {
      id: stage.guid(),
      companyName: firm,
      displayName: person.displayName,
      givenName: person.givenName,
      mail,
      mailNickname: person.login,
      onPremisesLastSyncDateTime: stage.daysAgo(180, 300),
      onPremisesProvisioningErrors: [],
      onPremisesSyncEnabled: true,
      proxyAddresses,
      surname: person.surname,
    },
  };
}
