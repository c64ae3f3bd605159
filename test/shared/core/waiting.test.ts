import type { Guid } from '../../../shared/core/keys/guid';
import type { Correlation } from '../../../shared/core/correlate';
import type { StoredFacts, Wait } from '../../../shared/core/facts';
import {
  defaultWaitingRules,
  laxerThanDefault,
  replicationMarginHours,
  waitingSourceOf,
  waitsOf,
  type WaitingContext,
} from '../../../shared/core/waiting';
import { aContact, aDevice, aGroup, aUser, instant } from '../../support/builders';
import {
  absent,
  ada,
  after,
  contextOf,
  contoso,
  contosoSid,
  dayMs,
  deleted,
  fabrikam,
  fabrikamSid,
  firstSeen,
  hourMs,
  idOfAda,
  kinds,
  night,
  ofContoso,
  ofFabrikam,
  only,
  rowAfter,
  runsOf,
  syncRun,
  tombstoneOf,
} from './waitingBench';

const marginMs = replicationMarginHours * hourMs;

const waits = (
  correlation: Correlation,
  row: StoredFacts | null,
  context: WaitingContext,
  cloud = ada,
): readonly Wait[] => waitsOf(cloud, correlation, row, context);

describe('what a missing object waits for', () => {
  test('the defaults are strict', () => {
    expect(defaultWaitingRules).toEqual({
      consecutiveRuns: 3,
      graceDays: 7,
      recycleBinDays: 30,
      synchronisation: 'proved',
    });
  });

  test('what is laxer than the default is named, what is stricter is not', () => {
    expect(laxerThanDefault(defaultWaitingRules)).toEqual([]);
    const stricter = {
      consecutiveRuns: 4,
      graceDays: 8,
      recycleBinDays: 31,
      synchronisation: 'proved',
    } as const;
    expect(laxerThanDefault(stricter)).toEqual([]);
    const laxer = {
      consecutiveRuns: 2,
      graceDays: 6,
      recycleBinDays: 29,
      synchronisation: 'notAsked',
    } as const;
    expect(laxerThanDefault(laxer)).toEqual([
      'consecutiveRuns',
      'graceDays',
      'recycleBinDays',
      'synchronisation',
    ]);
    expect(laxerThanDefault({ ...stricter, graceDays: 6 })).toEqual(['graceDays']);
  });

  test('an absence that is new waits for everything at once, and says until when', () => {
    expect(waits(absent, null, contextOf(1))).toEqual([
      { for: 'synchronisation', until: null },
      { for: 'consecutiveRuns', until: null },
      { for: 'grace', until: night(8) },
    ]);
  });

  test('a tombstone that is new waits for everything but the streak', () => {
    const tombstone = deleted({ whenChanged: after(night(1), -hourMs) });
    expect(waits(tombstone, null, contextOf(1))).toEqual([
      { for: 'synchronisation', until: null },
      { for: 'grace', until: night(8) },
      { for: 'recycleBin', until: after(night(31), -hourMs) },
    ]);
  });

  test('an absence with every condition met waits for nothing', () => {
    expect(waits(absent, firstSeen(1), contextOf(8))).toEqual([]);
  });

  test.each<Correlation>([
    { kind: 'live', by: 'objectGUID' },
    { kind: 'outOfScope', objects: [] },
    { kind: 'unknown', reason: 'keyMissing' },
  ])('an object that is not missing waits for nothing: $kind', correlation => {
    expect(waits(correlation, null, contextOf(1))).toEqual([]);
  });
});

