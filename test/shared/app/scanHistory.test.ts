import { detectOrphans, type DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import { createExportRequests } from '../../../shared/app/review/requestExport';
import { AppError } from '../../../shared/core/appError';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { Guid } from '../../../shared/core/keys/guid';
import type { Instant } from '../../../shared/core/instant';
import type { ScanRun } from '../../../shared/core/scanRun';
import { defaultWaitingRules } from '../../../shared/core/waiting';
import { instant } from '../../support/builders';
import { memoryAuditLog } from '../../support/memory/memoryAudit';
import { MemoryDecisions, MemoryRules } from '../../support/memory/memoryDecisions';
import { MemoryDeletedItems, MemoryDeletedUsers } from '../../support/memory/memoryDeletedUsers';
import { MemoryDirectory } from '../../support/memory/memoryDirectory';
import { MemoryExports } from '../../support/memory/memoryExports';
import { MemoryLock } from '../../support/memory/memoryLock';
import { MemoryRequestBlobs } from '../../support/memory/memoryRequests';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { MemoryCandidates, MemoryRuns } from '../../support/memory/memoryTables';
import { scenarioCloud, scenarioExports, type ScenarioInput } from '../../support/scenario';
import { metAtOnce, scanSettings } from '../../support/scanDefaults';
import { decisions as samples } from '../core/decisions';
import { recordingLog } from '../io/http/sampleApi';

/** Ada is an orphan, Bob is alive; Carol comes from a domain that no export covers. */
const scenario = JSON.parse(`{
  "exports": [{ "source": "contoso", "records": [{ "objectGUID": "@guid(bob)", "objectSid": "@sid(contoso,1106)" }] }],
  "cloud": [
    { "type": "user", "id": "@id(ada)", "displayName": "Ada", "onPremisesImmutableId": "@base64(ada)",
      "onPremisesSecurityIdentifier": "@sid(contoso,1105)", "onPremisesDomainName": "contoso.example" },
    { "type": "user", "id": "@id(bob)", "displayName": "Bob", "onPremisesImmutableId": "@base64(bob)",
      "onPremisesSecurityIdentifier": "@sid(contoso,1106)", "onPremisesDomainName": "contoso.example" },
    { "type": "user", "id": "@id(carol)", "displayName": "Carol", "onPremisesImmutableId": "@base64(carol)",
      "onPremisesSecurityIdentifier": "@sid(fabrikam,1107)", "onPremisesDomainName": "fabrikam.example" }
  ]
}`) as ScenarioInput;
const [ada, bob, carol] = scenarioCloud(scenario) as [CloudObject, CloudObject, CloudObject];
const otherId = '0c0c0c0c-0000-4000-8000-000000000001' as CloudId;
const dayMs = 24 * 60 * 60 * 1000;

class Nights {
  readonly directory = new MemoryDirectory([ada, bob]);
  readonly exports = new MemoryExports(scenarioExports(scenario));
  readonly candidates = new MemoryCandidates();
  readonly runs = new MemoryRuns();
  readonly rules = new MemoryRules();
  readonly decisions = new MemoryDecisions();
  readonly deletedItems = new MemoryDeletedItems();
  readonly deletedUsers = new MemoryDeletedUsers();
  readonly requestBlobs = new MemoryRequestBlobs();
  readonly log = recordingLog();
  now = instant('2026-11-20T02:00:00Z') as number;
  #ids = 0;

  ports(): DetectOrphansPorts {
    const { directory, exports, candidates, runs, rules, log, requestBlobs } = this;
    const clock = { now: () => this.now as Instant };
    const newId = (): Guid => `00000000-0000-4000-8000-${String((this.#ids += 1)).padStart(12, '0')}` as Guid;
    return {
      directory,
      exports,
      candidates,
      runs,
      rules,
      log,
      clock,
      synchronisation: new MemorySynchronisation(),
      history: {
        deletedItems: this.deletedItems,
        deletedUsers: this.deletedUsers,
        decisions: this.decisions,
        evidence: candidates,
      },
      asking: {
        requestBlobs,
        requests: createExportRequests({
          blobs: requestBlobs,
          exports,
          audit: memoryAuditLog('scan'),
          clock,
          log,
          newId,
        }),
      },
      lock: new MemoryLock(),
      newRunId: newId,
    };
  }

  async run(ports: Partial<DetectOrphansPorts> = {}, waiting = metAtOnce): Promise<ScanRun> {
    const settings = scanSettings(['contoso'], { waiting });
    const run = await detectOrphans({ ...this.ports(), ...ports }, settings, AbortSignal.timeout(5_000));
    this.now += dayMs;
    return run;
  }

  /** The administrator deletes it through the app, and the next scan sees that it is gone. */
  async deleteByUs(cloud: CloudObject): Promise<void> {
    const { type, id } = cloud;
    const decision = { ...samples.deleted, type, id, deletedAt: this.now as Instant };
    this.decisions.rows.set(`${type}/${id}`, { ...decision, etag: '"1"' });
    this.directory.objects = this.directory.objects.filter(object => object !== cloud);
    this.now += dayMs;
    await this.run();
  }

  rows(): Record<string, string> {
    const rows = [...this.candidates.rows.values()];
    return Object.fromEntries(
      rows.map(row => [
        `${row.displayName}${row.id === otherId ? ' again' : ''}`,
        `${row.state} ${row.attention ?? row.withdrawal ?? row.outcome}`,
      ]),
    );
  }
}

describe('a user who was restored (case 14)', () => {
  test('is a matter for a person for 30 days, and then judged like any other', async () => {
    const nights = new Nights();
    nights.directory.objects = [bob];
    nights.deletedItems.ids = [ada.id];
    await nights.run();
    nights.directory.objects = [ada, bob];
    nights.deletedItems.ids = [];
    for (let night = 0; night < 30; night += 1) {
      await nights.run();
      expect(nights.rows()).toEqual({ Ada: 'attention restored' });
    }
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
    expect([...nights.candidates.rows.values()]).toMatchObject([{ firstObservedRun: 32 }]);
  });

  test('who is alive on-premises is no matter for anybody', async () => {
    const nights = new Nights();
    nights.deletedItems.ids = [bob.id];
    await nights.run();
    nights.deletedItems.ids = [];
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
  });

  test('is observed where the memory is lost: what nobody knows is no candidate', async () => {
    const nights = new Nights();
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
    nights.deletedUsers.lose();
    const lostAt = nights.now;
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'observed absent' });
    expect([...nights.candidates.rows.values()]).toMatchObject([
      { waitsFor: [{ for: 'deletedItems', until: lostAt + 30 * dayMs }] },
    ]);
    for (let night = 0; night < 30; night += 1) await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
  });
});

