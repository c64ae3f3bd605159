import fc from 'fast-check';
import {
  historyReasons,
  historyWaits,
  longestGapDays,
  rememberDeletedUsers,
  restorationOf,
  restoredDays,
  verdictOnRecord,
  verdictWithHistory,
  type DeletedUsersMemory,
  type KeptMemory,
  type ObjectHistory,
  type Restoration,
} from '../../../shared/core/cloudHistory';
import type { CloudId } from '../../../shared/core/cloudObject';
import { attentionReasons } from '../../../shared/core/facts';
import type { Instant } from '../../../shared/core/instant';
import type { Verdict } from '../../../shared/core/verdict';
import { instant } from '../../support/builders';

const at = instant('2026-11-20T02:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const days = (number: number, ms = 0): Instant => (at + number * dayMs + ms) as Instant;
const idOf = (n: number): CloudId => `0a0a0a0a-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
const [ada, bob] = [idOf(1), idOf(2)];
const none: KeptMemory = { kind: 'none' };
const kept = (memory: Partial<DeletedUsersMemory>): KeptMemory => ({
  kind: 'kept',
  memory: { completeSince: null, readAt: days(-1), deleted: new Set(), left: new Map(), ...memory },
});
const user = (id: CloudId) => ({ type: 'user', id }) as const;
const noneOfOurs: ReadonlyMap<CloudId, Instant> = new Map();

describe('the memory of the deleted users', () => {
  test('keeps who is there, and since when somebody is not there any more', () => {
    const first = rememberDeletedUsers(none, [ada, bob], at, true);
    expect(first).toEqual({ completeSince: null, readAt: at, deleted: new Set([ada, bob]), left: new Map() });
    const second = rememberDeletedUsers({ kind: 'kept', memory: first }, [bob], days(1), false);
    expect(second).toMatchObject({
      readAt: days(1),
      deleted: new Set([bob]),
      left: new Map([[ada, days(1)]]),
    });
    const third = rememberDeletedUsers({ kind: 'kept', memory: second }, [bob], days(2), false);
    expect(third.left).toEqual(new Map([[ada, days(1)]]));
  });

  test('forgets who left after 30 days, and not before', () => {
    const memory = kept({
      left: new Map([
        [ada, days(-restoredDays)],
        [bob, days(-restoredDays, 1)],
      ]),
    });
    expect(rememberDeletedUsers(memory, [], at, false).left).toEqual(
      new Map([[bob, days(-restoredDays, 1)]]),
    );
  });

  test('who is deleted once more has not left', () => {
    const memory = kept({ left: new Map([[ada, days(-2)]]) });
    expect(rememberDeletedUsers(memory, [ada], at, false)).toMatchObject({
      deleted: new Set([ada]),
      left: new Map(),
    });
  });

  test.each<[string, KeptMemory, boolean, Instant | null]>([
    ['is complete from the first scan on', none, true, null],
    ['has a gap where it is missing, and there were scans', none, false, at],
    ['has a gap where it can not be read, even in the first scan', { kind: 'lost' }, true, at],
    ['has none after seven days', kept({ readAt: days(-longestGapDays) }), false, null],
    ['has one after more than seven days', kept({ readAt: days(-longestGapDays, -1) }), false, at],
    ['keeps the gap that it had', kept({ completeSince: days(-3) }), false, days(-3)],
  ])('%s', (_, memory, firstScan, completeSince) => {
    expect(rememberDeletedUsers(memory, [ada], at, firstScan)).toMatchObject({
      completeSince,
      deleted: new Set([ada]),
    });
  });

  test('begins anew, with a gap, where it would hold too much', () => {
    const memory = kept({ deleted: new Set([ada]) });
    expect(rememberDeletedUsers(memory, [bob], at, false, 2).completeSince).toBeNull();
    expect(rememberDeletedUsers(memory, [bob], at, false, 1)).toEqual({
      completeSince: at,
      readAt: at,
      deleted: new Set(),
      left: new Map(),
    });
  });
});

describe('whether somebody was restored', () => {
  const memory: DeletedUsersMemory = { completeSince: null, readAt: at, deleted: new Set(), left: new Map() };

  test.each<[string, Partial<DeletedUsersMemory>, ReadonlyMap<CloudId, Instant>, Restoration]>([
    ['not, where nothing is remembered', {}, noneOfOurs, { kind: 'none' }],
    [
      'it was, where it was there a moment ago',
      { deleted: new Set([ada]) },
      noneOfOurs,
      { kind: 'restored', until: days(30) },
    ],
    [
      'it was, where it left',
      { left: new Map([[ada, days(-29)]]) },
      noneOfOurs,
      { kind: 'restored', until: days(1) },
    ],
    [
      'until 30 days after',
      { left: new Map([[ada, days(-30, 1)]]) },
      noneOfOurs,
      { kind: 'restored', until: days(0, 1) },
    ],
    ['not from 30 days on', { left: new Map([[ada, days(-30)]]) }, noneOfOurs, { kind: 'none' }],
    ['it was, where we did it', {}, new Map([[ada, days(-2)]]), { kind: 'restored', until: days(28) }],
    ['not from 30 days after we did it', {}, new Map([[ada, days(-30)]]), { kind: 'none' }],
    [
      'the later of both counts',
      { left: new Map([[ada, days(-29)]]) },
      new Map([[ada, days(-2)]]),
      { kind: 'restored', until: days(28) },
    ],
    [
      'unknown, where the memory has a gap',
      { completeSince: days(-29) },
      noneOfOurs,
      { kind: 'unknown', until: days(1) },
    ],
    ['not from 30 days after the gap', { completeSince: days(-30) }, noneOfOurs, { kind: 'none' }],
    [
      'a gap does not hide what is remembered',
      { completeSince: at, left: new Map([[ada, at]]) },
      noneOfOurs,
      { kind: 'restored', until: days(30) },
    ],
  ])('%s', (_, given, ours, expected) => {
    expect(restorationOf(user(ada), { ...memory, ...given }, ours, at)).toEqual(expected);
  });

  test('groups, contacts and devices can not be restored', () => {
    const all = { ...memory, completeSince: at, deleted: new Set([ada]) };
    for (const type of ['group', 'contact', 'device'] as const)
      expect(restorationOf({ type, id: ada }, all, new Map([[ada, at]]), at)).toEqual({ kind: 'none' });
  });

  test('law: whoever was seen deleted on one night is restored, or unknown, on every one of the next 30, whatever the readings', () => {
    const night = fc.record({
      deleted: fc.boolean(),
      hours: fc.integer({ min: 1, max: 400 }),
      lost: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(night, { minLength: 1, maxLength: 40 }), nights => {
        let last: KeptMemory = none;
        let now = at as number;
        let lastSeen = -Infinity;
        const forgotten: number[] = [];
        for (const [position, { deleted, hours, lost }] of nights.entries()) {
          now += hours * 3_600_000;
          const reading = rememberDeletedUsers(
            lost ? { kind: 'lost' } : last,
            deleted ? [ada] : [],
            now as Instant,
            position === 0,
          );
          last = { kind: 'kept', memory: reading };
          if (deleted) lastSeen = now;
          const known = restorationOf(user(ada), reading, noneOfOurs, now as Instant);
          if (now - lastSeen < restoredDays * dayMs && known.kind === 'none') forgotten.push(position);
        }
        expect(forgotten).toEqual([]);
      }),
    );
  });
});

const plain: ObjectHistory = { madeAgain: false, restoration: { kind: 'none' }, domainRetired: false };
const verdicts: readonly Verdict[] = [
  { kind: 'missing', proof: 'absence' },
  { kind: 'missing', proof: 'tombstone' },
  { kind: 'attention', reason: 'protected' },
  { kind: 'none', because: 'alive' },
  { kind: 'none', because: 'notCovered' },
];

describe('the verdict with the history', () => {
  test('without one stays as it is', () => {
    for (const verdict of verdicts) expect(verdictWithHistory(verdict, plain)).toEqual(verdict);
  });

  test('what was made again is attention, alive or missing', () => {
    for (const verdict of verdicts)
      expect(verdictWithHistory(verdict, { ...plain, madeAgain: true, domainRetired: true })).toEqual({
        kind: 'attention',
        reason: 'madeAgain',
      });
  });

  test('what was restored is attention where it is missing, and only there', () => {
    const restored: ObjectHistory = { ...plain, restoration: { kind: 'restored', until: at } };
    expect(verdicts.map(verdict => verdictWithHistory(verdict, restored))).toEqual([
      { kind: 'attention', reason: 'restored' },
      { kind: 'attention', reason: 'restored' },
      ...verdicts.slice(2),
    ]);
  });

  test('of a retired domain only what is covered by no export is attention', () => {
    expect(verdicts.map(verdict => verdictWithHistory(verdict, { ...plain, domainRetired: true }))).toEqual([
      ...verdicts.slice(0, 4),
      { kind: 'attention', reason: 'retiredDomain' },
    ]);
  });

  test('what nobody knows is waited for, and is never a candidate', () => {
    const unknown: ObjectHistory = { ...plain, restoration: { kind: 'unknown', until: at } };
    expect(verdicts.map(verdict => historyWaits(verdict, unknown))).toEqual([
      [{ for: 'deletedItems', until: at }],
      [{ for: 'deletedItems', until: at }],
      [],
      [],
      [],
    ]);
    for (const verdict of verdicts) expect(historyWaits(verdict, plain)).toEqual([]);
  });
});

describe('the verdict with what is on record', () => {
  const [missing, , , , notCovered] = verdicts as [Verdict, Verdict, Verdict, Verdict, Verdict];
  test.each(historyReasons)('%s still counts', attention => {
    const verdict = attention === 'retiredDomain' ? notCovered : missing;
    expect(verdictOnRecord(verdict, { state: 'attention', attention })).toEqual({
      kind: 'attention',
      reason: attention,
    });
    expect(verdictOnRecord(verdict, { state: 'withdrawn', attention })).toEqual(verdict);
  });

  test('other reasons, and no row, do not', () => {
    expect(verdictOnRecord(missing, null)).toEqual(missing);
    for (const attention of attentionReasons.filter(reason => !historyReasons.some(one => one === reason)))
      expect(verdictOnRecord(missing, { state: 'attention', attention })).toEqual(missing);
  });
});
