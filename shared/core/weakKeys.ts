import type { CloudObject } from './cloudObject';
import { smtpAddresses } from './keys/address';
import { foldName } from './keys/fold';
import type { OnPremisesObject } from './onPremisesObject';

/** The cloud property and the AD attribute that a weak key compares. */
export type WeakKeyName = 'userPrincipalName' | 'address' | 'sAMAccountName' | 'computerName';

/**
 * A name or an address: it may be given to somebody else, so it can only turn a miss into a matter for a person, never prove
 * that the source is gone. (Contacts are the exception: they have nothing else.)
 */
export interface WeakKey {
  readonly name: WeakKeyName;
  /** Comparable text, folded (`foldName`): `a.b@contoso.example`, `smtp:a.b@…`, `contoso.example\a.b`, `pc-17`. */
  readonly value: string;
}

/** Identifies a weak key in a map. */
export const weakKeyId = (key: WeakKey): string => `${key.name} ${key.value}`;

/** The weak keys of a cloud object, in a fixed order. Addresses are those of any class on the other side (case 31). */
export function weakKeysOfCloudObject(cloud: CloudObject): WeakKey[] {
  switch (cloud.type) {
    case 'user':
      return [
        ...names('userPrincipalName', cloud.userPrincipalName, cloud.onPremisesUserPrincipalName),
        ...addresses(cloud.mail, [...cloud.proxyAddresses, cloud.userPrincipalName ?? '']),
        ...accountName(cloud.onPremisesSamAccountName, cloud.onPremisesDomainName),
      ];
    case 'group':
      return [
        ...addresses(cloud.mail, cloud.proxyAddresses),
        ...accountName(cloud.onPremisesSamAccountName, cloud.onPremisesDomainName),
      ];
    case 'contact':
      return addresses(cloud.mail, cloud.proxyAddresses);
    case 'device':
      return computerName(cloud.displayName);
  }
}

/** The weak keys of an on-premises object of any class. */
export function weakKeysOfOnPremisesObject(object: OnPremisesObject): WeakKey[] {
  const keys = [
    ...names('userPrincipalName', object.userPrincipalName),
    ...addresses(object.mail, object.proxyAddresses),
    ...accountName(object.sAMAccountName, object.domainName),
  ];
  if (object.objectClass === 'computer')
    keys.push(...computerName(object.sAMAccountName?.replace(/\$$/, '')));
  return keys;
}

function names(name: WeakKeyName, ...values: (string | null | undefined)[]): WeakKey[] {
  const folded = values.map(value => foldName(value ?? '')).filter(value => value !== '');
  return [...new Set(folded)].sort().map(value => ({ name, value }));
}

/** What AD keeps of a computer's name in its sAMAccountName (the length of a NetBIOS name), characters. */
const computerNameLength = 15;

const computerName = (name: string | null | undefined): WeakKey[] =>
  names('computerName', foldName(name ?? '').slice(0, computerNameLength));

const addresses = (
  mail: string | null | undefined,
  proxyAddresses: readonly string[] | undefined,
): WeakKey[] => smtpAddresses(mail, proxyAddresses).map(value => ({ name: 'address', value }));

function accountName(name: string | null | undefined, domain: string | null | undefined): WeakKey[] {
  return name && domain ? names('sAMAccountName', `${domain}\\${name}`) : [];
}
