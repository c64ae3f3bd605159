import type { DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import type { CloudDirectory, ExportStore } from '../../../shared/app/ports';
import { recentRuns } from '../../../shared/app/runHistory';
import { AppError } from '../../../shared/core/appError';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import type { ScanRun } from '../../../shared/core/scanRun';
import { MemoryDirectory } from '../../support/memory/memoryDirectory';
import { breachesOf, HoldWorld } from './holdWorld';
import { dayMs, minuteMs } from './review/deletionWorld';

const holdsOf = (run: ScanRun | undefined): string[] =>
  (run?.holds ?? []).map(({ gate, runId }) => `${gate} of ${runId}`);

/** A forest of which half is out of sight on the second night. */
async function afterDrop(): Promise<{ world: HoldWorld; refused: ScanRun }> {
  const world = new HoldWorld();
  expect(await world.night()).toMatchObject({ state: 'finished' });
  const refused = await world.loseHalf().night();
  return { world, refused };
}

describe('a breach of evidence', () => {
  test('refuses its night, which changes nothing but its own record', async () => {
    const world = new HoldWorld();
    await world.night();
    const rows = [...world.candidates.rows];
    const refused = await world.loseHalf().night();
    expect(refused).toMatchObject({ state: 'refused', acceptedBefore: 'night-1' });
    expect(refused.reasons).toEqual([
      expect.stringContaining('38 objects of the class user or more were expected'),
    ]);
    expect(holdsOf(refused)).toEqual(['exportDrop of night-2']);
    expect([...world.candidates.rows]).toEqual(rows);
  });

  test('holds the next night, which records what it would have found, and writes nothing', async () => {
    const { world } = await afterDrop();
    const rows = [...world.candidates.rows];
    world.restore().leave('bob');
    const held = await world.night();
    expect(breachesOf(held)).toEqual([]);
    expect(held).toMatchObject({
      state: 'held',
      counts: { user: { read: 3, outcomes: { live: 0, absent: 3 } } },
      plan: { created: 1 },
      planDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(held.reasons).toEqual([
      expect.stringContaining('exportDrop (contoso, user) of run night-2 holds every run'),
    ]);
    expect([...world.candidates.rows]).toEqual(rows);
  });

  test('is let go by a release, with its audit row: the night is accepted, the baseline moves, the limit does not', async () => {
    const { world } = await afterDrop();
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({ kind: 'added' });
    expect(world.audit.rows.map(row => row.action)).toEqual(['holdReleased']);
    const accepted = await world.night();
    expect(accepted).toMatchObject({ state: 'finished', holds: [], acceptedBefore: 'night-1' });
    expect(accepted.gates.find(gate => gate.gate === 'exportDrop' && !gate.passed)).toMatchObject({
      found: '20',
      releasedBy: { severity: 20 },
    });
    const after = await world.night();
    expect(after).toMatchObject({ state: 'finished', acceptedBefore: 'night-3' });
    expect(after.gates.find(gate => gate.gate === 'exportDrop' && gate.type === 'user')).toMatchObject({
      passed: true,
      limit: '19 or more, 20 before',
    });
    expect(await world.loseRecords(18).night()).toMatchObject({ state: 'refused' });
  });

  test('that is worse than what was released holds again', async () => {
    const { world } = await afterDrop();
    await world.release('night-2', 'exportDrop');
    const worse = await world.loseRecords(17).night();
    expect(worse).toMatchObject({ state: 'refused' });
    expect(holdsOf(worse)).toEqual(['exportDrop of night-2', 'exportDrop of night-3']);
    world.restore();
    await world.release('night-3', 'exportDrop');
    expect(await world.loseRecords(18).night()).toMatchObject({ state: 'finished', holds: [] });
  });

  test('holds the deletion as well, whatever its own exports say', async () => {
    const world = new HoldWorld();
    await world.night();
    expect(await world.tryToApprove('eve')).toBe('approved');
    await world.loseHalf().night();
    world.restore();
    expect(await world.tryToDelete('eve')).toBe('evidenceRefused');
    await world.release('night-2', 'exportDrop');
    expect(await world.tryToDelete('eve')).toBe('deleted');
  });

  test('holds again where the release is removed in time', async () => {
    const { world } = await afterDrop();
    await world.release('night-2', 'exportDrop');
    await world.removeReleases();
    expect(await world.restore().night()).toMatchObject({ state: 'held' });
  });

  test('is not used up by a night that ended while it wrote', async () => {
    const { world } = await afterDrop();
    await world.release('night-2', 'exportDrop');
    world.leave('bob');
    const candidates = { ...failingWrites(world), readAll: () => world.candidates.readAll() };
    const failed = await world.night({ candidates });
    expect(failed).toMatchObject({ state: 'failed', acceptedBefore: 'night-1' });
    expect(holdsOf(failed)).toEqual(['exportDrop of night-2']);
    expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
  });
});

const failingWrites = (world: HoldWorld): DetectOrphansPorts['candidates'] => ({
  readAll: () => world.candidates.readAll(),
  write: () => Promise.reject(new Error('the storage is away')),
});

describe('what is merely not there refuses its night, and holds no other', () => {
  test.each<[string, (world: HoldWorld) => Partial<DetectOrphansPorts>, string]>([
    [
      'no export',
      () => ({ exports: failingStore(new AppError('exportMissing', 'There is no export of contoso.')) }),
      'exportPresent',
    ],
    [
      'a storage that does not answer',
      () => ({ exports: failingStore(new AppError('storageUnavailable', 'no answer')) }),
      'exportPresent',
    ],
    [
      'a list that breaks off',
      world => ({ directory: failingDirectory(world, 'readSynced') }),
      'graphListComplete',
    ],
    [
      'an object on record that can not be read by its id',
      world => ({ directory: failingDirectory(world, 'readById') }),
      'graphListComplete',
    ],
    [
      'an organization that does not answer',
      () => ({ synchronisation: { read: () => Promise.reject(unavailable()) } }),
      'tenantAgrees',
    ],
  ])('%s', async (_, ports, gate) => {
    const world = new HoldWorld();
    await world.night();
    const refused = await world.night(ports(world));
    expect(refused).toMatchObject({ state: 'refused', holds: [] });
    expect(refused.reasons).not.toEqual([]);
    expect(breachesOf(refused)).toContain(gate);
    expect(await world.night()).toMatchObject({ state: 'finished' });
  });

  test('also where it comes together with a breach that holds: that one is not left out', async () => {
    const world = new HoldWorld();
    await world.night();
    world.loseHalf();
    for (const method of ['readSynced', 'readById'] as const) {
      const refused = await world.night({ directory: failingDirectory(world, method) });
      expect(breachesOf(refused)).toEqual(['graphListComplete', 'exportDrop']);
    }
    expect(await world.restore().night()).toMatchObject({ state: 'held' });
  });
});

const unavailable = (): AppError => new AppError('graphUnavailable', 'Graph answered 503, again and again.');
const failingStore = (reason: AppError): ExportStore => ({
  openNewest: async () => {
    throw reason;
  },
});
/** A list, or a read by id of what the lists do not show any more, fails. */
const failingDirectory = (world: HoldWorld, method: 'readSynced' | 'readById'): CloudDirectory => ({
  readSynced: (type, openSink) =>
    method === 'readSynced'
      ? Promise.reject(unavailable())
      : new MemoryDirectory([]).readSynced(type, openSink),
  readById: (type, id) =>
    method === 'readById' ? Promise.reject(unavailable()) : world.directory.readById(type, id),
});

describe('an export that was altered', () => {
  /** Verified in the first pass, something else in the second. */
  const altering = (world: HoldWorld): ExportStore => {
    let readings = 0;
    return {
      openNewest: async source => {
        const opened = await world.exports.openNewest(source);
        return {
          ...opened,
          readRecords: async (visit, signal) => {
            readings += 1;
            if (readings > 1) throw new AppError('exportRefused', 'part-00000: the hash differs now');
            await opened.readRecords(visit, signal);
          },
        };
      },
    };
  };

  test('between the passes holds until it is released', async () => {
    const world = new HoldWorld();
    await world.night();
    const refused = await world.night({ exports: altering(world) });
    expect(refused).toMatchObject({ state: 'refused', reasons: ['part-00000: the hash differs now'] });
    expect(holdsOf(refused)).toEqual(['exportVerified of night-2']);
    expect(await world.night()).toMatchObject({ state: 'held' });
    await world.release('night-2', 'exportVerified');
    expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
  });

  test.each<[string, (world: HoldWorld) => ExportStore]>([
    ['between the passes', altering],
    ['before them', () => failingStore(new AppError('exportRefused', 'bad signature'))],
  ])('%s, and again after its release: refused with its reason, and it holds anew', async (_, store) => {
    const world = new HoldWorld();
    await world.night();
    await world.night({ exports: store(world) });
    await world.release('night-2', 'exportVerified');
    const again = await world.night({ exports: store(world) });
    expect(again.state).toBe('refused');
    expect(again.reasons).toHaveLength(1);
    expect(holdsOf(again)).toEqual(['exportVerified of night-2', 'exportVerified of night-3']);
    expect(await world.night()).toMatchObject({ state: 'held' });
  });
});

describe('a breach of volume', () => {
  test('lists everything on the first night, and locks approval and deletion until it is released', async () => {
    const world = new HoldWorld().limitCandidates(1);
    const first = await world.night();
    expect(first).toMatchObject({ state: 'finished', plan: { created: 5 } });
    expect(first.reasons).toEqual([expect.stringContaining('At most 1 missing users were expected')]);
    expect(world.users()).toEqual({ eve: 'candidate', frank: 'candidate' });
    expect(await world.tryToApprove('eve')).toBe('locked');
    expect(await world.tryToApprove('laptop')).toBe('approved');
    expect(await world.release('night-1', 'candidates')).toMatchObject({ kind: 'added' });
    expect(await world.tryToApprove('eve')).toBe('approved');
    expect(await world.tryToDelete('eve')).toBe('deleted');
  });

  test('locks the deletion of what was approved before it', async () => {
    const world = new HoldWorld();
    await world.night();
    expect(await world.tryToApprove('eve')).toBe('approved');
    const second = await world.limitCandidates(1).night();
    expect(second).toMatchObject({ state: 'finished' });
    expect(await world.tryToDelete('eve')).toBe('locked');
    expect(await world.release('night-2', 'candidates')).toMatchObject({ kind: 'added' });
    expect(await world.tryToDelete('eve')).toBe('deleted');
  });

  test('its release lasts while it goes on and is not worse', async () => {
    const world = new HoldWorld().limitCandidates(1);
    await world.night();
    await world.release('night-1', 'candidates');
    for (let night = 2; night < 5; night += 1) {
      const run = await world.night();
      expect(run).toMatchObject({ state: 'finished', reasons: [] });
      expect(breachesOf(run)).toEqual([]);
    }
    expect(await world.tryToApprove('eve')).toBe('approved');
    world.leave('bob');
    expect(holdsOf(await world.night())).toEqual(['candidates of night-1', 'candidates of night-5']);
    expect(await world.tryToApprove('frank')).toBe('locked');
    expect(await world.tryToDelete('eve')).toBe('locked');
    await world.release('night-5', 'candidates');
    expect(await world.tryToDelete('eve')).toBe('deleted');
  });

  test('its release ends within the limit: the same breach locks again', async () => {
    const world = new HoldWorld().limitCandidates(1);
    await world.night();
    await world.release('night-1', 'candidates');
    world.comeBack('eve', 1105);
    expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
    world.leave('eve');
    expect(holdsOf(await world.night())).toEqual(['candidates of night-3']);
    expect(await world.tryToApprove('frank')).toBe('locked');
  });

  test('locks on, although its figure falls by itself', async () => {
    const world = new HoldWorld().limitCandidates(1);
    await world.night();
    world.comeBack('eve', 1105);
    expect(await world.night()).toMatchObject({ state: 'finished' });
    expect(await world.tryToApprove('frank')).toBe('locked');
  });

  test('locks again where its release is removed, or has expired', async () => {
    const world = new HoldWorld().limitCandidates(1);
    await world.night();
    await world.release('night-1', 'candidates');
    await world.night();
    expect(await world.tryToApprove('eve')).toBe('approved');
    await world.removeReleases();
    expect(await world.tryToApprove('frank')).toBe('locked');
    expect(await world.tryToDelete('eve')).toBe('locked');
    await world.rules.add({
      ruleId: 'for-a-day',
      content: { kind: 'holdRelease', runId: 'night-1', gate: 'candidates' },
      reason: 'for today',
      owner: { id: 'a', name: 'Ada Lovelace' },
      createdAt: world.now as Instant,
      expiresAt: (world.now + dayMs) as Instant,
    });
    expect(await world.tryToApprove('frank')).toBe('approved');
    world.advance(dayMs);
    expect(await world.tryToDelete('frank')).toBe('locked');
  });

  test('of newMissing locks the night on which so many vanished, although the next one has none', async () => {
    const world = new HoldWorld();
    await world.night();
    world.limitNewMissing(0).leave('bob');
    const second = await world.night();
    expect(breachesOf(second)).toEqual(['newMissing']);
    const third = await world.night();
    expect(breachesOf(third)).toEqual([]);
    expect(await world.tryToApprove('eve')).toBe('locked');
    await world.release('night-2', 'newMissing');
    expect(await world.tryToApprove('eve')).toBe('approved');
    expect(holdsOf(await world.night())).toEqual([]);
  });
});

describe('a crash', () => {
  /** The process ends with the batch: nothing is written any more, not even the end of its record. */
  const dying = (world: HoldWorld, batches: number): Partial<DetectOrphansPorts> => {
    let dead = false;
    const died = (): never => {
      throw new Error('the process ended');
    };
    const { runs, candidates } = world;
    return {
      candidates: {
        readAll: () => candidates.readAll(),
        write: async (writes, beforeBatch) => {
          await candidates.write(writes.slice(0, batches), beforeBatch);
          dead = true;
          died();
        },
      },
      runs: {
        newest: limit => runs.newest(limit),
        read: runId => runs.read(runId),
        create: run => runs.create(run),
        replace: async (run, expected) => (dead ? died() : runs.replace(run, expected)),
      },
    };
  };

  test.each([
    ['before the first row', 0],
    ['after the first row', 1],
    ['after the last row', 100],
  ])('between the record and the rows, %s: the next reader sees the lock', async (_, rows) => {
    const world = new HoldWorld();
    await world.night();
    world.leave('bob').limitCandidates(1);
    await expect(world.night(dying(world, rows))).rejects.toThrow('the process ended');
    expect(world.runs.runs.at(-1)).toMatchObject({ state: 'running', runId: 'night-2' });
    expect(await world.tryToApprove('frank')).toBe('locked');
    await world.lock.acquire();
    const third = await world.night();
    expect(third.state).toBe('skipped');
    expect(await world.tryToApprove('frank')).toBe('locked');
  });

  test('the run after it carries the lock on, and it can be released', async () => {
    const world = new HoldWorld();
    await world.night();
    world.leave('bob').limitCandidates(1);
    await expect(world.night(dying(world, 0))).rejects.toThrow('the process ended');
    expect(await world.limitCandidates(100).night()).toMatchObject({ state: 'finished' });
    expect(world.runs.runs[1]).toMatchObject({ runId: 'night-2', state: 'aborted' });
    expect(await world.tryToApprove('frank')).toBe('locked');
    expect(await world.release('night-2', 'candidates')).toMatchObject({ kind: 'added' });
    expect(await world.tryToApprove('frank')).toBe('approved');
  });
});

describe('a hold is not lost', () => {
  /** A night that does not end well, and leaves the hold of night-2 as it was. */
  const badNights: readonly [string, (world: HoldWorld) => Promise<ScanRun>, ScanRun['state']][] = [
    [
      'skipped',
      async world => {
        const held = await world.lock.acquire();
        const run = await world.night();
        await held?.release();
        return run;
      },
      'skipped',
    ],
    [
      'failed: no lease could be asked for',
      world =>
        world.night({ lock: { acquire: () => Promise.reject(new AppError('storageUnavailable', 'no')) } }),
      'failed',
    ],
    [
      'failed: the table of rules does not answer',
      world => {
        const readAll = (): never => {
          throw new AppError('storageUnavailable', 'no answer');
        };
        return world.night({ rules: { readAll } });
      },
      'failed',
    ],
    [
      'aborted: the lease was lost',
      world => {
        const exports: ExportStore = {
          openNewest: async () => {
            world.lock.lose();
            throw new Error('socket closed');
          },
        };
        return world.night({ exports });
      },
      'aborted',
    ],
    [
      'refused: no export',
      world => world.night({ exports: failingStore(new AppError('exportMissing', 'none')) }),
      'refused',
    ],
  ];

  test.each(badNights)('by a night that was %s', async (_, bad, state) => {
    const { world } = await afterDrop();
    world.restore();
    expect(await bad(world)).toMatchObject({ state });
    expect(await world.night()).toMatchObject({ state: 'held' });
  });

  test.each(badNights)('by hundreds of nights that were %s', async (_, bad) => {
    const { world } = await afterDrop();
    world.restore();
    for (let night = 0; night <= recentRuns; night += 1) await bad(world);
    expect(await world.night()).toMatchObject({ state: 'held' });
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({ kind: 'added' });
    expect(await world.night()).toMatchObject({ state: 'finished' });
  });

  test('by the clock of a host that was ahead, and is set right', async () => {
    const world = new HoldWorld();
    await world.night();
    await world.night({ clock: { now: () => (world.now + 30 * 60 * minuteMs) as Instant } });
    const refused = await world.loseHalf().night();
    expect(refused).toMatchObject({ state: 'refused', runNumber: 3 });
    expect(refused.startedAt).toBeLessThan(world.runs.runs[1]!.startedAt);
    world.restore();
    expect(await world.tryToApprove('eve')).toBe('approved');
    expect(await world.tryToDelete('eve')).toBe('evidenceRefused');
    expect(await world.night()).toMatchObject({ state: 'held', acceptedBefore: 'night-2' });
  });

  test('by a clock that was ahead, and a flood of requests while another run goes on', async () => {
    const world = new HoldWorld();
    await world.night();
    await world.night({ clock: { now: () => (world.now + 30 * 60 * minuteMs) as Instant } });
    await world.loseHalf().night();
    const held = await world.lock.acquire();
    for (let asked = 1; asked < recentRuns; asked += 1) await world.advance(1).scanNow();
    await held?.release();
    world.restore();
    expect(await world.night()).toMatchObject({ state: 'held', runNumber: 4 });
  });

  test('by a source that is taken out of the settings', async () => {
    const { world } = await afterDrop();
    world.restore();
    const [contoso] = world.exports.exports;
    const fabrikam = { ...contoso!, source: 'fabrikam' as SourceName };
    world.settings = { ...world.settings, sources: [fabrikam.source] };
    world.exports.exports = [fabrikam];
    const without = await world.scanNow();
    expect(holdsOf(without)).toEqual(['exportDrop of night-2', 'sourceExpected of night-3']);
    await world.release('night-3', 'sourceExpected');
    expect(await world.scanNow()).toMatchObject({ state: 'held' });
  });
});

describe('the baseline', () => {
  test('is the accepted run, and not a record that a skipped request left under its id', async () => {
    const world = new HoldWorld();
    const first = await world.night();
    world.runs.runs.unshift({
      ...first,
      state: 'skipped',
      startedAt: (first.startedAt + 1) as Instant,
      fence: null,
      exports: [],
    });
    expect(await world.loseHalf().night()).toMatchObject({ state: 'refused', acceptedBefore: 'night-1' });
  });

  test('that is gone is no first night: nothing passes', async () => {
    const world = new HoldWorld();
    await world.night();
    const refused = await world.loseHalf().night();
    world.runs.runs = [refused];
    expect(await world.night()).toMatchObject({
      state: 'failed',
      reasons: [expect.stringContaining('restore the table')],
    });
    expect(world.runs.runs.at(-1)).toMatchObject({ acceptedBefore: 'night-1' });
  });

  test('is kept for a source that is taken out of the settings, and put back later', async () => {
    const world = new HoldWorld();
    await world.night();
    const { settings } = world;
    const [contoso] = world.exports.exports;
    world.settings = { ...settings, sources: ['fabrikam' as SourceName] };
    world.exports.exports = [{ ...contoso!, source: 'fabrikam' as SourceName }];
    await world.scanNow();
    await world.release('night-2', 'sourceExpected');
    expect(await world.scanNow()).toMatchObject({ state: 'finished' });
    world.settings = settings;
    const back = await world.loseHalf().night();
    expect(back.state).toBe('refused');
    expect(breachesOf(back)).toContain('exportDrop');
  });

  test('an older export that somebody puts back is refused, and holds', async () => {
    const world = new HoldWorld();
    await world.night();
    const { exports } = world.exports;
    await world.night();
    world.exports.exports = exports;
    const refused = await world.scanNow();
    expect(breachesOf(refused)).toEqual(['exportNotReplayed']);
    expect(holdsOf(refused)).toEqual(['exportNotReplayed of night-3']);
  });

  test('a first night can be accepted, whatever it breaches that holds', async () => {
    const world = new HoldWorld().limit({
      exportFloorObjects: 1_000,
      matchRateFloorPercent: { user: 100, group: 100, contact: 100, device: 100 },
    });
    const first = await world.night();
    expect(breachesOf(first)).toEqual(['exportFloor', 'matchRate']);
    await world.release('night-1', 'exportFloor');
    expect(await world.night()).toMatchObject({ state: 'refused' });
    await world.release('night-1', 'matchRate');
    expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
  });
});

describe('an export from the future', () => {
  test('is no evidence when its time has come: it was made before somebody approved, whatever it says', async () => {
    const world = new HoldWorld();
    await world.night();
    world
      .advance(2 * dayMs)
      .newExport()
      .advance(-dayMs);
    const refused = await world.scanNow();
    expect(breachesOf(refused)).toEqual(['exportClock']);
    await world.release('night-2', 'exportClock');
    expect(await world.tryToApprove('eve')).toBe('approved');
    world.comeBack('eve', 1105).advance(dayMs);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'refused', refusal: 'evidenceRefused' });
    expect(await world.tryToDelete('eve')).toBe('cameBack');
  });
});

describe('releaseHold', () => {
  test('refuses what holds nothing, and says what does', async () => {
    const { world, refused } = await afterDrop();
    expect(await world.release('night-9', 'exportDrop')).toMatchObject({ because: 'noSuchRun' });
    expect(await world.release(refused.runId, 'matchRate')).toMatchObject({ because: 'gateNotBreached' });
    expect(await world.release('night-1', 'exportDrop')).toMatchObject({ because: 'gateNotBreached' });
    await world.release('night-2', 'exportDrop');
    await world.night();
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({
      because: 'notHeld',
      reason: 'This breach holds nothing any more. What does: nothing.',
    });
    await world.limitCandidates(1).night();
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({
      because: 'notHeld',
      reason: expect.stringContaining('What does: candidates of run night-4.'),
    });
    expect(world.rules.rows.size).toBe(1);
  });

  test.each([
    { runId: 'night-1', gate: 'exportDrop' },
    { runId: 'night-2', gate: 'exportdrop' },
  ])('refuses a statement that names something else: %j', async statement => {
    const { world } = await afterDrop();
    expect(await world.release('night-2', 'exportDrop', statement)).toMatchObject({
      because: 'statementDiffers',
    });
    expect(world.rules.rows.size).toBe(0);
  });

  test('the same release again is the same rule', async () => {
    const { world } = await afterDrop();
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({ kind: 'added' });
    expect(await world.release('night-2', 'exportDrop')).toMatchObject({ kind: 'exists' });
    expect(world.rules.rows.size).toBe(1);
  });
});
