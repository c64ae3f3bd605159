import { detectOrphans } from '../../../../shared/app/detectOrphans';
import type { Log } from '../../../../shared/app/ports';
import { createAuditTrail } from '../../../../shared/app/review/auditTrail';
import { deleteApproved, type DeleteApproved } from '../../../../shared/app/review/deleteApproved';
import type {
  DeletionPorts,
  DeletionScope,
  DeletionSettings,
} from '../../../../shared/app/review/deletionUseCasePorts';
import type { AuditRow } from '../../../../shared/core/audit';
import type { CloudObject } from '../../../../shared/core/cloudObject';
import type { Person, StoredDecision } from '../../../../shared/core/decision';
import { approve, reject } from '../../../../shared/core/decisionSteps';
import { referenceKey } from '../../../../shared/core/duplicates';
import type { ItemOutcome } from '../../../../shared/core/review/itemOutcome';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import type { Rollout } from '../../../../shared/core/rollout';
import { auditOfDecision } from '../../../../shared/core/review/decisionAudit';
import { formatInstant } from '../../../../shared/core/instant';
import { instant } from '../../../support/builders';
import { memoryAuditLog } from '../../../support/memory/memoryAudit';
import { MemoryCaps, MemoryDecisions, MemoryRules } from '../../../support/memory/memoryDecisions';
import {
  memoryFactsReader,
  MemoryExportRequests,
  MemoryRecords,
  MemoryTenant,
} from '../../../support/memory/memoryDeletions';
import { MemoryDirectory } from '../../../support/memory/memoryDirectory';
import { MemoryExports } from '../../../support/memory/memoryExports';
import { MemorySynchronisation } from '../../../support/memory/memorySynchronisation';
import { generousLimits, scanSettings, tenantId } from '../../../support/scanDefaults';
import { MemoryDeletedUsers } from '../../../support/memory/memoryDeletedUsers';
import { memoryAsking, memoryHistory } from '../../../support/memory/memoryHistory';
import { MemoryLock } from '../../../support/memory/memoryLock';
import { MemoryCandidates, MemoryRuns } from '../../../support/memory/memoryTables';
import { scenarioCloud, scenarioExports, type ScenarioInput } from '../../../support/scenario';

export const approver: Person = { id: '0a0a0a0a-0000-4000-8000-000000000001', name: 'Ada Lovelace' };
export const deleter: Person = { id: '0a0a0a0a-0000-4000-8000-000000000002', name: 'Grace Hopper' };
export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

/** A user who left: in the cloud, and in no export. */
const leaver = (name: string, rid: number, more: object = {}): object => ({
  type: 'user',
  id: `@id(${name})`,
  displayName: name,
  onPremisesImmutableId: `@base64(${name})`,
  onPremisesSecurityIdentifier: `@sid(contoso,${rid})`,
  onPremisesDomainName: 'contoso.example',
  ...more,
});

const alive = (name: string, rid: number): object => ({
  objectGUID: `@guid(${name})`,
  objectSid: `@sid(contoso,${rid})`,
});

const base = {
  cloud: [
    leaver('eve', 1105),
    leaver('frank', 1106),
    leaver('bob', 1107),
    {
      type: 'group',
      id: '@id(team)',
      displayName: 'team',
      onPremisesSecurityIdentifier: '@sid(contoso,1201)',
      onPremisesSamAccountName: 'team',
      onPremisesDomainName: 'contoso.example',
    },
    {
      type: 'device',
      id: '@id(laptop)',
      displayName: 'laptop',
      deviceId: '@guid(laptop)',
      trustType: 'ServerAd',
      onPremisesSecurityIdentifier: '@sid(contoso,1301)',
    },
    { type: 'contact', id: '@id(supplier)', displayName: 'supplier', mail: 'supplier@elsewhere.example' },
  ],
  records: Array.from({ length: 40 }, (_, n) => alive(n === 0 ? 'bob' : `colleague${n}`, 1107 + n * 1_000)),
};

export const normalRollout: Rollout = { stage: 'normal', testObjects: new Set() };
export const reportOnly: Rollout = { stage: 'reportOnly', testObjects: new Set() };

/** Wraps ports, for crashes. */
export type Wrap = (ports: DeletionPorts) => DeletionPorts;

