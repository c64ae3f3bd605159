import { readdirSync } from 'node:fs';
import path from 'node:path';
import { detectOrphans } from '../../../../shared/app/detectOrphans';
import type { ExportStore } from '../../../../shared/app/ports';
import {
  explainObject,
  type ExplainObjectPorts,
  type Judgement,
  type ObjectExplanation,
} from '../../../../shared/app/review/explainObject';
import { AppError } from '../../../../shared/core/appError';
import type { CloudId, CloudObject } from '../../../../shared/core/cloudObject';
import { referenceKey } from '../../../../shared/core/duplicates';
import type { SourceName } from '../../../../shared/core/exportFormat';
import { instant } from '../../../support/builders';
import { MemoryDecisions, MemoryRules } from '../../../support/memory/memoryDecisions';
import { MemoryDirectory } from '../../../support/memory/memoryDirectory';
import { MemoryExports } from '../../../support/memory/memoryExports';
import { MemorySynchronisation } from '../../../support/memory/memorySynchronisation';
import { scanSettings } from '../../../support/scanDefaults';
import { memoryAsking, memoryHistory } from '../../../support/memory/memoryHistory';
import { MemoryLock } from '../../../support/memory/memoryLock';
import { MemoryCandidates, MemoryRuns } from '../../../support/memory/memoryTables';
import {
  readScenario,
  scenarioCloud,
  scenarioExports,
  scenarioRows,
  type ScenarioInput,
} from '../../../support/scenario';
import { decisions as samples } from '../../core/decisions';

const open = new AbortController().signal;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A tenant before or after the scan, with everything in memory. */
class Tenant implements ExplainObjectPorts {
  readonly objects: readonly CloudObject[];
  readonly sources: readonly SourceName[];
  readonly candidates = new MemoryCandidates();
  readonly decisions = new MemoryDecisions();
  readonly runs = new MemoryRuns();
  readonly log = silent;
  readonly clock = { now: () => instant('2026-11-20T02:00:00Z') };
  readonly directory: MemoryDirectory;
  exports: ExportStore;

  constructor(input: ScenarioInput) {
    this.objects = scenarioCloud(input);
    this.directory = new MemoryDirectory(this.objects);
    this.exports = new MemoryExports(scenarioExports(input));
    this.sources = (input.expected ?? input.exports.map(one => one.source)) as SourceName[];
    for (const row of scenarioRows(input)) this.candidates.rows.set(referenceKey(row), row);
  }

  async scan(): Promise<this> {
    const { directory, candidates, runs, clock, log } = this;
    const ports = { directory, candidates, runs, clock, log, exports: this.exports };
    await detectOrphans(
      {
        ...ports,
        rules: new MemoryRules(),
        synchronisation: new MemorySynchronisation(),
        history: memoryHistory({ decisions: this.decisions, evidence: candidates }),
        asking: memoryAsking(),
        lock: new MemoryLock(),
        newRunId: () => `run-${runs.runs.length + 1}`,
      },
      scanSettings(this.sources),
      open,
    );
    return this;
  }

  async explain(
    object: Pick<CloudObject, 'type' | 'id'>,
    { budgetMs = 10_000, signal = open }: { budgetMs?: number; signal?: AbortSignal } = {},
  ): Promise<ObjectExplanation> {
    const explained = await explainObject(this, { sources: this.sources, budgetMs }, object, signal);
    if (explained.kind === 'notFound') throw new RangeError('not found');
    return explained;
  }

  of(name: string): CloudObject {
    return this.objects.find(object => object.displayName === name)!;
  }
}

const directory = path.join(__dirname, '..', '..', '..', 'scenarios');
const names = readdirSync(directory, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name);
const scenario = (name: string): ScenarioInput => readScenario(path.join(directory, name));

const judged = (judgement: Judgement): Extract<Judgement, { kind: 'judged' }> => {
  if (judgement.kind !== 'judged') throw new RangeError(judgement.kind);
  return judgement;
};

