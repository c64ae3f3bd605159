import path from 'node:path';
import { type DirectoryEntry, textsOf } from '../../agent/src/core/directoryEntry';
import { LdapConnection } from '../../agent/src/io/ldap/ldapConnection';
import { pagedSearch } from '../../agent/src/io/ldap/pagedSearch';
import { readLdapTarget } from '../../agent/src/io/ldap/ldapTarget';
import { domainScope, everyObject } from '../../agent/src/io/ldap/searchRequest';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import {
  type DirectoryAccount,
  type DomainController,
  startDomainController,
} from '../support/ad/domainController';
import { expectedExport } from '../support/ad/exportOracle';
import { ForestAgent } from '../support/ad/forestAgents';
import { addRecord, deleteRecord, type LdifValues } from '../support/ad/ldifRecord';
import { readNewestExport } from '../support/ad/readExport';
import { bytesOfGuid, outOfScopeMark } from '../support/ad/seedOrganisation';
import { escapedRdn } from '../support/organisation/onPremises';
import { createCertificateAuthority } from '../support/tls';

const newFolder = temporaryFolders();
const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const domainSid = 'S-1-5-21-1004336348-1177238915-682003330';
const base = 'DC=contoso,DC=example';
const odd = `OU=Odd\\, "quoted" + Ünïcode 漢字,${base}`.replaceAll('"', '\\"').replace(' + ', ' \\+ ');
const partners = `OU=Partners,${base}`;
const leaving = `OU=Leaving,${base}`;

/** Every character that a distinguished name escapes, in every place where that matters, and what is not ASCII. */
const oddNames = [
  'comma, plus + quote " backslash \\ semicolon ; less < more > equals =',
  '#leading number sign',
  ' leading blank',
  'two  blanks inside',
  '  ',
  '\\',
  ',',
  'slash / and \\2C no escape',
  'Zoë Müller-Ångström',
  'Zoe\u0308 decomposed',
  '漢字 かな 한글',
  'emoji 👩‍👩‍👧 family',
  'Ελληνικά Кириллица עברית',
  '\u202Eright to left',
  '😀'.repeat(16),
  'x'.repeat(64),
];

/** Values that readers which guess take for text, or cut. */
const oddAnchors = [
  'efbbbf00ff0a0d3a3c20efbbbf000001',
  'efbbbf4142434445464748494a4b4c4d',
  '00000000000000000000000000000000',
  'ffffffffffffffffffffffffffffffff',
  '0d0a0d0a0d0a0d0a0d0a0d0a0d0a0d0a',
  'fffe410042004300440045004600470a',
  '20202020202020202020202020202020',
  'c3a9c3a9c3a9c3a9c3a9c3a9c3a9c3a9',
  '31',
  'efbbbf',
  'efbbbfefbbbf',
].map(hex => Buffer.from(hex, 'hex'));

let rid = 2000;
const account = (dn: string, name: string, more: Readonly<Record<string, LdifValues>> = {}): string => {
  rid += 1;
  return addRecord(dn, {
    objectClass: 'user',
    objectSid: `${domainSid}-${rid}`,
    sAMAccountName: name,
    userAccountControl: '544',
    ...more,
  });
};
const contact = (name: string, parent: string): string =>
  addRecord(`CN=${name},${parent}`, {
    objectClass: 'contact',
    mail: `${name}@partner.example`,
    proxyAddresses: [`SMTP:${name}@partner.example`],
  });
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, number) => `${prefix}${String(number).padStart(5, '0')}`);

const members = names('partner', 5000);
const leavers = names('leaver', 120);
const guidOfDeleted = (number: number): string =>
  `de1e7ed0-0000-4000-8000-${String(number).padStart(12, '0')}`;

