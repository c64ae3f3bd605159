import { nothingOdd } from './exportWriter';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readCloudHistory, type CloudHistory, type CloudHistoryPorts } from '../../shared/app/cloudHistory';
import { compareTenant, type RunTime, type TenantComparison } from '../../shared/app/compareTenant';
import { evidenceGates, sourcesOf, volumeGates } from '../../shared/app/evaluateGates';
import type { RunRecord } from '../../shared/core/acceptedRun';
import type { CloudId, CloudObject } from '../../shared/core/cloudObject';
import type { Decision } from '../../shared/core/decision';
import { referenceKey } from '../../shared/core/duplicates';
import { objectClasses, type ExportManifest, type SourceName } from '../../shared/core/exportFormat';
import type { FactState, StoredFacts, Wait } from '../../shared/core/facts';
import type { GateResult } from '../../shared/core/gates/gate';
import type { GateLimits } from '../../shared/core/gates/limits';
import { formatInstant, type Instant } from '../../shared/core/instant';
import type { TenantSynchronisation } from '../../shared/core/synchronisation';
import { planRun } from '../../shared/core/runPlan';
import type { ExportRecord } from '../../shared/core/onPremisesObject';
import { defaultWaitingRules, type WaitingRules } from '../../shared/core/waiting';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser, instant } from './builders';
import { MemoryDecisions } from './memory/memoryDecisions';
import { MemoryDeletedItems, MemoryDeletedUsers } from './memory/memoryDeletedUsers';
import { MemoryDirectory } from './memory/memoryDirectory';
import { MemoryExports, type MemoryExport } from './memory/memoryExports';
import { MemorySynchronisation } from './memory/memorySynchronisation';
import { MemoryCandidates } from './memory/memoryTables';
import { generousLimits, metAtOnce, tenantId } from './scanDefaults';

/**
 * A scenario's input.json, with what it does not say filled in by the builders. Keys are written by name, so that a reader
 * sees who is who:
 *   `@id(ada)` a cloud id · `@guid(ada)` an objectGUID · `@base64(ada)` the same GUID's bytes (an immutableId, a ConsistencyGuid)
 *   `@text(E-17)` base64 of a text · `@utf16(E-17)` the same of its UTF-16 · `@sid(contoso,1105)` a SID of that domain
 *   `@domain(contoso)` the domain's own SID · `@GUID(ada)` the objectGUID in upper case
 * They may stand inside of a longer text, `User_@id(ada)`, and of each other: `@text(@base64(ada))`.
 */
export interface ScenarioInput {
  /** Sources that must have an export; the exports' own where absent. */
  readonly expected?: readonly string[];
  readonly exports: readonly ScenarioExport[];
  readonly cloud: readonly (Partial<CloudObject> & {
    readonly type: CloudObject['type'];
    readonly id: string;
  })[];
  /** The rules of time, and what they go by; absent: they are all met when an object is first seen. */
  readonly time?: ScenarioTime;
  /** Users who were among the deleted items the night before, and are not now. */
  readonly restored?: readonly string[];
  /** What the app deleted: type, id, when, and the value of a key by its property. */
  readonly deletedByUs?: readonly {
    readonly type: CloudObject['type'];
    readonly id: string;
    readonly deletedAt: string;
    readonly keys: Readonly<Record<string, string>>;
  }[];
  /** Domains that a rule names retired, by their SIDs. */
  readonly retiredDomains?: readonly string[];
  /** What Graph says of synchronisation into the tenant; absent: enabled, an hour ago, and no Cloud Sync. */
  readonly synchronisation?: Partial<Pick<TenantSynchronisation, 'enabled' | 'cloudSync'>> & {
    readonly lastSync?: string | null;
  };
  /** Limits of the gates that matter here; all others are ones that a world of three objects does not breach. */
  readonly limits?: Partial<GateLimits>;
  /** Rows of the table before the run. */
  readonly previous?: readonly (Partial<StoredFacts> & {
    readonly type: CloudObject['type'];
    readonly id: string;
  })[];
}

export interface ScenarioTime {
  /** What is left out is strict. */
  readonly rules?: Partial<WaitingRules>;
  /** When the run begins, and its number; absent: 2026-11-20T02:00:00Z, 7. */
  readonly now?: string;
  readonly runNumber?: number;
  /** The tenant's onPremisesLastSyncDateTime tonight; absent: unknown. */
  readonly tenantLastSync?: string;
  /** Accepted runs before this one. */
  readonly runs?: readonly {
    readonly runNumber: number;
    readonly startedAt: string;
    /** Tells its exports from those of other runs; absent: the run's number. */
    readonly exports?: string;
    readonly tenantLastSync?: string;
  }[];
}

