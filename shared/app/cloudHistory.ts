import { alertLine } from '../core/alert';
import { AppError, isGraphError } from '../core/appError';
import {
  rememberDeletedUsers,
  restorationOf,
  restoredDays,
  type DeletedUsersMemory,
  type ObjectHistory,
} from '../core/cloudHistory';
import type { CloudId, CloudObject } from '../core/cloudObject';
import type { Correlation } from '../core/correlate';
import type { StoredDecision } from '../core/decision';
import { DeletedByUs, keysInEvidence, type DeletedObject } from '../core/deletedByUs';
import { referenceKey, type CloudReference } from '../core/duplicates';
import type { StoredFacts } from '../core/facts';
import { deletedItemsRead, type DeletedItemsOutcome } from '../core/gates/cloudGates';
import type { GateResult } from '../core/gates/gate';
import { formatInstant, type Instant } from '../core/instant';
import type { Finding } from '../core/runPlan';
import type { DecisionState } from '../core/transitions';
import type { DecisionTable } from './decisionPorts';
import type { DeletedItems } from './deletionPorts';
import { eachLimited } from './eachLimited';
import type { CandidateReader, DeletedUsersStore, Log } from './ports';

/** What the scan reads to know what became of an object before. It decides nothing and deletes nothing. */
export interface CloudHistoryPorts {
  readonly deletedItems: Pick<DeletedItems, 'list'>;
  readonly deletedUsers: DeletedUsersStore;
  readonly decisions: Pick<DecisionTable, 'list'>;
  readonly evidence: Pick<CandidateReader, 'readEvidence'>;
  readonly log: Log;
}

/** What the scan knows of the cloud's past, to be asked about each object. */
export interface CloudHistory {
  /** Whether the deleted users could be read. */
  readonly gate: GateResult;
  /** Asked in the lists' pass too: what we deleted and is there again is looked at closer, although it lives. */
  madeAgain(cloud: CloudObject): DeletedObject | null;
  of(cloud: CloudObject, correlation: Correlation): ObjectHistory;
}

export interface HistoryOfRun {
  /** When the run began. */
  readonly at: Instant;
  /** Whether no scan was accepted before, and none left a row: then there is nothing that should have been remembered. */
  readonly firstScan: boolean;
  /** Every row of the table. */
  readonly previous: readonly StoredFacts[];
  /** SIDs of the domains that rules in force name retired. */
  readonly retiredDomains: ReadonlySet<string>;
}

/**
 * Reads the history, and remembers which users are among the deleted items now: in a refused run, too, since the memory can only keep
 * an object from being a candidate (ADR 0019). Throws as the storage's ports do, and `writeConflict`; that Graph does not tell the
 * deleted items is a gate.
 */
export async function readCloudHistory(
  ports: CloudHistoryPorts,
  run: HistoryOfRun,
  signal: AbortSignal,
): Promise<CloudHistory> {
  const deletedUsers = await readDeletedUsers(ports, run, signal);
  const deletedByUs = new DeletedByUs(await readDeletedByUs(ports, run, signal), run.at);
  const ours = await readOurRestorations(ports, signal);
  const memory = deletedUsers.status === 'read' ? deletedUsers.memory : unread(run.at);
  return {
    gate: deletedItemsRead(deletedUsers),
    madeAgain: cloud => deletedByUs.madeAgain(cloud),
    of: (cloud, correlation) => ({
      madeAgain: deletedByUs.madeAgain(cloud) !== null,
      restoration: restorationOf(cloud, memory, ours, run.at),
      domainRetired: correlation.kind === 'notCovered' && run.retiredDomains.has(correlation.domain),
    }),
  };
}

/** The gate refuses the run; should anybody go on all the same, nothing is known. */
const unread = (at: Instant): DeletedUsersMemory => ({
  completeSince: at,
  readAt: at,
  deleted: new Set(),
  left: new Map(),
});

