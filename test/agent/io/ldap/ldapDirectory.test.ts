import { AgentError } from '../../../../agent/src/core/agentError';
import type { DirectoryEntry } from '../../../../agent/src/core/directoryEntry';
import { realWaiting } from '../../../../agent/src/io/ldap/domainControllerLink';
import { createLdapDirectory, type LdapDirectoryOptions } from '../../../../agent/src/io/ldap/ldapDirectory';
import type { Directory } from '../../../../agent/src/app/ports';
import { parseInstant } from '../../../../shared/core/instant';
import type { FakeDirectory, FakeEntry } from '../../../support/ad/fakeDirectory';
import {
  fakeDomainSid,
  fakeForest,
  fakeGuid,
  fakeGuidBytes,
  fakeUser,
  fakeUsers,
} from '../../../support/ad/fakeForest';
import {
  FakeLdapServer,
  type FakeLdapOptions,
  type LdapFaultScript,
} from '../../../support/ad/fakeLdapServer';
import { FakeMessages } from '../../../support/ad/fakeMessages';
import type { FakeRequest, FakeSearch } from '../../../support/ad/fakeRequest';
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type ServerCertificate,
} from '../../../support/tls';

const never = new AbortController().signal;
const bindName = 'reader@contoso.example';
const password = 'correct horse';
const domain = 'DC=contoso,DC=example';

let authority: CertificateAuthority;
let certificate: ServerCertificate;
let servers: FakeLdapServer[] = [];
let directories: Directory[] = [];
let waits: number[] = [];

beforeAll(async () => {
  authority = await createCertificateAuthority();
  certificate = await authority.issue();
});

afterEach(async () => {
  await Promise.all(directories.map(directory => directory.close()));
  const complaints = servers.flatMap(server => server.complaints);
  const pending = servers.reduce((sum, server) => sum + server.pending, 0);
  await Promise.all(servers.map(server => server.close()));
  [servers, directories, waits] = [[], [], []];
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
  if (pending > 0) throw new Error(`${pending} faults did not take place`);
});

async function serve(
  directory: FakeDirectory,
  options: Partial<FakeLdapOptions> = {},
): Promise<FakeLdapServer> {
  const server = await FakeLdapServer.start({ certificate, directory, bindName, password, ...options });
  servers.push(server);
  return server;
}

function directoryOf(these: readonly FakeLdapServer[], more: Partial<LdapDirectoryOptions> = {}): Directory {
  const directory = createLdapDirectory({
    domainControllers: these.map(({ url }) => ({
      url,
      bindName,
      password,
      ca: authority.cert,
      startTls: url.startsWith('ldap:'),
    })),
    attempts: 3,
    connectTimeoutMs: 5_000,
    inactivityTimeoutMs: 2_000,
    random: () => 0,
    wait: async milliseconds => void waits.push(milliseconds),
    ...more,
  });
  directories.push(directory);
  return directory;
}

/** A directory that was described, over one server. */
async function described(
  objects: readonly FakeEntry[],
  options: Partial<FakeLdapOptions> = {},
): Promise<{ readonly server: FakeLdapServer; readonly directory: Directory }> {
  const server = await serve(fakeForest({ objects }), options);
  const directory = directoryOf([server]);
  await directory.describe(never);
  return { server, directory };
}

const isSearch =
  (matches: (search: FakeSearch) => boolean) =>
  (request: FakeRequest): boolean =>
    request.kind === 'search' && matches(request);

/** The searches for objects and keys. */
const forObjects = isSearch(({ base, scope }) => base === domain && scope === 'sub');

async function namesIn(directory: Directory, namingContext = 0): Promise<string[]> {
  const names: string[] = [];
  await directory.readObjects(
    namingContext,
    ['objectGUID'],
    async page => void names.push(...page.map(entry => entry.distinguishedName)),
    never,
  );
  return names;
}

async function keysIn(directory: Directory, namingContext = 0): Promise<string[]> {
  let keys: string[] = [];
  await directory.readKeys(
    namingContext,
    () => (keys = []),
    found => keys.push(...found.map(key => Buffer.from(key).toString('hex'))),
    never,
  );
  return keys;
}

async function membersIn(directory: Directory): Promise<Map<string, number[]>> {
  const members = new Map<string, number[]>();
  await directory.readMembers(
    0,
    () => members.clear(),
    (group, found) => members.set(group, [...(members.get(group) ?? []), found.length]),
    never,
  );
  return members;
}

const error = (code: string, message: string | RegExp): unknown =>
  expect.objectContaining({
    name: 'AgentError',
    code,
    message: expect.stringMatching(message) as string,
  });