describe('the memory of the deleted users', () => {
  test('has a gap where it is gone together with the records of the runs: rows say that there were scans', async () => {
    const nights = new Nights();
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
    nights.deletedUsers.stored = { kind: 'none' };
    await nights.run({ runs: new MemoryRuns() });
    expect([...nights.candidates.rows.values()]).toMatchObject([
      { state: 'observed', waitsFor: [{ for: 'deletedItems' }] },
    ]);
  });

  test('is kept in a refused run, too: it can only keep an object from being a candidate', async () => {
    const nights = new Nights();
    const exports = { openNewest: () => Promise.reject(new AppError('exportMissing', 'no export')) };
    nights.deletedItems.ids = [ada.id];
    expect(await nights.run({ exports })).toMatchObject({ state: 'refused', reasons: ['no export'] });
    expect(nights.deletedUsers.stored).toMatchObject({
      kind: 'kept',
      memory: { deleted: new Set([ada.id]) },
    });
    expect(nights.rows()).toEqual({});
    nights.deletedItems.ids = [];
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'attention restored' });
  });

  test('that Graph does not tell refuses the run, with every other reason', async () => {
    const nights = new Nights();
    await nights.run();
    nights.deletedItems.error = new AppError('graphRefused', 'no right to read deleted items');
    const exports = { openNewest: () => Promise.reject(new AppError('exportMissing', 'no export')) };
    expect(await nights.run({ exports })).toMatchObject({
      state: 'refused',
      reasons: ['no export', 'no right to read deleted items'],
    });
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
  });
});

