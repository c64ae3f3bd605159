import { textsOf } from '../../agent/src/core/directoryEntry';
import {
  byGuid,
  expectedLine,
  expectedTombstone,
  isOpaque,
  present,
  withDeleted,
} from '../support/ad/exportOracle';
import { type SampleDomain, type SampleForests, startSampleForests } from '../support/ad/sampleForests';
import { textOfSid } from '../support/ad/securityDescriptor';
import { guidOfBytes } from '../support/ad/seedOrganisation';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import type { ObjectLine, TombstoneLine } from '../support/organisation/onPremises';
import { createCertificateAuthority } from '../support/tls';

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
      const entries = seen.filter(entry => !isOpaque(entry));
      const found = byGuid(entries.map(entry => expectedLine(entry, namingContext)));
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
            sIDHistory: line.sIDHistory?.toSorted(),
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
      const otherSids = others.flatMap(entry => (entry.attributes.get('objectsid') ?? []).map(textOfSid));
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
      const entries = await controller.ldapsearch(
        [
          '-b',
          `CN=Deleted Objects,${controller.baseDn}`,
          '-s',
          'one',
          ...withDeleted,
          '(objectClass=*)',
          '*',
        ],
        agentAccount,
      );
      const wanted = source.lines
        .filter(line => line.namingContext === namingContext && line.kind === 'tombstone')
        .map(line => {
          const { whenChanged: _, ...rest } = line as TombstoneLine;
          return present(rest);
        });
      expect(wanted).toHaveLength(seed.tombstones);
      expect(byGuid(entries.map(entry => expectedTombstone(entry, namingContext)))).toEqual(byGuid(wanted));
      expect(wanted.some(line => 'isRecycled' in line)).toBe(true);
    }
  }, 60_000);
});
