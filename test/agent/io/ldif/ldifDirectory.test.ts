import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Directory, DirectoryDescription } from '../../../../agent/src/app/ports';
import { AgentError } from '../../../../agent/src/core/agentError';
import type { DirectoryEntry } from '../../../../agent/src/core/directoryEntry';
import { createLdifDirectory } from '../../../../agent/src/io/ldif/ldifDirectory';
import { fileNames, type FileRole } from '../../../../agent/src/io/ldif/ldifFolder';
import { LdifParser } from '../../../../agent/src/io/ldif/ldifParser';
import { parseInstant } from '../../../../shared/core/instant';
import { entryOf, ldifdeStyle, writeLdif } from './ldifWriter';
import {
  attributeList,
  configurationDn,
  domainDn,
  domainSid,
  factEntries,
  guid,
  keyEntry,
  liveObjects,
  neighbourXml,
  sampleEntries,
  securityDescriptor,
  tombstone,
  walkEntry,
  writeFolder,
  type FolderChange,
} from './sampleFolder';

const { signal } = new AbortController();
const now = parseInstant('2026-01-02T09:00:00Z')!;
let root: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'ldif-'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const open = (...paths: readonly string[]): Directory =>
  createLdifDirectory({ paths, clock: { now: () => now } });

async function folder(change: FolderChange = {}): Promise<string> {
  count += 1;
  return writeFolder(path.join(root, `folder${count}`), change);
}

async function described(change: FolderChange = {}): Promise<Directory> {
  const directory = open(await folder(change));
  await directory.describe(signal);
  return directory;
}

/** What was thrown, which has to be an AgentError. */
async function errorOf(run: Promise<unknown>): Promise<AgentError> {
  const error: unknown = await run.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AgentError);
  return error as AgentError;
}

async function refused(
  run: Promise<unknown>,
  code: AgentError['code'],
  ...parts: readonly string[]
): Promise<void> {
  const error = await errorOf(run);
  for (const part of parts) expect(error.message).toContain(part);
  expect(error.code).toBe(code);
  expect(error.message).not.toContain('megan');
}

async function objectsOf(
  directory: Directory,
  namingContext = 0,
  attributes = ['objectGUID'],
): Promise<readonly DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  await directory.readObjects(namingContext, attributes, async page => void entries.push(...page), signal);
  return entries;
}

async function keysOf(directory: Directory, namingContext = 0): Promise<readonly string[]> {
  let keys: string[] = [];
  await directory.readKeys(
    namingContext,
    () => {
      keys = [];
    },
    page => void keys.push(...page.map(key => Buffer.from(key).toString('hex'))),
    signal,
  );
  return keys;
}

async function tombstonesOf(
  directory: Directory,
  namingContext = 0,
): Promise<readonly [string, readonly DirectoryEntry[]]> {
  const entries: DirectoryEntry[] = [];
  const answer = await directory.readTombstones(
    namingContext,
    async page => void entries.push(...page),
    signal,
  );
  return [answer, entries];
}

async function containersOf(
  directory: Directory,
  namingContext = 0,
): Promise<readonly (readonly [string, string, string | null])[]> {
  const containers: (readonly [string, string, string | null])[] = [];
  await directory.readContainers(
    namingContext,
    (dn, objectClass, descriptor) =>
      void containers.push([dn, objectClass, descriptor?.toString('hex') ?? null]),
    signal,
  );
  return containers;
}

async function membersOf(
  directory: Directory,
  namingContext = 0,
): Promise<readonly (readonly [string, readonly string[]])[]> {
  const groups: (readonly [string, readonly string[]])[] = [];
  await directory.readMembers(
    namingContext,
    () => groups.splice(0),
    (group, members) => void groups.push([group, members]),
    signal,
  );
  return groups;
}

const guidsOf = (entries: readonly DirectoryEntry[]): readonly (string | undefined)[] =>
  entries.map(entry => entry.attributes.get('objectguid')?.[0]?.toString('hex'));

const without =
  (...names: readonly string[]) =>
  (dn: string, attributes: object): object | null => {
    const [where, name] = names.length === 2 ? names : [null, names[0]];
    if (where !== null && where !== dn) return attributes;
    return Object.fromEntries(Object.entries(attributes).filter(([key]) => key !== name));
  };

const changed =
  (where: string, change: object) =>
  (dn: string, attributes: object): object =>
    dn === where ? { ...attributes, ...change } : attributes;

const beforeWith = (change: Parameters<typeof factEntries>[2]): FolderChange => ({
  files: { before: factEntries(1000, '20260102030405.0Z', change) },
});

