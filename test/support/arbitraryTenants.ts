import fc from 'fast-check';
import type { CloudId, CloudObject } from '../../shared/core/cloudObject';
import { objectClasses, type SourceName } from '../../shared/core/exportFormat';
import { bytesToBase64 } from '../../shared/core/keys/base64';
import { guidFromBytes } from '../../shared/core/keys/guid';
import type { ExportRecord } from '../../shared/core/onPremisesObject';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser, instant } from './builders';

/** A key of few values, so that keys meet often. */
const number = fc.nat(11);
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(arbitrary, { nil: null, freq: 4 });

const bytesOf = (value: number): Uint8Array => new Uint8Array(16).fill(value + 1);
export const guidOf = (value: number): string => guidFromBytes(bytesOf(value)) ?? '';
const anchorOf = (value: number): string => bytesToBase64(bytesOf(value));
const domainSids = ['S-1-5-21-1-2-3', 'S-1-5-21-4-5-6', 'S-1-5-21-7-8-9'] as const;
export const domainNames = ['contoso.example', 'fabrikam.example', 'nowhere.example'] as const;
const sidOf = (domain: number, value: number): string => `${domainSids[domain]}-${1100 + value}`;
const mailOf = (value: number): string => `p${value}@contoso.example`;
const sourceOf = (domain: number): SourceName => (domain === 1 ? 'fabrikam' : 'contoso') as SourceName;

const times = fc.constantFrom(
  instant('2026-01-01T00:00:00Z'),
  instant('2026-11-10T00:00:00Z'),
  instant('2026-11-30T00:00:00Z'),
);
const keys = fc.record({
  anchor: maybe(number),
  sid: maybe(number),
  mail: maybe(number),
  sam: maybe(number),
  domain: fc.nat(2),
  synced: fc.constantFrom(true, true, true, true, null),
  lastSync: fc
    .constantFrom(instant('2026-01-01T00:00:00Z'), instant('2026-01-01T00:00:00Z'), null)
    .chain(at => fc.oneof({ weight: 6, arbitrary: fc.constant(at) }, { weight: 1, arbitrary: times })),
});

/** A cloud object of any type, with any of the keys that the type has. */
export const cloudObjectOf = (id: string): fc.Arbitrary<CloudObject> =>
  fc
    .record({ type: fc.constantFrom('user', 'group', 'contact', 'device'), keys })
    .map(({ type, keys: { anchor, sid, mail, sam, domain, synced, lastSync } }): CloudObject => {
      const common = {
        id: id as CloudId,
        onPremisesSyncEnabled: synced,
        onPremisesLastSyncDateTime: lastSync,
        displayName: sam === null ? null : `P${sam}`,
      };
      const address = mail === null ? null : mailOf(mail);
      const objectSid = sid === null ? null : sidOf(domain, sid);
      const account = {
        onPremisesSecurityIdentifier: objectSid,
        onPremisesSamAccountName: sam === null ? null : `p${sam}`,
        onPremisesDomainName: domainNames[domain] ?? null,
      };
      switch (type) {
        case 'user': {
          const onPremisesImmutableId = anchor === null ? null : anchorOf(anchor);
          return aUser({ ...common, mail: address, onPremisesImmutableId, ...account });
        }
        case 'group':
          return aGroup({ ...common, mail: address, ...account });
        case 'contact':
          return aContact({ ...common, mail: address });
        case 'device':
          return aDevice({
            ...common,
            deviceId: anchor === null ? null : guidOf(anchor),
            onPremisesSecurityIdentifier: objectSid,
          });
      }
    });

/** A line of an export: alive, in scope or not, or a tombstone; of any class, with any keys. */
const someRecord: fc.Arbitrary<ExportRecord> = fc
  .record({
    tombstone: fc.boolean(),
    recycled: fc.boolean(),
    guid: number,
    consistency: maybe(number),
    sid: maybe(number),
    history: maybe(number),
    mail: maybe(number),
    sam: maybe(number),
    link: maybe(number),
    inScope: fc.boolean(),
    domain: fc.nat(1),
    objectClass: fc.constantFrom(...objectClasses),
  })
  .map(one => {
    const { domain, sid, sam, consistency, history, mail, link } = one;
    const common = {
      objectGUID: guidOf(one.guid),
      objectClass: one.objectClass,
      source: sourceOf(domain),
      domainName: domainNames[domain] ?? null,
      ...(sid === null ? {} : { objectSid: sidOf(domain, sid) }),
      ...(sam === null ? {} : { sAMAccountName: `p${sam}` }),
    };
    if (one.tombstone) return aTombstone({ ...common, isRecycled: one.recycled });
    return anObject({
      ...common,
      inScope: one.inScope,
      ...(consistency === null ? {} : { 'mS-DS-ConsistencyGuid': anchorOf(consistency) }),
      ...(history === null ? {} : { sIDHistory: [sidOf(domain, history)] }),
      ...(mail === null ? {} : { mail: mailOf(mail) }),
      ...(link === null ? {} : { 'msDS-ExternalDirectoryObjectId': `User_${guidOf(100 + link)}` }),
    });
  });

/** No two lines of one source are about the same object. */
export const someRecords: fc.Arbitrary<readonly ExportRecord[]> = fc.uniqueArray(someRecord, {
  maxLength: 14,
  selector: ({ source, objectGUID }) => `${source} ${objectGUID}`,
});

/** The synced objects of a tenant, each with an id of its own. */
export const someObjects: fc.Arbitrary<readonly CloudObject[]> = fc
  .integer({ min: 1, max: 10 })
  .chain(count => fc.tuple(...Array.from({ length: count }, (_, at) => cloudObjectOf(guidOf(100 + at)))));