describe('the description', () => {
  test('tells what a domain controller is, and of which domain', async () => {
    const { directory } = await described([]);
    const { namingContexts, unreadDomains } = await directory.describe(never);
    const [first, second] = namingContexts;
    expect(unreadDomains).toEqual([]);
    expect(first).toEqual({
      distinguishedName: domain,
      domain: { dnsName: 'contoso.example', netBiosName: 'CONTOSO', sid: fakeDomainSid },
      domainController: {
        name: servers[0]?.url,
        dnsHostName: 'dc1.contoso.example',
        invocationId: fakeGuid(77),
        highestCommittedUSN: 12345678901234567n,
        currentTime: parseInstant('2026-01-02T03:04:05Z'),
        isReadOnly: false,
        isGlobalCatalogPort: false,
        inboundReplication: { kind: 'alone' },
      },
      recycleBinEnabled: false,
      callerSids: ['S-1-5-21-1-2-3-1105', 'S-1-5-11'],
    });
    expect(second).toEqual({ ...first, distinguishedName: `CN=Configuration,${domain}`, domain: null });
  });

  test('tells whether the Recycle Bin is on', async () => {
    const server = await serve(fakeForest({ recycleBin: true }));
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(namingContexts.map(context => context.recycleBinEnabled)).toEqual([true, true]);
  });

  test('by StartTLS as well', async () => {
    const server = await serve(fakeForest(), { encryption: 'startTls' });
    expect((await directoryOf([server]).describe(never)).namingContexts).toHaveLength(2);
  });

  test('domains in the order of the configuration, then the Configuration of each forest, once', async () => {
    const domains = [domain, 'DC=emea,DC=contoso,DC=example', 'DC=apac,DC=contoso,DC=example'];
    const emea = await serve(fakeForest({ domains, domain: domains[1]! }));
    const fabrikam = await serve(fakeForest({ domain: 'DC=fabrikam,DC=example', number: 2 }));
    const root = await serve(fakeForest({ domains }));
    const { namingContexts, unreadDomains } = await directoryOf([emea, fabrikam, root]).describe(never);
    expect(namingContexts.map(each => [each.distinguishedName, each.domainController.name])).toEqual([
      ['DC=emea,DC=contoso,DC=example', emea.url],
      ['DC=fabrikam,DC=example', fabrikam.url],
      [domain, root.url],
      [`CN=Configuration,${domain}`, emea.url],
      ['CN=Configuration,DC=fabrikam,DC=example', fabrikam.url],
    ]);
    expect(unreadDomains).toEqual([
      { distinguishedName: 'DC=apac,DC=contoso,DC=example', dnsName: 'apac.contoso.example' },
    ]);
  });

  test('two forests of one name are two forests', async () => {
    const these = [await serve(fakeForest()), await serve(fakeForest({ number: 2 }))];
    expect((await directoryOf(these).describe(never)).namingContexts).toHaveLength(4);
  });

  test('two domain controllers of one domain are refused', async () => {
    const these = [await serve(fakeForest()), await serve(fakeForest({ invocationId: fakeGuid(78) }))];
    await expect(directoryOf(these).describe(never)).rejects.toEqual(
      error('directoryRefused', `${these[0]?.url} and ${these[1]?.url} for ${domain}`),
    );
  });

  test('upper and lower case of a naming context do not matter', async () => {
    const forest = fakeForest();
    const entries = forest.entries.map(entry => ({
      ...entry,
      attributes: Object.fromEntries(
        Object.entries(entry.attributes).map(([name, values]) => [
          name,
          name === 'nCName' || name.endsWith('MasterNCs')
            ? values.map(value => String(value).toUpperCase())
            : values,
        ]),
      ),
    }));
    const server = await serve({ ...forest, entries });
    const { namingContexts, unreadDomains } = await directoryOf([server]).describe(never);
    expect(namingContexts[0]?.domainController.inboundReplication).toEqual({ kind: 'alone' });
    expect(unreadDomains).toEqual([]);
  });

  test('a read-only domain controller is told', async () => {
    const server = await serve(fakeForest({ readOnly: true }));
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(namingContexts[0]?.domainController.isReadOnly).toBe(true);
  });

  test('a global catalog is told, behind whatever port', async () => {
    const server = await serve({ ...fakeForest(), globalCatalog: true });
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(namingContexts[0]?.domainController.isGlobalCatalogPort).toBe(true);
  });

  test.each([51, 52])('that it is a global catalog is not told from result %i', async code => {
    const server = await serve(fakeForest());
    server.add({
      when: isSearch(({ base, scope }) => base === '' && scope === 'sub'),
      do: { kind: 'result', result: { code } },
    });
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(waits).toHaveLength(1);
    expect(namingContexts[0]?.domainController.isGlobalCatalogPort).toBe(false);
  });

  const neighbour = (failures: number): string =>
    '<DS_REPL_NEIGHBOR>\n\t<pszSourceDsaDN>CN=NTDS Settings,CN=DC2</pszSourceDsaDN>\n' +
    '\t<ftimeLastSyncSuccess>2026-01-02T03:00:00Z</ftimeLastSyncSuccess>\n' +
    `\t<cNumConsecutiveSyncFailures>${failures}</cNumConsecutiveSyncFailures>\n</DS_REPL_NEIGHBOR>\n\0`;

  test.each([
    ['neighbours that it tells', { domainControllers: 2, neighbours: [neighbour(3)] }, 'neighbours'],
    // A domain controller that the account does not see still replicates.
    ['neighbours, though no other is seen', { neighbours: [neighbour(0)] }, 'neighbours'],
    ['none, where it is the only one', {}, 'alone'],
    ['none, where there are others', { domainControllers: 3 }, 'notReadable'],
    ['some that can not be read', { domainControllers: 2, neighbours: [neighbour(0), '?'] }, 'notReadable'],
    ['none, where not even it is seen', { domainControllers: 0 }, 'refused'],
  ])('inbound replication: %s', async (_, options, kind) => {
    const server = await serve(fakeForest(options));
    const outcome = await directoryOf([server])
      .describe(never)
      .then(
        ({ namingContexts }) => namingContexts[0]?.domainController.inboundReplication.kind,
        () => 'refused',
      );
    expect(outcome).toBe(kind);
  });

  test('how many other domain controllers there are is told', async () => {
    const server = await serve(fakeForest({ domainControllers: 3 }));
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(namingContexts[0]?.domainController.inboundReplication).toEqual({
      kind: 'notReadable',
      otherDomainControllers: 2,
    });
  });

  const without = (directory: FakeDirectory, attribute: string): FakeDirectory => ({
    ...directory,
    rootDse: Object.fromEntries(Object.entries(directory.rootDse).filter(([name]) => name !== attribute)),
    entries: directory.entries.map(entry => ({
      ...entry,
      attributes: Object.fromEntries(Object.entries(entry.attributes).filter(([name]) => name !== attribute)),
    })),
  });

  test.each([
    'dsServiceName',
    'defaultNamingContext',
    'invocationId',
    'configurationNamingContext',
    'dnsHostName',
    'highestCommittedUSN',
    'currentTime',
    'objectSid',
    'objectGUID',
    'nCName',
  ])('a domain controller that does not tell %s is refused', async attribute => {
    const server = await serve(without(fakeForest(), attribute));
    await expect(directoryOf([server]).describe(never)).rejects.toEqual(
      error('directoryRefused', /Name a domain controller/),
    );
  });

  test.each([
    ['highestCommittedUSN', 'many'],
    ['currentTime', 'now'],
  ])('%s that can not be read is refused', async (attribute, value) => {
    const forest = fakeForest();
    const server = await serve({ ...forest, rootDse: { ...forest.rootDse, [attribute]: [value] } });
    await expect(directoryOf([server]).describe(never)).rejects.toEqual(error('directoryRefused', attribute));
  });

  test('SIDs of the caller that are not told, or can not be read, are left out', async () => {
    const forest = fakeForest();
    const server = await serve({ ...forest, rootDse: { ...forest.rootDse, tokenGroups: ['?'] } });
    expect((await directoryOf([server]).describe(never)).namingContexts[0]?.callerSids).toEqual([]);
    server.directory = without(forest, 'tokenGroups');
    expect((await directoryOf([server]).describe(never)).namingContexts[0]?.callerSids).toEqual([]);
  });

  test('a domain without a NetBIOS name has none', async () => {
    const server = await serve(without(fakeForest(), 'nETBIOSName'));
    const { namingContexts } = await directoryOf([server]).describe(never);
    expect(namingContexts[0]?.domain).toEqual({ dnsName: 'contoso.example', sid: fakeDomainSid });
  });

  test('a reconnect that leads to another database is refused: no search goes on there', async () => {
    const { server, directory } = await described(fakeUsers(3));
    server.directory = fakeForest({ objects: fakeUsers(1), invocationId: fakeGuid(99) });
    server.kill();
    await expect(namesIn(directory)).rejects.toEqual(
      error('directoryRefused', 'name one domain controller, not the domain or a load balancer'),
    );
  });

  test('a reconnect that leads to another domain is refused', async () => {
    const { server, directory } = await described([]);
    server.directory = fakeForest({ domain: 'DC=fabrikam,DC=example', invocationId: fakeGuid(77) });
    server.kill();
    await expect(keysIn(directory)).rejects.toEqual(error('directoryRefused', 'DC=fabrikam,DC=example'));
  });

  test('a naming context that was not described is a fault of the agent', async () => {
    const server = await serve(fakeForest());
    await expect(namesIn(directoryOf([server]))).rejects.toEqual(error('unexpected', 'Describe first'));
  });

  test('a wrong password is refused at once: more attempts would lock the account', async () => {
    const server = await serve(fakeForest(), { password: 'another' });
    await expect(directoryOf([server]).describe(never)).rejects.toEqual(
      error('directoryRefused', /InvalidCredentials \(49\)/),
    );
    expect(server.connections).toBe(1);
  });

  test('an empty password is refused before it is sent', async () => {
    const server = await serve(fakeForest());
    const domainControllers = [{ url: server.url, bindName, password: async () => '', ca: authority.cert }];
    await expect(directoryOf([], { domainControllers }).describe(never)).rejects.toEqual(
      error('configurationInvalid', 'an empty password binds as nobody'),
    );
    expect(server.requests).toEqual([]);
  });

  test('the password is asked for where it is a function, and no message holds it', async () => {
    const server = await serve(fakeForest());
    const domainControllers = [{ url: server.url, bindName, password: () => password, ca: authority.cert }];
    const directory = directoryOf([], { domainControllers });
    await directory.describe(never);
    server.add({ when: forObjects, times: 3, do: { kind: 'result', result: { code: 51 } } });
    const refusal = await namesIn(directory).catch((caught: unknown) => caught);
    expect(String((refusal as Error).stack)).not.toContain(password);
  });

  test('no domain controller at all is a mistake in the configuration', () => {
    expect(() => directoryOf([])).toThrow(AgentError);
  });
});

