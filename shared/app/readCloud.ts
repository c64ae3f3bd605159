import { isGraphError } from '../core/appError';
import type { CloudObject } from '../core/cloudObject';
import { DomainsSeen } from '../core/coverage';
import { DuplicateFinder, referenceKey, type CloudReference } from '../core/duplicates';
import { graphListComplete, type ListOutcome } from '../core/gates/cloudGates';
import type { GateResult } from '../core/gates/gate';
import { objectTypes, type ObjectType } from '../core/objectType';
import type { OnPremisesIndex } from '../core/onPremisesIndex';
import { settledAlive, tryStrongKeys } from '../core/strongKeys';
import { hasBlockedLink } from '../core/verdict';
import type { CloudDirectory, ListReading, ListSink, Log } from './ports';

/** What one list left behind: counts, and only the objects that need a closer look. */
export interface ListRead {
  readonly read: number;
  readonly notSynced: number;
  readonly settled: number;
  /** Objects that the strong keys alone did not settle. */
  readonly pending: readonly CloudObject[];
  /** Of the objects that have a row in the table: which were seen synced, and which of them are settled alive. */
  readonly seen: ReadonlySet<string>;
  readonly alive: ReadonlySet<string>;
}

export interface CloudRead {
  readonly gates: readonly GateResult[];
  /** Lists that were read to their end and complete. */
  readonly lists: ReadonlyMap<ObjectType, ListRead>;
  readonly duplicates: DuplicateFinder;
  /** The domains that the synced objects name. */
  readonly domains: DomainsSeen;
}

/** A list whose ids do not lie within the counts is read once more, then the run is refused (design.md). */
const attemptsPerList = 2;

/**
 * Reads the four lists side by side, and keeps of each object only what the comparison still needs. `onRecord` holds the keys
 * (`type/id`) of the objects that the table speaks of; `needsLook` tells of objects that are looked at closer although they live.
 */
export async function readCloud(
  directory: CloudDirectory,
  index: OnPremisesIndex,
  onRecord: ReadonlySet<string>,
  log: Log,
  signal: AbortSignal,
  needsLook: (cloud: CloudObject) => boolean = () => false,
): Promise<CloudRead> {
  const duplicates = new DuplicateFinder();
  const domains = new DomainsSeen();
  const shared = { index, onRecord, duplicates, domains, log, needsLook };
  const results = await Promise.all(objectTypes.map(type => readList(directory, type, shared, signal)));
  const lists = new Map<ObjectType, ListRead>();
  for (const { type, list } of results) if (list) lists.set(type, list);
  return { gates: results.map(result => result.gate), lists, duplicates, domains };
}

interface SharedByLists {
  readonly index: OnPremisesIndex;
  readonly onRecord: ReadonlySet<string>;
  readonly duplicates: DuplicateFinder;
  readonly domains: DomainsSeen;
  readonly log: Log;
  readonly needsLook: (cloud: CloudObject) => boolean;
}

interface ListResult {
  readonly type: ObjectType;
  readonly gate: GateResult;
  readonly list: ListRead | null;
}

async function readList(
  directory: CloudDirectory,
  type: ObjectType,
  shared: SharedByLists,
  signal: AbortSignal,
): Promise<ListResult> {
  for (let attempt = 1; ; attempt += 1) {
    const { outcome, list } = await attemptList(directory, type, shared, signal);
    const gate = graphListComplete(type, outcome);
    if (gate.passed) return { type, gate, list };
    if (outcome.status === 'failed' || attempt === attemptsPerList) {
      shared.log.error(gate.reason);
      return { type, gate, list: null };
    }
    shared.log.warn(
      `${type}s: ${gate.found} distinct ids, ${gate.limit} expected; reading the list once more`,
    );
  }
}

async function attemptList(
  directory: CloudDirectory,
  type: ObjectType,
  shared: SharedByLists,
  signal: AbortSignal,
): Promise<{ outcome: ListOutcome; list: ListRead | null }> {
  try {
    const reading: ListReading<CloudListSink> = await directory.readSynced(
      type,
      () => new CloudListSink(type, shared),
      signal,
    );
    const { distinct, countBefore, countAfter, sink } = reading;
    shared.log.info(`${type}s: ${distinct} read, ${sink.pending.length} to look at closer`);
    return { outcome: { status: 'read', distinct, countBefore, countAfter }, list: sink };
  } catch (error) {
    signal.throwIfAborted();
    if (isGraphError(error)) return { outcome: { status: 'failed', reason: error.message }, list: null };
    throw error;
  }
}

const progressEvery = 10_000;

/** Settles what the strong keys settle, page by page, so that memory grows with the misses and not with the tenant. */
class CloudListSink implements ListSink<ObjectType>, ListRead {
  read = 0;
  notSynced = 0;
  settled = 0;
  readonly pending: CloudObject[] = [];
  readonly seen = new Set<string>();
  readonly alive = new Set<string>();

  constructor(
    private readonly type: ObjectType,
    private readonly shared: SharedByLists,
  ) {}

  page(objects: readonly CloudObject[]): void {
    for (const cloud of objects) this.#take(cloud);
  }

  #take(cloud: CloudObject): void {
    this.read += 1;
    if (this.read % progressEvery === 0) this.shared.log.info(`${this.type}s: ${this.read} read`);
    if (cloud.onPremisesSyncEnabled !== true) {
      this.notSynced += 1;
      return;
    }
    const { index, onRecord, duplicates, domains, needsLook } = this.shared;
    const key = referenceKey(cloud);
    if (onRecord.has(key)) this.seen.add(key);
    duplicates.add(cloud);
    domains.add(cloud);
    const strong = tryStrongKeys(cloud, index);
    if (settledAlive(strong) === null || hasBlockedLink(cloud, strong) || needsLook(cloud)) {
      this.pending.push(cloud);
      return;
    }
    this.settled += 1;
    if (onRecord.has(key)) this.alive.add(key);
  }
}

/** What a read by id says of an object that its list did not show, or showed without need. */
export type ReadAgain =
  | { readonly status: 'synced'; readonly cloud: CloudObject }
  | { readonly status: 'notSynced' }
  | { readonly status: 'gone' };

export async function readAgainById(
  directory: CloudDirectory,
  { type, id }: CloudReference,
  signal: AbortSignal,
): Promise<ReadAgain> {
  const cloud: CloudObject | null = await directory.readById(type, id, signal);
  if (cloud === null) return { status: 'gone' };
  return cloud.onPremisesSyncEnabled === true ? { status: 'synced', cloud } : { status: 'notSynced' };
}
