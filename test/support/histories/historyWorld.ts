import type { CloudDeleter } from '../../../shared/app/deletionPorts';
import { createAuditLog } from '../../../shared/app/auditWriter';
import type { AuditLog, AuditMirror, AuditTable } from '../../../shared/app/auditPorts';
import type { AuditPart } from '../../../shared/core/audit';
import type { DetectOrphansPorts, DetectOrphansSettings } from '../../../shared/app/detectOrphans';
import type { Log } from '../../../shared/app/ports';
import type { ApprovePorts, ApproveSettings } from '../../../shared/app/review/approve';
import { createAuditTrail } from '../../../shared/app/review/auditTrail';
import type { DeletionPorts, DeletionSettings } from '../../../shared/app/review/deletionUseCasePorts';
import { createExportRequests } from '../../../shared/app/review/requestExport';
import type { RulesPorts } from '../../../shared/app/review/rules';
import type { FactsReader } from '../../../shared/app/review/factsReader';
import type { RuleTable } from '../../../shared/app/decisionPorts';
import type { Person, StoredDecision } from '../../../shared/core/decision';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { StoredFacts } from '../../../shared/core/facts';
import type { GateLimits } from '../../../shared/core/gates/limits';
import { defaultGateLimits } from '../../../shared/core/gates/limits';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import type { StoredRule } from '../../../shared/core/rule';
import type { ScanRun } from '../../../shared/core/scanRun';
import { defaultWaitingRules, type WaitingRules } from '../../../shared/core/waiting';
import { instant } from '../builders';
import type { CrashingProcess } from '../crash';
import { MemoryAuditMirror, MemoryAuditTable } from '../memory/memoryAudit';
import { MemoryDeletedUsers } from '../memory/memoryDeletedUsers';
import { MemoryRequestBlobs } from '../memory/memoryRequests';
import { MemoryCaps, MemoryRules } from '../memory/memoryDecisions';
import {
  memoryFactsReader,
  MemoryExportRequests,
  MemoryRecords,
  MemoryTenant,
} from '../memory/memoryDeletions';
import { MemorySynchronisation } from '../memory/memorySynchronisation';
import { MemoryRuns } from '../memory/memoryTables';
import { tenantId } from '../scanDefaults';
import { sourceNames, type Member, type SubjectName } from './cast';
import { Forest, ForestExports } from './forest';
import { CountingDirectory, KeepingDecisions, PartitionedCandidates } from './keepingTables';
import { LeaseLock } from './leaseLock';
import { dayMs, type WorldSettings } from './steps';

export const approver: Person = { id: '0a0a0a0a-0000-4000-8000-000000000001', name: 'Ada Lovelace' };
export const deleter: Person = { id: '0a0a0a0a-0000-4000-8000-000000000002', name: 'Grace Hopper' };

/** The default limits, for forests of some 40 objects. */
export const limits: GateLimits = {
  ...defaultGateLimits,
  exportFloorObjects: 10,
  exportDropObjects: 1,
  candidatesLeastObjects: 3,
  newMissingObjects: { user: 2, group: 1, contact: 1, device: 1 },
  pendingDeletionsObjects: 6,
};

const shortRules: WaitingRules = {
  consecutiveRuns: 2,
  graceDays: 1,
  recycleBinDays: 3,
  synchronisation: 'proved',
};

const begin = instant('2026-11-20T02:00:00Z');
/** When those who left before the first night did. */
const leftBeforeDays = 33;

type Wrap = CrashingProcess['wrap'];
const unwrapped: Wrap = ports => ports;

/** Who asks for a delete, and how the app is set up then. */
export interface Asking {
  readonly by: string;
  readonly settings: DeletionSettings;
}

/** Stands around two ports of a process: behind what it reads of the facts, and before what it writes to the tenant. */
export interface Watch {
  readonly facts: (reader: FactsReader) => FactsReader;
  readonly deleter: (deleter: CloudDeleter) => CloudDeleter;
}