export interface ScenarioExport {
  readonly source: string;
  readonly startedAt?: string;
  /** When the runs of synchronisation began that the agent knows of, which took five minutes; absent: it is not told. */
  readonly synchronisationRuns?: readonly { readonly startedAt: string; readonly succeeded?: boolean }[];
  /** The attribute it declares; absent: mS-DS-ConsistencyGuid; null: it declares none. */
  readonly anchorAttribute?: string | null;
  /** DNS names of domains of its forest that it does not cover. */
  readonly uncoveredDomains?: readonly string[];
  /**
   * DNS names of its naming contexts' domains, whose SIDs are `@domain(<first label>)`; null: a naming context that is no
   * domain. Absent: one domain, `<source>.example`.
   */
  readonly domains?: readonly (string | null)[];
  readonly records: readonly (Partial<ExportRecord> & { readonly objectGUID: string })[];
}

/** What a run decides about a scenario: the golden plan. */
export interface ScenarioPlan {
  readonly breachedGates: readonly string[];
  /** Per type: how many objects had which outcome; unknown ones with their reason. */
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly writes: readonly {
    readonly kind: string;
    readonly object: string;
    readonly state: FactState;
    readonly outcome: string;
    readonly attention: string | null;
    readonly withdrawal: string | null;
    readonly proof: string | null;
    readonly firstObservedRun: number;
    readonly evidenceHash: string;
    /** What an observed object waits for, and until when. */
    readonly waitsFor?: readonly string[];
  }[];
}

const tonight = { startedAt: instant('2026-11-20T02:00:00Z'), runNumber: 7 };

export function readScenario(directory: string): ScenarioInput {
  return parseNamed(readFileSync(path.join(directory, 'input.json'), 'utf8'));
}

export const scenarioCloud = (input: ScenarioInput): CloudObject[] => expanded(input).cloud.map(cloudOf);

export const scenarioExports = (input: ScenarioInput): MemoryExport[] =>
  expanded(input).exports.map(exportOf);

/** The rows of the table before the run. */
export const scenarioRows = (input: ScenarioInput): StoredFacts[] =>
  (expanded(input).previous ?? []).map(rowOf);

/** Names in place of keys, also in what a test adds to a scenario that was read. */
const expanded = (input: ScenarioInput): ScenarioInput => parseNamed(JSON.stringify(input));

const parseNamed = (text: string): ScenarioInput =>
  JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? named(value) : value,
  ) as ScenarioInput;

const silent = (): void => undefined;

/** Runs the comparison and the plan over a scenario, on ports in memory. */
export async function runScenario(input: ScenarioInput): Promise<ScenarioPlan> {
  const exports = scenarioExports(input);
  const previous = (input.previous ?? []).map(rowOf);
  const directory = new MemoryDirectory(scenarioCloud(input));
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const ports = { directory, exports: new MemoryExports(exports), log };
  const sources = (input.expected ?? exports.map(one => one.source)) as SourceName[];
  const runTime = runTimeOf(input.time, sources);
  const history = await scenarioHistory(input, previous, runTime.startedAt, log);
  const compared = await compareTenant(
    ports,
    { sources, previous, runTime, history },
    () => undefined,
    AbortSignal.timeout(10_000),
  );
  const evidence = [...compared.gates, ...scenarioGates(input, compared, runTime.startedAt)];
  const breached = evidence.filter(gate => !gate.passed).map(gate => gate.gate);
  if (!compared.result || breached.length > 0) return { breachedGates: breached, outcomes: {}, writes: [] };
  const volume = volumeGates(compared.result, previous, sourcesOf(compared.exports), limitsOf(input));
  const breachedGates = volume.filter(gate => !gate.passed).map(gate => gate.gate);
  const { findings, withdrawals, counts } = compared.result;
  const { runNumber, startedAt } = runTime;
  const plan = planRun({ runNumber, at: startedAt, previous, findings, withdrawals });
  const outcomes = Object.entries(counts)
    .filter(([, count]) => count.read > 0)
    .map(
      ([
        type,
        {
          outcomes: { live = 0, unknown: _, ...rest },
          unknownReasons,
        },
      ]) => [type, { ...(live > 0 ? { live } : {}), ...rest, ...prefixed('unknown: ', unknownReasons) }],
    );
  const writes = plan.writes.map(({ kind, facts }) => ({
    kind,
    object: `${facts.type} ${facts.displayName ?? facts.id}`,
    state: facts.state,
    outcome: facts.outcome,
    attention: facts.attention,
    withdrawal: facts.withdrawal,
    proof: facts.proof,
    firstObservedRun: facts.firstObservedRun,
    evidenceHash: facts.evidenceHash,
    ...(facts.state === 'observed' ? { waitsFor: facts.waitsFor.map(waitText) } : {}),
  }));
  return { breachedGates, outcomes: Object.fromEntries(outcomes), writes };
}

