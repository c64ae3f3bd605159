import { canonicalHash, canonicalJson } from '../../../shared/core/canonicalJson';
import { CloserLook } from '../../../shared/core/closerLook';
import type { CloudId, CloudUser } from '../../../shared/core/cloudObject';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import { anObject, aTombstone, aUser, instant } from '../../support/builders';
import { compareOne } from '../../support/compare';

const guid = '88666888-0101-1111-bbbb-1234567890ab' as Guid;
const ada = (given: Partial<CloudUser> = {}): CloudUser =>
  aUser({
    id: '0a0a0a0a-0000-0000-0000-000000000001' as CloudId,
    displayName: 'Ada',
    userPrincipalName: 'ada@contoso.example',
    onPremisesImmutableId: guidToImmutableId(guid),
    onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1105',
    onPremisesDomainName: 'contoso.example',
    onPremisesSamAccountName: 'ada',
    ...given,
  });
const tombstone = (given: Partial<ExportRecord> = {}): ExportRecord =>
  ({
    ...aTombstone({ objectGUID: guid, objectClass: 'user', lastKnownParent: 'OU=Staff' }),
    ...given,
  }) as ExportRecord;
const hashOf = (cloud: CloudUser, records: ExportRecord[]): string =>
  compareOne(cloud, records).evidence.hash;

describe('evidence', () => {
  test('lists every key that was tried, and what each found', () => {
    const { evidence } = compareOne(ada(), [tombstone()]);
    const { outcome, keys } = JSON.parse(evidence.json) as {
      outcome: unknown;
      keys: { key: string; value: string; found: unknown[] }[];
    };
    expect(outcome).toEqual({ kind: 'deleted', tombstone: guid });
    expect(keys.map(({ key, value, found }) => [key, value, found.length])).toEqual([
      ['onPremisesImmutableId', 'iGhmiAEBERG7uxI0VniQqw==', 1],
      ['onPremisesSecurityIdentifier', 'S-1-5-21-1-2-3-1105', 0],
      ['id', '0a0a0a0a-0000-0000-0000-000000000001', 0],
      ['userPrincipalName', 'ada@contoso.example', 0],
      ['address', 'smtp:ada@contoso.example', 0],
      ['sAMAccountName', 'contoso.example\\ada', 0],
    ]);
    expect(keys[0]?.found).toEqual([
      {
        as: 'tombstone',
        isRecycled: false,
        lastKnownParent: 'OU=Staff',
        matched: 'objectGUID',
        objectClass: 'user',
        objectGUID: guid,
        source: 'contoso',
        whenChanged: '2026-10-01T00:00:00.000Z',
      },
    ]);
  });

  test.each<[string, Partial<CloudUser>, Partial<ExportRecord>]>([
    ['a new display name', { displayName: 'Ada L.' }, {}],
    ['a blocked sign-in', { accountEnabled: false }, {}],
    ['another licence', { assignedLicenseCount: 3 }, {}],
    [
      'what another domain controller says of whenChanged',
      {},
      { whenChanged: instant('2026-10-02T00:00:00Z') },
    ],
    ['a tombstone that left the Recycle Bin', {}, { isRecycled: true }],
    ['a renamed parent', {}, { lastKnownParent: 'OU=People' }],
  ])('its hash survives %s', (_, cloud, record) => {
    expect(hashOf(ada(cloud), [tombstone(record)])).toBe(hashOf(ada(), [tombstone()]));
  });

  test('its hash survives a moved holder of an address', () => {
    const holder = anObject({
      objectGUID: '00000000-0000-0000-0000-000000000009',
      objectClass: 'user',
      mail: 'ada@contoso.example',
    });
    expect(hashOf(ada(), [{ ...holder, distinguishedName: 'CN=elsewhere' }])).toBe(hashOf(ada(), [holder]));
  });

  test.each<[string, CloudUser, ExportRecord[]]>([
    ['another anchor', ada({ onPremisesImmutableId: 'AAAAAAAAAAAAAAAAAAAAAA==' }), [tombstone()]],
    ['another mail address', ada({ mail: 'ada@fabrikam.example' }), [tombstone()]],
    ['protection', ada({ isManagementRestricted: true }), [tombstone()]],
    ['another id', ada({ id: '0a0a0a0a-0000-0000-0000-000000000002' as CloudId }), [tombstone()]],
    ['no tombstone', ada(), []],
    [
      'a key that finds a second record',
      ada(),
      [
        tombstone(),
        tombstone({ objectSid: 'S-1-5-21-1-2-3-1105', objectGUID: '00000000-0000-0000-0000-000000000008' }),
      ],
    ],
  ])('its hash changes with %s', (_, cloud, records) => {
    expect(hashOf(cloud, records)).not.toBe(hashOf(ada(), [tombstone()]));
  });

  test('what a key found is written in one order, whatever the order of the exports', () => {
    const holders = ['1', '2', '3'].map(digit =>
      anObject({
        objectGUID: `00000000-0000-0000-0000-00000000000${digit}`,
        objectClass: 'user',
        mail: 'ada@contoso.example',
      }),
    );
    const one = compareOne(ada(), holders).evidence;
    expect(compareOne(ada(), holders.toReversed()).evidence.hash).toBe(one.hash);
  });
});

describe('canonical JSON', () => {
  test('sorts keys, keeps the order of lists and leaves undefined out', () => {
    expect(canonicalJson({ b: [2, 'é"', null], a: true, c: undefined })).toBe(
      '{"a":true,"b":[2,"é\\"",null]}',
    );
    expect(canonicalHash({ a: 1, b: 2 })).toBe(canonicalHash({ b: 2, a: 1 }));
  });
});

describe('a closer look', () => {
  test('does not answer what it was not asked, or has not seen yet', () => {
    const look = new CloserLook();
    look.wantRecord(0);
    expect(() => look.record(0)).toThrow('record 0 was not visited');
    expect(() => look.record(1)).toThrow('record 1 was not asked for');
    expect(() => look.holders({ name: 'address', value: 'smtp:a@b' })).toThrow('address was not asked for');
  });
});