const seed = [
  ...[odd, partners, leaving, `CN=Recipients,${base}`].map(dn =>
    addRecord(dn, { objectClass: dn.startsWith('OU=') ? 'organizationalUnit' : 'container' }),
  ),
  ...oddNames.map((name, number) =>
    account(`CN=${escapedRdn(name).replace(/ $/, '\\ ')},${odd}`, `odd${number}`, {
      userPrincipalName: `ödd${number}@contoso.example`,
      description: ' ',
      proxyAddresses: [`smtp:${name.trim().slice(0, 20)}@contoso.example`, `X500:/o=Exchange/cn=${name}`],
    }),
  ),
  ...oddAnchors.map((value, number) =>
    account(`CN=anchor${number},${odd}`, `anchor${number}`, { 'mS-DS-ConsistencyGuid': value }),
  ),
  account(`CN=many addresses,${odd}`, 'addresses', {
    proxyAddresses: Array.from({ length: 2000 }, (_, number) => `smtp:alias${number}@contoso.example`),
  }),
  account(`CN=history,${odd}`, 'history', {
    sIDHistory: Array.from({ length: 12 }, (_, number) => `S-1-5-21-11-22-4294967295-${1100 + number}`),
    'msDS-ExternalDirectoryObjectId': 'User_0f3d9c1e-6f1c-4d2a-9b7a-1f2e3d4c5b6a',
    userCertificate: [Buffer.from([0x30, 0x03, 0xef, 0xbb, 0xbf]), Buffer.from('second')],
  }),
  account(`CN=unsynchronised,${odd}`, 'unsynchronised', { adminDescription: outOfScopeMark }),
  account(`CN=other person,${odd}`, 'person', { objectClass: 'inetOrgPerson' }),
  account(`CN=LT-1,${odd}`, 'LT-1$', { objectClass: 'computer', userAccountControl: '4096' }),
  addRecord(`CN=folder,CN=Recipients,${base}`, {
    objectClass: 'publicFolder',
    mail: 'folder@contoso.example',
  }),
  addRecord(`CN=keyless,CN=Recipients,${base}`, { objectClass: 'container' }),
  ...members.map(name => contact(name, partners)),
  ...leavers.map(name => contact(name, leaving)),
  addRecord(`CN=everybody,${odd}`, {
    objectClass: 'group',
    objectSid: `${domainSid}-1999`,
    sAMAccountName: 'everybody',
    member: members.map(name => `CN=${name},${partners}`),
  }),
  ...names('gone', 40).map((name, number) =>
    [
      addRecord(`CN=${name}\\, gone,${odd}`, {
        objectClass: number % 2 === 0 ? 'user' : 'contact',
        objectGUID: bytesOfGuid(guidOfDeleted(number)),
        ...(number % 2 === 0 && { sAMAccountName: name, userAccountControl: '544' }),
      }),
      deleteRecord(`<GUID=${guidOfDeleted(number)}>`),
      number % 5 === 0 ? deleteRecord(`<GUID=${guidOfDeleted(number)}>`) : '',
    ].join(''),
  ),
].join('');

let dc: DomainController;
let reader: DirectoryAccount;
let agent: ForestAgent;
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  dc = await startDomainController({ authority, dnsName: 'contoso.example', domainSid, seed });
  reader = await dc.addServiceAccount('svc-orphans');
  await dc.grantTombstones(reader);
  agent = await ForestAgent.create({
    source: 'contoso',
    tenantId,
    anchorAttribute: 'mS-DS-ConsistencyGuid',
    domainControllers: [{ url: dc.url, account: reader }],
    authorityCert: authority.cert,
    scope: { excludeFilters: [`(adminDescription=${outOfScopeMark})`] },
    upload: null,
  });
}, 180_000);
afterAll(async () => {
  await agent?.remove();
  await dc?.stop();
});

const exportTo = async (
  out: string,
): Promise<Awaited<ReturnType<typeof readNewestExport>> & { readonly told: string }> => {
  const { code, told } = await agent.run(['export', '--out', out]);
  expect([code, told]).toEqual([0, told]);
  return { ...(await readNewestExport(out, agent.exportSource, tenantId)), told };
};

test('an export equals what ldapsearch returns, object for object, the tombstones too', async () => {
  const expected = await expectedExport(dc, reader);
  const { lines, manifest } = await exportTo(path.join(newFolder(), 'out'));
  expect(lines).toEqual(expected);
  // The oracle saw what was seeded, of every kind.
  const values = [...expected.values()] as Readonly<Record<string, unknown>>[];
  expect(values.length).toBeGreaterThan(5200);
  expect(values.filter(({ kind }) => kind === 'tombstone')).toHaveLength(40);
  expect(values.filter(({ isRecycled }) => isRecycled)).toHaveLength(8);
  const anchors = values.flatMap(line => {
    const anchor = line['mS-DS-ConsistencyGuid'];
    return typeof anchor === 'string' ? [Buffer.from(anchor, 'base64').toString('hex')] : [];
  });
  expect(anchors.sort()).toEqual(oddAnchors.map(value => value.toString('hex')).sort());
  const of = (sAMAccountName: string): Readonly<Record<string, unknown>> =>
    values.find(line => line['sAMAccountName'] === sAMAccountName)!;
  expect(of('addresses')['proxyAddresses']).toHaveLength(2000);
  expect(of('history')['sIDHistory']).toHaveLength(12);
  expect(of('history')).toMatchObject({ userCertificate: true });
  expect([of('unsynchronised')['inScope'], of('person')['inScope']]).toEqual([undefined, true]);
  expect(
    values.filter(({ distinguishedName }) => String(distinguishedName).startsWith('CN=folder')),
  ).toHaveLength(1);
  const commonNames = new Map(values.map(line => [line['sAMAccountName'], line['distinguishedName']]));
  for (const number of oddNames.keys()) expect(commonNames.get(`odd${number}`)).toMatch(/^CN=/);
  expect(manifest.completeness).toMatchObject({
    secondCount: { onlyInFirst: 0, onlyInSecond: 0 },
    danglingLinks: 0,
    vanished: null,
  });
}, 120_000);