const waitText = (wait: Wait): string =>
  wait.until === null ? wait.for : `${wait.for} until ${formatInstant(wait.until)}`;

function runTimeOf(given: ScenarioTime | undefined, sources: readonly SourceName[]): RunTime {
  return {
    rules: given ? { ...defaultWaitingRules, ...given.rules } : metAtOnce,
    runNumber: given?.runNumber ?? tonight.runNumber,
    startedAt: given?.now ? instant(given.now) : tonight.startedAt,
    tenantLastSync: given?.tenantLastSync ? instant(given.tenantLastSync) : null,
    recent: (given?.runs ?? []).map(run => runRecordOf(run, sources)),
  };
}

function runRecordOf(
  given: NonNullable<ScenarioTime['runs']>[number],
  sources: readonly SourceName[],
): RunRecord {
  const { runNumber, tenantLastSync } = given;
  const startedAt = instant(given.startedAt);
  const lastSyncDateTime = tenantLastSync === undefined ? null : instant(tenantLastSync);
  return {
    runNumber,
    state: 'finished',
    startedAt,
    exports: sources.map(source => ({
      source,
      folder: '',
      sequence: runNumber,
      manifestHash: given.exports ?? String(runNumber),
      startedAt,
      finishedAt: startedAt,
      lines: 0,
      namingContexts: [],
    })),
    synchronisation: { tenant: { ...new MemorySynchronisation().state, lastSyncDateTime }, sources: [] },
  };
}

const limitsOf = ({ limits }: ScenarioInput): GateLimits => ({ ...generousLimits, ...limits });

/** The gates of evidence beyond reading; an export that can not be read has none. */
function scenarioGates(
  input: ScenarioInput,
  { exports }: TenantComparison,
  at: Instant,
): readonly GateResult[] {
  const { lastSync = formatInstant((at - hourMs) as Instant), ...given } = input.synchronisation ?? {};
  const lastSyncDateTime = lastSync === null ? null : instant(lastSync);
  const tenant = { ...new MemorySynchronisation().state, ...given, lastSyncDateTime };
  const synchronisation = { tenant, unread: '' } as const;
  const limits = limitsOf(input);
  return evidenceGates({ exports, synchronisation, accepted: null, recent: [], tenantId, limits, now: at });
}

const hourMs = 60 * 60 * 1000;

/** What Graph says of synchronisation, where the scenario says it. */
export const scenarioSynchronisation = (
  input: ScenarioInput,
): NonNullable<ScenarioInput['synchronisation']> => expanded(input).synchronisation ?? {};

/** Who was restored, and which domains are retired. */
export function scenarioMemory(input: ScenarioInput): {
  readonly restored: readonly CloudId[];
  readonly retiredDomains: readonly string[];
} {
  const { restored = [], retiredDomains = [] } = expanded(input);
  return { restored: restored as CloudId[], retiredDomains };
}

/** What the app deleted: the decision, and the row with the evidence by which it is known again. */
export function scenarioDeleted(
  input: ScenarioInput,
): readonly { readonly decision: Extract<Decision, { state: 'deleted' }>; readonly row: StoredFacts }[] {
  return (expanded(input).deletedByUs ?? []).map(({ type, id, deletedAt, keys }) => {
    const evidence = { keys: Object.entries(keys).map(([key, value]) => ({ key, value })) };
    const row = rowOf({ type, id: id as CloudId, state: 'withdrawn', withdrawal: 'gone' });
    return {
      decision: { ...deletedDecision(instant(deletedAt)), type, id: id as CloudId },
      row: { ...row, evidence: { kind: 'inline', json: JSON.stringify(evidence) } },
    };
  });
}