describe('readObjects and readKeys', () => {
  test('everything that lives in the domain comes, over all pages, and nothing of Configuration', async () => {
    const deleted = fakeUser(5_000, { isDeleted: ['TRUE'] });
    const { server, directory } = await described([...fakeUsers(2_500), deleted]);
    const names = await namesIn(directory);
    expect(names).toHaveLength(2_501);
    expect(new Set(names).size).toBe(2_501);
    expect(names).not.toContain(deleted.distinguishedName);
    expect(names).not.toContain(`CN=Configuration,${domain}`);
    expect(server.searches.filter(forObjects)).toHaveLength(3);
    expect((await keysIn(directory)).sort()).toEqual(
      [...Array.from({ length: 2_500 }, (_, at) => at + 1), 900_001]
        .map(number => fakeGuidBytes(number).toString('hex'))
        .sort(),
    );
  });

  test('a server that hands out smaller pages is read to its end', async () => {
    const { directory } = await described(fakeUsers(20), { pageCap: 3 });
    expect(await namesIn(directory)).toHaveLength(21);
  });

  test('attributes come with all their values, whatever the ranges', async () => {
    const mail = Array.from({ length: 3_100 }, (_, at) => `smtp:alias${at}@contoso.example`);
    const { directory } = await described([fakeUser(1, { proxyAddresses: mail }), fakeUser(2)]);
    const entries: DirectoryEntry[] = [];
    const attributes = ['proxyAddresses', 'sAMAccountName'];
    await directory.readObjects(0, attributes, async page => void entries.push(...page), never);
    const user = entries.find(({ distinguishedName }) => distinguishedName.startsWith('CN=User 1,'));
    expect(user?.attributes.get('proxyaddresses')?.map(String)).toEqual(mail);
    expect([...(user?.attributes.keys() ?? [])].sort()).toEqual(['proxyaddresses', 'samaccountname']);
  });

  test('of Configuration only what has an address or a SID', async () => {
    const forest = fakeForest();
    const inConfiguration = (name: string, attributes: FakeEntry['attributes']): FakeEntry => ({
      distinguishedName: `CN=${name},CN=Configuration,${domain}`,
      attributes: { objectClass: ['top'], objectGUID: [fakeGuidBytes(name.length)], ...attributes },
    });
    forest.entries.push(
      inConfiguration('a', { mail: ['a@x'] }),
      inConfiguration('bb', { proxyAddresses: ['smtp:b@x'] }),
      inConfiguration('ccc', { objectSid: ['?'] }),
      inConfiguration('dddd', {}),
    );
    const directory = directoryOf([await serve(forest)]);
    await directory.describe(never);
    expect((await namesIn(directory, 1)).map(name => name[3])).toEqual(['a', 'b', 'c']);
    expect(await keysIn(directory, 1)).toHaveLength(3);
    expect(await directory.readTombstones(1, () => Promise.reject(new Error('one came')), never)).toBe(
      'included',
    );
    await directory.readContainers(1, () => expect(true).toBe(false), never);
  });

  test('the two readings run side by side, on connections of their own', async () => {
    const { server, directory } = await described(fakeUsers(1_500));
    const [names, keys] = await Promise.all([namesIn(directory), keysIn(directory)]);
    expect([names.length, keys.length]).toEqual([1_501, 1_501]);
    expect(server.connections).toBe(2);
  });

  test('an object that the account may not read has no key; that it is there the first reading tells', async () => {
    const hidden = { ...fakeUser(7), unreadable: true };
    const { directory } = await described([hidden]);
    expect(await namesIn(directory)).toContain(hidden.distinguishedName);
    expect(await keysIn(directory)).toHaveLength(1);
  });

  const passing: readonly (readonly [string, LdapFaultScript])[] = [
    ['an end within a page', { kind: 'cut', bytes: 5_000, ending: 'end' }],
    ['a reset within a page', { kind: 'cut', bytes: 5_000, ending: 'reset' }],
    ['an end before a page', { kind: 'cut', bytes: 0, ending: 'end' }],
    ['notice of disconnection', { kind: 'notice' }],
    ['bytes that are no LDAP', { kind: 'rewrite', rewrite: () => [Buffer.from('HTTP/1.1 400\r\n\r\n')] }],
    ['operationsError', { kind: 'result', result: { code: 1 }, entries: 2 }],
    ['timeLimitExceeded', { kind: 'result', result: { code: 3 }, entries: 2 }],
    ['sizeLimitExceeded', { kind: 'result', result: { code: 4 }, entries: 2 }],
    ['adminLimitExceeded', { kind: 'result', result: { code: 11 }, entries: 2 }],
    ['busy', { kind: 'result', result: { code: 51 } }],
    ['unavailable', { kind: 'result', result: { code: 52 } }],
    ['a cookie that is not known any more', { kind: 'result', result: { code: 53 } }],
  ];

  test.each(passing)('%s on the second page: the search begins again, and ends whole', async (_, fault) => {
    const { server, directory } = await described(fakeUsers(1_500));
    const isSecond = isSearch(search => forObjects(search) && (search.page?.cookie.length ?? 0) > 0);
    server.add({ when: isSecond, do: fault });
    let restarts = 0;
    let keys: Uint8Array[] = [];
    await directory.readKeys(
      0,
      () => {
        restarts += 1;
        keys = [];
      },
      found => keys.push(...found),
      never,
    );
    expect(keys).toHaveLength(1_501);
    expect(restarts).toBe(2);
    expect(waits).toEqual([500]);
    expect(server.connections).toBe(2);
  });

  test('silence on the second page: the search begins again, and ends whole', async () => {
    const server = await serve(fakeForest({ objects: fakeUsers(1_500) }));
    const directory = directoryOf([server], { inactivityTimeoutMs: 300 });
    await directory.describe(never);
    const isSecond = isSearch(search => forObjects(search) && (search.page?.cookie.length ?? 0) > 0);
    server.add({ when: isSecond, do: { kind: 'cut', bytes: 0, ending: 'stall' } });
    server.add({ when: isSecond, do: { kind: 'cut', bytes: 100, ending: 'stall' } });
    expect(await keysIn(directory)).toHaveLength(1_501);
    expect(waits).toEqual([500, 1_000]);
  });

  test('the connection that was killed between two searches is replaced without a word', async () => {
    const { server, directory } = await described(fakeUsers(3));
    await namesIn(directory);
    server.kill();
    expect(await namesIn(directory)).toHaveLength(4);
  });

  test('a connection whose end was announced is not used again', async () => {
    const { server, directory } = await described(fakeUsers(3));
    server.add({
      when: forObjects,
      do: {
        kind: 'rewrite',
        rewrite: answer => [...answer, new FakeMessages().noticeOfDisconnection(52)],
      },
    });
    expect(await namesIn(directory)).toHaveLength(4);
    expect(await namesIn(directory)).toHaveLength(4);
    expect(waits).toEqual([]);
    expect(server.connections).toBe(2);
  });

  test('after the last attempt: unavailable, with the domain controller and the last fault', async () => {
    const { server, directory } = await described(fakeUsers(3));
    server.add({ when: forObjects, times: 2, do: { kind: 'cut', bytes: 0, ending: 'end' } });
    server.add({ when: forObjects, do: { kind: 'result', result: { code: 51, message: 'try later' } } });
    await expect(namesIn(directory)).rejects.toEqual(
      error(
        'directoryUnavailable',
        `the objects of ${domain} from ${server.url}, found no way to its end in 3 attempts. ` +
          String.raw`The last one: expected success of the search, found Busy \(51\): try later`,
      ),
    );
    expect(waits).toEqual([500, 1_000]);
  });

  const final: readonly (readonly [string, LdapFaultScript, string])[] = [
    ['a referral', { kind: 'result', result: { code: 10, referral: ['ldap://x/'] } }, 'referral'],
    ['insufficient rights', { kind: 'result', result: { code: 50 } }, 'InsufficientAccess'],
    ['no such object', { kind: 'result', result: { code: 32 } }, 'NoSuchObject'],
    ['a control that it does not know', { kind: 'result', result: { code: 12 } }, 'UnavailableCritical'],
    ['a reference to another server', { kind: 'reference' }, 'part of the tree lies elsewhere'],
    ['an answer without the paged results control', { kind: 'noPagedControl' }, 'what came may not be all'],
  ];

  test.each(final)('%s is refused at once', async (_, fault, message) => {
    const { server, directory } = await described(fakeUsers(3));
    server.add({ when: forObjects, do: fault });
    await expect(namesIn(directory)).rejects.toEqual(error('directoryRefused', message));
    expect(waits).toEqual([]);
  });

  test('an empty page with a cookie is not the end', async () => {
    const { server, directory } = await described(fakeUsers(1_500));
    server.add({ when: forObjects, times: 2, do: { kind: 'emptyPage' } });
    expect(await namesIn(directory)).toHaveLength(1_501);
  });

  test('an error of the visit is thrown as it is, without another attempt', async () => {
    const { server, directory } = await described(fakeUsers(3));
    const failure = new Error('disk full');
    const reading = directory.readObjects(0, ['mail'], () => Promise.reject(failure), never);
    await expect(reading).rejects.toBe(failure);
    expect(server.searches.filter(forObjects)).toHaveLength(1);
  });

  test('an abort within a search is thrown as it is', async () => {
    const { directory } = await described(fakeUsers(1_500));
    const stop = new AbortController();
    const reason = new Error('stopped by hand');
    const visit = async (): Promise<void> => stop.abort(reason);
    await expect(directory.readObjects(0, ['mail'], visit, stop.signal)).rejects.toBe(reason);
    await expect(directory.readObjects(0, ['mail'], visit, stop.signal)).rejects.toBe(reason);
  });

  test('an abort while it waits for the next attempt ends the wait', async () => {
    const server = await serve(fakeForest());
    const stop = new AbortController();
    const reason = new Error('stopped by hand');
    const directory = directoryOf([server], {
      wait: (milliseconds, signal) => {
        const waiting = realWaiting.wait(milliseconds, signal);
        stop.abort(reason);
        return waiting;
      },
    });
    await directory.describe(never);
    server.add({ when: forObjects, do: { kind: 'result', result: { code: 51 } } });
    await expect(directory.readObjects(0, ['mail'], async () => {}, stop.signal)).rejects.toBe(reason);
  });

  test('what is under way when the directory is closed fails, and is not tried again', async () => {
    const { server, directory } = await described(fakeUsers(3));
    server.add({ when: forObjects, do: { kind: 'run', callback: () => directory.close() } });
    await expect(namesIn(directory)).rejects.toEqual(error('directoryUnavailable', 'in 1 attempt'));
    expect(server.connections).toBe(1);
  });

  test('a wait that fails by itself is thrown as it is', async () => {
    const server = await serve(fakeForest());
    const failure = new Error('no timers left');
    const directory = directoryOf([server], { wait: () => Promise.reject(failure) });
    server.add({ when: ({ kind }) => kind === 'bind', do: { kind: 'result', result: { code: 51 } } });
    await expect(directory.describe(never)).rejects.toBe(failure);
  });
});

