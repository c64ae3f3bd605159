import type { ComparisonResult } from '../../../shared/app/compareTenant';
import {
  comparisonGates,
  evidenceGates,
  readSynchronisation,
  volumeGates,
  type GateInput,
} from '../../../shared/app/evaluateGates';
import { readExports } from '../../../shared/app/readExports';
import { AppError, type ErrorCode } from '../../../shared/core/appError';
import type { CloudId } from '../../../shared/core/cloudObject';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { FactState, StoredFacts, Wait } from '../../../shared/core/facts';
import type { GateResult } from '../../../shared/core/gates/gate';
import { defaultGateLimits } from '../../../shared/core/gates/limits';
import type { Instant } from '../../../shared/core/instant';
import type { Finding } from '../../../shared/core/runPlan';
import type { ExportUsed, ScanRun, TypeCounts } from '../../../shared/core/scanRun';
import type { SourceSynchronisation } from '../../../shared/core/synchronisation';
import { aRun, someFacts } from '../../functions/reviewBench';
import { aDevice, aUser, instant } from '../../support/builders';
import { MemoryExports } from '../../support/memory/memoryExports';
import { MemorySynchronisation } from '../../support/memory/memorySynchronisation';
import { generousLimits, tenantId } from '../../support/scanDefaults';
import { scenarioExports, type ScenarioInput } from '../../support/scenario';

const signal = new AbortController().signal;
const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

describe('what Graph tells of synchronisation', () => {
  const failing = (code: ErrorCode): MemorySynchronisation => {
    const reader = new MemorySynchronisation();
    reader.error = new AppError(code, 'why');
    return reader;
  };

  test('is read', async () => {
    const reader = new MemorySynchronisation();
    expect(await readSynchronisation(reader, signal)).toEqual({ tenant: reader.state, unread: '' });
  });

  test.each<ErrorCode>(['graphUnavailable', 'graphRefused', 'graphAnswerInvalid'])(
    'is not read, after %s: the other gates are evaluated all the same',
    async code =>
      expect(await readSynchronisation(failing(code), signal)).toEqual({ tenant: null, unread: 'why' }),
  );

  test('any other error is none of evidence', async () => {
    await expect(readSynchronisation(failing('configurationInvalid'), signal)).rejects.toThrow('why');
    const reader = new MemorySynchronisation();
    reader.error = new TypeError('x is not a function');
    await expect(readSynchronisation(reader, signal)).rejects.toThrow(TypeError);
  });

  test('a stop is a stop, whatever the reader made of it', async () => {
    const stopped = AbortSignal.abort(new AppError('stopped', 'SIGTERM'));
    await expect(readSynchronisation(failing('graphUnavailable'), stopped)).rejects.toThrow('SIGTERM');
  });
});

