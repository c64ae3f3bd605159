import type {
  BlockRequest,
  CloudDeleter,
  CloudSnapshots,
  DeletedItems,
  DeleteRequest,
  ReleaseRequest,
  WriteRequest,
  Written,
} from '../../../shared/app/deletionPorts';
import type {
  DeletionCall,
  DeletionRecords,
  SignInBefore,
} from '../../../shared/app/review/deletionUseCasePorts';
import type { ExportRequests } from '../../../shared/app/review/exportRequestPort';
import type { FactsReader } from '../../../shared/app/review/factsReader';
import type { Json } from '../../../shared/core/canonicalJson';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { BlockOutcome, ReleaseOutcome } from '../../../shared/core/cloudWrites/blockOutcome';
import { contactUnsupported, type DeletionOutcome } from '../../../shared/core/cloudWrites/deletionOutcome';
import type { DeletedItem } from '../../../shared/core/cloudWrites/deletedItem';
import type { RestoreOutcome } from '../../../shared/core/cloudWrites/restoreOutcome';
import { referenceKey } from '../../../shared/core/duplicates';
import type { Instant } from '../../../shared/core/instant';
import type { ObjectType } from '../../../shared/core/objectType';
import type { MemoryDirectory } from './memoryDirectory';
import type { MemoryCandidates } from './memoryTables';

const written = <Outcome>(outcome: Outcome): Written<Outcome> => ({ outcome, attempts: 1, trace: 'trace' });

/** A tenant that can be written to: the ports CloudDeleter, DeletedItems and CloudSnapshots over a MemoryDirectory. */
export class MemoryTenant implements CloudDeleter, DeletedItems, CloudSnapshots {
  /** What a DELETE removed, in order, as `type/id`: an object that is here twice was deleted twice. */
  readonly deletions: string[] = [];
  /** Every request that changes something, as `verb id`. */
  readonly writes: string[] = [];
  readonly bin = new Map<CloudId, { readonly object: CloudObject; readonly at: Instant }>();
  /** Answered instead of doing it, once each, in order. */
  readonly deleteOutcomes: DeletionOutcome[] = [];
  readonly blockOutcomes: BlockOutcome[] = [];
  readonly releaseOutcomes: ReleaseOutcome[] = [];
  readonly restoreOutcomes: RestoreOutcome[] = [];

  constructor(
    readonly directory: MemoryDirectory,
    readonly now: () => Instant,
  ) {}

  find(type: ObjectType, id: CloudId): CloudObject | undefined {
    return this.directory.objects.find(object => object.type === type && object.id === id);
  }

  /** Changes a live object, as somebody in the tenant does. */
  change(id: CloudId, change: object): void {
    this.directory.objects = this.directory.objects.map(object =>
      object.id === id ? { ...object, ...change } : object,
    );
  }

  /** Takes an object away, as somebody in the tenant does. */
  remove(type: ObjectType, id: CloudId): void {
    const object = this.find(type, id);
    if (!object) return;
    this.directory.objects = this.directory.objects.filter(one => one !== object);
    if (type === 'user') this.bin.set(id, { object, at: this.now() });
  }

  async delete({ type, id }: DeleteRequest): Promise<Written<DeletionOutcome>> {
    if (type === 'contact') return { outcome: contactUnsupported, attempts: 0, trace: null };
    this.writes.push(`delete ${id}`);
    const scripted = this.deleteOutcomes.shift();
    if (scripted) return written(scripted);
    if (!this.find(type, id)) return written({ kind: 'goneBefore' });
    this.deletions.push(`${type}/${id}`);
    this.remove(type, id);
    return written({ kind: 'deleted' });
  }

  async restore({ id }: WriteRequest): Promise<Written<RestoreOutcome>> {
    this.writes.push(`restore ${id}`);
    const scripted = this.restoreOutcomes.shift();
    if (scripted) return written(scripted);
    const item = this.bin.get(id);
    if (!item) return written({ kind: 'notThere' });
    this.bin.delete(id);
    this.directory.objects = [...this.directory.objects, item.object];
    return written({ kind: 'restored' });
  }

  async block({ id }: BlockRequest): Promise<Written<BlockOutcome>> {
    this.writes.push(`block ${id}`);
    const scripted = this.blockOutcomes.shift();
    if (scripted) return written(scripted);
    if (!this.find('user', id)) return written({ kind: 'notThere' });
    this.change(id, { accountEnabled: false });
    return written({ kind: 'blocked', sessions: { kind: 'done' } });
  }

  async release({ id, accountEnabled }: ReleaseRequest): Promise<Written<ReleaseOutcome>> {
    this.writes.push(`release ${id}`);
    const scripted = this.releaseOutcomes.shift();
    if (scripted) return written(scripted);
    this.change(id, { accountEnabled });
    return written({ kind: 'released' });
  }

  async read(id: CloudId): Promise<DeletedItem | null> {
    const item = this.bin.get(id);
    return item ? { id, deletedDateTime: item.at } : null;
  }

  async list(): Promise<readonly DeletedItem[]> {
    return [...this.bin].map(([id, { at }]) => ({ id, deletedDateTime: at }));
  }

  async take(type: ObjectType, id: CloudId): ReturnType<CloudSnapshots['take']> {
    const object = this.find(type, id);
    if (!object) return { kind: 'notThere' };
    return {
      kind: 'taken',
      snapshot: { json: { id, type }, missing: [{ part: 'owners', why: 'no right' }] },
    };
  }

  async readOptionalFacts(): ReturnType<CloudSnapshots['readOptionalFacts']> {
    const unknown = { kind: 'unknown', why: 'a test' } as const;
    return { lastSignIn: unknown, roles: unknown };
  }
}

/** The port DeletionRecords over maps. */
export class MemoryRecords implements DeletionRecords {
  readonly snapshots = new Map<string, Json>();
  readonly calls = new Map<string, DeletionCall>();

  async keepSnapshot(operationId: string, snapshot: Json): Promise<void> {
    if (!this.snapshots.has(operationId)) this.snapshots.set(operationId, snapshot);
  }

  async hasSnapshot(operationId: string): Promise<boolean> {
    return this.snapshots.has(operationId);
  }

  readonly signIns = new Map<string, SignInBefore>();

  async keepSignIn(operationId: string, signIn: SignInBefore): Promise<void> {
    if (!this.signIns.has(operationId)) this.signIns.set(operationId, signIn);
  }

  async readSignIn(operationId: string): Promise<SignInBefore | null> {
    return this.signIns.get(operationId) ?? null;
  }

  async readCall(callId: string): Promise<DeletionCall | null> {
    return this.calls.get(callId) ?? null;
  }

  async beginCall(call: DeletionCall): Promise<DeletionCall> {
    const kept = this.calls.get(call.callId) ?? call;
    this.calls.set(call.callId, kept);
    return kept;
  }
}

/** The port ExportRequests; `asked` is what was asked for, as `source kind`. */
export class MemoryExportRequests implements ExportRequests {
  readonly asked: string[] = [];

  async ask(...[source, kind]: Parameters<ExportRequests['ask']>): ReturnType<ExportRequests['ask']> {
    this.asked.push(`${source} ${kind}`);
    const request = { schemaVersion: 1, id: '0'.repeat(8), kind, requestedAt: 0 } as never;
    return { status: 'requested', request };
  }
}

/** The port FactsReader over the scan's table in memory. */
export const memoryFactsReader = (candidates: MemoryCandidates): FactsReader => ({
  read: async (type, id) => candidates.rows.get(referenceKey({ type, id })) ?? null,
});