describe('synchronisation', () => {
  const rules = only.synchronisation;
  const history = (...runs: ReturnType<typeof syncRun>[]): WaitingContext =>
    contextOf(2, { rules, sources: [ofContoso(runs)] });
  const waiting: Wait[] = [{ for: 'synchronisation', until: null }];

  test.each([
    ['before the first observation', -1, waiting],
    ['at the first observation', 0, waiting],
    ['after the first observation', 1, []],
  ])('a run that began %s: an absence', (_, ms, expected) => {
    expect(waits(absent, firstSeen(1), history(syncRun(after(night(1), ms))))).toEqual(expected);
  });

  const deletedAt = after(night(1), -10 * dayMs);
  test.each([
    ['before the replication margin is over', -1, waiting],
    ['as the replication margin is over', 0, waiting],
    ['after the replication margin', 1, []],
  ])('a run that began %s: a tombstone', (_, ms, expected) => {
    const context = history(syncRun(after(deletedAt, marginMs + ms)));
    expect(waits(deleted({ whenChanged: deletedAt }), null, context)).toEqual(expected);
  });

  test('a run that failed proves nothing', () => {
    const failed = syncRun(after(night(1), hourMs), { succeeded: false });
    expect(waits(absent, firstSeen(1), history(failed))).toEqual(waiting);
    expect(waits(absent, firstSeen(1), history(failed, syncRun(after(night(1), 2 * hourMs))))).toEqual([]);
  });

  test.each([
    ['as this run began', 0, []],
    ['after this run began', 1, waiting],
  ])('a run that was over %s: a clock that is ahead proves nothing', (_, ms, expected) => {
    const run = syncRun(after(night(1), hourMs), { finishedAt: after(night(2), ms) });
    expect(waits(absent, firstSeen(1), history(run))).toEqual(expected);
  });

  test('a history without a run is no reason to believe the tenant', () => {
    const context = contextOf(9, { rules, sources: [ofContoso([])] });
    expect(waits(absent, firstSeen(1), context)).toEqual(waiting);
  });

  describe('of a single source whose agent does not know', () => {
    const advances = (...times: (number | null)[]): WaitingContext =>
      contextOf(9, {
        rules,
        sources: [ofContoso(null)],
        runs: runsOf(9).map((run, index) => {
          const time = times[index] ?? null;
          return { ...run, tenantLastSync: time === null ? null : after(night(1), time) };
        }),
      });

    test.each([
      ['never', [], waiting],
      ['once', [-hourMs, hourMs, hourMs, hourMs], waiting],
      ['twice, the first at the first observation', [0, hourMs], waiting],
      ['twice, the first just after the first observation', [0, 1, hourMs], []],
      ['twice, with unknown times between', [null, hourMs, null, 2 * hourMs, null], []],
      ['twice, the second as this run began', [hourMs, 8 * dayMs], []],
      ['twice, the second in the future', [hourMs, 8 * dayMs + 1], waiting],
    ])('the time of the tenant advanced %s', (_, times, expected) => {
      expect(waits(absent, firstSeen(1), advances(...times))).toEqual(expected);
    });

    test('for a tombstone it advanced twice after the margin', () => {
      const tombstone = deleted({ whenChanged: after(night(1), -marginMs) });
      expect(waits(tombstone, null, advances(0, 1))).toEqual(waiting);
      expect(waits(tombstone, null, advances(0, 1, 2))).toEqual([]);
    });
  });

  describe('of several sources', () => {
    const proof = [syncRun(after(night(1), hourMs))];
    const old = [syncRun(after(night(1), -hourMs))];
    const both = (of: typeof proof | null, other: typeof proof | null): WaitingContext =>
      contextOf(9, { rules, sources: [ofContoso(of), ofFabrikam(other)] });

    test('the tenant proves nothing: it does not say which source it is about', () => {
      expect(waits(absent, firstSeen(1), both(null, proof))).toEqual(waiting);
    });

    test('the source of its SID must prove, and no other', () => {
      const cloud = aUser({ id: idOfAda, onPremisesSecurityIdentifier: `${contosoSid}-1105` });
      expect(waits(absent, firstSeen(1), both(proof, old), cloud)).toEqual([]);
      expect(waits(absent, firstSeen(1), both(proof, null), cloud)).toEqual([]);
      expect(waits(absent, firstSeen(1), both(old, proof), cloud)).toEqual(waiting);
    });

    test.each([
      ['user', aUser({ id: idOfAda, onPremisesDomainName: 'Fabrikam.Example' })],
      ['group', aGroup({ id: idOfAda, onPremisesDomainName: 'fabrikam.example' })],
    ])('the source of its domain must prove: %s', (_, cloud) => {
      expect(waitsOf(cloud, absent, firstSeen(1), both(old, proof))).toEqual([]);
      expect(waitsOf(cloud, absent, firstSeen(1), both(proof, old))).toEqual(waiting);
    });

    test('the source of the tombstone must prove', () => {
      const device = aDevice({ id: idOfAda });
      const tombstone = deleted({ source: fabrikam, whenChanged: after(night(1), -marginMs) });
      expect(waitsOf(device, tombstone, null, both(old, proof))).toEqual([]);
      expect(waitsOf(device, tombstone, null, both(proof, old))).toEqual(waiting);
    });

    test('an object that names two sources needs both', () => {
      const cloud = aUser({
        id: idOfAda,
        onPremisesSecurityIdentifier: `${contosoSid}-1105`,
        onPremisesDomainName: 'fabrikam.example',
      });
      expect(waits(absent, firstSeen(1), both(proof, old), cloud)).toEqual(waiting);
      expect(waits(absent, firstSeen(1), both(old, proof), cloud)).toEqual(waiting);
      expect(waits(absent, firstSeen(1), both(proof, proof), cloud)).toEqual([]);
    });

    test.each([
      ['contact', aContact({ id: idOfAda })],
      ['device', aDevice({ id: idOfAda })],
      [
        'user of a domain that none covers',
        aUser({ id: idOfAda, onPremisesDomainName: 'northwind.example' }),
      ],
    ])('an object that names none needs the proof of every source: %s', (_, cloud) => {
      expect(waitsOf(cloud, absent, firstSeen(1), both(proof, old))).toEqual(waiting);
      expect(waitsOf(cloud, absent, firstSeen(1), both(old, proof))).toEqual(waiting);
      expect(waitsOf(cloud, absent, firstSeen(1), both(proof, proof))).toEqual([]);
    });
  });

  test('no source, no proof', () => {
    expect(waits(absent, firstSeen(1), contextOf(9, { rules, sources: [] }))).toEqual(waiting);
  });

  test('once proved, it stays proved when the history does not reach back, or is not told any more', () => {
    const row = firstSeen(1, absent, { waitsFor: [] });
    const stalled = [syncRun(night(3), { succeeded: false })];
    for (const runs of [stalled, [], null]) {
      const context = contextOf(9, { rules, runs: [], sources: [ofContoso(runs)] });
      expect(waits(absent, row, context)).toEqual([]);
      expect(waits(absent, firstSeen(1), context)).toEqual(waiting);
    }
  });

  test('a history that reaches back is believed, whatever laxer rules had let through', () => {
    const row = firstSeen(1, absent, { waitsFor: [] });
    expect(waits(absent, row, history(syncRun(night(1))))).toEqual(waiting);
    expect(waits(absent, row, history(syncRun(after(night(1), 1))))).toEqual([]);
  });

  test('once proved, it is not lost to the later date of another domain controller, or of recycling', () => {
    const proof = after(deletedAt, marginMs + 1);
    const row = firstSeen(1, deleted({ whenChanged: deletedAt }), { waitsFor: [] });
    const context = history(syncRun(deletedAt), syncRun(proof));
    expect(waits(deleted({ whenChanged: after(deletedAt, marginMs) }), row, context)).toEqual([]);
    const recycled = deleted({ whenChanged: night(2), isRecycled: true });
    expect(waits(recycled, row, context)).toEqual([]);
    expect(waits(recycled, null, context)).toEqual(waiting);
  });

  test('a recycled one is not proved by a run before it was deleted', () => {
    const row = firstSeen(1, deleted({ whenChanged: deletedAt }), { waitsFor: [] });
    const recycled = deleted({ whenChanged: deletedAt, isRecycled: true });
    expect(waits(recycled, row, history(syncRun(deletedAt)))).toEqual(waiting);
  });

  test('recycled is no excuse for what was not known to be deleted', () => {
    const row = firstSeen(1, absent, { waitsFor: [] });
    const recycled = deleted({ whenChanged: after(night(1), marginMs + 1), isRecycled: true });
    const context = contextOf(9, { rules, sources: [ofContoso([syncRun(night(2))])] });
    expect(waits(recycled, row, context)).toEqual(waiting);
  });

  test.each([
    ['within the margin after it became what it is', marginMs, []],
    ['later than the margin', marginMs + 1, waiting],
  ])('deleted again %s, it must be proved again', (_, ms, expected) => {
    const row = firstSeen(1, absent, { waitsFor: [], changedAt: night(3) });
    const tombstone = deleted({ whenChanged: after(night(3), ms) });
    const context = contextOf(9, { rules, sources: [ofContoso([syncRun(after(night(4), 2))])] });
    expect(waits(tombstone, row, context)).toEqual(expected);
  });

  test('where it is not asked for, none is waited for', () => {
    const context = contextOf(1, { rules: { ...rules, synchronisation: 'notAsked' }, sources: [] });
    expect(waits(absent, null, context)).toEqual([]);
  });
});

