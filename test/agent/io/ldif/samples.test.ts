import path from 'node:path';
import { LdifFile } from '../../../../agent/src/io/ldif/ldifFile';
import type { LdifRecord } from '../../../../agent/src/io/ldif/ldifParser';
import { guidFromBytes } from '../../../../shared/core/keys/guid';
import { sidFromBytes } from '../../../../shared/core/keys/sid';

const { signal } = new AbortController();

async function read(name: string): Promise<readonly LdifRecord[]> {
  const records: LdifRecord[] = [];
  for await (const some of new LdifFile(path.join(__dirname, 'samples', name), '').records(signal))
    records.push(...some);
  return records;
}

describe('one directory, as three tools write it, is the same', () => {
  it.each(['ldifde.ldf', 'ldifde-u.ldf', 'ldapsearch.ldf'])('%s', async name => {
    const [head, user, ...others] = (await read(name)).map(({ entry }) => entry);
    const texts = (attribute: string): readonly string[] =>
      user!.attributes.get(attribute)!.map(value => value.toString('utf8'));
    expect(others).toEqual([]);
    expect(head!.distinguishedName).toBe('DC=contoso,DC=example');
    expect(user!.distinguishedName).toBe(String.raw`CN=Zoë Müller\, Dr.,OU=Staff,DC=contoso,DC=example`);
    expect([...user!.attributes.keys()]).toEqual([
      'objectclass',
      'usnchanged',
      'objectguid',
      'objectsid',
      'samaccountname',
      'proxyaddresses',
      'ms-ds-consistencyguid',
      'displayname',
    ]);
    expect(texts('objectclass')).toEqual(['top', 'person', 'organizationalPerson', 'user']);
    expect(guidFromBytes(user!.attributes.get('objectguid')![0]!)).toBe(
      '0c0d0e0f-0a0b-0809-0706-050403020100',
    );
    expect(sidFromBytes(user!.attributes.get('objectsid')![0]!)).toBe(
      'S-1-5-21-1004379260-1177230239-682010242-1104',
    );
    expect(texts('proxyaddresses')).toEqual([
      'SMTP:zoe.mueller@contoso.example',
      'X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=0123456789abcdef0123456789abcdef-zoem',
    ]);
    expect(texts('displayname')).toEqual(['Zoë Müller']);
  });
});
