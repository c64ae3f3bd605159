import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import tls from 'node:tls';
import { type DirectoryEntry, textOf, textsOf } from '../../agent/src/core/directoryEntry';
import {
  type DirectoryAccount,
  type DomainController,
  type DomainControllerOptions,
  startDomainController,
} from '../support/ad/domainController';
import { addRecord } from '../support/ad/ldifRecord';
import { isSambaInstalled } from '../support/ad/sambaPrograms';
import { textOfSid } from '../support/ad/securityDescriptor';
import { bytesOfGuid, guidOfBytes } from '../support/ad/seedOrganisation';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls';

const base = 'DC=contoso,DC=example';
const people = `OU=People,${base}`;
const zoeDn = String.raw`CN=Müller\, Zoë,${people}`;
const zoe = {
  objectClass: 'user',
  objectGUID: bytesOfGuid('00112233-4455-6677-8899-aabbccddeeff'),
  objectSid: 'S-1-5-21-1-2-4294967295-1104',
  sAMAccountName: 'zmueller',
  userAccountControl: '544',
  userPrincipalName: 'zoe.müller@contoso.example',
  mail: 'zoe@contoso.example',
  // Readers that guess take the first three bytes for a byte order mark.
  'mS-DS-ConsistencyGuid': Buffer.from('efbbbf00ff0a0d3a3c20efbbbf000001', 'hex'),
  proxyAddresses: ['SMTP:zoe@contoso.example', 'smtp:zm@contoso.example', 'X500:/o=Exchange/cn= blank '],
};
const user = (name: string, container = people): string =>
  addRecord(`CN=${name},${container}`, {
    objectClass: 'user',
    sAMAccountName: name,
    userAccountControl: '544',
    mail: `${name}@contoso.example`,
    'mS-DS-ConsistencyGuid': Buffer.from(name.padEnd(16, '.')),
  });
const seed = [
  addRecord(people, { objectClass: 'organizationalUnit' }),
  addRecord(`OU=Inner,${people}`, { objectClass: 'organizationalUnit' }),
  addRecord(zoeDn, zoe),
  ...['ada', 'bob', 'cyd'].map(name => user(name)),
  user('eve', `OU=Inner,${people}`),
].join('');

let authority: CertificateAuthority;
const started: DomainController[] = [];
async function start(options: Partial<DomainControllerOptions>): Promise<DomainController> {
  const fixed = { authority, dnsName: 'contoso.example', domainSid: 'S-1-5-21-1-2-4294967295' };
  const controller = await startDomainController({ ...fixed, seed, ...options });
  started.push(controller);
  return controller;
}

let dc: DomainController;
let plainDc: DomainController;
let agent: DirectoryAccount;

beforeAll(async () => {
  authority = await createCertificateAuthority();
  [dc, plainDc] = await Promise.all([
    start({ recycleBin: true }),
    start({ recycleBin: false, processModel: 'prefork' }),
  ]);
  agent = await dc.addServiceAccount('svc-agent');
}, 120_000);
afterAll(async () => {
  await Promise.all(started.map(controller => controller.stop()));
});

const namesOf = (entries: readonly DirectoryEntry[]): string[] =>
  entries.map(entry => textOf(entry, 'samaccountname') ?? '').sort();
const withDeleted = ['-E', '!1.2.840.113556.1.4.417', '-E', '!1.2.840.113556.1.4.2064'];
const peopleBy = (account: DirectoryAccount): Promise<readonly DirectoryEntry[]> =>
  dc.ldapsearch(['-b', people, '(objectClass=user)', 'sAMAccountName', 'mail', 'objectGUID'], account);
const deletedBy = (
  controller: DomainController,
  account?: DirectoryAccount,
): Promise<readonly DirectoryEntry[]> =>
  controller.ldapsearch(
    ['-b', `CN=Deleted Objects,${base}`, '-s', 'one', ...withDeleted, '(objectClass=*)', '*'],
    account,
  );