describe('the directory is described from before.ldf, and from then on from after.ldf', () => {
  it('with the time of the domain controller, not of the file', async () => {
    const where = await folder();
    const directory = open(where);
    const first = await directory.describe(signal);
    const second = await directory.describe(signal);
    expect(first).toEqual<DirectoryDescription>({
      takenAt: parseInstant('2026-01-02T03:04:05Z')!,
      namingContexts: [
        {
          distinguishedName: domainDn,
          domain: { dnsName: 'contoso.example', netBiosName: 'CONTOSO', sid: domainSid },
          domainController: {
            name: where,
            dnsHostName: 'dc1.contoso.example',
            invocationId: 'a5a5a5a5-a5a5-a5a5-a5a5-a5a500000007',
            highestCommittedUSN: 1000n,
            currentTime: parseInstant('2026-01-02T03:04:05Z')!,
            isReadOnly: false,
            isGlobalCatalogPort: false,
            inboundReplication: { kind: 'alone' },
          },
          recycleBinEnabled: true,
          callerSids: [`${domainSid}-1104`],
        },
        {
          distinguishedName: configurationDn,
          domain: null,
          domainController: {
            ...first.namingContexts[0]!.domainController,
            inboundReplication: { kind: 'notReadable', otherDomainControllers: 1 },
          },
          recycleBinEnabled: true,
          callerSids: [`${domainSid}-1104`],
        },
      ],
      unreadDomains: [{ distinguishedName: `DC=child,${domainDn}`, dnsName: 'child.contoso.example' }],
    });
    expect(second.takenAt).toBe(parseInstant('2026-01-02T03:10:00Z'));
    expect(second.namingContexts[0]!.domainController.highestCommittedUSN).toBe(1010n);
    expect((await directory.describe(signal)).namingContexts).toEqual(second.namingContexts);
    await directory.close();
  });

  it('with every inbound neighbour', async () => {
    const directory = open(
      await folder(
        beforeWith(
          changed(domainDn, {
            'msDS-NCReplInboundNeighbors': [
              neighbourXml('CN=NTDS Settings,CN=R&amp;D', '2026-01-02T02:58:00Z', 0),
              neighbourXml('CN=NTDS Settings,CN=DC3', '1601-01-01T00:00:00Z', 12),
            ],
          }),
        ),
      ),
    );
    const { namingContexts } = await directory.describe(signal);
    expect(namingContexts[0]!.domainController.inboundReplication).toEqual({
      kind: 'neighbours',
      neighbours: [
        {
          source: 'CN=NTDS Settings,CN=R&D',
          lastSuccess: parseInstant('2026-01-02T02:58:00Z'),
          consecutiveFailures: 0,
        },
        { source: 'CN=NTDS Settings,CN=DC3', lastSuccess: null, consecutiveFailures: 12 },
      ],
    });
  });

  it.each([
    ['a failure count', neighbourXml('x', '2026-01-02T02:58:00Z', 'many')],
    ['a time', neighbourXml('x', 'yesterday', 0)],
    ['a source', neighbourXml('', '2026-01-02T02:58:00Z', 0)],
    ['anything', 'DC2'],
  ])('and refuses a neighbour without %s', async (_, xml) => {
    await refused(
      open(await folder(beforeWith(changed(domainDn, { 'msDS-NCReplInboundNeighbors': xml })))).describe(
        signal,
      ),
      'ldifInvalid',
      'before.ldf',
      'msDS-NCReplInboundNeighbors',
    );
  });

  it.each([
    ['the capability', '', { supportedCapabilities: ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1920'] }],
    [
      'the class of its settings',
      `CN=NTDS Settings,CN=DC1,CN=Servers,CN=HQ,CN=Sites,${configurationDn}`,
      { objectClass: ['top', 'nTDSDSARO'] },
    ],
  ])('a read-only domain controller says so by %s', async (_, where, change) => {
    const { namingContexts } = await open(await folder(beforeWith(changed(where, change)))).describe(signal);
    expect(namingContexts[0]!.domainController.isReadOnly).toBe(true);
  });

  it('and leaves out the NetBIOS name that is not there', async () => {
    const { namingContexts } = await open(await folder(beforeWith(without('nETBIOSName')))).describe(signal);
    expect(namingContexts[0]!.domain).toEqual({ dnsName: 'contoso.example', sid: domainSid });
  });

  it.each([
    ['dsServiceName', ''],
    ['defaultNamingContext', ''],
    ['configurationNamingContext', ''],
    ['dnsHostName', ''],
    ['highestCommittedUSN', ''],
    ['currentTime', ''],
    ['tokenGroups', ''],
    ['objectSid', domainDn],
    ['uSNChanged', domainDn],
    ['msDS-MasteredBy', configurationDn],
    ['invocationId', `CN=NTDS Settings,CN=DC1,CN=Servers,CN=HQ,CN=Sites,${configurationDn}`],
    ['dnsRoot', `CN=CHILD,CN=Partitions,${configurationDn}`],
  ])('and refuses a file without %s, by its name and with what makes it', async (name, where) => {
    await refused(
      open(await folder(beforeWith(without(where, name)))).describe(signal),
      'ldifInvalid',
      'before.ldf',
      `expected ${name === 'msDS-MasteredBy' ? 'msDS-masteredBy' : name}`,
      'Write-Ldif.ps1',
    );
  });

  it.each([
    ['highestCommittedUSN', '', { highestCommittedUSN: '99999999999999999' }],
    ['highestCommittedUSN', '', { highestCommittedUSN: '9999999999999999' }],
    ['currentTime', '', { currentTime: '2026-01-02' }],
    ['currentTime', '', { currentTime: '20261302030405.0Z' }],
    ['tokenGroups', '', { tokenGroups: 'S-1-5-32-544' }],
    ['objectSid', domainDn, { objectSid: domainSid }],
    ['dnsHostName', '', { dnsHostName: '' }],
  ])('and refuses a value of %s that is none', async (name, where, change) => {
    await refused(
      open(await folder(beforeWith(changed(where, change)))).describe(signal),
      'ldifInvalid',
      `expected ${name}`,
    );
  });

  it.each([
    ['rootDSE', (dn: string, attributes: object) => (dn === '' ? null : attributes), 'rootDSE'],
    [
      'the head of the domain',
      (dn: string, attributes: object) => (dn === domainDn ? null : attributes),
      "the domain's head",
    ],
    [
      'the head of Configuration',
      (dn: string, attributes: object) => (dn === configurationDn ? null : attributes),
      'the head of Configuration',
    ],
    [
      'NTDS Settings',
      (dn: string, attributes: object) => (dn.startsWith('CN=NTDS') ? null : attributes),
      'the NTDS Settings object',
    ],
    [
      'its own crossRef',
      (dn: string, attributes: object) => (dn.startsWith('CN=CONTOSO') ? null : attributes),
      'the crossRef of the domain itself',
    ],
  ])('and refuses a file without %s', async (_, change, problem) => {
    await refused(
      open(await folder(beforeWith(change))).describe(signal),
      'ldifInvalid',
      'before.ldf',
      problem,
    );
  });

  it('and refuses rootDSE anywhere but at the end, and a record that comes twice', async () => {
    const facts = factEntries(1000, '20260102030405.0Z');
    await refused(
      open(await folder({ files: { before: facts.toReversed() } })).describe(signal),
      'ldifInvalid',
      'rootDSE',
    );
    await refused(
      open(await folder({ files: { before: [...facts, ...facts] } })).describe(signal),
      'ldifInvalid',
      'came before',
      'line ',
    );
  });

  it('and refuses what a global catalog answered', async () => {
    await refused(
      open(await folder(beforeWith(without('minPwdLength')))).describe(signal),
      'directoryRefused',
      '3268',
      'before.ldf',
    );
  });

  it('and refuses a time ahead of our clock by more than five minutes', async () => {
    const facts = (time: string): FolderChange => ({ files: { before: factEntries(1000, time) } });
    await expect(open(await folder(facts('20260102090500.0Z'))).describe(signal)).resolves.toBeDefined();
    await refused(
      open(await folder(facts('20260102090501.0Z'))).describe(signal),
      'ldifInvalid',
      'a clock is wrong',
    );
    const directory = await described({ files: { after: factEntries(1010, '20260102100000.0Z') } });
    await refused(directory.describe(signal), 'ldifInvalid', 'after.ldf', 'a clock is wrong');
  });
});

describe('the files are named on the command line by their folder', () => {
  it('a single file is told what else is needed', async () => {
    const file = path.join(root, 'file.ldf');
    await writeFile(file, writeLdif(sampleEntries.walk));
    await refused(
      open(file).describe(signal),
      'configurationInvalid',
      'single file',
      'before.ldf, containers.ldf, walk.ldf, keys.ldf, members.ldf, deleted.ldf',
      'docs/ldif.md',
    );
  });

  it('a file with a fixed name stands for its folder, and a folder counts once', async () => {
    const where = await folder();
    const { namingContexts } = await open(
      path.join(where, 'walk.ldf'),
      where,
      path.join(where, 'attributes.txt'),
    ).describe(signal);
    expect(namingContexts).toHaveLength(2);
  });

  it('nothing, or something that is not there, is refused', async () => {
    await refused(open().describe(signal), 'configurationInvalid', 'none named');
    await refused(open(path.join(root, 'nowhere')).describe(signal), 'configurationInvalid', 'nowhere');
  });

  it.each(Object.keys(fileNames) as readonly FileRole[])(
    'a folder without the file %s is refused, with what makes it',
    async role => {
      const where = await folder({ files: { [role]: null } });
      await refused(open(where).describe(signal), 'exportIncomplete', `${fileNames[role]} (made by: `, where);
    },
  );

  it('a folder without attributes.txt is refused, and so is one that is no list', async () => {
    await refused(
      open(await folder({ attributes: null })).describe(signal),
      'exportIncomplete',
      'attributes.txt',
    );
    for (const attributes of [
      '',
      'mail;proxyAddresses',
      'mail,,cn',
      '%ATTRIBUTES%',
      Buffer.from([0xff, 0xfe, 0x41]),
    ])
      await refused(open(await folder({ attributes })).describe(signal), 'ldifInvalid', 'attributes.txt');
  });

  it('the list may be written by PowerShell, in UTF-16', async () => {
    const attributes = Buffer.from(`\uFEFF${attributeList.replaceAll(',', ', ')}\r\n`, 'utf16le');
    await expect(objectsOf(await described({ attributes }))).resolves.toHaveLength(4);
  });

  it('domains of one forest are read together, each by its own files, and Configuration once', async () => {
    const childDn = `DC=child,${domainDn}`;
    const inChild = (entries: readonly DirectoryEntry[]): readonly DirectoryEntry[] =>
      entries.map(({ distinguishedName, attributes }) => ({
        distinguishedName: distinguishedName.replace(domainDn, childDn),
        attributes,
      }));
    const child = (committed: number, time: string): readonly DirectoryEntry[] =>
      factEntries(committed, time, (dn, attributes) =>
        dn === '' ? { ...attributes, defaultNamingContext: childDn } : attributes,
      ).map(entry =>
        entry.distinguishedName === domainDn ? { ...entry, distinguishedName: childDn } : entry,
      );
    const first = await folder();
    const second = await folder({
      files: {
        before: child(1000, '20260102030300.0Z'),
        after: child(1010, '20260102031100.0Z'),
        walk: inChild(sampleEntries.walk),
        keys: inChild(sampleEntries.keys),
        containers: inChild(sampleEntries.containers),
        members: inChild(sampleEntries.members),
        deleted: inChild(sampleEntries.deleted),
      },
    });
    const directory = open(first, second);
    const description = await directory.describe(signal);
    expect(description.takenAt).toBe(parseInstant('2026-01-02T03:03:00Z'));
    expect(description.unreadDomains).toEqual([]);
    expect(description.namingContexts.map(({ distinguishedName }) => distinguishedName)).toEqual([
      domainDn,
      childDn,
      configurationDn,
    ]);
    expect((await objectsOf(directory, 1)).at(1)?.distinguishedName).toBe(`OU=Staff,${childDn}`);
    await expect(directory.describe(signal)).resolves.toBeDefined();
  });

  it('two folders of one domain are refused, and so are two forests', async () => {
    await refused(
      open(await folder(), await folder()).describe(signal),
      'configurationInvalid',
      'Name only the newer one',
    );
    const elsewhere = 'CN=Configuration,DC=fabrikam,DC=example';
    const facts = factEntries(
      1000,
      '20260102030405.0Z',
      changed('', { configurationNamingContext: elsewhere }),
    ).map(entry =>
      entry.distinguishedName === configurationDn ? { ...entry, distinguishedName: elsewhere } : entry,
    );
    await refused(
      open(await folder(), await folder({ files: { before: facts } })).describe(signal),
      'configurationInvalid',
      'one forest',
    );
  });

  it('a naming context that was not described is a fault of the caller', async () => {
    await expect(objectsOf(open(root))).rejects.toThrow(RangeError);
  });
});

const manyUsers = (length: number): typeof liveObjects =>
  Array.from({ length }, (_, at) => ({
    dn: `CN=u${at},${domainDn}`,
    number: 1000 + at,
    usn: 200,
    classes: ['top', 'user'],
  }));

describe('objects and keys', () => {
  it('come with the attributes that were asked for, by their raw bytes', async () => {
    const entries = await objectsOf(await described(), 0, ['objectGUID', 'Mail', 'proxyAddresses']);
    expect(guidsOf(entries)).toEqual([1, 2, 3, 4].map(number => guid(number).toString('hex')));
    expect(entries[2]!.distinguishedName).toBe(String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`);
    expect([...entries[2]!.attributes.keys()]).toEqual(['objectguid', 'mail', 'proxyaddresses']);
    expect(entries[2]!.attributes.get('mail')).toEqual([Buffer.from('zoë@contoso.example')]);
    expect(entries[2]!.attributes.get('proxyaddresses')).toHaveLength(2);
  });

  it('are the same ones in both passes, in Configuration too, without the head that only proves where the search began', async () => {
    const directory = await described();
    for (const [namingContext, numbers] of [
      [0, [1, 2, 3, 4]],
      [1, [21]],
    ] as const) {
      const expected = numbers.map(number => guid(number).toString('hex'));
      expect(guidsOf(await objectsOf(directory, namingContext))).toEqual(expected);
      expect(await keysOf(directory, namingContext)).toEqual(expected);
    }
  });

  it.each(['utf8', 'utf8WithMark', 'utf16le', 'utf16be'] as const)('are read from %s', async encoding => {
    const directory = await described({ style: { ...ldifdeStyle, encoding, width: 40, withVersion: true } });
    expect(await objectsOf(directory)).toHaveLength(4);
    expect((await directory.findByGuid(0, guid(3), ['mail'], signal))?.entry.attributes.get('mail')).toEqual([
      Buffer.from('zoë@contoso.example'),
    ]);
    await expect(directory.describe(signal)).resolves.toBeDefined();
  });

  it('come in pages of a thousand, and each is waited for', async () => {
    const many = manyUsers(2500);
    const directory = await described({ files: { walk: [...sampleEntries.walk, ...many.map(walkEntry)] } });
    const sizes: number[] = [];
    let visiting = 0;
    await directory.readObjects(
      0,
      [],
      async page => {
        visiting += 1;
        expect(visiting).toBe(1);
        sizes.push(page.length);
        await new Promise(setImmediate);
        visiting -= 1;
      },
      signal,
    );
    expect(sizes).toEqual([1000, 1000, 504]);
  });

  it('an attribute that walk.ldf was not asked for is missed, not taken for one that nobody has', async () => {
    const directory = await described();
    await refused(
      objectsOf(directory, 0, ['mail', 'employeeID']),
      'exportIncomplete',
      'walk.ldf',
      'employeeID',
      'ATTRIBUTES',
    );
    await refused(directory.findByGuid(0, guid(3), ['employeeID'], signal), 'exportIncomplete', 'employeeID');
    await refused(directory.findByDn(0, domainDn, ['employeeID'], signal), 'exportIncomplete', 'employeeID');
    await refused(
      objectsOf(await described({ attributes: attributeList.replace(',uSNChanged', '') })),
      'exportIncomplete',
      'uSNChanged',
    );
  });

  it('a walk of all attributes has each that is asked for', async () => {
    await expect(objectsOf(await described({ attributes: '*' }), 0, ['employeeID'])).resolves.toHaveLength(4);
  });

  it('an attribute that attributes.txt does not name is refused', async () => {
    const directory = await described({ attributes: attributeList.replace(',mail', '') });
    await refused(objectsOf(directory), 'ldifInvalid', 'walk.ldf, line ', 'attributes.txt');
  });

  it.each(['walk', 'keys'] as const)(
    '%s.ldf of another place, with deleted objects, or cut is refused',
    async role => {
      const read = role === 'walk' ? objectsOf : keysOf;
      const [head, ...others] = sampleEntries[role];
      const of = async (...entries: readonly DirectoryEntry[]): Promise<Directory> =>
        described({ files: { [role]: entries } });
      await refused(read(await of(...others)), 'ldifInvalid', `${role}.ldf: expected ${domainDn} itself`);
      await refused(read(await of()), 'ldifInvalid', `${role}.ldf: expected ${domainDn} itself`);
      await refused(
        read(await of(head!, entryOf('CN=x,DC=fabrikam,DC=example', {}))),
        'ldifInvalid',
        `${role}.ldf, line `,
        'outside',
      );
      await refused(
        read(await of(head!, entryOf(`CN=x,${domainDn}`, { isDeleted: 'TRUE' }))),
        'ldifInvalid',
        'ldifde -x',
      );
      await refused(read(await of(head!, tombstone(91, 500))), 'ldifInvalid', 'ldifde -x');
      const whole = writeLdif(sampleEntries[role]);
      await refused(
        read(await described({ files: { [role]: whole.subarray(0, -2) } })),
        'ldifInvalid',
        'was cut',
      );
    },
  );

  it.each([
    ['objectGUID', { uSNChanged: '5' }],
    ['objectGUID', { uSNChanged: '5', objectGUID: Buffer.alloc(15) }],
  ])('keys.ldf without %s is refused', async (name, attributes) => {
    const keys = [...sampleEntries.keys, entryOf(`CN=x,${domainDn}`, attributes)];
    await refused(keysOf(await described({ files: { keys } })), 'ldifInvalid', 'keys.ldf, line ', name);
  });

  it('a file that changes between two passes is refused', async () => {
    const where = await folder();
    const directory = open(where);
    await directory.describe(signal);
    await objectsOf(directory);
    await appendFile(path.join(where, 'walk.ldf'), '# more\n');
    await refused(objectsOf(directory), 'ldifInvalid', 'walk.ldf', 'changed');
  });

  it('a file that changes while it is read is refused', async () => {
    const where = await folder({
      files: { walk: [...sampleEntries.walk, ...manyUsers(2000).map(walkEntry)] },
    });
    const directory = open(where);
    await directory.describe(signal);
    let pages = 0;
    const reading = directory.readObjects(
      0,
      [],
      async () => {
        pages += 1;
        if (pages === 1) await utimes(path.join(where, 'walk.ldf'), 1, 1);
      },
      signal,
    );
    await refused(reading, 'ldifInvalid', 'walk.ldf', 'changed');
  });

  it('a file that is gone is refused, with the reason', async () => {
    const where = await folder();
    const directory = open(where);
    await directory.describe(signal);
    await rm(path.join(where, 'keys.ldf'));
    await refused(keysOf(directory), 'ldifInvalid', 'keys.ldf', 'ENOENT');
  });

  it('reading stops when it is told to', async () => {
    const directory = await described();
    const reason = new Error('stop');
    await expect(directory.readObjects(0, [], async () => undefined, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});

describe('a file that was cut', () => {
  /** Whether reading everything is refused, or the two counts differ. */
  async function isNoticed(where: string): Promise<boolean> {
    try {
      const directory = open(where);
      await directory.describe(signal);
      for (const namingContext of [0, 1]) {
        const walked = guidsOf(await objectsOf(directory, namingContext));
        if (walked.join() !== (await keysOf(directory, namingContext)).join()) return true;
        await membersOf(directory, namingContext);
        if ((await containersOf(directory, namingContext)).some(([, , descriptor]) => descriptor === null))
          return true;
        const [answer, tombstones] = await tombstonesOf(directory, namingContext);
        if (answer === 'notReadable' || tombstones.length !== (namingContext === 0 ? 1 : 0)) return true;
      }
      await directory.describe(signal);
      return false;
    } catch {
      return true;
    }
  }

  /** Whether the parser alone takes it: it was cut between two records. */
  function isWhole(file: Buffer): boolean {
    try {
      const parser = new LdifParser(
        { encoding: 'utf8', line: 1, offset: 0 },
        () => undefined,
        (_, problem) => new Error(problem),
      );
      parser.push(file);
      parser.end();
      return true;
    } catch {
      return false;
    }
  }

  it('not: nothing is noticed', async () => {
    expect(await isNoticed(await folder())).toBe(false);
  });

  it.each(Object.keys(fileNames) as readonly FileRole[])(
    'at any byte, the file %s is refused by its syntax or missed by another one',
    async role => {
      const where = await folder();
      const whole = writeLdif(sampleEntries[role]);
      let betweenRecords = 0;
      for (let length = 0; length < whole.length; length += 1) {
        const cut = whole.subarray(0, length);
        if (!isWhole(cut)) continue;
        betweenRecords += 1;
        await writeFile(path.join(where, fileNames[role]), cut);
        expect([length, await isNoticed(where)]).toEqual([length, true]);
      }
      expect(betweenRecords).toBe(sampleEntries[role].length);
    },
  );
});

describe('tombstones', () => {
  it('come with every attribute, and without their container', async () => {
    const [answer, entries] = await tombstonesOf(await described());
    expect(answer).toBe('included');
    expect(guidsOf(entries)).toEqual([guid(91).toString('hex')]);
    expect([...entries[0]!.attributes.keys()]).toContain('lastknownparent');
  });

  it('none at all are readable where the container has its class', async () => {
    expect(await tombstonesOf(await described(), 1)).toEqual(['included', []]);
    const bare = entryOf(`CN=Deleted Objects,${domainDn}`, {});
    expect(await tombstonesOf(await described({ files: { deleted: [bare] } }))).toEqual(['notReadable', []]);
    expect(await tombstonesOf(await described({ files: { deleted: [] } }))).toEqual(['notReadable', []]);
    expect((await tombstonesOf(await described({ files: { deleted: [tombstone(91, 500)] } })))[0]).toBe(
      'included',
    );
  });

  it('a live object among them is refused', async () => {
    const deleted = [...sampleEntries.deleted, entryOf(`CN=x,${domainDn}`, {})];
    await refused(
      tombstonesOf(await described({ files: { deleted } })),
      'ldifInvalid',
      'deleted.ldf, line ',
      'isDeleted',
    );
  });
});

describe('containers', () => {
  const descriptor = securityDescriptor.toString('hex');
  const all = [
    [domainDn, 'domainDNS', descriptor],
    [`OU=Staff,${domainDn}`, 'organizationalUnit', descriptor],
  ];

  it('come with their security descriptors', async () => {
    const directory = await described();
    expect(await containersOf(directory)).toEqual(all);
    expect(await containersOf(directory, 1)).toEqual([]);
  });

  it('that containers.ldf lacks come with null, and so do those without a descriptor or a class', async () => {
    const [head, unit] = sampleEntries.containers;
    const bare = entryOf(unit!.distinguishedName, {
      objectClass: ['top', 'organizationalUnit'],
      objectGUID: guid(2),
    });
    expect(await containersOf(await described({ files: { containers: [head!, bare] } }))).toEqual([
      all[0],
      [all[1]![0], 'organizationalUnit', null],
    ]);
    expect(await containersOf(await described({ files: { containers: [head!] } }))).toEqual([
      all[0],
      [all[1]![0], 'organizationalUnit', null],
    ]);
    const strange = entryOf(`CN=strange,${domainDn}`, {});
    const directory = await described({
      files: { walk: [...sampleEntries.walk, strange], containers: [...sampleEntries.containers, strange] },
    });
    expect((await containersOf(directory)).slice(2)).toEqual([
      [strange.distinguishedName, '', null],
      [strange.distinguishedName, '', null],
    ]);
  });
});

describe('a walk and keys that broke off at the same place', () => {
  const files = { walk: sampleEntries.walk.slice(0, 1), keys: sampleEntries.keys.slice(0, 1), members: [] };

  it('lack a container that was there before', async () => {
    const directory = await described({ files });
    expect(await keysOf(directory)).toEqual(guidsOf(await objectsOf(directory)));
    await refused(containersOf(directory), 'ldifInvalid', 'walk.ldf', '1 missing and not deleted');
  });

  it('unless it was deleted since', async () => {
    const deleted = [...sampleEntries.deleted, tombstone(2, 1005)];
    expect(await containersOf(await described({ files: { ...files, deleted } }))).toHaveLength(2);
  });
});

describe('members', () => {
  it('come complete, group by group', async () => {
    const directory = await described();
    expect(await membersOf(directory)).toEqual([
      [
        `CN=Printers,OU=Staff,${domainDn}`,
        [String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`, `CN=Nobody,${domainDn}`],
      ],
    ]);
    expect(await membersOf(directory, 1)).toEqual([]);
  });

  it('a group that is neither there nor deleted since says that members.ldf was cut', async () => {
    await refused(
      membersOf(await described({ files: { members: [] } })),
      'ldifInvalid',
      'members.ldf',
      '1 missing',
    );
    const deleted = [...sampleEntries.deleted, tombstone(4, 1005)];
    expect(await membersOf(await described({ files: { members: [], deleted } }))).toEqual([]);
    const keys = sampleEntries.keys.slice(0, -1);
    expect(await membersOf(await described({ files: { members: [], keys } }))).toEqual([]);
    await refused(
      membersOf(await described({ files: { members: [entryOf(domainDn, {})] } })),
      'ldifInvalid',
      'members.ldf, line 1',
      'objectGUID',
    );
  });
});

