import fc from 'fast-check';
import { detectOrphans } from '../../../shared/app/detectOrphans';
import type { CloudObject } from '../../../shared/core/cloudObject';
import type { Instant } from '../../../shared/core/instant';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import type { ScanRun } from '../../../shared/core/scanRun';
import { defaultWaitingRules } from '../../../shared/core/waiting';
import { domainNames, someObjects, someRecords } from '../../support/arbitraryTenants';
import { instant } from '../../support/builders';
import { MemoryRules } from '../../support/memory/memoryDecisions';
import { MemoryDirectory } from '../../support/memory/memoryDirectory';
import { MemoryExports, type MemoryExport } from '../../support/memory/memoryExports';
import { memoryAsking, memoryHistory } from '../../support/memory/memoryHistory';
import { MemoryLock } from '../../support/memory/memoryLock';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { MemoryCandidates, MemoryRuns } from '../../support/memory/memoryTables';
import { metAtOnce, scanSettings } from '../../support/scanDefaults';
import { scenarioExports } from '../../support/scenario';

// Laws of a whole run, over random tenants, exports and tables.

const dayMs = 24 * 60 * 60_000;
const firstNight = instant('2026-11-20T02:00:00Z');
const silent = (): void => undefined;
const sources = ['contoso', 'fabrikam'] as const;

/** What is there in one night. */
interface Night {
  readonly objects: readonly CloudObject[];
  readonly records: readonly ExportRecord[];
}
const someNight: fc.Arbitrary<Night> = fc.record({ objects: someObjects, records: someRecords });

const templates = scenarioExports({
  exports: sources.map((source, at) => ({ source, domains: [domainNames[at] ?? null], records: [] })),
  cloud: [],
});

const hashOf = (night: number): string => `${night}`.padStart(64, '0');

function exportsOf(records: readonly ExportRecord[], night: number): readonly MemoryExport[] {
  return templates.map((template, at) => {
    const [context] = template.manifest.namingContexts;
    const startedAt = (firstNight + night * dayMs - 60 * 60_000) as Instant;
    const sid = at === 0 ? 'S-1-5-21-1-2-3' : 'S-1-5-21-4-5-6';
    return {
      ...template,
      manifestHash: hashOf(night),
      manifest: {
        ...template.manifest,
        sequence: night + 1,
        previousManifest: night === 0 ? null : hashOf(night - 1),
        startedAt,
        finishedAt: startedAt,
        namingContexts: context ? [{ ...context, domain: { dnsName: domainNames[at] ?? '', sid } }] : [],
      },
      records: records.filter(({ source }) => source === sources[at]),
    };
  });
}

/** In which order everything comes. */
type Order = <Value>(values: readonly Value[]) => readonly Value[];
const asItIs: Order = values => values;

class Tenant {
  readonly candidates = new MemoryCandidates();
  readonly runs = new MemoryRuns();
  readonly #history = memoryHistory();
  readonly #synchronisation = new MemorySynchronisation();

  constructor(
    private readonly waiting: typeof metAtOnce,
    private readonly order: Order = asItIs,
  ) {}

  async scan({ objects, records }: Night, night: number, later = 0): Promise<ScanRun> {
    const { candidates, runs, order } = this;
    const rows = order([...candidates.rows]);
    candidates.rows.clear();
    for (const [key, row] of rows) candidates.rows.set(key, row);
    return detectOrphans(
      {
        directory: new MemoryDirectory(order(objects)),
        exports: new MemoryExports(exportsOf(order(records), night)),
        history: this.#history,
        asking: memoryAsking(),
        candidates,
        runs,
        rules: new MemoryRules(),
        synchronisation: this.#synchronisation,
        lock: new MemoryLock(),
        log: { debug: silent, info: silent, warn: silent, error: silent },
        clock: { now: () => (firstNight + night * dayMs + later) as Instant },
        newRunId: () => `run-${runs.runs.length + 1}`,
      },
      scanSettings(order(sources), { waiting: this.waiting }),
      AbortSignal.timeout(20_000),
    );
  }

  /** What the table says, whoever was written first. */
  facts(): readonly object[] {
    return [...this.candidates.rows.values()]
      .map(({ etag: _, ...facts }) => facts)
      .toSorted((a, b) => (`${a.type}/${a.id}` < `${b.type}/${b.id}` ? -1 : 1));
  }
}

const someRules = fc.constantFrom(
  metAtOnce,
  { ...metAtOnce, consecutiveRuns: 2, graceDays: 1 },
  {
    ...defaultWaitingRules,
    synchronisation: 'notAsked' as const,
  },
);

describe('laws of a run', () => {
  test('the plan does not depend on the order of objects, sources, records and rows', async () => {
    let written = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(someNight, { minLength: 1, maxLength: 3 }),
        someRules,
        fc.nat(1_000),
        async (nights, rules, salt) => {
          const forward = new Tenant(rules);
          const other = new Tenant(rules, values => rotated(values, salt));
          for (const [at, night] of nights.entries()) {
            const one = await forward.scan(night, at);
            const two = await other.scan(night, at);
            expect([two.state, two.planDigest, two.counts]).toEqual([one.state, one.planDigest, one.counts]);
            expect(other.facts()).toEqual(forward.facts());
          }
          written += forward.candidates.written;
        },
      ),
      { numRuns: 250 },
    );
    expect(written).toBeGreaterThan(250);
  }, 60_000);

  test('a run right after another one, over the same, writes nothing', async () => {
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(someNight, { minLength: 1, maxLength: 3 }),
        someRules,
        async (nights, rules) => {
          const tenant = new Tenant(rules);
          for (const [at, night] of nights.entries()) {
            await tenant.scan(night, at);
            const { written } = tenant.candidates;
            const again = await tenant.scan(night, at, 1_000);
            expect(again.state).toBe('finished');
            expect(again.plan).toMatchObject({ created: 0, refreshed: 0, attention: 0, withdrawn: 0 });
            expect(tenant.candidates.written).toBe(written);
          }
          rows += tenant.candidates.rows.size;
        },
      ),
      { numRuns: 250 },
    );
    expect(rows).toBeGreaterThan(250);
  }, 60_000);
});

/** Another order, the same for the same salt: turned round, and begun in the middle. */
function rotated<Value>(values: readonly Value[], salt: number): readonly Value[] {
  const at = values.length === 0 ? 0 : salt % values.length;
  const turned = [...values.slice(at), ...values.slice(0, at)];
  return salt % 2 === 0 ? turned : turned.toReversed();
}
