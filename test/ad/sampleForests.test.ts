import { type DirectoryEntry, textOf, textsOf } from '../../agent/src/core/directoryEntry';
import { type SampleDomain, type SampleForests, startSampleForests } from '../support/ad/sampleForests';
import { textOfSid } from '../support/ad/securityDescriptor';
import { guidOfBytes } from '../support/ad/seedOrganisation';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import type { ObjectLine, TombstoneLine } from '../support/organisation/onPremises';
import { createCertificateAuthority } from '../support/tls';

const sids = (entry: DirectoryEntry, attribute: string): string[] =>
  (entry.attributes.get(attribute) ?? []).map(textOfSid);

function classOf(entry: DirectoryEntry): ObjectLine['objectClass'] {
  const classes = new Set(textsOf(entry, 'objectclass'));
  for (const objectClass of ['computer', 'user', 'group', 'contact'] as const)
    if (classes.has(objectClass)) return objectClass;
  return 'other';
}

/** Only what is there: an attribute that the directory did not return is left out. */
const present = <Line extends object>(line: Line): Line =>
  Object.fromEntries(
    Object.entries(line).filter(([, value]) => value !== null && value !== undefined && value !== false),
  ) as Line;

/** The line of an export, as the format says, made here independently of the agent. */
const lineOf = (entry: DirectoryEntry, namingContext: number): object =>
  present({
    kind: 'object',
    objectClass: classOf(entry),
    namingContext,
    objectGUID: guidOfBytes(entry.attributes.get('objectguid')![0]!),
    distinguishedName: entry.distinguishedName,
    inScope: textOf(entry, 'admindescription') !== 'NoSync',
    objectSid: sids(entry, 'objectsid')[0],
    sIDHistory: entry.attributes.has('sidhistory') ? sids(entry, 'sidhistory') : null,
    'mS-DS-ConsistencyGuid': entry.attributes.get('ms-ds-consistencyguid')?.[0]?.toString('base64'),
    'msDS-ExternalDirectoryObjectId': textOf(entry, 'msds-externaldirectoryobjectid'),
    sAMAccountName: textOf(entry, 'samaccountname'),
    userPrincipalName: textOf(entry, 'userprincipalname'),
    mail: textOf(entry, 'mail'),
    proxyAddresses: entry.attributes.has('proxyaddresses')
      ? textsOf(entry, 'proxyaddresses').toSorted()
      : null,
    userCertificate: entry.attributes.has('usercertificate'),
  });

const tombstoneLineOf = (entry: DirectoryEntry, namingContext: number): object =>
  present({
    kind: 'tombstone',
    objectClass: classOf(entry),
    namingContext,
    objectGUID: guidOfBytes(entry.attributes.get('objectguid')![0]!),
    isRecycled: textOf(entry, 'isrecycled') === 'TRUE',
    objectSid: sids(entry, 'objectsid')[0],
    sAMAccountName: textOf(entry, 'samaccountname'),
    lastKnownParent: textOf(entry, 'lastknownparent'),
  });

const byGuid = (lines: readonly object[]): ReadonlyMap<string, object> =>
  new Map(lines.map(line => [(line as { objectGUID: string }).objectGUID, line]));