/** A tenant, its forest and the app's tables, in memory, with a clock that stands still unless it is moved. */
export class DeletionWorld {
  now = instant('2026-11-20T02:00:00Z') as number;
  readonly directory: MemoryDirectory;
  readonly exports = new MemoryExports([]);
  readonly candidates = new MemoryCandidates();
  readonly runs = new MemoryRuns();
  readonly decisions = new MemoryDecisions();
  readonly caps = new MemoryCaps();
  readonly rules = new MemoryRules();
  readonly synchronisation = new MemorySynchronisation();
  readonly audit = memoryAuditLog('review');
  readonly deletedUsers = new MemoryDeletedUsers();
  readonly records = new MemoryRecords();
  readonly requests = new MemoryExportRequests();
  readonly tenant: MemoryTenant;
  readonly lines: string[] = [];
  readonly stop = new AbortController();
  settings: DeletionSettings;
  #records: object[] = [...base.records];
  #sequence = 0;
  #calls = 0;
  #runs = 0;

  constructor(readonly more: { readonly cloud?: readonly object[] } = {}) {
    const cloud = scenarioCloud({
      exports: [],
      cloud: [...base.cloud, ...(more.cloud ?? [])],
    } as unknown as ScenarioInput);
    this.directory = new MemoryDirectory(cloud);
    this.tenant = new MemoryTenant(this.directory, () => this.now as Instant);
    this.newExport();
    this.settings = {
      rollout: normalRollout,
      perCall: 500,
      fourEyesTypes: new Set(),
      quarantineDays: 0,
      sources: this.exports.exports.map(one => one.source),
      tenantId,
      limits: {
        ...generousLimits,
        exportAgeHours: 36,
        clockAheadMinutes: 5,
        exportDropPercent: 5,
        exportDropObjects: 0,
      },
    };
  }

  idOf(name: string): CloudObject['id'] {
    const [one] = scenarioCloud({
      exports: [],
      cloud: [{ type: 'user', id: `@id(${name})` }],
    } as unknown as ScenarioInput);
    return one!.id;
  }

  advance(ms: number): this {
    this.now += ms;
    return this;
  }