describe('the streak', () => {
  const rules = only.consecutiveRuns;
  const waiting: Wait[] = [{ for: 'consecutiveRuns', until: null }];

  test.each([
    [1, waiting],
    [2, waiting],
    [3, []],
    [4, []],
  ])('after %i runs', (count, expected) => {
    const row = count === 1 ? null : firstSeen(1);
    expect(waits(absent, row, contextOf(count, { rules }))).toEqual(expected);
  });

  test('counts from the first run that saw it, not from the first run', () => {
    expect(waits(absent, firstSeen(4), contextOf(5, { rules }))).toEqual(waiting);
    expect(waits(absent, firstSeen(4), contextOf(6, { rules }))).toEqual([]);
  });

  test('three runs over the same exports saw it once', () => {
    const runs = runsOf(5).map(run => ({ ...run, exportsKey: run.runNumber < 4 ? 'the same' : 'new' }));
    expect(waits(absent, firstSeen(1), contextOf(5, { rules, runs }))).toEqual(waiting);
  });

  test('runs that were not accepted are no part of it', () => {
    const runs = runsOf(4).filter(run => run.runNumber !== 2 && run.runNumber !== 3);
    expect(waits(absent, firstSeen(1), contextOf(4, { rules, runs }))).toEqual(waiting);
  });

  test('a tombstone needs none', () => {
    expect(waits(deleted(), null, contextOf(1, { rules }))).toEqual([]);
  });

  test('once long enough, it stays so when its first runs are no longer among the newest', () => {
    const runs = runsOf(9).slice(-2);
    const row = firstSeen(1, absent, { waitsFor: [] });
    expect(waits(absent, row, contextOf(9, { rules, runs }))).toEqual([]);
    expect(waits(absent, firstSeen(1), contextOf(9, { rules, runs }))).toEqual(waiting);
    expect(waits(absent, null, contextOf(9, { rules, runs }))).toEqual(waiting);
  });

  test('a stricter rule holds for what waits no longer, too', () => {
    const row = firstSeen(1, absent, { waitsFor: [] });
    expect(waits(absent, row, contextOf(4, { rules: { ...rules, consecutiveRuns: 5 } }))).toEqual(waiting);
    expect(waits(absent, row, contextOf(5, { rules: { ...rules, consecutiveRuns: 5 } }))).toEqual([]);
  });
});