/** What the rows and the record of the newest scan say of an object, and what an explanation said before, in the same words. */
const saidByScan = ({ candidates, runs }: Tenant, cloud: CloudObject): string => {
  if (cloud.onPremisesSyncEnabled !== true) return 'notSynced';
  if (runs.runs.at(-1)?.state !== 'finished') return 'refused';
  const row = candidates.rows.get(referenceKey(cloud));
  return row && row.state !== 'withdrawn' ? `${row.outcome} ${row.evidenceHash}` : 'nothing to see';
};
const saidBy = (judgement: Judgement): string => {
  if (judgement.kind !== 'judged') return judgement.kind;
  const { outcome, verdict, evidence } = judgement;
  return verdict.kind === 'none' ? 'nothing to see' : `${outcome} ${evidence.hash}`;
};

describe('an object is explained as the next scan judges it', () => {
  test.each(names)('%s', async name => {
    const tenant = await new Tenant(scenario(name)).scan();
    const explained: ObjectExplanation[] = [];
    for (const object of tenant.objects) explained.push(await tenant.explain(object));
    await tenant.scan();
    expect(explained.map(({ judgement }) => saidBy(judgement))).toEqual(
      tenant.objects.map(object => saidByScan(tenant, object)),
    );
    expect(JSON.stringify(explained)).not.toMatch(/undefined|\[object/);
  });
});

describe('what is explained', () => {
  test('is read from Graph by its id, and only Graph says that there is none', async () => {
    const tenant = new Tenant(scenario('plain-orphan'));
    const settings = { sources: tenant.sources, budgetMs: 10_000 };
    const nobody = { type: 'user', id: '00000000-0000-4000-8000-00000000dead' as CloudId } as const;
    expect(await explainObject(tenant, settings, nobody, open)).toEqual({ kind: 'notFound' });
    expect(tenant.directory.readByIds).toEqual([nobody.id]);
    tenant.directory.readById = async () => {
      throw new AppError('graphUnavailable', 'no answer');
    };
    await expect(explainObject(tenant, settings, nobody, open)).rejects.toMatchObject({
      code: 'graphUnavailable',
    });
  });

  test('has what is on record beside it, and the newest scan that finished', async () => {
    const tenant = await new Tenant(scenario('plain-orphan')).scan();
    const row = [...tenant.candidates.rows.values()][0]!;
    await tenant.decisions.write({ ...samples.rejected, type: row.type, id: row.id }, null);
    tenant.runs.runs.push({
      ...tenant.runs.runs[0]!,
      runId: 'run-2',
      state: 'refused',
      startedAt: instant('2026-11-21T02:00:00Z'),
    });
    const explained = await tenant.explain(row);
    expect(explained).toMatchObject({
      facts: row,
      decision: { recorded: 'rejected' },
      lastScan: { runId: 'run-1' },
      exports: [{ source: 'contoso' }],
    });
    expect(explained.gates.map(({ gate, passed }) => [gate, passed])).toEqual([
      ['exportPresent', true],
      ['exportVerified', true],
    ]);
  });

  test('reads each export twice a call, however many keys there are', async () => {
    const tenant = new Tenant(scenario('plain-orphan'));
    let readings = 0;
    const store = tenant.exports;
    tenant.exports = {
      openNewest: async (source, signal) => {
        const opened = await store.openNewest(source, signal);
        const readRecords: typeof opened.readRecords = (visit, stop) => {
          readings += 1;
          return opened.readRecords(visit, stop);
        };
        return { ...opened, readRecords };
      },
    };
    await tenant.explain(tenant.objects[0]!);
    expect(readings).toBe(2);
  });

  test('says that twins were not looked for, or from which run they are', async () => {
    const before = new Tenant(scenario('case-33-shared-sid'));
    const twin = before.objects[0]!;
    const unscanned = await before.explain(twin);
    expect(unscanned.limits.join()).toContain('not looked for here');
    await before.scan();
    const scanned = await before.explain(twin);
    expect(judged(scanned.judgement).outcome).toBe('duplicate');
    expect(scanned.limits.join()).toContain('from run 1');
    const row = before.candidates.rows.get(referenceKey(twin))!;
    before.candidates.rows.set(referenceKey(twin), { ...row, evidence: { kind: 'inline', json: '{}' } });
    await expect(before.explain(twin)).rejects.toMatchObject({ code: 'rowInvalid' });
  });

  test('before any scan, what one object can not show is taken for the worse', async () => {
    const input = scenario('case-30-contact-while-a-domain-is-not-covered');
    const unscanned = new Tenant(input);
    const contact = unscanned.objects.find(({ type }) => type === 'contact')!;
    const explained = await unscanned.explain(contact);
    expect(judged(explained.judgement)).toMatchObject({ outcome: 'unknown', verdict: { kind: 'none' } });
    expect(explained.limits.join()).toContain('No scan has finished');
    const scanned = await (await new Tenant(input).scan()).explain(contact);
    expect(scanned.limits.join()).toContain('is from run 1');
  });
});

describe('exports that do not hold are an answer without a verdict', () => {
  const refusing = (code: 'exportMissing' | 'exportRefused' | 'storageUnavailable'): ExportStore => ({
    openNewest: async () => {
      throw new AppError(code, `reason of ${code}`);
    },
  });

  test.each(['exportMissing', 'exportRefused', 'storageUnavailable'] as const)('%s', async code => {
    const tenant = new Tenant(scenario('plain-orphan'));
    tenant.exports = refusing(code);
    const explained = await tenant.explain(tenant.objects[0]!);
    expect(explained.judgement).toEqual({ kind: 'refused', reasons: [`reason of ${code}`] });
    expect(explained.gates.filter(({ passed }) => !passed).length).toBeGreaterThan(0);
    expect(explained.limits).toEqual([]);
  });

  test('also in the second reading', async () => {
    const tenant = new Tenant(scenario('plain-orphan'));
    let readings = 0;
    const store = tenant.exports;
    tenant.exports = {
      openNewest: async (source, signal) => {
        const opened = await store.openNewest(source, signal);
        const readRecords: typeof opened.readRecords = async (visit, stop) => {
          readings += 1;
          if (readings === 2) throw new AppError('exportRefused', 'it changed');
          await opened.readRecords(visit, stop);
        };
        return { ...opened, readRecords };
      },
    };
    const explained = await tenant.explain(tenant.objects[0]!);
    expect(explained).toMatchObject({
      judgement: { kind: 'refused', reasons: ['it changed'] },
      exports: [{ source: 'contoso' }],
    });
  });

  /** Answers only when it is stopped. */
  const endless: ExportStore = {
    openNewest: (_, signal) =>
      new Promise((__, reject) => {
        if (signal.aborted) reject(signal.reason as Error);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  };

  test('so are exports that are not read in time', async () => {
    const tenant = new Tenant(scenario('plain-orphan'));
    tenant.exports = endless;
    const explained = await tenant.explain(tenant.objects[0]!, { budgetMs: 5 });
    expect(explained).toMatchObject({
      judgement: { kind: 'refused', reasons: [expect.stringContaining('within 0.005 seconds')] },
      gates: [],
      exports: [],
    });
  });

  test('but a caller who stops, and what nobody expects, are thrown', async () => {
    const tenant = new Tenant(scenario('plain-orphan'));
    tenant.exports = endless;
    const stop = new AbortController();
    const reason = new AppError('stopped', 'SIGTERM');
    const explained = tenant.explain(tenant.objects[0]!, { signal: stop.signal });
    stop.abort(reason);
    await expect(explained).rejects.toBe(reason);
    tenant.exports = {
      openNewest: async () => {
        throw new TypeError('a bug');
      },
    };
    await expect(tenant.explain(tenant.objects[0]!)).rejects.toThrow(TypeError);
  });
});

test('the clock of the decision is that of the call', async () => {
  const tenant = await new Tenant(scenario('plain-orphan')).scan();
  const row = [...tenant.candidates.rows.values()][0]!;
  const approval = { ...samples.approved.approval, evidenceHash: row.evidenceHash };
  await tenant.decisions.write({ ...samples.approved, approval, type: row.type, id: row.id }, null);
  expect((await tenant.explain(row)).decision).toMatchObject({ state: 'approved' });
  tenant.clock.now = () => approval.expiresAt;
  expect((await tenant.explain(row)).decision).toMatchObject({ state: 'lapsed', lapseReason: 'expired' });
});