describe('what the app deleted, and is made again (case 38)', () => {
  const adaAgain = { ...ada, id: otherId };
  const deleted = async (): Promise<Nights> => {
    const nights = new Nights();
    await nights.run();
    await nights.deleteByUs(ada);
    expect(nights.rows()).toEqual({ Ada: 'withdrawn gone' });
    return nights;
  };

  test('is attention and never a candidate by itself, missing or alive, and one alert', async () => {
    const nights = await deleted();
    nights.directory.objects = [adaAgain, bob];
    const run = await nights.run();
    expect(nights.rows()).toMatchObject({ 'Ada again': 'attention madeAgain' });
    expect(run.counts.user?.outcomes).toEqual({ live: 1, absent: 1 });
    const [contoso] = scenarioExports({
      ...scenario,
      exports: [
        { source: 'contoso', records: [...scenario.exports[0]!.records, { objectGUID: '@guid(ada)' }] },
      ],
    });
    nights.exports.exports = [contoso!];
    const alive = await nights.run();
    expect(alive.counts.user?.outcomes).toEqual({ live: 2 });
    nights.exports.exports = scenarioExports(scenario);
    for (let night = 0; night < 40; night += 1) await nights.run();
    expect(nights.rows()).toMatchObject({ 'Ada again': 'attention madeAgain' });
    const alerts = nights.log.lines.filter(line => line.includes('alert madeAgain: '));
    expect(alerts).toEqual([expect.stringContaining(`user ${otherId}, deleted as user ${ada.id}`)]);
  });

  test('is so under its own id, and the list’s lag is no alert', async () => {
    const nights = await deleted();
    nights.directory.objects = [ada, bob];
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'attention madeAgain' });

    const lagging = new Nights();
    await lagging.run();
    const decision = { ...samples.deleted, id: ada.id, deletedAt: (lagging.now - 60_000) as Instant };
    lagging.decisions.rows.set(`user/${ada.id}`, { ...decision, etag: '"1"' });
    await lagging.run();
    expect(lagging.rows()).toEqual({ Ada: 'candidate absent' });
  });

  test('a refused run tells nobody: the first accepted one does', async () => {
    const nights = await deleted();
    nights.directory.objects = [adaAgain, bob];
    const exports = { openNewest: () => Promise.reject(new AppError('exportMissing', 'no export')) };
    await nights.run({ exports });
    expect(nights.log.lines.filter(line => line.includes('alert madeAgain'))).toEqual([]);
    await nights.run();
    expect(nights.log.lines.filter(line => line.includes('alert madeAgain'))).toHaveLength(1);
  });
});

describe('a domain that is retired (case 29)', () => {
  test('makes its missing objects a matter for a person, while the rule is in force', async () => {
    const nights = new Nights();
    nights.directory.objects = [ada, bob, carol];
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent' });
    const domainSid = /^(.*)-\d+$/.exec(
      (carol as typeof ada & { type: 'user' }).onPremisesSecurityIdentifier!,
    )![1]!;
    const rule = {
      ruleId: 'retired-1',
      content: { kind: 'retiredDomain', domainSid },
      reason: 'switched off in May',
      owner: { id: '0a0a0a0a-0000-0000-0000-000000000001', name: 'Ada Lovelace' },
      createdAt: nights.now as Instant,
      expiresAt: (nights.now + 1.5 * dayMs) as Instant,
    } as const;
    await nights.rules.add(rule);
    const run = await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent', Carol: 'attention retiredDomain' });
    expect(run.counts.user?.outcomes).toMatchObject({ notCovered: 1 });
    nights.now += dayMs;
    await nights.run();
    expect(nights.rows()).toEqual({ Ada: 'candidate absent', Carol: 'withdrawn notCovered' });
  });
});

test('no run asks an agent while nothing waits for a synchronisation; the record says what is known of each source', async () => {
  const nights = new Nights();
  const run = await nights.run();
  expect(nights.requestBlobs.blobs.size).toBe(0);
  expect(run.synchronisation).toMatchObject({
    tenant: { enabled: true },
    sources: [{ source: 'contoso', hasHistory: false, lastSucceededStart: null, request: null }],
  });
});

test('the agent of a source is asked once for the synchronisation that objects wait for, and its answer is on record', async () => {
  const nights = new Nights();
  const strict = (): Promise<ScanRun> => nights.run({}, defaultWaitingRules);
  const request = (run: ScanRun): object | null | undefined => run.synchronisation?.sources[0]?.request;
  const first = await strict();
  expect(nights.rows()).toEqual({ Ada: 'observed absent' });
  const id = nights.requestBlobs.blobs.get('contoso/synchronisation')?.request?.id;
  expect(request(first)).toEqual({ id, status: 'requested' });
  expect(request(await strict())).toEqual({ id, status: 'waiting' });
  const [contoso] = nights.exports.exports;
  const answeredRequests = [
    { id: id!, kind: 'synchronisation', outcome: 'failed', answeredAt: nights.now as Instant } as const,
  ];
  nights.exports.exports = [{ ...contoso!, manifest: { ...contoso!.manifest, answeredRequests } }];
  expect(request(await strict())).toEqual({ id, status: 'failed' });
  nights.exports.exports = [contoso!];
  // A run that was refused in between knows nothing of the answer.
  const exports = { openNewest: () => Promise.reject(new AppError('exportMissing', 'no export')) };
  await nights.run({ exports }, defaultWaitingRules);
  expect(request(await strict())).toEqual({ id, status: 'failed' });
  expect(nights.requestBlobs.blobs.get('contoso/synchronisation')?.request?.id).toBe(id);
});

test('a refused run asks nobody', async () => {
  const nights = new Nights();
  nights.deletedItems.error = new AppError('graphRefused', 'no permission');
  expect(await nights.run({}, defaultWaitingRules)).toMatchObject({ state: 'refused' });
  expect(nights.requestBlobs.blobs.size).toBe(0);
});