  /** An agent exports the forest as it is now. */
  newExport(): this {
    this.#sequence += 1;
    const [written] = scenarioExports({
      exports: [{ source: 'contoso', startedAt: formatInstant(this.now as Instant), records: this.#records }],
      cloud: [],
    } as unknown as ScenarioInput);
    const previousManifest = this.exports.exports[0]?.manifestHash ?? null;
    const manifest = { ...written!.manifest, sequence: this.#sequence, previousManifest };
    this.exports.exports = [
      { ...written!, manifest, manifestHash: String(this.#sequence).padStart(64, '0') },
    ];
    return this;
  }

  /** Somebody undeletes an object on-premises, or makes it again under its own keys. */
  comeBack(name: string, rid: number): this {
    this.#records = [...this.#records, alive(name, rid)];
    return this;
  }

  /** Somebody deletes it on-premises. */
  leave(name: string): this {
    const guidOf = (record: object): unknown =>
      Object.entries(record).find(([key]) => key === 'objectGUID')?.[1];
    this.#records = this.#records.filter(record => guidOf(record) !== `@guid(${name})`);
    return this;
  }

  /** The agent sees less than there is. */
  loseRecords(most: number): this {
    this.#records = this.#records.slice(0, most);
    return this;
  }

  async scan(): Promise<this> {
    const { directory, exports, candidates, runs } = this;
    this.deletedUsers.readLastAt((this.now - dayMs) as Instant);
    const run = await detectOrphans(
      {
        directory,
        exports,
        candidates,
        runs,
        rules: this.rules,
        synchronisation: this.synchronisation,
        history: memoryHistory({
          deletedItems: this.tenant,
          deletedUsers: this.deletedUsers,
          decisions: this.decisions,
          evidence: candidates,
        }),
        asking: memoryAsking(),
        lock: new MemoryLock(),
        log: this.log,
        clock: { now: () => this.now as Instant },
        newRunId: () => `run-${(this.#runs += 1)}`,
      },
      scanSettings(this.settings.sources),
      new AbortController().signal,
    );
    if (run.state !== 'finished') throw new Error(run.reasons.join('\n'));
    return this;
  }

  readonly log: Log = {
    debug: line => void this.lines.push(line),
    info: line => void this.lines.push(line),
    warn: line => void this.lines.push(line),
    error: line => void this.lines.push(line),
  };

  facts(name: string) {
    const id = this.idOf(name);
    return [...this.candidates.rows.values()].find(row => row.id === id);
  }

  /** Approves what the scan calls a candidate; false where the step is refused. */
  async approve(name: string, by: Person = approver): Promise<boolean> {
    const facts = this.facts(name);
    if (!facts) return false;
    const current = await this.decisions.read(facts.type, facts.id);
    const at = this.now as Instant;
    const step = approve(
      current,
      facts,
      {
        by,
        at,
        operationId: `approve.${facts.id}.${this.now}.${this.decisions.written}`,
        evidenceHash: facts.evidenceHash,
        runId: 'run-1',
        comment: null,
        confirmation: null,
      },
      { approvalDays: 14, expectedConfirmation: null },
    );
    if (step.kind === 'refused') return false;
    await this.#decide(step.decision, current);
    return true;
  }

  async reject(name: string): Promise<boolean> {
    const facts = this.facts(name);
    if (!facts) return false;
    const current = await this.decisions.read(facts.type, facts.id);
    const step = reject(current, facts, {
      by: approver,
      at: this.now as Instant,
      operationId: `reject.${facts.id}.${this.now}.${this.decisions.written}`,
      evidenceHash: facts.evidenceHash,
      reason: 'needed',
      expiresAt: null,
    });
    if (step.kind === 'refused') return false;
    await this.#decide(step.decision, current);
    return true;
  }

  async #decide(decision: Parameters<MemoryDecisions['write']>[0], current: StoredDecision | null) {
    await this.decisions.write(decision, current?.etag ?? null);
    const entry = auditOfDecision(decision);
    if (entry) await this.audit.record(entry, this.stop.signal);
  }

  ports(wrap: Wrap = ports => ports): DeletionPorts {
    return wrap({
      facts: memoryFactsReader(this.candidates),
      decisions: this.decisions,
      caps: this.caps,
      rules: this.rules,
      runs: this.runs,
      synchronisation: this.synchronisation,
      directory: this.directory,
      exports: this.exports,
      requests: this.requests,
      deleter: this.tenant,
      deletedItems: this.tenant,
      snapshots: this.tenant,
      records: this.records,
      audit: this.audit,
      trail: createAuditTrail(this.audit.table),
      clock: { now: () => this.now as Instant },
      log: this.log,
    });
  }

  callId(): Guid {
    this.#calls += 1;
    return `cccccccc-0000-4000-8000-${String(this.#calls).padStart(12, '0')}` as Guid;
  }

  /** A call by the deleter, for these names. */
  delete(
    names: readonly string[],
    {
      callId = this.callId(),
      by = deleter,
      scope,
      wrap,
    }: { callId?: Guid; by?: Person; scope?: DeletionScope; wrap?: Wrap } = {},
  ): Promise<DeleteApproved> {
    const ids = names.map(name => ({ type: this.typeOf(name), id: this.idOf(name) }));
    const asked = scope ?? ({ kind: 'named', ids } as const);
    const count = asked.kind === 'named' ? asked.ids.length : asked.upTo;
    return deleteApproved(
      this.ports(wrap),
      this.settings,
      { callId, by, correlationId: 'correlation', scope: asked, confirmation: String(count) },
      this.stop.signal,
    );
  }

  /** The same, answered as one outcome. */
  async deleteOne(name: string, options: Parameters<DeletionWorld['delete']>[1] = {}): Promise<ItemOutcome> {
    const answer = await this.delete([name], options);
    if (answer.kind !== 'answered') throw new Error(answer.reason);
    const [item] = answer.items;
    if (!item) throw new Error(`${name} remains`);
    return item.outcome;
  }

  typeOf(name: string): CloudObject['type'] {
    const types = { team: 'group', laptop: 'device', supplier: 'contact' } as const;
    return types[name as keyof typeof types] ?? 'user';
  }

  decision(name: string): StoredDecision | undefined {
    return this.decisions.rows.get(`${this.typeOf(name)}/${this.idOf(name)}`);
  }

  /** `action` of every audit row about it, in order. */
  audited(name: string): string[] {
    return this.rowsAbout(name).map(row => row.action);
  }

  rowsAbout(name: string): readonly AuditRow[] {
    const id = this.idOf(name);
    return this.audit.rows.filter(row => row.object?.id === id);
  }

  isThere(name: string): boolean {
    return this.tenant.find(this.typeOf(name), this.idOf(name)) !== undefined;
  }

  timesDeleted(name: string): number {
    const key = referenceKey({ type: this.typeOf(name), id: this.idOf(name) });
    return this.tenant.deletions.filter(one => one === key).length;
  }
}

/** Scanned, approved, and exported again: everything that a delete needs. */
export async function readyWorld(
  names: readonly string[] = ['eve'],
  more: { readonly cloud?: readonly object[] } = {},
): Promise<DeletionWorld> {
  const world = new DeletionWorld(more);
  await world.scan();
  world.advance(minuteMs);
  for (const name of names) if (!(await world.approve(name))) throw new Error(`${name} is no candidate`);
  world.advance(minuteMs).newExport().advance(minuteMs);
  return world;
}