const guidOf = async (controller: DomainController, dn: string): Promise<string> => {
  const [entry] = await controller.ldapsearch(['-b', dn, '-s', 'base', '(objectClass=*)', 'objectGUID']);
  return guidOfBytes(entry!.attributes.get('objectguid')![0]!);
};

test('Samba is installed', () => {
  expect(isSambaInstalled()).toBe(true);
});

describe('a domain controller of the tests', () => {
  test.each(['', 'dc1.contoso.example'])(
    'proves by its certificate that it is its address, and %p',
    async name => {
      const handshake = (ca: string): Promise<boolean> =>
        new Promise(resolve => {
          const socket = tls.connect({ host: dc.address, port: 636, ca, ...(name && { servername: name }) });
          socket
            .once('secureConnect', () => resolve(socket.destroy() && true))
            .once('error', () => resolve(false));
        });
      expect(await handshake(dc.authorityCert)).toBe(true);
      expect(await handshake((await createCertificateAuthority()).cert)).toBe(false);
    },
  );

  test('lets in who has the password, and nobody else', async () => {
    const wrong = dc.ldapsearch(['-b', base, '-s', 'base'], { ...agent, password: 'wrong' });
    await expect(wrong).rejects.toMatchObject({ resultCode: 49 });
    expect(await dc.ldapsearch(['-b', base, '-s', 'base'], agent)).toHaveLength(1);
  });

  test('is of the domain that was asked for', async () => {
    const [domain] = await dc.ldapsearch(['-b', base, '-s', 'base', '(objectClass=*)', 'objectSid']);
    expect(textOfSid(domain!.attributes.get('objectsid')![0]!)).toBe('S-1-5-21-1-2-4294967295');
    expect([dc.baseDn, dc.domainSid, dc.seeded]).toEqual([
      base,
      'S-1-5-21-1-2-4294967295',
      { objects: 7, deletions: 0 },
    ]);
    expect(agent.sid).toMatch(/^S-1-5-21-1-2-4294967295-10\d{5}$/);
  });

  test('returns byte for byte what was seeded', async () => {
    const [found, ...others] = await dc.ldapsearch(['-b', people, '(sAMAccountName=zmueller)', '*']);
    expect(others).toEqual([]);
    expect(found!.distinguishedName).toBe(zoeDn);
    expect(found!.attributes.get('objectguid')).toEqual([zoe.objectGUID]);
    expect(found!.attributes.get('objectsid')?.map(textOfSid)).toEqual([zoe.objectSid]);
    expect(found!.attributes.get('ms-ds-consistencyguid')).toEqual([zoe['mS-DS-ConsistencyGuid']]);
    expect(textsOf(found!, 'userprincipalname')).toEqual([zoe.userPrincipalName]);
    expect(textsOf(found!, 'proxyaddresses').toSorted()).toEqual(zoe.proxyAddresses.toSorted());
  });

  test('is asked in pages, to the end', async () => {
    const { length } = await dc.ldapsearch([
      '-b',
      `CN=Schema,CN=Configuration,${base}`,
      '(objectClass=*)',
      '1.1',
    ]);
    expect(length).toBeGreaterThan(1500);
  });

  test('answers what it refuses with a result code', async () => {
    const refusal = dc.ldapsearch(['-b', `OU=Nowhere,${base}`, '(objectClass=*)']);
    await expect(refusal).rejects.toMatchObject({ resultCode: 32 });
  });

  test('changes as it is told', async () => {
    await dc.system.add(`OU=Changes,${base}`, { objectClass: 'organizationalUnit' });
    const dn = `CN=a,OU=Changes,${base}`;
    const telephones = { objectClass: 'contact', otherTelephone: ['1', '2'] };
    await dc.system.add(dn, { ...telephones, 'mS-DS-ConsistencyGuid': Buffer.from([0xff, 0]) });
    await dc.system.modify(dn, [
      { operation: 'delete', attribute: 'otherTelephone', values: '1' },
      { operation: 'add', attribute: 'otherTelephone', values: ['3'] },
      { operation: 'replace', attribute: 'mail', values: 'a@contoso.example' },
    ]);
    await dc.system.rename(dn, String.raw`CN=b\, c,${people}`);
    const [moved] = await dc.ldapsearch(['-b', people, '(objectClass=contact)', '*']);
    expect(moved!.distinguishedName).toBe(String.raw`CN=b\, c,${people}`);
    expect(textsOf(moved!, 'othertelephone').toSorted()).toEqual(['2', '3']);
    expect(moved!.attributes.get('ms-ds-consistencyguid')).toEqual([Buffer.from([0xff, 0])]);
    await dc.system.delete(moved!.distinguishedName);
    expect(await dc.ldapsearch(['-b', people, '(objectClass=contact)'])).toEqual([]);
  });
});