describe.each([300, 5000])('the sample organisation of %d objects in three domain controllers', objects => {
  const organisation = makeOrganisation({ seed: 1, objects, now: Date.now() });
  let forests: SampleForests;
  const domains: {
    domain: SampleDomain;
    namingContext: number;
    source: (typeof organisation.sources)[number];
  }[] = [];

  beforeAll(async () => {
    forests = await startSampleForests(organisation, { authority: await createCertificateAuthority() });
    for (const source of organisation.sources) {
      const forest = forests.forests.find(one => one.source === source.source)!;
      for (const [namingContext, domain] of forest.domains.entries())
        domains.push({ domain, namingContext, source });
    }
  }, 300_000);
  afterAll(() => forests?.stop());

  test('are the domains of the generator, each with its SID', () => {
    expect(forests.forests.map(forest => [forest.source, forest.anchorAttribute])).toEqual(
      organisation.sources.map(({ source, anchorAttribute }) => [source, anchorAttribute]),
    );
    const found = domains.map(({ domain: { controller } }) => [
      controller.options.dnsName,
      controller.domainSid,
    ]);
    const wanted = organisation.sources.flatMap(({ namingContexts }) =>
      namingContexts.map(({ domain }) => [domain!.dnsName, domain!.sid]),
    );
    expect(found).toEqual(wanted);
    expect(new Set(domains.map(({ domain }) => domain.controller.url)).size).toBe(3);
  });

  test('hold exactly the objects of the export, as the agent’s account sees them, beside what is born with a domain', async () => {
    for (const { domain, namingContext, source } of domains) {
      const { controller, agentAccount, seed } = domain;
      const seen = await controller.ldapsearch(
        ['-b', controller.baseDn, '(objectClass=*)', '*'],
        agentAccount,
      );
      // As in Active Directory, an ordinary account sees little of some objects of the system.
      const isOpaque = ({ attributes }: DirectoryEntry): boolean => !attributes.has('objectguid');
      const entries = seen.filter(entry => !isOpaque(entry));
      const found = byGuid(entries.map(entry => lineOf(entry, namingContext)));
      const lines = source.lines.filter(
        line => line.namingContext === namingContext && line.kind === 'object',
      ) as ObjectLine[];
      const wanted = lines
        .filter(({ objectGUID }) => seed.differences.get(objectGUID) !== 'bornWithDomain')
        .map(line =>
          present({
            ...line,
            distinguishedName: line.distinguishedName.replace(/^UID=/, 'CN='),
            proxyAddresses: line.proxyAddresses?.toSorted(),
          }),
        );
      expect(wanted).toHaveLength(seed.objects);
      expect(wanted.filter(({ objectGUID }) => !found.has(objectGUID))).toEqual([]);
      expect(wanted.map(({ objectGUID }) => found.get(objectGUID))).toEqual(wanted);

      // Every link has both its ends: groups have members, and each of them is in the export.
      const names = new Set(entries.map(({ distinguishedName }) => distinguishedName));
      const members = entries.flatMap(entry => textsOf(entry, 'member'));
      expect(members.length).toBeGreaterThan(seed.objects / 2);
      expect(members.filter(member => !names.has(member))).toEqual([]);

      // The rest: containers, the agent's account, and what every domain has; each line that was left out is among it.
      const wantedGuids = new Set(wanted.map(({ objectGUID }) => objectGUID));
      const others = entries.filter(
        entry => !wantedGuids.has(guidOfBytes(entry.attributes.get('objectguid')![0]!)),
      );
      const otherSids = others.flatMap(entry => sids(entry, 'objectsid'));
      const leftOut = lines.flatMap(line =>
        seed.differences.get(line.objectGUID) === 'bornWithDomain' ? [line.objectSid!] : [],
      );
      expect(otherSids).toEqual(expect.arrayContaining(leftOut));
      const addressed = others.filter(
        entry => entry.attributes.has('mail') || entry.attributes.has('proxyaddresses'),
      );
      expect(addressed).toEqual([]);
    }
  }, 60_000);

  test('hold exactly its tombstones, which the agent’s account may read', async () => {
    for (const { domain, namingContext, source } of domains) {
      const { controller, agentAccount, seed } = domain;
      const controls = ['-E', '!1.2.840.113556.1.4.417', '-E', '!1.2.840.113556.1.4.2064'];
      const entries = await controller.ldapsearch(
        ['-b', `CN=Deleted Objects,${controller.baseDn}`, '-s', 'one', ...controls, '(objectClass=*)', '*'],
        agentAccount,
      );
      const wanted = source.lines
        .filter(line => line.namingContext === namingContext && line.kind === 'tombstone')
        .map(line => {
          const { whenChanged: _, ...rest } = line as TombstoneLine;
          return present(rest);
        });
      expect(wanted).toHaveLength(seed.tombstones);
      expect(byGuid(entries.map(entry => tombstoneLineOf(entry, namingContext)))).toEqual(byGuid(wanted));
      expect(wanted.some(line => 'isRecycled' in line)).toBe(true);
    }
  }, 60_000);
});