/** What the scan remembers, with the words of the scenario's other parts: keys are written by name. */
function scenarioHistory(
  input: ScenarioInput,
  previous: readonly StoredFacts[],
  at: Instant,
  log: CloudHistoryPorts['log'],
): Promise<CloudHistory> {
  const { restored, retiredDomains } = scenarioMemory(input);
  const deletedUsers = new MemoryDeletedUsers();
  const lastNight = (at - 24 * hourMs) as Instant;
  const deleted = new Set(restored);
  deletedUsers.stored = {
    kind: 'kept',
    etag: '"1"',
    memory: { completeSince: null, readAt: lastNight, deleted, left: new Map() },
  };
  const decisions = new MemoryDecisions();
  const gone: StoredFacts[] = [];
  for (const { decision, row } of scenarioDeleted(input)) {
    decisions.rows.set(referenceKey(decision), { ...decision, etag: '"1"' });
    gone.push(row);
  }
  return readCloudHistory(
    {
      deletedItems: new MemoryDeletedItems(),
      deletedUsers,
      decisions,
      evidence: new MemoryCandidates(),
      log,
    },
    {
      at,
      firstScan: false,
      previous: [...previous.filter(row => !gone.some(one => one.id === row.id)), ...gone],
      retiredDomains: new Set(retiredDomains),
    },
    AbortSignal.timeout(10_000),
  );
}

function deletedDecision(deletedAt: Instant): Extract<Decision, { state: 'deleted' }> {
  const by = { id: '0a0a0a0a-0000-0000-0000-000000000001', name: 'Ada Lovelace' };
  return {
    state: 'deleted',
    type: 'user',
    id: '' as CloudId,
    changedAt: deletedAt,
    operationId: 'delete',
    quarantine: null,
    approval: {
      by,
      at: deletedAt,
      expiresAt: deletedAt,
      evidenceHash: '0'.repeat(64),
      runId: 'run-3',
      comment: null,
      confirmation: null,
    },
    deletion: { by, operationId: 'delete', at: deletedAt, attempt: 1 },
    deletedAt,
  };
}

const prefixed = (prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [prefix + name, count]));

const digest = (name: string): Buffer => createHash('sha256').update(name).digest();

/** AD's order of a GUID's bytes: the first three fields are little-endian. */
const byteOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

function guidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const namedKey = /@(\w+)\(((?:[^()]|\([^()]*\))*)\)/g;

function named(text: string): string {
  return text.replaceAll(namedKey, (_match, kind: string, argument: string) =>
    keyText(kind, named(argument)),
  );
}

function keyText(kind: string, argument: string): string {
  const bytes = digest(argument).subarray(0, 16);
  switch (kind) {
    case 'id':
      return guidText(digest(`cloud ${argument}`).toString('hex').slice(0, 32));
    case 'guid':
      return guidText(Buffer.from(byteOrder.map(at => bytes[at] ?? 0)).toString('hex'));
    case 'GUID':
      return keyText('guid', argument).toUpperCase();
    case 'base64':
      return bytes.toString('base64');
    case 'text':
      return Buffer.from(argument, 'utf8').toString('base64');
    case 'utf16':
      return Buffer.from(argument, 'utf16le').toString('base64');
    case 'domain':
      return domainSid(argument);
    case 'sid': {
      const [domain = '', rid = ''] = argument.split(',');
      return `${domainSid(domain)}-${rid}`;
    }
    default:
      throw new RangeError(`scenario: nobody knows @${kind}(${argument})`);
  }
}

function domainSid(domain: string): string {
  const bytes = digest(`domain ${domain}`);
  return `S-1-5-21-${bytes.readUInt32LE(0)}-${bytes.readUInt32LE(4)}-${bytes.readUInt32LE(8)}`;
}

const dateColumns = /DateTime$|At$|^whenChanged$/;

/** Dates of a scenario are text. */
function withInstants<Value extends object>(given: Value): Value {
  const entries = Object.entries(given).map(([name, member]) => [
    name,
    dateColumns.test(name) && typeof member === 'string' ? instant(member) : member,
  ]);
  return Object.fromEntries(entries) as Value;
}

function cloudOf(given: ScenarioInput['cloud'][number]): CloudObject {
  const object = { ...withInstants(given), id: given.id };
  switch (object.type) {
    case 'user':
      return aUser(object);
    case 'group':
      return aGroup(object);
    case 'contact':
      return aContact(object);
    case 'device':
      return aDevice(object);
  }
}

