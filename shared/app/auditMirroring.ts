import { AppError } from '../core/appError';
import { mirrorLineOf, sequenceKey, type AuditChain, type AuditMonth, type AuditRow } from '../core/audit';
import { mirroredSequence } from '../core/auditVerification';
import type { Backoff } from './backoff';
import type { AuditMirror, AuditTable, MirrorTail } from './auditPorts';

/** Attempts to append one line while others append too. */
const mostAttempts = 24;

export interface MirroringOptions {
  readonly table: AuditTable;
  readonly mirror: AuditMirror;
  readonly backoff: Backoff;
}

/**
 * Appends every line that a chain's mirror lacks, in the chain's order. Where it stands is told by its own last line, so what a crash
 * left undone is done by the next call, of whatever process. `newest`: the row that was just committed; it saves reading the table
 * where it is the next one. Throws `rowInvalid` where the mirror does not fit the chain, `writeConflict`, `storageUnavailable`.
 */
export type MirrorChain = (chain: AuditChain, newest: AuditRow | null, signal: AbortSignal) => Promise<void>;

export function createMirroring({ table, mirror, backoff }: MirroringOptions): MirrorChain {
  // A tail that was remembered is safe to append at: the storage refuses where the mirror does not end there.
  const tails = new Map<AuditMonth, MirrorTail>();

  return async (chain, newest, signal) => {
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      if (attempt > 0) await backoff(attempt, signal);
      const known = newest === null ? undefined : tails.get(chain.month);
      tails.delete(chain.month);
      const tail = known ?? (await mirror.tail(chain, signal));
      const reached = await appendMissing(chain, tail, known ? newest : null, signal);
      if (reached) {
        tails.set(chain.month, reached);
        return;
      }
    }
    throw new AppError(
      'writeConflict',
      `Mirror of the audit log, ${chain.part}/${chain.month}: expected to append, found at each of ${mostAttempts} attempts ` +
        'that others had. The next record tries again.',
    );
  };

  /** The tail after the last line; null: others appended meanwhile. */
  async function appendMissing(
    chain: AuditChain,
    from: MirrorTail,
    newest: AuditRow | null,
    signal: AbortSignal,
  ): Promise<MirrorTail | null> {
    let tail = from;
    const last = lastMirrored(chain, tail);
    const isNext = newest?.sequence === last + 1;
    // Otherwise from the last one that is mirrored, to see that it is.
    let expected = isNext ? last + 1 : Math.max(1, last);
    const rows = isNext ? [{ key: sequenceKey(expected), row: newest }] : table.rows(chain, expected, signal);
    for await (const { key, row } of rows) {
      if (row?.sequence !== expected || key !== sequenceKey(expected))
        throw misfit(chain, `the table has ${key} where ${sequenceKey(expected)} comes next`);
      const line = mirrorLineOf(row);
      if (expected > last) {
        const appended = await mirror.append(chain, tail, line, signal);
        if (appended.status === 'moved') return null;
        tail = appended.tail;
      } else if (line !== tail.lastLine) {
        throw misfit(chain, `its last line is not the row ${sequenceKey(last)} of the table`);
      }
      expected += 1;
    }
    if (expected <= last) throw misfit(chain, `it has the row ${sequenceKey(last)}, and the table does not`);
    return tail;
  }
}

function lastMirrored(chain: AuditChain, { lastLine }: MirrorTail): number {
  if (lastLine === null) return 0;
  const sequence = mirroredSequence(lastLine);
  if (sequence === null) throw misfit(chain, 'its last line is no row of the log');
  return sequence;
}

const misfit = ({ part, month }: AuditChain, found: string): AppError =>
  new AppError(
    'rowInvalid',
    `Mirror of the audit log, ${part}/${month}: expected it to end where the table goes on, found that ${found}. ` +
      'Nothing is appended to it: run npm run audit:verify, and believe the mirror.',
  );
