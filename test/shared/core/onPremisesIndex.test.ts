import type { SourceName } from '../../../shared/core/exportFormat';
import { guidFromBytes, type Guid } from '../../../shared/core/keys/guid';
import { bytesToBase64 } from '../../../shared/core/keys/base64';
import type { Sid } from '../../../shared/core/keys/sid';
import { OnPremisesIndex } from '../../../shared/core/onPremisesIndex';
import { anObject, aTombstone } from '../../support/builders';

const bytes = (number: number): Uint8Array => {
  const value = new Uint8Array(16);
  new DataView(value.buffer).setUint32(0, number);
  return value;
};
const guid = (number: number): Guid => guidFromBytes(bytes(number)) as Guid;
const sid = (rid: number): Sid => `S-1-5-21-1-2-3-${rid}` as Sid;

describe('the on-premises index', () => {
  test('finds a record by each of its strong keys, and says by which', () => {
    const index = new OnPremisesIndex();
    const ordinal = index.add(
      anObject({
        objectGUID: guid(1),
        objectClass: 'user',
        objectSid: sid(1105),
        sIDHistory: [sid(2205), sid(2206)],
        'mS-DS-ConsistencyGuid': bytesToBase64(bytes(2)),
        sourceAnchor: bytesToBase64(new TextEncoder().encode('E-17')),
        'msDS-ExternalDirectoryObjectId': 'User_a1',
      }),
    );
    const hit = { ordinal, source: 'contoso', objectClass: 'user', tombstone: false, inScope: true };
    expect(index.findByGuid(guid(1))).toEqual([{ ...hit, matched: 'objectGUID' }]);
    expect(index.findByGuid(guid(2))).toEqual([{ ...hit, matched: 'mS-DS-ConsistencyGuid' }]);
    expect(index.findByAnchor(new TextEncoder().encode('e-17'))).toEqual([
      { ...hit, matched: 'sourceAnchor' },
    ]);
    expect(index.findBySid(sid(1105))).toEqual([{ ...hit, matched: 'objectSid' }]);
    expect(index.findBySid(sid(2206))).toEqual([{ ...hit, matched: 'sIDHistory' }]);
    expect(index.findByExternalId('USER_A1')).toEqual([
      { ...hit, matched: 'msDS-ExternalDirectoryObjectId' },
    ]);
  });

  test('finds nothing that was not added', () => {
    const index = new OnPremisesIndex();
    expect(index.findByAnchor(bytes(1))).toEqual([]);
    expect(index.findByExternalId('User_a1')).toEqual([]);
    index.add(anObject({ objectGUID: guid(1), objectClass: 'user', objectSid: sid(1105) }));
    index.add(
      anObject({
        objectGUID: guid(2),
        objectClass: 'user',
        'mS-DS-ConsistencyGuid': '',
        sourceAnchor: 'AAA=',
      }),
    );
    expect(index.findByGuid(guid(3))).toEqual([]);
    expect(index.findBySid(sid(1106))).toEqual([]);
    expect(index.findBySid('S-1-5-21-9-9-9-1105' as Sid)).toEqual([]);
    expect(index.findByAnchor(bytes(1))).toEqual([]);
  });

  test('an anchor of 16 bytes is found as a GUID and as bytes; a ConsistencyGuid of another length as bytes', () => {
    const index = new OnPremisesIndex();
    index.add(anObject({ objectGUID: guid(1), objectClass: 'user', sourceAnchor: bytesToBase64(bytes(7)) }));
    index.add(anObject({ objectGUID: guid(2), objectClass: 'user', 'mS-DS-ConsistencyGuid': 'AQID' }));
    expect(index.findByGuid(guid(7)).map(hit => hit.matched)).toEqual(['sourceAnchor']);
    expect(index.findByAnchor(bytes(7)).map(hit => hit.matched)).toEqual(['sourceAnchor']);
    expect(index.findByAnchor(Uint8Array.of(1, 2, 3)).map(hit => hit.ordinal)).toEqual([1]);
  });

  test('keeps every record that shares a key, tombstones apart, over many records and several sources', () => {
    const index = new OnPremisesIndex();
    const count = 5000;
    for (let number = 0; number < count; number += 1)
      index.add(
        anObject({
          objectGUID: guid(number),
          objectClass: 'group',
          objectSid: sid(number),
          inScope: number % 2 === 0,
          source: (number < 2500 ? 'contoso' : 'fabrikam') as SourceName,
        }),
      );
    const tombstone = index.add(
      aTombstone({ objectGUID: guid(17), objectClass: 'computer', objectSid: sid(17) }),
    );
    expect(index.size).toBe(count + 1);
    expect(index.findBySid(sid(4999))).toMatchObject([{ ordinal: 4999, source: 'fabrikam', inScope: false }]);
    expect(index.findBySid(sid(17))).toMatchObject([
      { ordinal: 17, objectClass: 'group', tombstone: false, inScope: false },
      { ordinal: tombstone, objectClass: 'computer', tombstone: true, inScope: false, source: 'contoso' },
    ]);
  });
});