test('pages that deletions have emptied are not the end of a search', async () => {
  const everybody = async (): Promise<string[]> => {
    const found: string[] = [];
    const entries = await dc.ldapsearch(['-b', leaving, '-s', 'one', '(objectClass=*)', '1.1'], reader);
    for (const entry of entries) found.push(entry.distinguishedName);
    return found;
  };
  const before = await everybody();
  expect(before).toHaveLength(leavers.length);
  const connection = await LdapConnection.open(
    {
      target: readLdapTarget(dc.url, false),
      connectTimeoutMs: 20_000,
      inactivityTimeoutMs: 60_000,
      ca: dc.authorityCert,
    },
    AbortSignal.timeout(60_000),
  );
  const pageSize = 10;
  const pages: string[][] = [];
  let deleted: readonly string[] = [];
  let answers = 0;
  const search = connection.search.bind(connection);
  connection.search = async (...asked) => {
    const answer = await search(...asked);
    answers += 1;
    return answer;
  };
  try {
    await connection.bind(reader.name, reader.password, AbortSignal.timeout(60_000));
    await pagedSearch(
      connection,
      {
        base: leaving,
        scope: 'one',
        filter: everyObject,
        attributes: ['cn'],
        controls: [domainScope],
        pageSize,
      },
      async entries => {
        pages.push(entries.map((entry: DirectoryEntry) => textsOf(entry, 'cn')[0]!));
        if (pages.length > 1) return;
        // The next page was asked for already; the four after it are emptied while this one is worked on.
        deleted = before.slice(2 * pageSize, 6 * pageSize);
        for (const dn of deleted) await dc.system.delete(dn);
      },
      AbortSignal.timeout(60_000),
    );
  } finally {
    connection.close();
  }
  const left = await everybody();
  expect(left).toHaveLength(leavers.length - deleted.length);
  const seen = pages.flat();
  expect(new Set(seen).size).toBe(seen.length);
  for (const dn of left) expect(seen).toContain(/^CN=([^,]+),/.exec(dn)![1]);
  // This server did answer with empty pages and a cookie: more answers came than pages with entries.
  expect(answers).toBeGreaterThan(pages.length);
}, 60_000);

test('an export in whose middle hundreds of objects are deleted has every object that stayed, and the others alive or as tombstones', async () => {
  let gone = 0;
  // It has to happen in the middle: an export that is faster than the first delete shows nothing, and the next hundred are deleted.
  for (let from = 0; from < 300 && gone === 0; from += 100)
    gone = await exportWhileDeleted(members.slice(from, from + 100).map(name => `CN=${name},${partners}`));
  expect(gone).toBeGreaterThan(0);
}, 120_000);

/** How many of those that were deleted while the export went on are tombstones in it. */
async function exportWhileDeleted(leavingNow: readonly string[]): Promise<number> {
  const before = await expectedExport(dc, reader);
  const begun = Promise.withResolvers<void>();
  const out = path.join(newFolder(), 'out');
  const running = agent.run(['export', '--out', out], {
    onLine: line => {
      if (line.startsWith('Reading DC=')) begun.resolve();
    },
  });
  await Promise.race([begun.promise, running]);
  for (const dn of leavingNow) await dc.system.delete(dn);
  const { code, told } = await running;
  expect([code, told]).toEqual([0, told]);
  const { lines } = await readNewestExport(out, agent.exportSource, tenantId);
  const after = await expectedExport(dc, reader);
  // What was deleted in the meantime is there as it was, or as its tombstone; all else as it is.
  const wanted = [...after].map(([guid, line]) => {
    const isDeletedNow = isTombstone(line) && !isTombstone(before.get(guid));
    return [guid, isDeletedNow && !isTombstone(lines.get(guid)) ? before.get(guid) : line] as const;
  });
  expect(lines).toEqual(new Map(wanted));
  return [...lines].filter(([guid, line]) => isTombstone(line) && !isTombstone(before.get(guid))).length;
}

const isTombstone = (line: object | undefined): boolean =>
  line !== undefined && (line as { kind: string }).kind === 'tombstone';
