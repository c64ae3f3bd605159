import fc from 'fast-check';
import type { CloudObject } from '../../../shared/core/cloudObject';
import { objectClasses, type SourceName } from '../../../shared/core/exportFormat';
import { guidFromImmutableId } from '../../../shared/core/keys/immutableId';
import type { ExportRecord, OnPremisesObject } from '../../../shared/core/onPremisesObject';
import { cloudObjectOf, guidOf, someRecords } from '../../support/arbitraryTenants';
import { anObject } from '../../support/builders';
import { compareOne } from '../../support/compare';

// Promise 2, the other way round than in laws.test.ts: whatever else the exports hold, one live record with one key is enough.

/** A record that holds one key of the object and nothing else of it; absent: the object has no such key. */
type Link = (cloud: CloudObject) => Partial<OnPremisesObject> | null;

const anchor = (cloud: CloudObject): string | null =>
  cloud.type === 'user' ? cloud.onPremisesImmutableId : null;
const sid = (cloud: CloudObject): string | null =>
  cloud.type === 'contact' ? null : cloud.onPremisesSecurityIdentifier;
const mail = (cloud: CloudObject): string | null => (cloud.type === 'device' ? null : cloud.mail);
const capital = { user: 'User', group: 'Group', contact: 'Contact', device: 'Device' } as const;

const links: Readonly<Record<string, Link>> = {
  'an anchor that is the objectGUID': cloud => {
    const guid = guidFromImmutableId(anchor(cloud) ?? '');
    return guid ? { objectGUID: guid } : null;
  },
  'an anchor in mS-DS-ConsistencyGuid': cloud =>
    anchor(cloud) === null ? null : { 'mS-DS-ConsistencyGuid': anchor(cloud) ?? '' },
  'an anchor in another attribute': cloud =>
    anchor(cloud) === null ? null : { sourceAnchor: anchor(cloud) ?? '' },
  'a device id': cloud =>
    cloud.type === 'device' && cloud.deviceId !== null ? { objectGUID: cloud.deviceId } : null,
  'an objectSid': cloud => (sid(cloud) === null ? null : { objectSid: sid(cloud) ?? '' }),
  'a sIDHistory': cloud =>
    sid(cloud) === null ? null : { sIDHistory: ['S-1-5-21-9-9-9-500', sid(cloud) ?? ''] },
  'the id of the cloud object': cloud => ({
    'msDS-ExternalDirectoryObjectId': `${capital[cloud.type]}_${cloud.id}`,
  }),
  'a mail in another case': cloud =>
    mail(cloud) === null ? null : { mail: mail(cloud)?.toUpperCase() ?? '' },
  'a secondary address': cloud =>
    mail(cloud) === null ? null : { proxyAddresses: ['X500:/o=x', `smtp:${mail(cloud)}`] },
  'an account name in its domain': cloud =>
    (cloud.type === 'user' || cloud.type === 'group') &&
    cloud.onPremisesSamAccountName !== null &&
    cloud.onPremisesDomainName !== null
      ? {
          sAMAccountName: cloud.onPremisesSamAccountName.toUpperCase(),
          domainName: cloud.onPremisesDomainName,
        }
      : null,
};

const runs = { numRuns: 1_000 };
const someHolder = fc.record({
  objectClass: fc.constantFrom(...objectClasses),
  inScope: fc.boolean(),
  source: fc.constantFrom('contoso', 'fabrikam') as fc.Arbitrary<SourceName>,
  at: fc.nat(14),
});

describe('promise 2: an object of any type that one key finds alive is never a candidate, whatever the exports hold besides', () => {
  test.each(Object.entries(links))('%s', (_name, link) => {
    let linked = 0;
    fc.assert(
      fc.property(cloudObjectOf(guidOf(120)), someRecords, someHolder, (cloud, noise, { at, ...given }) => {
        const key = link(cloud);
        if (key === null) return;
        linked += 1;
        const holder = anObject({ objectGUID: guidOf(200), ...given, ...key });
        const records: ExportRecord[] = noise.filter(
          one => one.source !== holder.source || one.objectGUID !== holder.objectGUID,
        );
        records.splice(at % (records.length + 1), 0, holder);
        expect(compareOne(cloud, records).verdict.kind).not.toBe('missing');
      }),
      runs,
    );
    expect(linked).toBeGreaterThan(runs.numRuns / 10);
  });

  test('the same without the record that holds the key may be one: the law is about something', () => {
    let missing = 0;
    fc.assert(
      fc.property(cloudObjectOf(guidOf(120)), someRecords, (cloud, noise) => {
        if (compareOne(cloud, noise).verdict.kind === 'missing') missing += 1;
      }),
      runs,
    );
    expect(missing).toBeGreaterThan(runs.numRuns / 20);
  });
});
