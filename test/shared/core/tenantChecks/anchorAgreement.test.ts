import type { CloudId } from '../../../../shared/core/cloudObject';
import type { SourceName } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { OnPremisesIndex } from '../../../../shared/core/onPremisesIndex';
import type { ExportRecord } from '../../../../shared/core/onPremisesObject';
import {
  Agreement,
  AnchorTally,
  judgeAgreement,
  judgeLastSyncTimes,
} from '../../../../shared/core/tenantChecks/anchorAgreement';
import { aContact, aDevice, anObject, aTombstone, aUser, instant } from '../../../support/builders';
import { idOf } from '../../../support/graph/testGraph';

const id = (n: number): CloudId => idOf(n) as CloudId;
const sid = (n: number): string => `S-1-5-21-1-2-3-${n}`;
const deleted = instant('2026-10-01T00:00:00Z');
const dayMs = 24 * 60 * 60_000;

function tallyOf(records: readonly ExportRecord[], textSources: readonly string[] = []): AnchorTally {
  const index = new OnPremisesIndex();
  const deletedAt = new Map<number, Instant>();
  for (const record of records) {
    const ordinal = index.add(record);
    if (record.kind === 'tombstone') deletedAt.set(ordinal, record.whenChanged);
  }
  return new AnchorTally({ index, deletedAt, textAnchorSources: new Set(textSources as SourceName[]) });
}

test('a device agrees where SID and deviceId lead to one computer; without a SID that is found it says nothing', () => {
  const tally = tallyOf([
    anObject({ objectClass: 'computer', objectGUID: idOf(1), objectSid: sid(1) }),
    anObject({ objectClass: 'computer', objectGUID: idOf(2), objectSid: sid(2) }),
  ]);
  tally.add(aDevice({ id: id(11), deviceId: idOf(1), onPremisesSecurityIdentifier: sid(1) }));
  tally.add(aDevice({ id: id(12), deviceId: idOf(1), onPremisesSecurityIdentifier: sid(2) }));
  tally.add(aDevice({ id: id(13), deviceId: idOf(1) }));
  tally.add(aDevice({ id: id(14), deviceId: idOf(9), onPremisesSecurityIdentifier: sid(9) }));
  tally.add(aContact({ id: id(15) }));
  expect(tally.devices).toMatchObject({ compared: 2, agreeing: 1, disagreeing: [`device/${idOf(12)}`] });
  expect(tally.gone.seen).toBe(0);
});

test('users of a source with a text anchor are counted apart', () => {
  const tally = tallyOf(
    [
      anObject({
        objectClass: 'user',
        objectGUID: idOf(1),
        objectSid: sid(1),
        source: 'text' as SourceName,
        sourceAnchor: Buffer.from('E1').toString('base64'),
      }),
      anObject({
        objectClass: 'user',
        objectGUID: '88666888-0101-1111-bbbb-1234567890ab',
        objectSid: sid(2),
      }),
    ],
    ['text'],
  );
  tally.add(aUser({ id: id(1), onPremisesImmutableId: 'E1', onPremisesSecurityIdentifier: sid(1) }));
  tally.add(
    aUser({
      id: id(2),
      onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==',
      onPremisesSecurityIdentifier: sid(2),
    }),
  );
  expect([tally.textUsers.agreeing, tally.guidUsers.agreeing, tally.devices.compared]).toEqual([1, 1, 0]);
});

test('twenty of those that disagree are named, all are counted', () => {
  const agreement = new Agreement();
  for (let n = 0; n < 25; n += 1) agreement.add(aDevice({ id: id(n) }), false);
  expect([agreement.compared, agreement.disagreeing.length]).toEqual([25, 20]);
});

test.each([
  [0, 0, 'notChecked'],
  [1, 1, 'holds'],
  [100, 95, 'holds'],
  [100, 94, 'differs'],
  [1, 0, 'differs'],
])('of %i compared, %i agree: %s', (compared, agreeing, status) => {
  const agreement = Object.assign(new Agreement(), { compared, agreeing });
  expect(judgeAgreement('devices', agreement, 'wrong').status).toBe(status);
});

describe('an object whose source was deleted', () => {
  const tombstone = aTombstone({ objectClass: 'computer', objectGUID: idOf(1), whenChanged: deleted });
  const judged = (synced: Instant | null, records: readonly ExportRecord[] = [tombstone]) => {
    const tally = tallyOf(records);
    tally.add(aDevice({ id: id(1), deviceId: idOf(1), onPremisesLastSyncDateTime: synced }));
    return judgeLastSyncTimes('device', tally);
  };

  test.each([
    ['before', deleted - 1, 'holds'],
    ['a day after', deleted + dayMs, 'holds'],
    ['more than a day after', deleted + dayMs + 1, 'differs'],
  ])('was synchronised %s', (_when, synced, status) => {
    expect(judged(synced as Instant).status).toBe(status);
  });

  test('says nothing without a time, without a tombstone, or where a SID is alive', () => {
    expect(judged(null).status).toBe('notChecked');
    expect(judged(deleted, []).status).toBe('notChecked');
    const tally = tallyOf([
      tombstone,
      anObject({ objectClass: 'computer', objectGUID: idOf(2), objectSid: sid(1) }),
    ]);
    const alive = aDevice({ id: id(1), deviceId: idOf(1), onPremisesSecurityIdentifier: sid(1) });
    tally.add(alive);
    expect(tally.gone.seen).toBe(0);
  });

  test('is never late where the deletion has no time', () => {
    const { exports } = tallyOf([tombstone]);
    const tally = new AnchorTally({ ...exports, deletedAt: new Map() });
    tally.add(aDevice({ id: id(1), deviceId: idOf(1), onPremisesLastSyncDateTime: deleted }));
    expect(judgeLastSyncTimes('device', tally).status).toBe('holds');
  });
});
