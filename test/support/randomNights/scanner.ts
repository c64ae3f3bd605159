import { detectOrphans } from '../../../shared/app/detectOrphans';
import type {
  CloudDirectory,
  ExportStore,
  ListReading,
  ListSink,
  OpenedExport,
} from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import type { CloudId, CloudObject, CloudObjectOf } from '../../../shared/core/cloudObject';
import type { SourceName } from '../../../shared/core/exportFormat';
import { defaultGateLimits } from '../../../shared/core/gates/limits';
import type { Instant } from '../../../shared/core/instant';
import type { ObjectType } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import { defaultWaitingRules } from '../../../shared/core/waiting';
import { MemoryDeletedUsers } from '../memory/memoryDeletedUsers';
import { MemoryRules } from '../memory/memoryDecisions';
import { memoryAsking, memoryHistory } from '../memory/memoryHistory';
import { MemoryLock } from '../memory/memoryLock';
import { MemorySynchronisation } from '../memory/memorySynchronisation';
import { MemoryCandidates, MemoryRuns } from '../memory/memoryTables';
import { tenantId } from '../scanDefaults';
import { counted, folderOf, manifestHashOf, type Night } from './night';

const pageSize = 999;

/** Graph in one night. */
class NightDirectory implements CloudDirectory {
  readonly #byType = new Map<ObjectType, CloudObject[]>();
  readonly #byId = new Map<string, CloudObject>();

  constructor(private readonly night: Night) {
    for (const object of night.cloud) {
      this.#byType.set(object.type, [...(this.#byType.get(object.type) ?? [])]);
      this.#byId.set(object.id, object);
    }
    for (const [type, of] of this.#byType) of.push(...night.cloud.filter(object => object.type === type));
  }

  async readSynced<Type extends ObjectType, Sink extends ListSink<Type>>(
    type: Type,
    openSink: () => Sink,
  ): Promise<ListReading<Sink>> {
    this.#answer(type);
    const all = (this.#byType.get(type) ?? []) as CloudObjectOf<Type>[];
    const synced = all.filter(object => object.onPremisesSyncEnabled === true);
    const left = this.night.unlisted.get(type);
    const listed = left ? synced.filter(({ id }) => !left.has(id)) : synced;
    const sink = openSink();
    for (let at = 0; at < listed.length; at += pageSize) sink.page(listed.slice(at, at + pageSize));
    return { sink, distinct: listed.length, countBefore: synced.length, countAfter: synced.length };
  }

  async readById<Type extends ObjectType>(type: Type, id: CloudId): Promise<CloudObjectOf<Type> | null> {
    this.#answer(type);
    const changed = this.night.readAgain.get(id);
    const found = changed === undefined ? (this.#byId.get(id) ?? null) : changed;
    return found as CloudObjectOf<Type> | null;
  }

  #answer(type: ObjectType): void {
    if (this.night.silent === type) throw new AppError('graphUnavailable', 'Graph does not answer.');
  }
}

/** The storage account in one night. */
class NightExports implements ExportStore {
  constructor(private readonly night: Night) {}

  async openNewest(source: SourceName): Promise<OpenedExport> {
    const found = this.night.exports.find(one => one.source === source);
    if (!found || found.storage === 'missing')
      throw new AppError('exportMissing', `There is no export of ${source}.`);
    if (found.storage === 'unreadable') throw new AppError('storageUnavailable', 'Storage does not answer.');
    const manifest = counted(found);
    return {
      source,
      folder: folderOf(found),
      manifest,
      manifestHash: manifestHashOf(source, manifest.sequence),
      readRecords: async visit => {
        found.records.forEach(visit);
        if (found.storage === 'altered') throw new AppError('exportRefused', `${source} was altered.`);
      },
    };
  }
}

const silent = (): void => undefined;

/** The part scan of a tenant over memory, from night to night. */
export class Scanner {
  candidates = new MemoryCandidates();
  runs = new MemoryRuns();
  rules = new MemoryRules();
  deletedUsers = new MemoryDeletedUsers();

  constructor(private readonly sources: readonly SourceName[]) {}

  /** Another one that goes on from here by itself. */
  fork(): Scanner {
    const other = new Scanner(this.sources);
    for (const [key, row] of this.candidates.rows) other.candidates.rows.set(key, row);
    other.candidates.written = this.candidates.written;
    other.runs.runs = [...this.runs.runs];
    for (const [key, rule] of this.rules.rows) other.rules.rows.set(key, rule);
    const { stored } = this.deletedUsers;
    other.deletedUsers.stored = stored;
    return other;
  }

  async scan(night: Night): Promise<ScanRun> {
    const { candidates, runs, rules, deletedUsers } = this;
    return detectOrphans(
      {
        directory: new NightDirectory(night),
        exports: new NightExports(night),
        history: memoryHistory({ deletedUsers, evidence: candidates }),
        asking: memoryAsking(),
        candidates,
        runs,
        rules,
        synchronisation: new MemorySynchronisation({ ...night.synchronisation }),
        lock: new MemoryLock(),
        log: { debug: silent, info: silent, warn: silent, error: silent },
        clock: { now: () => night.at as Instant },
        newRunId: () => `run-${runs.runs.length + 1}`,
      },
      {
        sources: this.sources,
        tenantId,
        limits: defaultGateLimits,
        waiting: defaultWaitingRules,
        version: '1.2.3',
      },
      new AbortController().signal,
    );
  }

  /** An administrator looks at everything that holds, and lets it go. */
  async releaseAll(at: number): Promise<void> {
    for (const { runId, gate } of this.runs.runs.at(-1)?.holds ?? []) {
      if (this.rules.rows.has(`holdRelease/${runId}-${gate}`)) continue;
      await this.rules.add({
        ruleId: `${runId}-${gate}`,
        content: { kind: 'holdRelease', runId, gate },
        reason: 'looked at it',
        owner: { id: '0a0a0a0a-0000-4000-8000-000000000001', name: 'Ada Lovelace' },
        createdAt: at as Instant,
        expiresAt: null,
      });
    }
  }

  /** `type/id` of what is in this state. */
  keysIn(state: 'candidate' | 'observed'): readonly string[] {
    return [...this.candidates.rows].flatMap(([key, row]) => (row.state === state ? key : []));
  }
}