function rowOf(given: NonNullable<ScenarioInput['previous']>[number]): StoredFacts {
  const row: Omit<StoredFacts, 'type' | 'id'> = {
    state: 'candidate',
    outcome: 'absent',
    attention: null,
    withdrawal: null,
    proof: 'absence',
    evidence: { kind: 'inline', json: '{}' },
    evidenceHash: '0'.repeat(64),
    waitsFor: [],
    firstObservedRun: 3,
    firstObservedAt: instant('2026-11-16T02:00:00Z'),
    changedRun: 3,
    changedAt: instant('2026-11-16T02:00:00Z'),
    displayName: null,
    userPrincipalName: null,
    mail: null,
    onPremisesSamAccountName: null,
    onPremisesDomainName: null,
    accountEnabled: null,
    assignedLicenseCount: null,
    onPremisesLastSyncDateTime: null,
    etag: '"1"',
  };
  return { ...row, ...withInstants(given), type: given.type, id: given.id };
}

function exportOf(given: ScenarioExport, ordinal: number): MemoryExport {
  const source = given.source as SourceName;
  const startedAt = instant(given.startedAt ?? '2026-11-20T00:00:00Z');
  const domains = given.domains ?? [`${given.source}.example`];
  const records = given.records.map(record => recordOf(record, source, domains));
  const manifest: ExportManifest = {
    schemaVersion: 1,
    tenantId: guidText(digest('tenant').toString('hex').slice(0, 32)),
    source,
    sequence: ordinal + 1,
    previousManifest: null,
    keyId: 'test',
    agentVersion: '0.0.0',
    startedAt,
    finishedAt: startedAt,
    namingContexts: domains.map((dnsName, at) => namingContextOf(dnsName, source, at === 0 ? records : [])),
    uncoveredDomains: (given.uncoveredDomains ?? []).map(dnsName => ({
      distinguishedName: `DC=${dnsName.replaceAll('.', ',DC=')}`,
      dnsName,
    })),
    anchorAttribute: given.anchorAttribute === undefined ? 'mS-DS-ConsistencyGuid' : given.anchorAttribute,
    tombstones: 'included',
    canaries: [],
    completeness: nothingOdd(domains.length),
    synchronisationRuns: given.synchronisationRuns?.map(synchronisationRunOf) ?? null,
    answeredRequests: [],
    parts: [],
    complete: true,
  };
  const folder = formatInstant(startedAt).slice(0, 19).replaceAll(/[-:]/g, '');
  return { source, folder: `${folder}Z`, manifest, manifestHash: '0'.repeat(64), records };
}

function synchronisationRunOf(
  given: NonNullable<ScenarioExport['synchronisationRuns']>[number],
): NonNullable<ExportManifest['synchronisationRuns']>[number] {
  const startedAt = instant(given.startedAt);
  const finishedAt = (startedAt + 5 * 60_000) as Instant;
  return { startedAt, finishedAt, succeeded: given.succeeded ?? true, exportedDeletes: null };
}

function namingContextOf(
  dnsName: string | null,
  source: SourceName,
  records: readonly ExportRecord[],
): ExportManifest['namingContexts'][number] {
  const of = (objectClass: ExportRecord['objectClass']): number =>
    records.filter(record => record.kind === 'object' && record.objectClass === objectClass).length;
  const name = dnsName ?? `partition.${source}.example`;
  return {
    distinguishedName: `DC=${name.replaceAll('.', ',DC=')}`,
    domain: dnsName === null ? null : { dnsName, sid: domainSid(dnsName.split('.')[0] ?? '') },
    domainController: {
      dnsHostName: `dc1.${name}`,
      invocationId: guidText(digest(name).toString('hex').slice(0, 32)),
      highestCommittedUSN: '1',
      oldestInboundSuccess: null,
    },
    counts: {
      user: of('user'),
      group: of('group'),
      contact: of('contact'),
      computer: of('computer'),
      other: of('other'),
      tombstone: records.filter(record => record.kind === 'tombstone').length,
    },
  };
}

function recordOf(
  given: ScenarioExport['records'][number],
  source: SourceName,
  domains: readonly (string | null)[],
): ExportRecord {
  const objectClass = given.objectClass ?? objectClasses[0];
  const domainName = domains[given.namingContext ?? 0] ?? null;
  const common = { ...withInstants(given), objectClass, source, domainName };
  return given.kind === 'tombstone'
    ? aTombstone(common as Parameters<typeof aTombstone>[0])
    : anObject(common as Parameters<typeof anObject>[0]);
}