describe('the gates of evidence', () => {
  const forest = (source: string, users: number): ScenarioInput['exports'][number] => ({
    source,
    records: Array.from({ length: users }, (_, n) => ({ objectGUID: `@guid(${source}${n})` })),
  });
  const exportsOf = (...forests: ReturnType<typeof forest>[]) => {
    const exports = scenarioExports({ exports: forests, cloud: [] });
    const sources = exports.map(one => one.source);
    return readExports(new MemoryExports(exports), sources, log, signal);
  };
  const input = async (given: Partial<GateInput> = {}): Promise<GateInput> => ({
    exports: await exportsOf(forest('contoso', 40), forest('fabrikam', 30)),
    synchronisation: { tenant: new MemorySynchronisation().state, unread: '' },
    accepted: null,
    recent: [],
    tenantId,
    limits: { ...generousLimits, exportFloorObjects: 25, exportDropPercent: 5, exportDropObjects: 0 },
    now: instant('2026-11-20T02:00:00Z'),
    ...given,
  });
  const breaches = (gates: readonly GateResult[]): string[] =>
    gates.filter(gate => !gate.passed).map(({ gate, source }) => [gate, source ?? 'run'].join(' '));
  /** What the last accepted run used: as now, with more users. */
  const before = async (users: number): Promise<{ exports: ExportUsed[] }> => {
    const { exports } = await input();
    const more = ({ namingContexts, ...used }: ExportUsed): ExportUsed => ({
      ...used,
      namingContexts: namingContexts.map(one => ({ ...one, counts: { ...one.counts, user: users } })),
    });
    return { exports: exports.used.map(more) };
  };

  test('are evaluated for every source, and for the run', async () => {
    const gates = evidenceGates(await input());
    expect(breaches(gates)).toEqual([]);
    const names = (source: string | null) =>
      gates.filter(gate => gate.source === source).map(({ gate }) => gate);
    expect(names('fabrikam')).toEqual(names('contoso'));
    expect(names('contoso')).toHaveLength(8);
    expect(names(null)).toEqual([
      'tenantAgrees',
      'synchronisationEnabled',
      'synchronisationFresh',
      'cloudSyncHealthy',
    ]);
  });

  test('each source is compared with its own export of the last accepted run', async () => {
    const { exports } = await before(35);
    expect(breaches(evidenceGates(await input({ accepted: { exports } })))).toEqual(['exportDrop fabrikam']);
  });

  test('a source that is new is the first of its name, and judged by every other gate', async () => {
    const accepted = { exports: (await before(30)).exports.filter(({ source }) => source === 'fabrikam') };
    expect(breaches(evidenceGates(await input({ accepted })))).toEqual([]);
    const small = await exportsOf(forest('contoso', 24), forest('fabrikam', 30));
    expect(breaches(evidenceGates(await input({ exports: small, accepted })))).toEqual([
      'exportFloor contoso',
    ]);
  });

  test('a source that the last accepted run used is missed, also where its name alone is another one', async () => {
    const { exports } = await before(30);
    const renamed = exports.map(used =>
      used.source === 'contoso' ? { ...used, source: 'old' as SourceName } : used,
    );
    const gates = evidenceGates(await input({ accepted: { exports: renamed } }));
    expect(breaches(gates)).toEqual(['sourceExpected old']);
    expect(gates.filter(({ gate }) => gate === 'sourceExpected')).toHaveLength(2);
  });

  test('a source that an older run used alone is not missed: a release was given for it', async () => {
    const { exports } = await before(30);
    const older = aRun({
      runNumber: 1,
      exports: exports.map(one => ({ ...one, source: 'old' as SourceName })),
    });
    expect(breaches(evidenceGates(await input({ accepted: { exports }, recent: [older] })))).toEqual([]);
  });

  test('an export that an earlier run had is judged by when that was, whatever became of the run', async () => {
    const { exports } = await input();
    const endsAt = exports.used[0]!.finishedAt;
    const atHours = (hours: number): Instant => (endsAt + hours * 3_600_000) as Instant;
    const limits = { ...generousLimits, clockAheadMinutes: 5 };
    const ofRun = (given: Partial<ScanRun>) => aRun({ state: 'refused', exports: exports.used, ...given });
    const clocks = async (...recent: ScanRun[]) =>
      breaches(evidenceGates(await input({ exports, recent, limits, now: atHours(1) })));
    const both = ['exportClock contoso', 'exportClock fabrikam'];
    expect(await clocks(ofRun({ finishedAt: atHours(0) }))).toEqual([]);
    expect(await clocks(ofRun({ finishedAt: atHours(0) }), ofRun({ finishedAt: atHours(-2) }))).toEqual(both);
    expect(await clocks(ofRun({ finishedAt: atHours(-2), exports: exports.used.slice(1) }))).toEqual(
      both.slice(1),
    );
    const others = exports.used.map(used => ({ ...used, manifestHash: 'another' }));
    expect(await clocks(ofRun({ finishedAt: atHours(-2), exports: others }))).toEqual([]);
    expect(await clocks(ofRun({ state: 'running', finishedAt: null }))).toEqual([]);
  });

  test('a source whose export can not be read is expected all the same: that is what exportPresent is for', async () => {
    const { exports } = await before(30);
    const sources = exports.map(({ source }) => source);
    const read = await readExports(new MemoryExports([]), sources, log, signal);
    const gates = evidenceGates(await input({ exports: read, accepted: { exports } }));
    expect(breaches(gates)).toEqual([]);
    expect(gates.filter(({ gate }) => gate === 'sourceExpected')).toHaveLength(2);
  });

  test('what can not be read of the tenant is a breach, with its reason, and of each gate that needs it', async () => {
    const gates = evidenceGates(
      await input({ synchronisation: { tenant: null, unread: 'Graph answered 503.' } }),
    );
    expect(breaches(gates)).toEqual([
      'tenantAgrees run',
      'synchronisationEnabled run',
      'synchronisationFresh run',
    ]);
    expect(gates.filter(gate => !gate.passed).some(gate => gate.holds)).toBe(false);
  });

  test('an export whose manifest is not at hand is not judged as if it were', async () => {
    const given = await input();
    const exports = { ...given.exports, accepted: [] };
    expect(evidenceGates({ ...given, exports }).filter(gate => gate.source !== null)).toEqual([]);
  });
});