describe('readTombstones', () => {
  const deletedObjects = `CN=Deleted Objects,${domain}`;
  const tombstone = (number: number, more: FakeEntry['attributes'] = {}): FakeEntry => ({
    ...fakeUser(number, { isDeleted: ['TRUE'], lastKnownParent: [`OU=Gone,${domain}`], ...more }),
    distinguishedName: `CN=User ${number}\\0ADEL:${fakeGuid(number)},${deletedObjects}`,
  });

  async function tombstonesOf(server: FakeLdapServer): Promise<readonly [string, number]> {
    const directory = directoryOf([server]);
    await directory.describe(never);
    let count = 0;
    const outcome = await directory.readTombstones(0, async page => void (count += page.length), never);
    return [outcome, count];
  }

  test('deleted and recycled objects come, with what a tombstone line needs', async () => {
    const { directory } = await described([
      fakeUser(1),
      tombstone(2),
      tombstone(3, { isRecycled: ['TRUE'] }),
    ]);
    const found: DirectoryEntry[] = [];
    const outcome = await directory.readTombstones(0, async page => void found.push(...page), never);
    expect(outcome).toBe('included');
    expect(found.map(({ attributes }) => [...attributes.keys()].sort())).toEqual([
      ['lastknownparent', 'objectclass', 'objectguid', 'samaccountname'],
      ['isrecycled', 'lastknownparent', 'objectclass', 'objectguid', 'samaccountname'],
    ]);
  });

  test('the container is found by its well-known GUID, else by its name', async () => {
    const forest = fakeForest({ objects: [tombstone(2)] });
    expect(await tombstonesOf(await serve(forest))).toEqual(['included', 1]);
    const moved = forest.entries.map(entry => ({
      ...entry,
      distinguishedName: entry.distinguishedName.replace('CN=Deleted Objects', 'CN=Elsewhere'),
      attributes: {
        ...entry.attributes,
        ...(entry.attributes['wellKnownObjects']
          ? { wellKnownObjects: [`B:32:18e2ea80684f11d2b9aa00c04f79f805:CN=Elsewhere,${domain}`] }
          : {}),
      },
    }));
    expect(await tombstonesOf(await serve({ ...forest, entries: moved }))).toEqual(['included', 1]);
    const unnamed = forest.entries.map(entry => {
      const { wellKnownObjects: _, ...attributes } = entry.attributes;
      return { ...entry, attributes };
    });
    expect(await tombstonesOf(await serve({ ...forest, entries: unnamed }))).toEqual(['included', 1]);
  });

  test('a container that is seen and empty: none were deleted', async () => {
    expect(await tombstonesOf(await serve(fakeForest()))).toEqual(['included', 0]);
  });

  const changed = (change: (entry: FakeEntry) => FakeEntry[]): FakeDirectory => {
    const forest = fakeForest();
    return {
      ...forest,
      entries: forest.entries.flatMap(entry =>
        entry.distinguishedName === deletedObjects ? change(entry) : [entry],
      ),
    };
  };

  test('a container that is not seen: not readable', async () => {
    expect(await tombstonesOf(await serve(changed(() => [])))).toEqual(['notReadable', 0]);
  });

  test('nothing in a container whose own attributes are not seen: not readable, though it is a success', async () => {
    const server = await serve(changed(entry => [{ ...entry, unreadable: true }]));
    expect(await tombstonesOf(server)).toEqual(['notReadable', 0]);
  });
});