async function readDeletedUsers(
  { deletedItems, deletedUsers, log }: CloudHistoryPorts,
  { at, firstScan }: HistoryOfRun,
  signal: AbortSignal,
): Promise<DeletedItemsOutcome> {
  let listed: readonly CloudId[];
  try {
    listed = (await deletedItems.list('user', signal)).map(item => item.id);
  } catch (error) {
    signal.throwIfAborted();
    if (!isGraphError(error)) throw error;
    log.error(error.message);
    return { status: 'failed', reason: error.message };
  }
  const stored = await deletedUsers.read(signal);
  const memory = rememberDeletedUsers(stored, listed, at, firstScan);
  if (memory.completeSince === at)
    log.warn(
      'The memory of the deleted users has a gap from here on (lost, missing, too old, or too large before). Missing users stay ' +
        `observed until it covers ${restoredDays} days.`,
    );
  await deletedUsers.write(memory, stored.kind === 'none' ? null : stored.etag, signal);
  return { status: 'read', memory };
}

/** Blobs of evidence that are read at the same time. */
const readsAtOnce = 4;

async function readDeletedByUs(
  { decisions, evidence, log }: CloudHistoryPorts,
  { previous }: HistoryOfRun,
  signal: AbortSignal,
): Promise<readonly DeletedObject[]> {
  const rows = new Map(previous.map(row => [referenceKey(row), row]));
  const deleted: Extract<StoredDecision, { state: 'deleted' }>[] = [];
  for await (const decision of decisionsIn(decisions, 'deleted', signal)) deleted.push(decision);
  const objects: DeletedObject[] = [];
  await eachLimited(deleted, readsAtOnce, async ({ type, id, deletedAt }) => {
    const row = rows.get(referenceKey({ type, id }));
    const keys = row
      ? keysInEvidence(type, jsonOrNull(await evidence.readEvidence(row.evidence, signal)))
      : null;
    // Its id is known all the same.
    if (keys === null)
      log.warn(
        `${type} ${id} was deleted, and its evidence is gone: one that is made again under another id is not recognised`,
      );
    objects.push({ type, id, deletedAt, keys: keys ?? [] });
  });
  return objects;
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** When we restored whom. */
async function readOurRestorations(
  { decisions }: CloudHistoryPorts,
  signal: AbortSignal,
): Promise<ReadonlyMap<CloudId, Instant>> {
  const restored = new Map<CloudId, Instant>();
  for await (const { id, restoration } of decisionsIn(decisions, 'restored', signal))
    restored.set(id, restoration.at);
  return restored;
}

const pageSize = 1_000;

async function* decisionsIn<State extends DecisionState>(
  decisions: Pick<DecisionTable, 'list'>,
  state: State,
  signal: AbortSignal,
): AsyncGenerator<Extract<StoredDecision, { state: State }>> {
  let continuation: string | null = null;
  do {
    const page = await decisions.list({ type: null, state, limit: pageSize, continuation }, signal);
    if (page.kind === 'continuationInvalid')
      throw new AppError(
        'rowInvalid',
        'Decisions: the table did not know its own continuation. Run the scan again.',
      );
    for (const decision of page.decisions)
      if (decision.state === state) yield decision as Extract<StoredDecision, { state: State }>;
    ({ continuation } = page);
  } while (continuation !== null);
}

/** One of ours that is there again, and that no earlier run said so of. */
export interface MadeAgain extends CloudReference {
  readonly deleted: DeletedObject;
}

/** What a notification is about: the findings of this run that are new, each with what we deleted. */
export function newlyMadeAgain(
  history: CloudHistory,
  findings: readonly Finding[],
  previous: readonly StoredFacts[],
): readonly MadeAgain[] {
  const known = new Set(
    previous.filter(row => row.state === 'attention' && row.attention === 'madeAgain').map(referenceKey),
  );
  return findings.flatMap(({ cloud, verdict }) => {
    if (verdict.kind !== 'attention' || verdict.reason !== 'madeAgain') return [];
    const deleted = history.madeAgain(cloud);
    return deleted === null || known.has(referenceKey(cloud))
      ? []
      : { type: cloud.type, id: cloud.id, deleted };
  });
}

const mostInAlert = 20;

/** One alert a night, whatever the number: an alarm system goes by the beginning of the line. */
export function alertMadeAgain(madeAgain: readonly MadeAgain[], log: Log): void {
  if (madeAgain.length === 0) return;
  const each = madeAgain
    .slice(0, mostInAlert)
    .map(
      ({ type, id, deleted }) =>
        `${type} ${id}, deleted as ${deleted.type} ${deleted.id} on ${formatInstant(deleted.deletedAt)}`,
    );
  log.error(
    alertLine(
      'madeAgain',
      `of what was deleted here, ${madeAgain.length} is there again: ${each.join('; ')}`,
    ),
  );
}