/** A tenant, its forests and the app's tables, in memory, on a clock that stands still unless it is moved. */
export class HistoryWorld {
  now: number = begin;
  readonly sources: readonly SourceName[];
  readonly forests: readonly Forest[];
  readonly members: readonly Member[];
  readonly directory: CountingDirectory;
  readonly tenant: MemoryTenant;
  readonly candidates = new PartitionedCandidates();
  readonly runs = new MemoryRuns();
  readonly decisions = new KeepingDecisions();
  readonly rules = new MemoryRules();
  readonly caps: MemoryCaps;
  readonly records = new MemoryRecords();
  readonly requests = new MemoryExportRequests();
  readonly synchronisation = new MemorySynchronisation();
  readonly deletedUsers = new MemoryDeletedUsers();
  readonly requestBlobs = new MemoryRequestBlobs();
  readonly auditTable = new MemoryAuditTable();
  readonly auditMirror = new MemoryAuditMirror();
  readonly lock = new LeaseLock(() => this.now);
  readonly waiting: WaitingRules;
  /** What may be deleted in the stage testObjects of the roll-out. */
  readonly testObjects: ReadonlySet<string>;
  readonly stop = new AbortController();
  deletion: DeletionSettings;
  /** Looks at each process of the part review; `asking` null: it was not asked to delete anything. */
  watch: (asking: Asking | null) => Watch = () => ({ facts: one => one, deleter: one => one });
  /** The rules as each run read them. */
  readonly rulesReadBy = new Map<string, readonly StoredRule[]>();
  #ids = 0;

  constructor(readonly settings: WorldSettings) {
    this.sources = sourceNames.slice(0, settings.sources);
    this.forests = this.sources.map(source => new Forest(source, settings.history));
    this.members = this.forests.flatMap(forest => forest.members);
    this.directory = new CountingDirectory(this.members.map(({ cloud }) => cloud));
    this.tenant = new MemoryTenant(this.directory, () => this.now as Instant);
    const { deletionsPerDay } = settings;
    this.caps = new MemoryCaps({
      perDay: deletionsPerDay,
      perType: { user: 1_000, group: 1_000, contact: 1_000, device: 1_000 },
    });
    this.waiting = settings.waiting === 'strict' ? defaultWaitingRules : shortRules;
    this.testObjects = new Set(this.members.slice(0, 2).map(({ cloud }) => `${cloud.type}/${cloud.id}`));
    this.deletion = {
      rollout: { stage: 'normal', testObjects: this.testObjects },
      perCall: 500,
      fourEyesTypes: new Set(settings.fourEyes ? (['user', 'group'] as const) : []),
      quarantineDays: settings.quarantineDays,
      sources: this.sources,
      tenantId,
      limits,
    };
    for (const { name, leaves } of settings.leftBefore)
      this.forestOf(name)?.leave(name, leaves, begin - leftBeforeDays * dayMs);
    this.synchronise(true);
  }

  /** null: the world has no such source. */
  forestOf(name: SubjectName): Forest | null {
    return this.forests.find(forest => forest.member(name) !== null) ?? null;
  }

  member(name: SubjectName): Member | null {
    return this.forestOf(name)?.member(name) ?? null;
  }

  facts({ cloud }: Member): StoredFacts | null {
    return this.candidates.rows.get(`${cloud.type}/${cloud.id}`) ?? null;
  }

  decision({ cloud }: Member): StoredDecision | null {
    return this.decisions.rows.get(`${cloud.type}/${cloud.id}`) ?? null;
  }

  enableSynchronisation(enabled: boolean): void {
    this.synchronisation.state = { ...this.synchronisation.state, enabled };
  }