describe('readContainers', () => {
  test('containers of every class come with their security descriptors, and no users', async () => {
    const descriptor = Buffer.from([1, 0, 4, 0x8c]);
    const at = (name: string, objectClass: readonly string[], more = {}): FakeEntry => ({
      distinguishedName: `${name},${domain}`,
      attributes: { objectClass, ...more },
    });
    const { directory } = await described([
      at('OU=Staff', ['top', 'organizationalUnit'], { nTSecurityDescriptor: [descriptor] }),
      at('CN=Policy', ['top', 'container', 'groupPolicyContainer']),
      at('CN=Builtin', ['top', 'builtinDomain']),
      at('CN=LostAndFound', ['top', 'lostAndFound']),
      at('C=DE', ['top', 'country']),
      at('L=Bonn,C=DE', ['top', 'locality']),
      at('CN=Microsoft Exchange System Objects', ['top', 'container', 'msExchSystemObjectsContainer']),
      fakeUser(1),
    ]);
    const found: (readonly [string, string, Buffer | null])[] = [];
    await directory.readContainers(0, (...container) => void found.push(container), never);
    expect(found).toEqual([
      [domain, 'domainDNS', null],
      [`OU=Staff,${domain}`, 'organizationalUnit', descriptor],
      [`CN=Policy,${domain}`, 'groupPolicyContainer', null],
      [`CN=Builtin,${domain}`, 'builtinDomain', null],
      [`CN=LostAndFound,${domain}`, 'lostAndFound', null],
      // An organizational unit may lie in a country, or in an organization of a locality.
      [`C=DE,${domain}`, 'country', null],
      [`L=Bonn,C=DE,${domain}`, 'locality', null],
      [`CN=Microsoft Exchange System Objects,${domain}`, 'msExchSystemObjectsContainer', null],
    ]);
  });

  test('a container whose attributes are not seen comes without class and descriptor', async () => {
    const ou = { distinguishedName: `OU=X,${domain}`, attributes: { objectClass: ['organizationalUnit'] } };
    const { directory } = await described([{ ...ou, unreadable: true }]);
    const found: unknown[] = [];
    await directory.readContainers(0, (...container) => void found.push(container), never);
    expect(found).toContainEqual([`OU=X,${domain}`, '', null]);
  });
});

