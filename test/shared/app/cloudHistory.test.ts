import {
  alertMadeAgain,
  newlyMadeAgain,
  readCloudHistory,
  type CloudHistory,
  type CloudHistoryPorts,
} from '../../../shared/app/cloudHistory';
import { AppError } from '../../../shared/core/appError';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { Decision } from '../../../shared/core/decision';
import type { CandidateFacts, StoredFacts } from '../../../shared/core/facts';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import { planRun, type Finding } from '../../../shared/core/runPlan';
import { aUser, instant } from '../../support/builders';
import { compareOne } from '../../support/compare';
import { MemoryDecisions } from '../../support/memory/memoryDecisions';
import { MemoryDeletedItems, MemoryDeletedUsers } from '../../support/memory/memoryDeletedUsers';
import { MemoryCandidates } from '../../support/memory/memoryTables';
import { ada, decisions as samples } from '../core/decisions';
import { recordingLog } from '../io/http/sampleApi';

const start = instant('2026-11-20T02:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const idOf = (n: number): CloudId => `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
const guid = '88666888-0101-1111-bbbb-1234567890ab' as Guid;
const sid = 'S-1-5-21-1-2-3-1105';
const userWith = (id: CloudId): CloudObject =>
  aUser({ id, onPremisesImmutableId: guidToImmutableId(guid), onPremisesSecurityIdentifier: sid });
const gone = userWith(idOf(1));
const again = userWith(idOf(2));
const other = aUser({ id: idOf(3), onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1199' });

const finding = (cloud: CloudObject, given: Partial<Finding> = {}): Finding => ({
  cloud,
  outcome: 'absent',
  verdict: { kind: 'missing', proof: 'absence' },
  evidence: compareOne(cloud, []).evidence,
  waitsFor: [],
  ...given,
});
const rowOf = (one: Finding, given: Partial<CandidateFacts> = {}): StoredFacts => {
  const input = { runNumber: 1, at: start, previous: [], findings: [one], withdrawals: new Map() };
  return { ...planRun(input).writes[0]!.facts, ...given, etag: '"1"' };
};
const goneRow = rowOf(finding(gone), { state: 'withdrawn', withdrawal: 'gone' });

class World {
  readonly deletedItems = new MemoryDeletedItems();
  readonly deletedUsers = new MemoryDeletedUsers();
  readonly decisions = new MemoryDecisions();
  retiredDomains: ReadonlySet<string> = new Set();
  readonly evidence = new MemoryCandidates();
  readonly log = recordingLog();
  previous: readonly StoredFacts[] = [];
  now = start as number;
  firstScan = true;

  decide(decision: Decision): void {
    this.decisions.rows.set(`${decision.type}/${decision.id}`, { ...decision, etag: '"1"' });
  }

  async night(ports: Partial<CloudHistoryPorts> = {}): Promise<CloudHistory> {
    const { deletedItems, deletedUsers, decisions, evidence, log, retiredDomains, firstScan, previous } =
      this;
    const history = await readCloudHistory(
      { deletedItems, deletedUsers, decisions, evidence, log, ...ports },
      { at: this.now as Instant, firstScan, previous, retiredDomains },
      AbortSignal.timeout(5_000),
    );
    this.now += dayMs;
    this.firstScan = false;
    return history;
  }
}

const absent = { kind: 'absent' } as const;
const restorationIn = (history: CloudHistory, cloud: CloudObject): string =>
  history.of(cloud, absent).restoration.kind;

describe('users who were restored (case 14)', () => {
  test('are those who were in the deleted items, and are live again', async () => {
    const world = new World();
    world.deletedItems.ids = [gone.id];
    await world.night();
    world.deletedItems.ids = [];
    const history = await world.night();
    expect(restorationIn(history, gone)).toBe('restored');
    expect(restorationIn(history, other)).toBe('none');
    expect(history.gate).toMatchObject({ passed: true, found: '0 deleted users' });
  });

  test('are so for 30 days, and then no more', async () => {
    const world = new World();
    world.deletedItems.ids = [gone.id];
    await world.night();
    world.deletedItems.ids = [];
    for (let night = 0; night < 30; night += 1)
      expect(restorationIn(await world.night(), gone)).toBe('restored');
    expect(restorationIn(await world.night(), gone)).toBe('none');
  });

  test('count as well where we restored them', async () => {
    const world = new World();
    const restoration = { by: ada, at: (start - dayMs) as Instant, comment: null };
    world.decide({ ...samples.restored, id: gone.id, restoration });
    expect(restorationIn(await world.night(), gone)).toBe('restored');
  });

  test('are unknown for 30 days where the memory is lost, and the log says so once', async () => {
    const world = new World();
    await world.night();
    world.deletedUsers.lose();
    expect(restorationIn(await world.night(), gone)).toBe('unknown');
    for (let night = 1; night < 30; night += 1)
      expect(restorationIn(await world.night(), gone)).toBe('unknown');
    expect(restorationIn(await world.night(), gone)).toBe('none');
    expect(world.log.lines.filter(line => line.includes('has a gap'))).toHaveLength(1);
  });

  test('can not be told where Graph does not tell: the gate is breached, the memory stays, nobody is known', async () => {
    const world = new World();
    await world.night();
    const before = world.deletedUsers.stored;
    world.deletedItems.error = new AppError('graphRefused', 'no permission');
    const history = await world.night();
    expect(history.gate).toMatchObject({ gate: 'deletedItemsRead', passed: false, reason: 'no permission' });
    expect(restorationIn(history, gone)).toBe('unknown');
    expect(world.deletedUsers.stored).toBe(before);
  });

  test('an error that is none of Graph’s, or a memory that changed meanwhile, fails the run', async () => {
    const world = new World();
    world.deletedItems.error = new TypeError('a mistake');
    await expect(world.night()).rejects.toThrow('a mistake');
    world.deletedItems.error = new AppError('storageUnavailable', 'another');
    await expect(world.night()).rejects.toMatchObject({ code: 'storageUnavailable' });
    world.deletedItems.error = null;
    const { deletedUsers } = world;
    const late = {
      read: async () => ({ kind: 'none' }) as const,
      write: deletedUsers.write.bind(deletedUsers),
    };
    await world.night();
    await expect(world.night({ deletedUsers: late })).rejects.toMatchObject({ code: 'writeConflict' });
  });
});

describe('what we deleted and is made again (case 38)', () => {
  const deletedAt = (start - 3 * dayMs) as Instant;
  const worldWithDeleted = (): World => {
    const world = new World();
    world.decide({ ...samples.deleted, id: gone.id, deletedAt });
    world.previous = [goneRow];
    return world;
  };

  test('is recognised under another id, by the keys in the evidence of what we deleted', async () => {
    const history = await worldWithDeleted().night();
    expect(history.madeAgain(again)).toMatchObject({ id: gone.id, deletedAt });
    expect(history.of(again, { kind: 'live', by: 'objectGUID' }).madeAgain).toBe(true);
    expect(history.of(other, absent).madeAgain).toBe(false);
  });

  test('and under its own', async () => {
    const world = worldWithDeleted();
    world.previous = [];
    const history = await world.night();
    expect(history.of(gone, absent).madeAgain).toBe(true);
    expect(history.madeAgain(again)).toBeNull();
    expect(world.log.lines.join()).toContain('its evidence is gone');
  });

  test('by evidence that lies in a blob, too; where that is none of ours, the log says so', async () => {
    const world = worldWithDeleted();
    world.previous = [{ ...goneRow, evidence: { kind: 'spilled', blob: 'x.json' } }];
    world.evidence.blobs.set('x.json', goneRow.evidence.kind === 'inline' ? goneRow.evidence.json : '');
    expect((await world.night()).madeAgain(again)).not.toBeNull();
    world.evidence.blobs.set('x.json', 'no JSON');
    expect((await world.night()).madeAgain(again)).toBeNull();
    expect(world.log.lines.join()).toContain('its evidence is gone');
  });

  test('not where the decision came to anything else', async () => {
    const world = worldWithDeleted();
    for (const state of ['approved', 'failed', 'manual', 'restored', 'deleting'] as const) {
      world.decide({ ...samples[state], id: gone.id });
      expect((await world.night()).madeAgain(again)).toBeNull();
    }
  });

  test('over thousands of decisions, page by page', async () => {
    const world = worldWithDeleted();
    for (let n = 100; n < 2_200; n += 1) world.decide({ ...samples.deleted, id: idOf(n), deletedAt });
    expect((await world.night()).madeAgain(userWith(idOf(2_199)))).not.toBeNull();
    expect((await world.night()).madeAgain(again)).not.toBeNull();
  });

  test('a table that forgets its own continuation fails the run', async () => {
    const world = worldWithDeleted();
    const decisions = { list: async () => ({ kind: 'continuationInvalid' }) as const };
    await expect(world.night({ decisions })).rejects.toMatchObject({ code: 'rowInvalid' });
  });

  const madeAgain = { kind: 'attention', reason: 'madeAgain' } as const;

  test('is told once: the night after, the row says so', async () => {
    const world = worldWithDeleted();
    const history = await world.night();
    const findings = [finding(again, { verdict: madeAgain }), finding(other)];
    const fresh = newlyMadeAgain(history, findings, world.previous);
    expect(fresh).toEqual([
      { type: 'user', id: again.id, deleted: expect.objectContaining({ id: gone.id }) },
    ]);
    const row = rowOf(findings[0]!);
    expect(newlyMadeAgain(history, findings, [row])).toEqual([]);
    expect(newlyMadeAgain(history, findings, [{ ...row, attention: 'restored' }])).toHaveLength(1);
    expect(newlyMadeAgain(history, findings, [{ ...row, state: 'withdrawn' }])).toHaveLength(1);
    expect(newlyMadeAgain(history, [finding(other, { verdict: madeAgain })], [])).toEqual([]);
  });

  test('is one alert a night, with ids and no names', async () => {
    const log = recordingLog();
    alertMadeAgain([], log);
    expect(log.lines).toEqual([]);
    const deleted = { type: 'user', id: gone.id, deletedAt, keys: ['sid x'] } as const;
    alertMadeAgain(
      Array.from({ length: 25 }, (_, n) => ({ type: 'user' as const, id: idOf(n), deleted })),
      log,
    );
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(
      /^error alert madeAgain: of what was deleted here, 25 is there again: user /,
    );
    expect(log.lines[0]?.split('; ')).toHaveLength(20);
    expect(log.lines[0]).toContain(`user ${idOf(0)}, deleted as user ${gone.id} on 2026-11-17T02:00:00.000Z`);
  });
});

describe('domains that are retired (case 29)', () => {
  const domain = 'S-1-5-21-9-9-9';

  test('are those that a rule names, and say nothing of an object that some export covers', async () => {
    const world = new World();
    world.retiredDomains = new Set([domain]);
    const history = await world.night();
    expect(history.of(other, { kind: 'notCovered', domain }).domainRetired).toBe(true);
    expect(history.of(other, { kind: 'notCovered', domain: 'S-1-5-21-9-9-8' }).domainRetired).toBe(false);
    expect(history.of(other, absent).domainRetired).toBe(false);
  });
});