describe('rights', () => {
  test('a denial of List Contents hides what lies in a container, and the search succeeds', async () => {
    const account = await dc.addServiceAccount('svc-blind');
    expect(namesOf(await peopleBy(account))).toEqual(['ada', 'bob', 'cyd', 'eve', 'zmueller']);
    const before = await dc.system.securityDescriptorOf(`OU=Inner,${people}`);
    await dc.deny(`OU=Inner,${people}`, account, 'listContents');
    expect(namesOf(await peopleBy(account))).toEqual(['ada', 'bob', 'cyd', 'zmueller']);
    expect(namesOf(await peopleBy(agent))).toContain('eve');
    await dc.system.setSecurityDescriptor(`OU=Inner,${people}`, before);
    expect(namesOf(await peopleBy(account))).toContain('eve');
  });

  test('a denial of Read Property hides attributes: below, those alone that the objects themselves do not grant', async () => {
    const account = await dc.addServiceAccount('svc-dim');
    await dc.deny(people, account, 'readProperties');
    await dc.deny(`CN=bob,${people}`, account, 'readProperties');
    const attributes = ['sAMAccountName', 'mS-DS-ConsistencyGuid'];
    const seenBy = async (who: DirectoryAccount): Promise<string[]> =>
      (await dc.ldapsearch(['-b', people, '-s', 'one', '(objectClass=user)', ...attributes], who))
        .map(
          entry =>
            `${entry.distinguishedName.split(',')[0]}: ${[...entry.attributes.keys()].sort().join(' ')}`,
        )
        .sort();
    const all = 'ms-ds-consistencyguid samaccountname';
    const own = 'samaccountname';
    expect(await seenBy(agent)).toEqual([
      `CN=Müller\\: ${all}`,
      `CN=ada: ${all}`,
      `CN=bob: ${all}`,
      `CN=cyd: ${all}`,
    ]);
    expect(await seenBy(account)).toEqual([
      `CN=Müller\\: ${own}`,
      `CN=ada: ${own}`,
      // bob is not among them: a filter does not match what it may not read.
      `CN=cyd: ${own}`,
    ]);
  });

  test('an ordinary account sees tombstones only when they were granted', async () => {
    const account = await dc.addServiceAccount('svc-dead');
    await dc.system.add(`CN=gone,${people}`, { objectClass: 'contact' });
    await dc.system.delete(`CN=gone,${people}`);
    expect(await deletedBy(dc, account)).toEqual([]);
    await dc.grantTombstones(account);
    const seen = (await deletedBy(dc, account)).map(entry => textOf(entry, 'msds-lastknownrdn'));
    expect(seen).toContain('gone');
  });
});