describe('readMembers', () => {
  const group = (number: number, members: number): FakeEntry => ({
    distinguishedName: `CN=Group ${number},${domain}`,
    attributes: {
      objectClass: ['top', 'group'],
      objectGUID: [fakeGuidBytes(10_000 + number)],
      member: Array.from({ length: members }, (_, at) => `CN=Member ${at},${domain}`),
    },
  });
  const isRange = isSearch(({ attributes }) => attributes.some(name => name.includes('range=')));

  test.each([
    [1_499, [1_499]],
    [1_500, [1_500]],
    [1_501, [1_500, 1]],
    [4_500, [1_500, 1_500, 1_500]],
  ])('all of %i members come, a range at a time', async (count, ranges) => {
    const { directory } = await described([group(1, count), group(2, 3), group(3, 0)]);
    expect(await membersIn(directory)).toEqual(
      new Map([
        [`CN=Group 1,${domain}`, ranges],
        [`CN=Group 2,${domain}`, [3]],
      ]),
    );
  });

  test('a group that is renamed while it is read is read to its end', async () => {
    const { server, directory } = await described([group(1, 2_000)]);
    server.add({
      when: isRange,
      do: {
        kind: 'run',
        callback: () => {
          const renamed = { ...group(1, 2_000), distinguishedName: `CN=Renamed,${domain}` };
          server.directory = fakeForest({ objects: [renamed] });
        },
      },
    });
    expect(await membersIn(directory)).toEqual(new Map([[`CN=Group 1,${domain}`, [1_500, 500]]]));
  });

  test.each([
    ['is deleted', []],
    ['loses members', [group(1, 1_000)]],
  ])('a group that %s while it is read is read again, with all others', async (_, objects) => {
    const { server, directory } = await described([group(1, 2_000)]);
    server.add({
      when: isRange,
      do: { kind: 'run', callback: () => void (server.directory = fakeForest({ objects })) },
    });
    const members = await membersIn(directory);
    expect([...members.values()]).toEqual(objects.length === 0 ? [] : [[1_000]]);
    expect(waits).toHaveLength(1);
  });

  const otherRange = (range: string, values: readonly string[]): LdapFaultScript => ({
    kind: 'rewrite',
    rewrite: (messages, messageId) => [
      new FakeMessages().entry(messageId, 'CN=Group 1', [[`member;range=${range}`, values]]),
      ...messages.slice(1),
    ],
  });

  test.each([
    ['does not advance', otherRange('0-1499', [])],
    ['leaves a gap', otherRange('1600-*', ['CN=x'])],
    ['has fewer values than it says', otherRange('1500-1599', ['CN=x'])],
    ['is none', otherRange('all', ['CN=x'])],
    ['brings no object', { kind: 'rewrite', rewrite: messages => messages.slice(1) }],
  ] as readonly (readonly [string, LdapFaultScript])[])('a range that %s is an error', async (_, fault) => {
    const { server, directory } = await described([group(1, 2_000)]);
    server.add({ when: isRange, times: 3, do: fault });
    await expect(membersIn(directory)).rejects.toEqual(error('directoryUnavailable', 'in 3 attempts'));
  });

  test('a range that is refused is not taken for its end', async () => {
    const { server, directory } = await described([group(1, 2_000)]);
    server.add({ when: isRange, do: { kind: 'result', result: { code: 50 } } });
    await expect(membersIn(directory)).rejects.toEqual(error('directoryRefused', 'InsufficientAccess'));
  });
});