describe('the gates of a comparison', () => {
  const none: TypeCounts = { read: 0, notSynced: 0, outcomes: {}, unknownReasons: {} };
  const counts = (given: Partial<ComparisonResult['counts']> = {}): ComparisonResult['counts'] => ({
    user: none,
    group: none,
    contact: none,
    device: none,
    ...given,
  });
  const id = (n: number): CloudId => `0a0a0a0a-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
  const missing = (n: number, given: Partial<Finding> = {}): Finding => ({
    cloud: aUser({ id: id(n) }),
    outcome: 'absent',
    verdict: { kind: 'missing', proof: 'absence' },
    evidence: { json: '{}', hash: '0' },
    waitsFor: [],
    ...given,
  });
  const row = (n: number, state: FactState): StoredFacts => someFacts({ id: id(n), state });
  const volume = (
    findings: readonly Finding[],
    previous: readonly StoredFacts[] = [],
    sources: readonly SourceSynchronisation[] = [],
    of = counts(),
  ) =>
    Object.fromEntries(
      volumeGates({ findings, counts: of, withdrawals: new Map() }, previous, sources, defaultGateLimits).map(
        ({ gate, type, found }) => [type === null ? gate : `${gate} ${type}`, found],
      ),
    );

  test('match rates are judged by type', () => {
    const gates = comparisonGates(
      {
        findings: [],
        withdrawals: new Map(),
        counts: counts({ group: { ...none, outcomes: { absent: 9 } } }),
      },
      defaultGateLimits,
    );
    expect(gates.map(({ gate, type, passed }) => [gate, type, passed])).toEqual([
      ['matchRate', 'user', true],
      ['matchRate', 'group', false],
      ['matchRate', 'contact', true],
      ['matchRate', 'device', true],
    ]);
  });

  test('what is missing is counted by type, of what is synced', () => {
    const device = missing(3, { cloud: aDevice({ id: id(3) }) });
    const of = counts({ user: { ...none, read: 100, notSynced: 40 }, device: { ...none, read: 7 } });
    expect(volume([missing(1), missing(2), device], [], [], of)).toEqual({
      'candidates user': '2 of 60',
      'newMissing user': '2',
      'candidates group': '0 of 0',
      'newMissing group': '0',
      'candidates contact': '0 of 0',
      'newMissing contact': '0',
      'candidates device': '1 of 7',
      'newMissing device': '1',
      pendingDeletions: '3',
    });
  });

  test('what needs a person, or is no finding, is not missing', () => {
    const attention = missing(1, {
      outcome: 'duplicate',
      verdict: { kind: 'attention', reason: 'duplicate' },
    });
    expect(volume([attention])).toMatchObject({ 'candidates user': '0 of 0', pendingDeletions: '0' });
  });

  test.each<[FactState, string]>([
    ['observed', '0'],
    ['candidate', '0'],
    ['attention', '1'],
    ['withdrawn', '1'],
  ])('a row that is %s before the run makes newly missing: %s', (state, newly) => {
    expect(volume([missing(1)], [row(1, state)])).toMatchObject({
      'candidates user': '1 of 0',
      'newMissing user': newly,
    });
  });

  test('the row of another type is another object', () => {
    expect(volume([missing(1)], [{ ...row(1, 'candidate'), type: 'device' }])).toMatchObject({
      'newMissing user': '1',
    });
  });

  describe('deletions are pending', () => {
    const wait: Wait = { for: 'synchronisation', until: null };
    const grace: Wait = { for: 'grace', until: instant('2026-12-20T02:00:00Z') };
    const findings = [
      missing(1),
      missing(2, { waitsFor: [wait] }),
      missing(3, { waitsFor: [grace, wait] }),
      missing(4, { waitsFor: [grace] }),
    ];
    const source = (hasHistory: boolean): SourceSynchronisation => ({
      source: 'contoso' as SourceName,
      lastSucceededStart: null,
      hasHistory,
      request: null,
    });

    test('that wait for synchronisation, where every source tells of its runs', () =>
      expect(volume(findings, [], [source(true), source(true)])).toMatchObject({ pendingDeletions: '2' }));

    test('all of them, where one source does not: nobody knows', () =>
      expect(volume(findings, [], [source(true), source(false)])).toMatchObject({ pendingDeletions: '4' }));

    // An organisational unit that left the scope stops the export of every deletion, though none of its objects is missing.
    test.each([
      ['outOfScope', '5', '2'],
      ['reCreated', '5', '2'],
      ['duplicate', '4', '2'],
    ] as const)(
      'of what needs a person as well, where synchronisation would delete it: %s',
      (reason, unknown, told) => {
        const all = [...findings, missing(5, { outcome: reason, verdict: { kind: 'attention', reason } })];
        expect(volume(all, [], [source(false)])).toMatchObject({ pendingDeletions: unknown });
        expect(volume(all, [], [source(true)])).toMatchObject({ pendingDeletions: told });
      },
    );
  });
});
