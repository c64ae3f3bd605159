import { AppError } from '../core/appError';
import type { AuditChain, AuditLink, AuditMonth, AuditPart } from '../core/audit';
import type { AuditTable, StoredHead } from './auditPorts';

/** A chain that takes rows: after `head`, or, where that is null, its first row after `link`. */
export interface OpenChain {
  readonly chain: AuditChain;
  readonly head: StoredHead | null;
  readonly link: AuditLink | null;
}

/** The month before an open chain. */
export const monthBefore = ({ head, link }: OpenChain): AuditMonth | null =>
  head ? head.previous : (link?.month ?? null);

/**
 * Finds the chain for an entry of a month: that month's, or a later one where there is one. A part has one open chain at a time: a
 * month is closed, by its head's ETag, before the next one begins with its last hash, so that a writer whose clock is behind cannot
 * add a row below that link. Throws `rowInvalid` where a chain has rows and no head.
 */
export async function openChain(
  table: AuditTable,
  part: AuditPart,
  month: AuditMonth,
  signal: AbortSignal,
): Promise<OpenChain> {
  let target = month;
  for (;;) {
    const chain = { part, month: target };
    const head = await table.head(chain, signal);
    if (head && head.next === null) return { chain, head, link: null };
    const newest = (await table.months(part, signal)).at(-1);
    if (head?.next) {
      // Nothing was written after it yet: whoever closed it comes next, or is gone.
      if (newest === target)
        return { chain: { part, month: head.next }, head: null, link: { month: target, hash: head.hash } };
      target = head.next;
      continue;
    }
    if (newest === undefined) return { chain, head: null, link: null };
    if (newest === target) {
      // Opened since the head was looked for; then it is there now.
      if ((await table.head(chain, signal)) === null) throw headMissing(chain);
      continue;
    }
    // Later than asked for, where an entry was long on its way; else it is closed for the month that was asked for.
    if (newest > target || (await closeFor(target, { part, month: newest }))) target = newest;
  }

  /** false: somebody appended to it at the same time, or closed it. */
  async function closeFor(next: AuditMonth, chain: AuditChain): Promise<boolean> {
    const head = await table.head(chain, signal);
    if (head === null) throw headMissing(chain);
    return head.next !== null || (await table.close(chain, head, next, signal)) === 'closed';
  }
}

const headMissing = ({ part, month }: AuditChain): AppError =>
  new AppError(
    'rowInvalid',
    `Audit log, chain ${part}-${month}: expected a head, found rows without one. ` +
      'The log was tampered with or damaged: nothing is appended; run npm run audit:verify.',
  );