  /** Synchronisation runs, for five minutes, into all forests. */
  synchronise(succeeded: boolean): void {
    const startedAt = this.now as Instant;
    this.now += 5 * 60_000;
    for (const forest of this.forests)
      forest.synchronisations.push({ startedAt, finishedAt: this.now as Instant, succeeded });
    const { state } = this.synchronisation;
    if (succeeded && state.enabled === true)
      this.synchronisation.state = { ...state, lastSyncDateTime: this.now as Instant };
  }

  newId(): string {
    this.#ids += 1;
    return `cccccccc-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  callId = (): Guid => this.newId() as Guid;

  readonly log: Log = { debug: silent, info: silent, warn: silent, error: silent };
  readonly clock = { now: (): Instant => this.now as Instant };

  scanSettings(): DetectOrphansSettings {
    return { sources: this.sources, tenantId, limits, waiting: this.waiting, version: '1.2.3' };
  }

  /** What the part scan works with, each process with ports of its own. */
  scanPorts(wrap: Wrap = unwrapped): DetectOrphansPorts {
    const runId = this.newId();
    const { rules, rulesReadBy } = this;
    const {
      auditTable,
      auditMirror,
      deletedItems,
      deletedUsers,
      decisions,
      evidence,
      requestBlobs,
      ...ports
    } = wrap({
      directory: this.directory,
      exports: new ForestExports(this.forests),
      candidates: this.candidates,
      runs: this.runs,
      rules: {
        async *readAll() {
          rulesReadBy.set(runId, [...rules.rows.values()]);
          yield* rules.readAll();
        },
      },
      synchronisation: this.synchronisation,
      lock: this.lock,
      deletedItems: this.tenant,
      deletedUsers: this.deletedUsers,
      decisions: this.decisions,
      evidence: this.candidates,
      requestBlobs: this.requestBlobs,
      auditTable: this.auditTable,
      auditMirror: this.auditMirror,
      log: this.log,
      clock: this.clock,
      newRunId: () => runId,
    });
    const requests = createExportRequests({
      blobs: requestBlobs,
      exports: ports.exports,
      audit: this.#auditLog('scan', auditTable, auditMirror),
      clock: this.clock,
      log: this.log,
      newId: () => this.newId() as Guid,
    });
    return {
      ...ports,
      history: { deletedItems, deletedUsers, decisions, evidence },
      asking: { requestBlobs, requests },
    };
  }

  #auditLog(part: AuditPart, table: AuditTable, mirror: AuditMirror): AuditLog {
    return createAuditLog({ part, table, mirror, log: this.log, sleep: async () => undefined });
  }

  /** What the part review works with; a process has a log of its own over the audit's table and mirror. */
  reviewPorts(
    wrap: Wrap = unwrapped,
    asking: Asking | null = null,
  ): DeletionPorts & ApprovePorts & RulesPorts & { readonly rules: RuleTable } {
    const watch = this.watch(asking);
    const { auditTable, auditMirror, ...ports } = wrap({
      facts: watch.facts(memoryFactsReader(this.candidates)),
      decisions: this.decisions,
      caps: this.caps,
      rules: this.rules,
      runs: this.runs,
      synchronisation: this.synchronisation,
      directory: this.directory,
      exports: new ForestExports(this.forests),
      requests: this.requests,
      deleter: this.tenant,
      deletedItems: this.tenant,
      snapshots: this.tenant,
      records: this.records,
      auditTable: this.auditTable,
      auditMirror: this.auditMirror,
      log: this.log,
      clock: this.clock,
    });
    const audit = this.#auditLog('review', auditTable, auditMirror);
    return { ...ports, deleter: watch.deleter(ports.deleter), audit, trail: createAuditTrail(auditTable) };
  }

  approveSettings(): ApproveSettings {
    return { approvalDays: 14, contactsThroughBeta: this.settings.contactsThroughBeta };
  }

  newestRun(): ScanRun | null {
    const [newest] = this.runs.runs
      .filter(run => run.fence !== null)
      .toSorted((a, b) => b.runNumber - a.runNumber);
    return newest ?? null;
  }
}

const silent = (): void => undefined;