describe('the grace period', () => {
  const rules = only.grace;
  const until = after(night(1), 7 * dayMs);

  test.each([
    ['a millisecond before its end', -1, [{ for: 'grace', until }]],
    ['at its end', 0, []],
    ['a millisecond after its end', 1, []],
  ])('%s', (_, ms, expected) => {
    const context = contextOf(8, { rules, now: after(until, ms) });
    expect(waits(absent, firstSeen(1), context)).toEqual(expected);
    expect(waits(deleted(), firstSeen(1, deleted()), context)).toEqual(expected);
  });

  test('a tombstone that was deleted long ago is observed as long as any', () => {
    const context = contextOf(1, { rules });
    expect(waits(deleted({ whenChanged: instant('2026-01-01T00:00:00Z') }), null, context)).toEqual([
      { for: 'grace', until },
    ]);
  });

  test.each([
    ['within the margin after it was first seen missing', marginMs, night(8)],
    ['later than the margin', marginMs + 1, after(night(9), 1)],
  ])('deleted again %s, it is counted from the deletion', (_, ms, end) => {
    const tombstone = deleted({ whenChanged: after(night(1), ms) });
    const context = contextOf(3, { rules });
    expect(waits(tombstone, firstSeen(1), context)).toEqual([{ for: 'grace', until: end }]);
  });

  test('recycling gives it a later date, and does not begin it anew', () => {
    const recycled = deleted({ whenChanged: night(5), isRecycled: true });
    expect(waits(recycled, firstSeen(1, deleted()), contextOf(8, { rules }))).toEqual([]);
  });

  test('zero days are over at once', () => {
    expect(waits(absent, null, contextOf(1, { rules: { ...rules, graceDays: 0 } }))).toEqual([]);
  });
});

