import type { AuditMonth, AuditPart } from '../../core/audit';
import type { RowReading } from '../../core/auditVerification';
import type { AuditTable } from '../auditPorts';

export interface AuditQuery {
  readonly part: AuditPart;
  /** null: the newest of the part. */
  readonly month: AuditMonth | null;
  /** The rows behind this sequence; 0: from the first. */
  readonly after: number;
  /** The most that a page holds. */
  readonly limit: number;
}

/** Rows of one chain in their order. They are shown, not verified: that is `verifyAudit`. */
export interface AuditPage {
  /** null: the part has recorded nothing yet. */
  readonly month: AuditMonth | null;
  /** All months of the part, oldest first. */
  readonly months: readonly AuditMonth[];
  readonly rows: readonly RowReading[];
  /** `after` of the next page; null: there is none. */
  readonly next: number | null;
}

/** Reads a page of the audit log. Throws `storageUnavailable`; a row that can not be parsed is part of the answer. */
export async function readAudit(
  table: Pick<AuditTable, 'months' | 'rows'>,
  { part, month, after, limit }: AuditQuery,
  signal: AbortSignal,
): Promise<AuditPage> {
  const months = await table.months(part, signal);
  const asked = month ?? months.at(-1) ?? null;
  if (asked === null) return { month: null, months, rows: [], next: null };
  const rows: RowReading[] = [];
  for await (const row of table.rows({ part, month: asked }, after + 1, signal)) {
    if (rows.length === limit) return { month: asked, months, rows, next: nextAfter(rows, after) };
    rows.push(row);
  }
  return { month: asked, months, rows, next: null };
}

/** A key that is no sequence leads nowhere; somebody else wrote it, and verifying says so. */
function nextAfter(rows: readonly RowReading[], after: number): number | null {
  const sequences = rows.flatMap(({ key }) => (/^\d{10}$/.test(key) ? Number(key) : []));
  const last = Math.max(after, ...sequences);
  return last > after ? last : null;
}
