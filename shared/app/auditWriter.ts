import { AppError } from '../core/appError';
import {
  auditMonthOf,
  boundedEntry,
  isSameOperation,
  nextAuditRow,
  sequenceKey,
  type AuditEntry,
  type AuditMonth,
  type AuditPart,
  type AuditRow,
} from '../core/audit';
import { createBackoff, type BackoffOptions } from './backoff';
import { createMirroring } from './auditMirroring';
import { monthBefore, openChain, type OpenChain } from './auditOpenChain';
import type { AuditLog, AuditMirror, AuditRecording, AuditTable } from './auditPorts';
import type { Log } from './ports';

export interface AuditWriterOptions extends BackoffOptions {
  readonly part: AuditPart;
  readonly table: AuditTable;
  readonly mirror: AuditMirror;
  readonly log: Log;
  /** Attempts in all to write one row while others write too. */
  readonly attempts?: number;
}

const defaultAttempts = 24;
/** Of them, how many may end without an answer: the clients below have tried several times each. */
const mostUnanswered = 4;

/**
 * The audit log over its table and its mirror. Calls of one process queue up; other processes are met with the head's ETag and a
 * backoff. A commit may fail after it took effect, so each attempt looks first whether the operation is recorded.
 */
export function createAuditLog(options: AuditWriterOptions): AuditLog {
  const { part, table, mirror, log, attempts = defaultAttempts } = options;
  const backoff = createBackoff(options);
  const mirrorChain = createMirroring({ table, mirror, backoff });
  const caughtUp = new Set<AuditMonth>();
  let queue: Promise<unknown> = Promise.resolve();

  function queued<Value>(work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    const result = queue.then(() => {
      signal.throwIfAborted();
      return work();
    });
    queue = result.catch(() => undefined);
    return result;
  }

  async function append(entry: AuditEntry, signal: AbortSignal): Promise<AuditRecording> {
    // Hashes of rows whose commit gave no answer: one of them that is found later is ours.
    const unanswered = new Set<string>();
    let failures = 0;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      if (attempt > 0) await backoff(attempt, signal);
      try {
        const open = await openChain(table, part, auditMonthOf(entry.at), signal);
        const found = await findRecorded(open, entry, signal);
        if (found) {
          const status = unanswered.has(found.hash) ? 'recorded' : 'alreadyRecorded';
          return { status, row: found, mirrored: await mirrorAfter(open, found, signal) };
        }
        const { row, head } = nextAuditRow(open.chain, entry, open.head, open.link);
        unanswered.add(row.hash);
        if ((await table.commit({ row, head, etag: open.head?.etag ?? null }, signal)) === 'committed')
          return { status: 'recorded', row, mirrored: await mirrorAfter(open, row, signal) };
        unanswered.delete(row.hash);
        log.debug(`audit ${part}: others wrote at the same time, attempt ${attempt + 1}`);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'storageUnavailable')) throw error;
        failures += 1;
        if (failures === mostUnanswered || attempt + 1 === attempts) throw error;
        log.warn(`audit ${part}: no answer at attempt ${attempt + 1}: ${error.message}`);
      }
    }
    throw new AppError(
      'writeConflict',
      `Audit log of the part ${part}: expected to append a row, found that others had written first at each of ` +
        `${attempts} attempts. Call again; if it happens again, look at the head of this month's chain (npm run audit:verify).`,
    );
  }

  /** In every chain that it can be in: attempts may lie months apart, where one comes back to what a crash may have left out. */
  async function findRecorded(
    open: OpenChain,
    entry: AuditEntry,
    signal: AbortSignal,
  ): Promise<AuditRow | null> {
    let found: AuditRow | null = null;
    for (const month of await monthsOfAttempts(open, entry.at, signal))
      found ??= await table.recorded({ part, month }, entry.operationId, signal);
    if (found && !isSameOperation(found, entry))
      throw new AppError(
        'writeConflict',
        `Audit log: expected the operation ${entry.operationId} to be ${entry.action}, found it recorded as ` +
          `${found.action} in ${part}-${found.month}/${sequenceKey(found.sequence)}. Use a new operation id for what is new.`,
      );
    return found;
  }

  /** Newest first: the open month, the one before, and what lies between them and the entry's own. */
  async function monthsOfAttempts(
    open: OpenChain,
    at: AuditEntry['at'],
    signal: AbortSignal,
  ): Promise<readonly AuditMonth[]> {
    const { month } = open.chain;
    const before = monthBefore(open);
    const own = auditMonthOf(at);
    if (before === null) return [month];
    if (own >= before) return [month, before];
    const between = (await table.months(part, signal)).filter(one => one >= own && one < before);
    return [month, before, ...between.toReversed()];
  }

  /** A committed row stays recorded, whatever becomes of the mirror. */
  async function mirrorAfter(open: OpenChain, row: AuditRow, signal: AbortSignal): Promise<boolean> {
    const before = monthBefore(open);
    // A crash at the turn of the month may have left the end of the last one.
    if (before !== null && !caughtUp.has(before) && (await tryToMirror(before, null, signal)))
      caughtUp.add(before);
    return tryToMirror(row.month, row, signal);
  }

  async function tryToMirror(
    month: AuditMonth,
    newest: AuditRow | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await mirrorChain({ part, month }, newest, signal);
      return true;
    } catch (error) {
      const damaged = error instanceof AppError && error.code === 'rowInvalid';
      log[damaged ? 'error' : 'warn'](`audit ${part}-${month}: recorded, but not mirrored: ${String(error)}`);
      return false;
    }
  }

  return {
    record: (entry, signal) => {
      const bounded = boundedEntry(entry);
      return queued(() => append(bounded, signal), signal);
    },
    catchUp: signal =>
      queued(async () => {
        for (const month of await table.months(part, signal))
          await mirrorChain({ part, month }, null, signal);
      }, signal),
  };
}