describe('the Recycle Bin', () => {
  const rules = only.recycleBin;
  const deletedAt = night(1);
  const until = after(deletedAt, 30 * dayMs);
  const inBin = deleted({ whenChanged: deletedAt });

  test.each([
    ['a millisecond before its end', -1, [{ for: 'recycleBin', until }]],
    ['at its end', 0, []],
    ['a millisecond after its end', 1, []],
  ])('%s', (_, ms, expected) => {
    const context = contextOf(31, { rules, now: after(until, ms) });
    expect(waits(inBin, null, context)).toEqual(expected);
    expect(waits(inBin, firstSeen(1, inBin), context)).toEqual(expected);
  });

  test('is waited for whatever else is proved', () => {
    const strict = contextOf(20, { sources: [ofContoso([syncRun(night(19))])] });
    expect(kinds(waits(inBin, firstSeen(1, inBin), strict))).toEqual(['recycleBin']);
  });

  test('what is recycled can not come back, and is not waited for', () => {
    expect(
      waits(deleted({ whenChanged: deletedAt, isRecycled: true }), null, contextOf(2, { rules })),
    ).toEqual([]);
  });

  test('an absence is no matter of the bin; a tombstone that shows up for it is', () => {
    expect(waits(absent, firstSeen(1), contextOf(2, { rules }))).toEqual([]);
    const row = firstSeen(1, absent, { waitsFor: [] });
    expect(waits(inBin, row, contextOf(30, { rules }))).toEqual([{ for: 'recycleBin', until }]);
  });

  test.each([
    ['at most the margin later', marginMs, []],
    ['later than that', marginMs + 1, [{ for: 'recycleBin', until: after(until, marginMs + 1) }]],
  ])('once over, it is over, though another domain controller says %s', (_, ms, expected) => {
    const row = firstSeen(1, inBin, { waitsFor: [] });
    const context = contextOf(31, { rules, now: until });
    expect(waits(deleted({ whenChanged: after(deletedAt, ms) }), row, context)).toEqual(expected);
  });

  test('what was seen there is waited for, though the account sees no deleted objects any more', () => {
    const row = firstSeen(1, inBin);
    const lost = waits(absent, row, contextOf(10));
    expect(lost).toEqual([{ for: 'recycleBin', until }]);
    const absentNow = rowAfter(10, absent, lost, row, night(10));
    expect(waits(absent, absentNow, contextOf(20, { now: after(until, -1) }))).toEqual(lost);
    expect(waits(absent, absentNow, contextOf(20, { now: until }))).toEqual([]);
  });

  test('a tombstone that proves nothing of the object says all the same that somebody may take it back', () => {
    const bySid: Correlation = { kind: 'absent', inRecycleBin: tombstoneOf({ whenChanged: deletedAt }) };
    expect(waits(bySid, firstSeen(1), contextOf(10))).toEqual([{ for: 'recycleBin', until }]);
    expect(waits(bySid, firstSeen(1), contextOf(20, { now: until }))).toEqual([]);
  });

  test('not yet over, it has no tolerance', () => {
    const context = contextOf(31, { rules, now: until });
    const later = deleted({ whenChanged: after(deletedAt, 1) });
    expect(kinds(waits(later, firstSeen(1, inBin), context))).toEqual(['recycleBin']);
  });
});