describe('findByGuid and findByDn', () => {
  const special = `CN=Müller\\, \\"J\\" \\+\\;\\<\\>\\#\\\\,OU=A/B*(),${domain}`;

  test('an object is found by its objectGUID, whatever it is called', async () => {
    const { directory } = await described([{ ...fakeUser(1), distinguishedName: special }]);
    const found = await directory.findByGuid(0, fakeGuidBytes(1), ['sAMAccountName', 'usnchanged'], never);
    expect(found).toMatchObject({
      isDeleted: false,
      uSNChanged: 1_001n,
      entry: { distinguishedName: special },
    });
    expect([...(found?.entry.attributes.keys() ?? [])].sort()).toEqual(['samaccountname', 'usnchanged']);
  });

  test('a deleted object is found too, and told', async () => {
    const { directory } = await described([fakeUser(1, { isDeleted: ['TRUE'], isRecycled: ['TRUE'] })]);
    expect(await directory.findByGuid(0, fakeGuidBytes(1), [], never)).toMatchObject({ isDeleted: true });
  });

  test('an object is found by its name of any characters, and no deleted one', async () => {
    const { directory } = await described([
      { ...fakeUser(1), distinguishedName: special },
      fakeUser(2, { isDeleted: ['TRUE'] }),
    ]);
    expect(await directory.findByDn(0, special, ['mail'], never)).toMatchObject({
      distinguishedName: special,
    });
    expect(await directory.findByDn(0, fakeUser(2).distinguishedName, ['mail'], never)).toBeNull();
  });

  test('what is not there is null', async () => {
    const { server, directory } = await described([]);
    expect(await directory.findByGuid(0, fakeGuidBytes(1), [], never)).toBeNull();
    expect(await directory.findByDn(0, `CN=Nobody,${domain}`, [], never)).toBeNull();
    server.add({
      when: isSearch(({ scope }) => scope === 'base'),
      do: { kind: 'rewrite', rewrite: messages => messages.slice(-1) },
    });
    expect(await directory.findByDn(0, domain, ['name'], never)).toBeNull();
  });

  test('a name outside of this forest is refused, not taken for absent', async () => {
    const { directory } = await described([]);
    await expect(directory.findByDn(0, 'DC=elsewhere', [], never)).rejects.toEqual(
      error('directoryRefused', 'referral'),
    );
  });

  test('an object without uSNChanged is refused', async () => {
    const { directory } = await described([fakeUser(1, { uSNChanged: [] })]);
    await expect(directory.findByGuid(0, fakeGuidBytes(1), [], never)).rejects.toEqual(
      error('directoryRefused', 'uSNChanged'),
    );
  });

  test('two objects with one name are an error', async () => {
    const { server, directory } = await described([fakeUser(1)]);
    server.add({
      when: isSearch(({ base }) => base.startsWith('CN=User 1')),
      times: 3,
      do: { kind: 'rewrite', rewrite: messages => [messages[0]!, ...messages] },
    });
    await expect(directory.findByDn(0, fakeUser(1).distinguishedName, ['mail'], never)).rejects.toEqual(
      error('directoryUnavailable', 'found 2 entries with one name'),
    );
  });
});
