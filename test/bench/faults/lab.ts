import { createHash } from 'node:crypto';
import type { Device, Group, OrgContact, User } from '@microsoft/microsoft-graph-types';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { Organisation, Source } from '../../support/organisation/organisation';

/** An AD object's line in an export. */
export type LabLine = Extract<ExportLineInput, { kind: 'object' }>;

/** One object on both sides; `line` null: its AD object is gone. */
export interface LabObject {
  readonly type: ObjectType;
  readonly name: string;
  readonly id: string;
  readonly source: string;
  readonly entity: User | Group | OrgContact | Device;
  /** The AD object as it is, or was. */
  readonly home: LabLine;
}

/** What lives in a forest of the lab: of each type `living` objects, an orphan that is one from the first night, and a victim. */
export interface Lab {
  readonly tenantId: string;
  readonly forests: readonly string[];
  readonly objects: readonly LabObject[];
  readonly orphans: readonly LabObject[];
  /** Alive; what a fault makes look deleted. One of each type in each forest. */
  readonly victims: readonly LabObject[];
  /** Alive until the night of the fault, where the fault lets them go: then they are orphans, too. One of each type in each forest. */
  readonly leavers: readonly LabObject[];
}

/** `type/id`, as it is told of an object everywhere. */
export const keyOf = ({ type, id }: Pick<LabObject, 'type' | 'id'>): string => `${type}/${id}`;

const livingObjects = 20;
const forestNames = ['contoso', 'fabrikam'] as const;
const domainOf = (forest: string): string => `${forest}.example`;
export const domainSidOf = (forest: string): string =>
  forest === 'contoso'
    ? 'S-1-5-21-1004336348-1177238915-682003330'
    : 'S-1-5-21-2127521184-1604012920-1887927527';
const contextOf = (forest: string): string => `DC=${forest},DC=example`;

export const labTenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const hourMs = 60 * 60 * 1000;
const minuteMs = 60 * 1000;
const dayMs = 24 * hourMs;

/** The same name and salt make the same GUID. */
export function guidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The 16 bytes of a GUID as AD and .NET write them, base64: an immutableId. */
function immutableIdOf(guid: string): string {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes.toString('base64');
}

/** A small organisation. `salt` makes its ids its own, so that one fault's world knows nothing of another one's. */
export function makeLab(forests: 1 | 2, salt: string, now = Date.now()): Lab {
  const names = forestNames.slice(0, forests);
  const objects: LabObject[] = [];
  const orphans: LabObject[] = [];
  const victims: LabObject[] = [];
  const leavers: LabObject[] = [];
  for (const forest of names) {
    for (const type of objectTypes) {
      for (let at = 0; at < livingObjects; at += 1)
        objects.push(makeObject(type, `${type}${at}`, forest, salt, now, 2000 + at));
      const victim = makeObject(type, `${type}-victim`, forest, salt, now, 2100);
      const orphan = makeObject(type, `${type}-orphan`, forest, salt, now, 2200);
      const leaver = makeObject(type, `${type}-leaver`, forest, salt, now, 2300);
      objects.push(victim, orphan, leaver);
      victims.push(victim);
      leavers.push(leaver);
      orphans.push(orphan);
    }
  }
  return { tenantId: labTenantId, forests: names, objects, orphans, victims, leavers };
}

const classOf = { user: 'user', group: 'group', contact: 'contact', device: 'computer' } as const;
const ridBase = { user: 0, group: 10_000, contact: 20_000, device: 30_000 } as const;

