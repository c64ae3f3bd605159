import { createHash } from 'node:crypto';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { SourceName } from '../../../shared/core/exportFormat';
import { bytesToBase64 } from '../../../shared/core/keys/base64';
import { guidFromBytes } from '../../../shared/core/keys/guid';
import type { ObjectType } from '../../../shared/core/objectType';
import type { OnPremisesObject } from '../../../shared/core/onPremisesObject';
import { aContact, aDevice, aGroup, anObject, aUser } from '../builders';

/** An object of a history: its cloud object, and the AD object that it was made of. */
export interface Member {
  readonly name: string;
  readonly cloud: CloudObject;
  readonly home: OnPremisesObject;
}

/** Members to whom things happen. The other ones live all along, so that a forest looks like one. */
export const subjectNames = ['eve', 'frank', 'gina', 'team', 'laptop', 'supplier', 'olga', 'tablet'] as const;
export type SubjectName = (typeof subjectNames)[number];

export const sourceNames = ['contoso', 'fabrikam'] as unknown as readonly [SourceName, SourceName];

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const bytesOf = (name: string): Uint8Array => new Uint8Array(digest(name).subarray(0, 16));
const guidOf = (name: string): string => guidFromBytes(bytesOf(name)) ?? '';

export const domainSids: Readonly<Record<string, string>> = {
  contoso: 'S-1-5-21-11-12-13',
  fabrikam: 'S-1-5-21-21-22-23',
};

const classes = { user: 'user', group: 'group', contact: 'contact', device: 'computer' } as const;

/** A member that synchronisation has linked: the anchor is the AD object's objectGUID. */
function member(name: string, type: ObjectType, source: SourceName, rid: number): Member {
  const domainName = `${source}.example`;
  const objectSid = `${domainSids[source]}-${rid}`;
  const mail = `${name}@${domainName}`;
  const id = guidOf(`cloud ${name}`) as CloudId;
  const account = {
    onPremisesSecurityIdentifier: objectSid,
    onPremisesSamAccountName: name,
    onPremisesDomainName: domainName,
  };
  const clouds: { readonly [Type in ObjectType]: () => CloudObject } = {
    user: () =>
      aUser({
        id,
        displayName: name,
        mail,
        userPrincipalName: mail,
        onPremisesImmutableId: bytesToBase64(bytesOf(name)),
        ...account,
      }),
    group: () => aGroup({ id, displayName: name, mail, ...account }),
    contact: () => aContact({ id, displayName: name, mail }),
    device: () =>
      aDevice({ id, displayName: name, deviceId: guidOf(name), onPremisesSecurityIdentifier: objectSid }),
  };
  const home = anObject({
    objectClass: classes[type],
    objectGUID: guidOf(name),
    source,
    domainName,
    distinguishedName: `CN=${name},DC=${source},DC=example`,
    ...(type === 'contact' ? {} : { objectSid, sAMAccountName: type === 'device' ? `${name}$` : name }),
    ...(type === 'user' ? { userPrincipalName: mail } : {}),
    ...(type === 'device' ? {} : { mail }),
  });
  return { name, cloud: clouds[type](), home };
}

const bystanders = (
  source: SourceName,
  counts: Readonly<Record<ObjectType, number>>,
  rid: number,
): Member[] =>
  (Object.entries(counts) as [ObjectType, number][]).flatMap(([type, count], at) =>
    Array.from({ length: count }, (_, n) =>
      member(`${source}-${type}-${n}`, type, source, rid + at * 100 + n),
    ),
  );

const [contoso, fabrikam] = sourceNames;
const castOf: Readonly<Record<string, readonly Member[]>> = {
  contoso: [
    member('eve', 'user', contoso, 1105),
    member('frank', 'user', contoso, 1106),
    member('gina', 'user', contoso, 1107),
    member('team', 'group', contoso, 1201),
    member('laptop', 'device', contoso, 1301),
    member('supplier', 'contact', contoso, 1401),
    ...bystanders(contoso, { user: 9, group: 3, contact: 3, device: 3 }, 2001),
  ],
  fabrikam: [
    member('olga', 'user', fabrikam, 1105),
    member('tablet', 'device', fabrikam, 1301),
    ...bystanders(fabrikam, { user: 6, group: 2, contact: 2, device: 3 }, 2001),
  ],
};

export const membersOf = (source: SourceName): readonly Member[] => castOf[source] ?? [];

/** A way in which an AD object keeps a cloud object alive, or makes it a matter for people. */
export const keyNames = [
  'objectGUID',
  'mS-DS-ConsistencyGuid',
  'objectSid',
  'sIDHistory',
  'msDS-ExternalDirectoryObjectId',
  'mail',
  'sAMAccountName',
] as const;
export type KeyName = (typeof keyNames)[number];

const prefixes = { user: 'User', group: 'Group', contact: 'Contact', device: 'Device' } as const;

/** Another AD object that holds one key of the member; null: objects of this type have no such key. */
export function relativeOf({ name, cloud, home }: Member, key: KeyName): OnPremisesObject | null {
  const holder = anObject({
    objectClass: home.objectClass,
    objectGUID: guidOf(`relative ${name} ${key}`),
    source: home.source,
    domainName: home.domainName,
    distinguishedName: `CN=relative of ${name},DC=${home.source},DC=example`,
  });
  switch (key) {
    case 'objectGUID':
      return null;
    case 'mS-DS-ConsistencyGuid':
      return cloud.type === 'user' ? { ...holder, [key]: bytesToBase64(bytesOf(name)) } : null;
    case 'objectSid':
      return home.objectSid ? { ...holder, objectSid: home.objectSid } : null;
    case 'sIDHistory':
      return home.objectSid ? { ...holder, sIDHistory: [home.objectSid] } : null;
    case 'msDS-ExternalDirectoryObjectId':
      return { ...holder, [key]: `${prefixes[cloud.type]}_${cloud.id}` };
    case 'mail':
      return home.mail ? { ...holder, mail: home.mail.toUpperCase() } : null;
    case 'sAMAccountName':
      return cloud.type === 'user' || cloud.type === 'group' ? { ...holder, sAMAccountName: name } : null;
  }
}
