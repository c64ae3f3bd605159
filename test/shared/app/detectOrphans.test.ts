import { detectOrphans, type DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import type { CloudDirectory, ExportStore, Log } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { ScanRun } from '../../../shared/core/scanRun';
import { aContact, instant } from '../../support/builders';
import { MemoryDirectory } from '../../support/memory/memoryDirectory';
import { MemoryExports } from '../../support/memory/memoryExports';
import { MemoryRules } from '../../support/memory/memoryDecisions';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { scanSettings } from '../../support/scanDefaults';
import { memoryAsking, memoryHistory } from '../../support/memory/memoryHistory';
import { MemoryLock } from '../../support/memory/memoryLock';
import { MemoryCandidates, MemoryRuns } from '../../support/memory/memoryTables';
import { scenarioCloud, scenarioExports, type ScenarioInput } from '../../support/scenario';

/** Ada is an orphan, Bob is alive. */
const scenario = JSON.parse(`{
  "exports": [{ "source": "contoso", "records": [{ "objectGUID": "@guid(bob)", "objectSid": "@sid(contoso,1106)" }] }],
  "cloud": [
    { "type": "user", "id": "@id(ada)", "displayName": "Ada", "onPremisesImmutableId": "@base64(ada)",
      "onPremisesSecurityIdentifier": "@sid(contoso,1105)", "onPremisesDomainName": "contoso.example" },
    { "type": "user", "id": "@id(bob)", "displayName": "Bob", "onPremisesImmutableId": "@base64(bob)",
      "onPremisesSecurityIdentifier": "@sid(contoso,1106)", "onPremisesDomainName": "contoso.example" }
  ]
}`) as ScenarioInput;
const [ada, bob] = scenarioCloud(scenario) as [CloudObject, CloudObject];

class Night {
  readonly directory = new MemoryDirectory([ada, bob]);
  readonly exports = new MemoryExports(scenarioExports(scenario));
  readonly candidates = new MemoryCandidates();
  readonly runs = new MemoryRuns();
  readonly rules = new MemoryRules();
  readonly synchronisation = new MemorySynchronisation();
  readonly history = memoryHistory();
  readonly asking = memoryAsking();
  readonly lock = new MemoryLock();
  readonly lines: string[] = [];
  readonly stop = new AbortController();
  #now = instant('2026-11-20T02:00:00Z') as number;
  #runs = 0;

  async run(ports: Partial<DetectOrphansPorts> = {}): Promise<ScanRun> {
    const write = (line: string): number => this.lines.push(line);
    const log: Log = { debug: write, info: write, warn: write, error: write };
    const clock = { now: () => (this.#now += 1000) as ReturnType<DetectOrphansPorts['clock']['now']> };
    const newRunId = (): string => `run-${(this.#runs += 1)}`;
    const { directory, exports, candidates, runs, rules, synchronisation, history, asking, lock } = this;
    const sources = this.exports.exports.map(one => one.source);
    return detectOrphans(
      {
        directory,
        exports,
        candidates,
        runs,
        rules,
        synchronisation,
        history,
        asking,
        lock,
        log,
        clock,
        newRunId,
        ...ports,
      },
      scanSettings(sources),
      this.stop.signal,
    );
  }

  rows(): Record<string, string> {
    const rows = [...this.candidates.rows.values()];
    return Object.fromEntries(
      rows.map(row => [row.displayName ?? row.id, `${row.state} ${row.withdrawal ?? row.outcome}`]),
    );
  }
}

describe('the nightly scan', () => {
  test('writes the orphans, and one record of the run', async () => {
    const night = new Night();
    const run = await night.run();
    expect(night.rows()).toEqual({ Ada: 'candidate absent' });
    expect(run).toMatchObject({
      runId: 'run-1',
      runNumber: 1,
      state: 'finished',
      fence: 1,
      version: '1.2.3',
      reasons: [],
      plan: { created: 1, refreshed: 0, attention: 0, withdrawn: 0, unchanged: 0 },
      counts: { user: { read: 2, notSynced: 0, outcomes: { live: 1, absent: 1 } }, device: { read: 0 } },
      exports: [{ source: 'contoso', sequence: 1, lines: 1 }],
    });
    expect(run.gates.filter(gate => !gate.passed)).toEqual([]);
    expect([...new Set(run.gates.map(gate => gate.gate))]).toEqual([
      'exportPresent',
      'exportVerified',
      'graphListComplete',
      'deletedItemsRead',
      'exportFresh',
      'exportClock',
      'exportNotReplayed',
      'exportFollows',
      'exportFloor',
      'exportDrop',
      'canariesVisible',
      'replicationFresh',
      'tenantAgrees',
      'synchronisationEnabled',
      'synchronisationFresh',
      'cloudSyncHealthy',
      'matchRate',
      'candidates',
      'newMissing',
      'pendingDeletions',
    ]);
    expect(Object.keys(run.durations)).toEqual(['exports', 'graph', 'comparison', 'write', 'total']);
    expect(night.runs.runs).toEqual([run]);
  });

  test('a second run right after changes nothing but adds a record', async () => {
    const night = new Night();
    await night.run();
    const before = [...night.candidates.rows];
    const second = await night.run();
    expect([...night.candidates.rows]).toEqual(before);
    expect(night.candidates.written).toBe(1);
    expect(second).toMatchObject({ runNumber: 2, fence: 2, plan: { unchanged: 1, created: 0 } });
    expect(night.runs.runs).toHaveLength(2);
  });

  test('an object that comes back on-premises is withdrawn', async () => {
    const night = new Night();
    await night.run();
    const [contoso] = scenarioExports({
      ...scenario,
      exports: [
        { source: 'contoso', records: [...scenario.exports[0]!.records, { objectGUID: '@guid(ada)' }] },
      ],
    });
    night.exports.exports = [contoso!];
    await night.run();
    expect(night.rows()).toEqual({ Ada: 'withdrawn alive' });
    expect(night.directory.readByIds).toEqual([]);
  });

  test('an object that is gone from the cloud is withdrawn after a read by id', async () => {
    const night = new Night();
    await night.run();
    night.directory.objects = [bob];
    await night.run();
    expect(night.directory.readByIds).toEqual([ada.id]);
    expect(night.rows()).toEqual({ Ada: 'withdrawn gone' });
    await night.run();
    expect(night.directory.readByIds).toEqual([ada.id]);
  });

  test('an object whose source of authority was transferred is withdrawn after a read by id', async () => {
    const night = new Night();
    await night.run();
    night.directory.objects = [{ ...ada, onPremisesSyncEnabled: null }, bob];
    await night.run();
    expect(night.rows()).toEqual({ Ada: 'withdrawn notSynced' });
  });

  test('an object that its list forgot, but that is there, is judged like any other', async () => {
    const night = new Night();
    await night.run();
    const forgetful: CloudDirectory = {
      readSynced: (type, openSink) => new MemoryDirectory([bob]).readSynced(type, openSink),
      readById: (type, id) => night.directory.readById(type, id),
    };
    const run = await night.run({ directory: forgetful });
    expect(night.rows()).toEqual({ Ada: 'candidate absent' });
    expect(run.plan).toMatchObject({ unchanged: 1 });
  });

  test('two objects with one anchor are both reviewed, also where the list forgot one of them', async () => {
    const night = new Night();
    await night.run();
    const twin = {
      ...ada,
      id: '0a0a0a0a-0000-0000-0000-000000000001' as CloudId,
      displayName: 'Twin of Ada',
    };
    const forgetful: CloudDirectory = {
      readSynced: (type, openSink) => new MemoryDirectory([bob, twin]).readSynced(type, openSink),
      readById: (type, id) => new MemoryDirectory([ada, bob, twin]).readById(type, id),
    };
    await night.run({ directory: forgetful });
    expect(night.rows()).toEqual({ Ada: 'attention duplicate', 'Twin of Ada': 'attention duplicate' });
  });

  test('an object that its list forgot tells of a domain that is not covered, too', async () => {
    const night = new Night();
    await night.run();
    const moved = {
      ...ada,
      onPremisesSecurityIdentifier: 'S-1-5-21-4-5-6-1104',
      onPremisesDomainName: 'fabrikam.example',
    };
    const contact = aContact({
      id: '0a0a0a0a-0000-0000-0000-000000000002' as CloudId,
      displayName: 'Contact',
      mail: 'somebody@partner.example',
    });
    const forgetful: CloudDirectory = {
      readSynced: (type, openSink) => new MemoryDirectory([bob, contact]).readSynced(type, openSink),
      readById: (type, id) => new MemoryDirectory([moved, bob, contact]).readById(type, id),
    };
    await night.run({ directory: forgetful });
    expect(night.rows()).toEqual({ Ada: 'withdrawn notCovered' });
  });

  test('two objects with one anchor are both reviewed, also the one that was settled alive before its twin was seen', async () => {
    const night = new Night();
    const twin = {
      ...bob,
      id: '0a0a0a0a-0000-0000-0000-000000000001' as CloudId,
      displayName: 'Twin of Bob',
    };
    night.directory.objects = [ada, bob, twin];
    const run = await night.run();
    expect(night.rows()).toEqual({
      Ada: 'candidate absent',
      Bob: 'attention duplicate',
      'Twin of Bob': 'attention duplicate',
    });
    expect(run.counts.user?.outcomes).toEqual({ live: 0, absent: 1, duplicate: 2 });
  });

  test('a twin that is gone when it is read again is no duplicate', async () => {
    const night = new Night();
    const twin = {
      ...bob,
      id: '0a0a0a0a-0000-0000-0000-000000000001' as CloudId,
      displayName: 'Twin of Bob',
    };
    night.directory.objects = [ada, bob, twin];
    const gone: CloudDirectory = {
      readSynced: (type, openSink) => night.directory.readSynced(type, openSink),
      readById: async () => null,
    };
    await night.run({ directory: gone });
    expect(night.rows()).toEqual({ Ada: 'candidate absent' });
  });

  test('an object that becomes unknown or uncovered is withdrawn with that reason', async () => {
    const night = new Night();
    await night.run();
    night.directory.objects = [{ ...ada, onPremisesDomainName: 'elsewhere.example' } as CloudObject, bob];
    await night.run();
    expect(night.rows()).toEqual({ Ada: 'withdrawn notCovered' });
  });
});

describe('promise 4: a run that fails an evidence gate changes nothing but its own record, and says every reason at once', () => {
  const failing = (
    code: 'graphRefused' | 'graphUnavailable' | 'graphAnswerInvalid',
    message: string,
  ): CloudDirectory => ({
    readSynced: async (type, openSink) => {
      if (type === 'group') throw new AppError(code, message);
      return new MemoryDirectory([ada, bob]).readSynced(type, openSink);
    },
    readById: async () => null,
  });

  test('all reasons, of both sides', async () => {
    const night = new Night();
    await night.run();
    const before = [...night.candidates.rows];
    night.exports.exports = scenarioExports({
      ...scenario,
      exports: [scenario.exports[0]!, { source: 'fabrikam', records: [] }],
    });
    const exports: ExportStore = {
      openNewest: async source => {
        if (source === 'contoso') throw new AppError('exportRefused', 'contoso: bad signature');
        throw new AppError('exportMissing', 'fabrikam: no export');
      },
    };
    const run = await night.run({ exports, directory: failing('graphRefused', 'Graph answered 403') });
    expect(run).toMatchObject({ state: 'refused', plan: null, planDigest: null });
    expect(run.reasons).toEqual(['contoso: bad signature', 'fabrikam: no export', 'Graph answered 403']);
    expect([...night.candidates.rows]).toEqual(before);
    expect(night.runs.runs).toHaveLength(2);
  });

  test('an export that does not verify while it is read', async () => {
    const night = new Night();
    const exports: ExportStore = {
      openNewest: async source => ({
        ...(await night.exports.openNewest(source)),
        readRecords: async visit => {
          night.exports.exports[0]!.records.forEach(visit);
          throw new AppError('exportRefused', 'part-00000: the hash differs');
        },
      }),
    };
    expect(await night.run({ exports })).toMatchObject({
      state: 'refused',
      reasons: ['part-00000: the hash differs'],
    });
    expect(night.rows()).toEqual({});
  });

  test('an export that no longer verifies when it is read for the second time', async () => {
    const night = new Night();
    let readings = 0;
    const exports: ExportStore = {
      openNewest: async source => {
        const opened = await night.exports.openNewest(source);
        const readRecords: typeof opened.readRecords = async (visit, signal) => {
          readings += 1;
          if (readings > 1) throw new AppError('exportRefused', 'the hash differs now');
          await opened.readRecords(visit, signal);
        };
        return { ...opened, readRecords };
      },
    };
    expect(await night.run({ exports })).toMatchObject({
      state: 'refused',
      reasons: ['the hash differs now'],
    });
    expect(night.rows()).toEqual({});
  });

  test('a read by id that Graph refuses is no absence: the run is refused', async () => {
    const night = new Night();
    await night.run();
    const directory: CloudDirectory = {
      readSynced: (type, openSink) => new MemoryDirectory([bob]).readSynced(type, openSink),
      readById: () => Promise.reject(new AppError('graphUnavailable', '503, again and again')),
    };
    expect(await night.run({ directory })).toMatchObject({
      state: 'refused',
      reasons: ['503, again and again'],
    });
    expect(night.rows()).toEqual({ Ada: 'candidate absent' });
  });

  test('a storage that can not be read refuses like a broken export', async () => {
    const exports: ExportStore = {
      openNewest: async () => {
        throw new AppError('storageUnavailable', 'no right to read');
      },
    };
    expect(await new Night().run({ exports })).toMatchObject({
      state: 'refused',
      reasons: ['no right to read'],
    });
  });

  test('a list whose ids do not lie within the counts is read once more, then refused', async () => {
    const night = new Night();
    let reads = 0;
    const short: CloudDirectory = {
      readSynced: async (type, openSink) => {
        const reading = await night.directory.readSynced(type, openSink);
        if (type !== 'user') return reading;
        reads += 1;
        return { ...reading, countBefore: 1000, countAfter: 1000 };
      },
      readById: async () => null,
    };
    const run = await night.run({ directory: short });
    expect(reads).toBe(2);
    expect(run.state).toBe('refused');
    expect(run.reasons).toEqual([expect.stringContaining('990 to 1010 distinct ids were expected')]);
  });

  test('a list that is complete at the second reading is used, and only that reading', async () => {
    const night = new Night();
    let reads = 0;
    const directory: CloudDirectory = {
      readSynced: async (type, openSink) => {
        const reading = await night.directory.readSynced(type, openSink);
        if (type !== 'user' || (reads += 1) === 2) return reading;
        return { ...reading, countBefore: 1000, countAfter: 1000 };
      },
      readById: async () => null,
    };
    expect(await night.run({ directory })).toMatchObject({
      state: 'finished',
      counts: { user: { read: 2 } },
    });
  });

  test('twins that only the reading showed that was given up leave no count below nothing, which no record can hold', async () => {
    const night = new Night();
    const twin = { ...bob, id: '0a0a0a0a-0000-0000-0000-000000000001' as CloudId };
    let reads = 0;
    const directory: CloudDirectory = {
      readSynced: async (type, openSink) => {
        night.directory.objects = type === 'user' && (reads += 1) === 1 ? [bob, twin] : [];
        const reading = await night.directory.readSynced(type, openSink);
        return type === 'user' && reads === 1 ? { ...reading, countBefore: 1000, countAfter: 1000 } : reading;
      },
      readById: async (_, id) => (id === bob.id ? bob : twin) as never,
    };
    const run = await night.run({ directory });
    expect(run.counts.user?.outcomes).toEqual({ live: 0, duplicate: 2 });
  });

  test.each(['graphUnavailable', 'graphAnswerInvalid'] as const)('%s refuses', async code => {
    expect(await new Night().run({ directory: failing(code, 'why') })).toMatchObject({
      state: 'refused',
      reasons: ['why'],
    });
  });
});

describe('one record whatever happens', () => {
  test('an unexpected error fails the run', async () => {
    const night = new Night();
    const directory: CloudDirectory = {
      readSynced: async () => {
        throw new TypeError('x is not a function');
      },
      readById: async () => null,
    };
    expect(await night.run({ directory })).toMatchObject({
      state: 'failed',
      reasons: ['TypeError: x is not a function'],
    });
    const exports: ExportStore = {
      openNewest: () => Promise.reject('thrown text'),
    };
    expect(await night.run({ exports })).toMatchObject({ state: 'failed', reasons: ['thrown text'] });
    expect(night.runs.runs.map(run => run.state)).toEqual(['failed', 'failed']);
  });

  test('a stop aborts the run; the record says who stopped it; the next run works', async () => {
    const night = new Night();
    const exports: ExportStore = {
      openNewest: async () => {
        night.stop.abort(new AppError('stopped', 'The scan was stopped by SIGTERM.'));
        throw new Error('socket closed');
      },
    };
    const run = await night.run({ exports });
    expect(run).toMatchObject({ state: 'aborted', reasons: ['The scan was stopped by SIGTERM.'] });
    expect(night.rows()).toEqual({});
  });

  test('a stop while Graph is read aborts the run', async () => {
    const night = new Night();
    const directory: CloudDirectory = {
      readSynced: async () => {
        night.stop.abort(new Error('stop'));
        throw new AppError('graphUnavailable', 'cut');
      },
      readById: async () => null,
    };
    expect(await night.run({ directory })).toMatchObject({ state: 'aborted', reasons: ['Error: stop'] });
  });

  test('a lost lease stops the run before its next batch', async () => {
    const night = new Night();
    const exports: ExportStore = {
      openNewest: async source => {
        night.lock.lose();
        return night.exports.openNewest(source);
      },
    };
    expect(await night.run({ exports })).toMatchObject({
      state: 'aborted',
      reasons: ['The lease was lost.'],
    });
    expect(night.candidates.written).toBe(0);
  });

  test('while another scan holds the lease, a run is skipped, with a record and nothing else', async () => {
    const night = new Night();
    const held = await night.lock.acquire();
    expect(await night.run()).toMatchObject({ state: 'skipped', runNumber: 0, fence: null });
    expect(night.runs.runs).toMatchObject([{ state: 'skipped' }]);
    await held?.release();
    expect(await night.run()).toMatchObject({ state: 'finished', runNumber: 1 });
    await night.lock.acquire();
    expect(await night.run()).toMatchObject({ state: 'skipped', runNumber: 1 });
  });

  test('a lease that can not be asked for fails the run, with a record', async () => {
    const night = new Night();
    const lock = {
      acquire: () => Promise.reject(new AppError('storageUnavailable', 'no right to the lease')),
    };
    expect(await night.run({ lock })).toMatchObject({
      state: 'failed',
      reasons: ['no right to the lease'],
      fence: null,
    });
    expect(night.runs.runs).toHaveLength(1);
  });

  test('a run that was left running is closed as aborted by the next', async () => {
    const night = new Night();
    await night.run();
    night.runs.runs = night.runs.runs.map(run => ({ ...run, state: 'running', finishedAt: null }));
    await night.run();
    expect(night.runs.runs).toMatchObject([
      { runNumber: 1, state: 'aborted', reasons: [expect.stringContaining('the next run closed it')] },
      { runNumber: 2, state: 'finished' },
    ]);
  });

  test('a row that somebody else wrote fails the run instead of being overwritten', async () => {
    const night = new Night();
    await night.run();
    const key = `user/${ada.id}`;
    const row = night.candidates.rows.get(key)!;
    const readAll = async function* (): AsyncIterable<typeof row> {
      yield { ...row, etag: '"old"', displayName: 'Old' };
    };
    const candidates = { readAll, write: night.candidates.write.bind(night.candidates) };
    expect(await night.run({ candidates })).toMatchObject({
      state: 'failed',
      reasons: [expect.stringContaining('is not what was read')],
    });
    expect(night.candidates.rows.get(key)).toBe(row);
  });
});