function makeObject(
  type: ObjectType,
  name: string,
  forest: string,
  salt: string,
  now: number,
  rid: number,
): LabObject {
  const key = `${salt}/${forest}/${name}`;
  const objectGUID = guidOf(`ad/${key}`);
  const id = guidOf(`cloud/${key}`);
  const objectSid = `${domainSidOf(forest)}-${ridBase[type] + rid}`;
  const account = `${name}-${salt}`.slice(0, 20);
  const mail = `${name}.${salt}@${domainOf(forest)}`;
  const withSid =
    type === 'contact' ? {} : { objectSid, sAMAccountName: type === 'device' ? `${account}$` : account };
  const withMail = type === 'device' ? {} : { mail, proxyAddresses: [`SMTP:${mail}`] };
  const home: LabLine = {
    kind: 'object',
    objectClass: classOf[type],
    namingContext: 0,
    objectGUID,
    distinguishedName: `CN=${name},OU=Lab,${contextOf(forest)}`,
    inScope: true,
    ...withSid,
    ...withMail,
    ...(type === 'user' ? { userPrincipalName: mail } : {}),
    ...(type === 'device' ? { userCertificate: true } : {}),
  };
  const ago = (days: number): string => new Date(now - days * dayMs).toISOString();
  const synced = {
    id,
    displayName: type === 'device' ? account : `${name} (${forest})`,
    onPremisesSyncEnabled: true,
    onPremisesLastSyncDateTime: ago(200),
  };
  const provisioning = { onPremisesProvisioningErrors: [] };
  switch (type) {
    case 'user':
      return {
        type,
        name,
        id,
        source: forest,
        home,
        entity: {
          ...synced,
          ...provisioning,
          accountEnabled: true,
          assignedLicenses: [],
          createdDateTime: ago(400),
          isManagementRestricted: null,
          mail,
          onPremisesDistinguishedName: home.distinguishedName,
          onPremisesDomainName: domainOf(forest),
          onPremisesImmutableId: immutableIdOf(objectGUID),
          onPremisesSamAccountName: account,
          onPremisesSecurityIdentifier: objectSid,
          onPremisesUserPrincipalName: mail,
          proxyAddresses: [`SMTP:${mail}`],
          userPrincipalName: mail,
          userType: 'Member',
        },
      };
    case 'group':
      return {
        type,
        name,
        id,
        source: forest,
        home,
        entity: {
          ...synced,
          ...provisioning,
          assignedLicenses: [],
          createdDateTime: ago(400),
          groupTypes: [],
          isManagementRestricted: null,
          mail,
          mailEnabled: false,
          onPremisesDomainName: domainOf(forest),
          onPremisesSamAccountName: account,
          onPremisesSecurityIdentifier: objectSid,
          proxyAddresses: [`SMTP:${mail}`],
          securityEnabled: true,
        },
      };
    case 'contact':
      return {
        type,
        name,
        id,
        source: forest,
        home,
        entity: { ...synced, ...provisioning, mail, proxyAddresses: [`SMTP:${mail}`] },
      };
    case 'device':
      return {
        type,
        name,
        id,
        source: forest,
        home,
        entity: {
          ...synced,
          accountEnabled: true,
          approximateLastSignInDateTime: ago(100),
          deviceId: objectGUID,
          isManagementRestricted: null,
          onPremisesSecurityIdentifier: objectSid,
          operatingSystem: 'Windows',
          physicalIds: [],
          registrationDateTime: ago(400),
          systemLabels: [],
          trustType: 'ServerAd',
        },
      };
  }
}

/** The organisation as the stack takes it: everybody but the orphans has an AD object. */
export function organisationOf({ tenantId, forests, objects, orphans }: Lab, now = Date.now()): Organisation {
  const gone = new Set(orphans);
  const of = <Entity>(type: ObjectType): Entity[] =>
    objects.filter(object => object.type === type).map(object => object.entity as Entity);
  return {
    tenantId,
    uncoveredForest: false,
    cloud: {
      users: of<User>('user'),
      groups: of<Group>('group'),
      contacts: of<OrgContact>('contact'),
      devices: of<Device>('device'),
      organization: {
        id: tenantId,
        displayName: 'Lab',
        onPremisesSyncEnabled: true,
        onPremisesLastSyncDateTime: new Date(now - hourMs / 3).toISOString(),
      },
    },
    sources: forests.map(forest =>
      sourceOf(
        forest,
        objects.filter(object => object.source === forest && !gone.has(object)).map(object => object.home),
        now,
      ),
    ),
    stories: [],
    changes: [],
    orphans: orphans.map(({ type, id }) => ({ type, cloudId: id })),
  };
}

const sourceOf = (forest: string, lines: readonly ExportLineInput[], now: number): Source => ({
  source: forest,
  namingContexts: [
    {
      distinguishedName: contextOf(forest),
      domain: { dnsName: domainOf(forest), sid: domainSidOf(forest) },
      domainController: {
        dnsHostName: `dc1.${domainOf(forest)}`,
        invocationId: guidOf(`dc/${forest}`),
        highestCommittedUSN: '1000',
        oldestInboundSuccess: new Date(now - 2.25 * hourMs).toISOString(),
      },
    },
  ],
  anchorAttribute: 'mS-DS-ConsistencyGuid',
  tombstones: 'included',
  startedAt: now - 2 * hourMs,
  finishedAt: now - 2 * hourMs + minuteMs,
  lines,
});