describe('one object is found', () => {
  it('by its objectGUID, alive as it is in walk.ldf', async () => {
    const found = await (await described()).findByGuid(0, guid(3), ['sAMAccountName'], signal);
    expect(found).toEqual({
      entry: entryOf(String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`, { sAMAccountName: 'meganb' }),
      isDeleted: false,
      uSNChanged: 900n,
    });
  });

  it('by its objectGUID, made after the walk', async () => {
    const late = { dn: `CN=late,${domainDn}`, number: 5, usn: 1002, classes: ['top', 'user'] };
    const directory = await described({ files: { keys: [...sampleEntries.keys, keyEntry(late)] } });
    expect(await directory.findByGuid(0, guid(5), ['objectGUID', 'mail'], signal)).toEqual({
      entry: entryOf(late.dn, { objectGUID: guid(5) }),
      isDeleted: false,
      uSNChanged: 1002n,
    });
  });

  it('by its objectGUID, deleted, whatever the files say that were made before', async () => {
    const directory = await described({ files: { deleted: [...sampleEntries.deleted, tombstone(3, 1005)] } });
    expect(await directory.findByGuid(0, guid(3), ['isDeleted'], signal)).toMatchObject({
      isDeleted: true,
      uSNChanged: 1005n,
    });
    expect(await directory.findByGuid(0, guid(91), [], signal)).toMatchObject({
      isDeleted: true,
      uSNChanged: 500n,
    });
  });

  it('not, where it is in no file, or only in walk.ldf: it is gone, and nobody saw it deleted', async () => {
    const directory = await described({ files: { keys: sampleEntries.keys.slice(0, -1) } });
    expect(await directory.findByGuid(0, guid(99), [], signal)).toBeNull();
    expect(await directory.findByGuid(0, guid(4), [], signal)).toBeNull();
  });

  it('by its name, however it is spelled', async () => {
    const directory = await described();
    for (const name of [
      String.raw`CN=Bowen\, Megan,OU=Staff,DC=contoso,DC=example`,
      String.raw`cn = bowen\2c megan , ou=STAFF, dc=Contoso,dc=Example`,
    ])
      expect(await directory.findByDn(0, name, ['sAMAccountName'], signal)).toEqual(
        entryOf(String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`, { sAMAccountName: 'meganb' }),
      );
    expect(await directory.findByDn(0, `CN=Nobody,${domainDn}`, [], signal)).toBeNull();
    expect(await directory.findByDn(1, `CN=Box,${configurationDn}`, ['mail'], signal)).toMatchObject({
      distinguishedName: `CN=Box,${configurationDn}`,
    });
  });

  it.each<readonly [FileRole, readonly DirectoryEntry[]]>([
    ['walk', [...sampleEntries.walk, walkEntry({ ...liveObjects[3]!, dn: `CN=again,${domainDn}` })]],
    ['keys', [...sampleEntries.keys, keyEntry({ ...liveObjects[3]!, dn: `CN=again,${domainDn}` })]],
    ['deleted', [...sampleEntries.deleted, ...sampleEntries.deleted]],
  ])('not in a file %s that has an objectGUID twice', async (role, entries) => {
    const directory = await described({ files: { [role]: entries } });
    await refused(
      directory.findByGuid(0, guid(3), [], signal),
      'ldifInvalid',
      `${role}.ldf, line `,
      'came before',
    );
    // It is read again, and refused again.
    await refused(directory.findByGuid(0, guid(3), [], signal), 'ldifInvalid', 'came before');
  });

  it.each([
    ['keys', { objectGUID: guid(5) }],
    ['keys', { objectGUID: guid(5), uSNChanged: 'x' }],
    ['deleted', { objectGUID: guid(5), isDeleted: 'TRUE' }],
  ] as const)('not in a file %s without uSNChanged', async (role, attributes) => {
    const entries = [...sampleEntries[role], entryOf(`CN=x,${domainDn}`, attributes)];
    await refused(
      (await described({ files: { [role]: entries } })).findByGuid(0, guid(3), [], signal),
      'ldifInvalid',
      `${role}.ldf, line `,
      'uSNChanged',
    );
  });
});

describe('files of different times, or of different domain controllers, are refused at the end', () => {
  const after = (
    change: Parameters<typeof factEntries>[2],
    committed = 1010,
    time = '20260102031000.0Z',
  ): FolderChange => ({
    files: { after: factEntries(committed, time, change) },
  });

  it.each<readonly [string, FolderChange, string]>([
    [
      'another invocationId',
      after((dn, attributes) =>
        dn.startsWith('CN=NTDS') ? { ...attributes, invocationId: guid(8) } : attributes,
      ),
      'invocationId',
    ],
    ['an earlier time', after(undefined, 1010, '20260102030404.0Z'), 'a later time'],
    ['a lower highestCommittedUSN', after(undefined, 999), 'a later time'],
    [
      'other domains',
      after((dn, attributes) => (dn.startsWith('CN=CHILD') ? null : attributes)),
      'the domains of the forest',
    ],
    ['another domain', after(changed('', { defaultNamingContext: configurationDn })), 'minPwdLength'],
  ])('after.ldf with %s', async (_, change, problem) => {
    const error = await errorOf((await described(change)).describe(signal));
    expect(error.message).toContain('after.ldf');
    expect(error.message).toContain(problem);
  });

  it('after.ldf of another domain on the same domain controller', async () => {
    const elsewhere = 'DC=elsewhere,DC=example';
    const facts = factEntries(
      1010,
      '20260102031000.0Z',
      changed('', { defaultNamingContext: elsewhere }),
    ).map(entry =>
      entry.distinguishedName === domainDn ? { ...entry, distinguishedName: elsewhere } : entry,
    );
    await refused(
      (await described({ files: { after: facts } })).describe(signal),
      'ldifInvalid',
      'the domain of before.ldf',
    );
  });

  it.each(['walk', 'keys', 'configuration', 'configurationKeys'] as const)(
    '%s with a head of another domain controller',
    async role => {
      const [head, ...others] = sampleEntries[role];
      const moved = {
        ...head!,
        attributes: new Map([...head!.attributes, ['usnchanged', [Buffer.from('77')]] as const]),
      };
      await refused(
        (await described({ files: { [role]: [moved, ...others] } })).describe(signal),
        'ldifInvalid',
        fileNames[role],
        'another uSNChanged',
      );
    },
  );

  it('but a head that changed in between proves nothing', async () => {
    const files = {
      ...after(changed(domainDn, { uSNChanged: '1005' })).files,
      keys: [keyEntry({ ...liveObjects[0]!, usn: 1005 }), ...sampleEntries.keys.slice(1)],
    };
    await expect((await described({ files })).describe(signal)).resolves.toBeDefined();
  });

  it.each([
    [1000, 'refused'],
    [1001, 'accepted'],
    [1010, 'accepted'],
    [1011, 'refused'],
  ])('an object with uSNChanged %i in keys.ldf and another one in walk.ldf is %s', async (usn, verdict) => {
    const keys = [...sampleEntries.keys.slice(0, 3), keyEntry({ ...liveObjects[3]!, usn })];
    const directory = await described({ files: { keys } });
    const answer = await directory.describe(signal).then(
      () => 'accepted',
      (error: AgentError) =>
        error.message.includes('keys.ldf, line ') && error.message.includes('different times')
          ? 'refused'
          : error,
    );
    expect(answer).toBe(verdict);
  });

  it('an object whose uSNChanged walk.ldf does not tell proves nothing', async () => {
    const walk = [
      ...sampleEntries.walk.slice(0, 3),
      entryOf(liveObjects[3]!.dn, { objectClass: 'group', objectGUID: guid(4) }),
    ];
    await expect((await described({ files: { walk } })).describe(signal)).resolves.toBeDefined();
  });

  it.each([
    [1000, 'refused'],
    [1001, 'accepted'],
  ])('an object that lives in walk.ldf and was deleted with uSNChanged %i is %s', async (usn, verdict) => {
    const directory = await described({ files: { deleted: [...sampleEntries.deleted, tombstone(3, usn)] } });
    const answer = await directory.describe(signal).then(
      () => 'accepted',
      (error: AgentError) => (error.message.includes('deleted.ldf, line ') ? 'refused' : error),
    );
    expect(answer).toBe(verdict);
  });

  it('and one that lives in keys.ldf alone', async () => {
    const files = {
      walk: sampleEntries.walk.slice(0, -1),
      deleted: [...sampleEntries.deleted, tombstone(4, 1000)],
    };
    await refused(
      (await described({ files })).describe(signal),
      'ldifInvalid',
      'deleted.ldf, line ',
      'different times',
    );
  });
});