describe('the clock begins anew', () => {
  const seenTwice = rowAfter(2, absent, waits(absent, firstSeen(1), contextOf(2)), firstSeen(1), night(2));

  test.each<[string, Partial<StoredFacts>]>([
    ['when it came back in between', { state: 'withdrawn', withdrawal: 'alive' }],
    ['when it was a matter for a person in between', { state: 'attention', attention: 'outOfScope' }],
  ])('%s', (_, given) => {
    const row: StoredFacts = { ...seenTwice, ...given };
    expect(waits(absent, row, contextOf(9))).toEqual([
      { for: 'synchronisation', until: null },
      { for: 'consecutiveRuns', until: null },
      { for: 'grace', until: night(16) },
    ]);
    const again = rowAfter(9, absent, waits(absent, row, contextOf(9)), row, night(9));
    expect(again).toMatchObject({ state: 'observed', firstObservedRun: 9, firstObservedAt: night(9) });
  });

  test('when the records of the runs were lost: a run of a higher number than this one says nothing', () => {
    const row = { ...firstSeen(1), firstObservedRun: 700, changedRun: 700, waitsFor: [] };
    expect(kinds(waits(absent, row, contextOf(8)))).toEqual(['synchronisation', 'consecutiveRuns', 'grace']);
    const again = rowAfter(8, absent, waits(absent, row, contextOf(8)), row, night(8));
    expect(again).toMatchObject({ state: 'observed', firstObservedRun: 8, firstObservedAt: night(8) });
  });

  test('when a tombstone that proves nothing says that it was deleted again', () => {
    const again = after(night(3), hourMs);
    const bySid: Correlation = { kind: 'absent', inRecycleBin: tombstoneOf({ whenChanged: again }) };
    const row = firstSeen(1, absent, { waitsFor: [] });
    const stalled = { sources: [ofContoso([syncRun(night(1)), syncRun(night(3))])] };
    expect(waits(bySid, row, contextOf(9, stalled))).toEqual([
      { for: 'synchronisation', until: null },
      { for: 'grace', until: after(again, 7 * dayMs) },
      { for: 'recycleBin', until: after(again, 30 * dayMs) },
    ]);
  });

  test('and not when only its evidence changed', () => {
    const tombstone = deleted({ whenChanged: after(night(1), -2 * dayMs) });
    expect(waits(tombstone, seenTwice, contextOf(3))).toEqual([
      { for: 'grace', until: night(8) },
      { for: 'recycleBin', until: night(29) },
    ]);
  });
});

describe('a source as the rules of time see it', () => {
  const domainController = {
    dnsHostName: 'dc1.contoso.example',
    invocationId: '0c0c0c0c-0000-0000-0000-000000000001' as Guid,
    highestCommittedUSN: '1',
    oldestInboundSuccess: null,
  };
  const counts = { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 };

  test('has the domains of its naming contexts, and the history of its manifest', () => {
    const runs = [syncRun(night(1))];
    expect(
      waitingSourceOf({
        source: contoso,
        synchronisationRuns: runs,
        namingContexts: [
          {
            distinguishedName: 'DC=contoso,DC=example',
            domain: { dnsName: 'Contoso.Example', sid: contosoSid },
            domainController,
            counts,
          },
          { distinguishedName: 'CN=Configuration,DC=contoso', domain: null, domainController, counts },
          {
            distinguishedName: 'DC=fabrikam,DC=example',
            domain: { dnsName: 'fabrikam.example', sid: fabrikamSid },
            domainController,
            counts,
          },
        ],
      }),
    ).toEqual({
      source: contoso,
      domainSids: new Set([contosoSid, fabrikamSid]),
      domainNames: new Set(['contoso.example', 'fabrikam.example']),
      synchronisationRuns: runs,
    });
  });
});