describe('deleted objects', () => {
  test('with the Recycle Bin keep everything, come back with it, and keep little once they are recycled', async () => {
    const dn = `CN=ada,${people}`;
    const kept = [
      'mail',
      'mS-DS-ConsistencyGuid',
      'objectSid',
      'objectGUID',
      'userAccountControl',
      'sAMAccountType',
    ];
    const guid = await guidOf(dc, dn);
    const [before] = await dc.ldapsearch(['-b', dn, '(objectClass=*)', ...kept]);
    await dc.system.delete(dn);
    const find = async (): Promise<DirectoryEntry> =>
      (await deletedBy(dc)).find(entry => textOf(entry, 'samaccountname') === 'ada')!;
    expect(textsOf(await find(), 'mail')).toEqual(['ada@contoso.example']);
    expect(textsOf(await find(), 'isrecycled')).toEqual([]);
    await dc.system.undelete(guid, dn);
    const [after] = await dc.ldapsearch(['-b', dn, '(objectClass=*)', ...kept]);
    expect(after).toEqual(before);
    expect(after!.attributes.size).toBe(kept.length);
    await dc.system.delete(dn);
    await dc.system.recycle(guid);
    const recycled = await find();
    expect(textsOf(recycled, 'isrecycled')).toEqual(['TRUE']);
    expect(textsOf(recycled, 'lastknownparent')).toEqual([people]);
    expect(recycled.attributes.get('objectsid')).toEqual(before!.attributes.get('objectsid'));
    for (const lost of ['mail', 'ms-ds-consistencyguid']) expect(recycled.attributes.has(lost)).toBe(false);
  });

  test('without it lose their anchor and addresses at once, and come back without them', async () => {
    const dn = `CN=ada,${people}`;
    const guid = await guidOf(plainDc, dn);
    await plainDc.system.delete(dn);
    const [tombstone, ...others] = await deletedBy(plainDc);
    expect(others).toEqual([]);
    expect(textsOf(tombstone!, 'samaccountname')).toEqual(['ada']);
    for (const lost of ['mail', 'ms-ds-consistencyguid']) expect(tombstone!.attributes.has(lost)).toBe(false);
    await plainDc.system.undelete(guid, dn);
    const [back] = await plainDc.ldapsearch(['-b', dn, '-s', 'base', '(objectClass=*)', '*']);
    expect(textsOf(back!, 'samaccountname')).toEqual(['ada']);
    expect(back!.attributes.has('mail')).toBe(false);
    expect(await guidOf(plainDc, dn)).toBe(guid);
  });
});

describe('the life of a domain controller', () => {
  test('two at once have an address each', () => {
    expect(dc.address).not.toBe(plainDc.address);
    expect(dc.url).toBe(`ldaps://${dc.address}`);
  });

  test.each(['single', 'prefork'] as const)(
    'killed and started again it has its data, and its address: %s',
    async model => {
      const controller = model === 'single' ? dc : plainDc;
      await controller.system.modify(`CN=bob,${people}`, [
        { operation: 'replace', attribute: 'description', values: 'changed' },
      ]);
      await controller.kill();
      await expect(controller.ldapsearch(['-b', base, '-s', 'base'])).rejects.toThrow('result code');
      await controller.start();
      const [bob] = await controller.ldapsearch(['-b', people, '(sAMAccountName=bob)', '*']);
      expect(textsOf(bob!, 'description')).toEqual(['changed']);
      await expect(controller.start()).rejects.toThrow('found it running');
    },
  );

  test('stopped it is gone, with its data, and its address is free', async () => {
    const controller = await start({ dnsName: 'emea.contoso.example', seed: '' });
    expect(controller.baseDn).toBe('DC=emea,DC=contoso,DC=example');
    const [folder] = [controller.directory];
    expect(existsSync(folder)).toBe(true);
    await controller.stop();
    await controller.stop();
    expect(existsSync(folder)).toBe(false);
    const refused = new Promise(resolve => {
      connect(636, controller.address).once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    expect(await refused).toBe('ECONNREFUSED');
  });

  test('a seed that it does not take ends the start with the reason', async () => {
    const bad = addRecord(`CN=x,OU=Nowhere,${base}`, { objectClass: 'contact' });
    await expect(start({ seed: bad })).rejects.toThrow(/record of CN=x,OU=Nowhere.* was refused/);
  });
});
