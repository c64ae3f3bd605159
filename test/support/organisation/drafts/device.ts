import type { Device } from '@microsoft/microsoft-graph-types';
import type { Domain } from '../forests';
import { asciiOf, cities } from '../names';
import type { ObjectLine, Placed } from '../onPremises';
import type { Stage } from '../stage';
import type { Draft, Life } from '../story';

/** A computer's name, at most 15 characters: `LT-ZUR-04711`. */
export const computerName = (stage: Stage): string =>
  stage.names.take(
    [
      stage.random.pick(['LT', 'WS']),
      asciiOf(stage.random.pick(cities)).slice(0, 3).toUpperCase(),
      String(stage.random.below(100_000)).padStart(5, '0'),
    ].join('-'),
  );

/** Every hybrid joined device's home is one of these. */
export const adComputer = (stage: Stage, domain: Domain, name: string): Placed<ObjectLine> =>
  domain.object({
    objectClass: 'computer',
    objectGUID: stage.guid(),
    distinguishedName: `CN=${name},OU=Computers,${domain.distinguishedName}`,
    inScope: true,
    objectSid: domain.nextSid(),
    sAMAccountName: `${name}$`,
    userCertificate: true,
  });

/** The hybrid joined device that synchronisation makes of an AD computer. */
export const deviceOf = (
  stage: Stage,
  { line }: Placed<ObjectLine>,
  name: string,
): Life<Device>['cloud'] => ({
  id: stage.guid(),
  accountEnabled: true,
  alternativeSecurityIds: [],
  approximateLastSignInDateTime: stage.daysAgo(1, 30),
  deviceId: line.objectGUID,
  displayName: name,
  isCompliant: null,
  isManaged: stage.random.chance(0.7),
  isManagementRestricted: null,
  onPremisesLastSyncDateTime: stage.daysAgo(180, 300),
  onPremisesSecurityIdentifier: line.objectSid ?? null,
  onPremisesSyncEnabled: true,
  operatingSystem: 'Windows',
  operatingSystemVersion: '10.0.26100.4061',
  physicalIds: [`[USER-HWID]:${line.objectGUID}`],
  profileType: 'RegisteredDevice',
  registrationDateTime: stage.daysAgo(320, 1500),
  systemLabels: [],
  trustType: 'ServerAd',
});

/** An ordinary device: a hybrid joined computer, linked by `deviceId`, which is the computer's objectGUID. */
export function draftDevice(stage: Stage, domain: Domain): Draft<Device> {
  const name = computerName(stage);
  const home = adComputer(stage, domain, name);
  return { home, cloud: deviceOf(stage, home, name) };
}
