import type { Guid } from '../../../shared/core/keys/guid';

// Identifiers that are the same in every Active Directory: schemaIDGUID and attributeSecurityGUID of the schema ([MS-ADA1] to
// [MS-ADA3], [MS-ADSC]) and rightsGuid of the property sets ([MS-ADTS] 3.1.1.2.3.3).

const guids = <Name extends string>(values: Readonly<Record<Name, string>>): Readonly<Record<Name, Guid>> =>
  values as Readonly<Record<Name, Guid>>;

/** Property sets: an access control entry may be about a whole set. */
export const propertySets = guids({
  'General Information': '59ba2f42-79a2-11d0-9020-00c04fc2d3cf',
  'Personal Information': '77b5b886-944a-11d1-aebd-0000f80367c1',
  'Public Information': 'e48d0154-bcf8-11d1-8702-00c04fb96050',
});

/** An attribute that the export reads, and the property set that it belongs to. */
export interface ReadAttribute {
  readonly name: string;
  readonly guid: Guid;
  readonly propertySet: Guid | null;
}

const attribute = (name: string, guid: string, set: keyof typeof propertySets | null): ReadAttribute => ({
  name,
  guid: guid as Guid,
  propertySet: set === null ? null : propertySets[set],
});

/** What an export asks for of every object; it is checked of each whether the account may read it everywhere. */
export const readAttributes: readonly ReadAttribute[] = [
  attribute('objectClass', 'bf9679e5-0de6-11d0-a285-00aa003049e2', 'Public Information'),
  attribute('objectGUID', 'bf9679e7-0de6-11d0-a285-00aa003049e2', 'Public Information'),
  attribute('objectSid', 'bf9679e8-0de6-11d0-a285-00aa003049e2', 'General Information'),
  attribute('sIDHistory', '17eb4278-d167-11d0-b002-0000f80367c1', 'General Information'),
  attribute('sAMAccountName', '3e0abfd0-126a-11d0-a060-00aa006c33ed', 'General Information'),
  attribute('userPrincipalName', '28630ebb-41d5-11d1-a9c1-0000f80367c1', 'Public Information'),
  attribute('mail', 'bf967961-0de6-11d0-a285-00aa003049e2', 'Public Information'),
  attribute('proxyAddresses', 'bf967a06-0de6-11d0-a285-00aa003049e2', 'Public Information'),
  attribute('mS-DS-ConsistencyGuid', '23773dc2-b63a-11d2-90e1-00c04fd91ab1', null),
  attribute('msDS-ExternalDirectoryObjectId', 'bd29bf90-66ad-40e1-887b-10df070419a6', 'Personal Information'),
  attribute('userCertificate', 'bf967a7f-0de6-11d0-a285-00aa003049e2', 'Personal Information'),
];

/**
 * Classes whose objects can hold users, groups, contacts or computers (their possSuperiors), or an organizational unit that does: a
 * country, and a locality by an organization. A search for one of them by objectClass finds its subclasses too, such as Exchange's
 * container of public folders.
 */
export const containerClasses = guids({
  builtinDomain: 'bf967a81-0de6-11d0-a285-00aa003049e2',
  container: 'bf967a8b-0de6-11d0-a285-00aa003049e2',
  country: 'bf967a8c-0de6-11d0-a285-00aa003049e2',
  domainDNS: '19195a5b-6da0-11d0-afd3-00c04fd930c9',
  locality: 'bf967aa0-0de6-11d0-a285-00aa003049e2',
  lostAndFound: '52ab8671-5709-11d1-a9c6-0000f80367c1',
  organization: 'bf967aa3-0de6-11d0-a285-00aa003049e2',
  organizationalUnit: 'bf967aa5-0de6-11d0-a285-00aa003049e2',
});

/** Subclasses of container that hold other things. The DACL of a group policy says to whom it applies, so it often hides it. */
export const containersOfOtherThings = guids({
  groupPolicyContainer: 'f30e3bc2-9ff0-11d1-b603-0000f80367c1',
  'msImaging-PSPs': 'a0ed2ac1-970c-4777-848e-ec63a0ec44fc',
  rpcContainer: '80212842-4bdc-11d1-a9c4-0000f80367c1',
});

/** Classes that have neither a key nor an address, and hold nothing that has: a permission on them alone hides nothing of the export. */
export const classesWithoutKeys = guids({
  ...containersOfOtherThings,
  dnsNode: 'e0fa1e8c-9b45-11d0-afdd-00c04fd930c9',
  dnsZone: 'e0fa1e8b-9b45-11d0-afdd-00c04fd930c9',
  'msFVE-RecoveryInformation': 'ea715d30-8f53-40d0-bd1e-6109186d782c',
  printQueue: 'bf967aa8-0de6-11d0-a285-00aa003049e2',
  serviceConnectionPoint: '28630ec1-41d5-11d1-a9c1-0000f80367c1',
  volume: 'bf967abb-0de6-11d0-a285-00aa003049e2',
});
