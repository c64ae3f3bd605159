import { AppError } from '../core/appError';
import type { AuditChain, AuditMonth, AuditPart } from '../core/audit';
import {
  mirroredSequence,
  verifyChain,
  type AuditFinding,
  type ChainBefore,
  type ChainReading,
  type HeadReading,
} from '../core/auditVerification';
import type { AuditMirror, AuditTable } from './auditPorts';

/** What the log is kept in. */
export interface AuditStore {
  readonly table: AuditTable;
  readonly mirror: AuditMirror;
}

export interface AuditReport {
  /** whole: every chain holds. */
  readonly status: 'whole' | 'damaged';
  readonly chains: number;
  readonly rows: number;
  readonly findings: readonly AuditFinding[];
}

/**
 * Verifies the chains of these parts month by month, one month in memory at a time. Rows that are written meanwhile are left to the
 * next verification. Throws `storageUnavailable`; what cannot be parsed is a finding.
 */
export async function verifyAudit(
  { table, mirror }: AuditStore,
  parts: readonly AuditPart[],
  signal: AbortSignal,
): Promise<AuditReport> {
  const findings: AuditFinding[] = [];
  let chains = 0;
  let rows = 0;
  for (const part of parts) {
    let before: ChainBefore | null = null;
    let months = await monthsOf(part);
    for (let index = 0; index < months.length; index += 1) {
      const month = months[index] as AuditMonth;
      const stored = await readChain({ part, month });
      if (index === months.length - 1) {
        const now = await monthsOf(part);
        if (now.length > months.length) {
          // A month was opened meanwhile: what was read may lack the end of the one that was closed for it.
          months = now;
          index -= 1;
          continue;
        }
      }
      const reading = { ...stored, before, following: months[index + 1] ?? null };
      findings.push(...verifyChain(reading));
      before = chainBefore(reading);
      chains += 1;
      rows += reading.rows.length;
    }
  }
  return { status: findings.length === 0 ? 'whole' : 'damaged', chains, rows, findings };

  /** Of the table and of the mirror: a month that was taken out of one is still in the other. */
  async function monthsOf(part: AuditPart): Promise<AuditMonth[]> {
    const months = new Set([...(await table.months(part, signal)), ...(await mirror.months(part, signal))]);
    return [...months].toSorted();
  }

  async function readChain(chain: AuditChain): Promise<Omit<ChainReading, 'before' | 'following'>> {
    const head = await readHead(chain);
    const stored = await Array.fromAsync(table.rows(chain, 0, signal));
    const operations = await Array.fromAsync(table.operations(chain, signal));
    const lines = await Array.fromAsync(mirror.lines(chain, signal));
    // Rows that a writer added since the head was read: after it, and up to what the head says by now.
    const counted = countedBy(head);
    const grownTo = countedBy(await readHead(chain));
    const settled = (sequence: number | null): boolean =>
      sequence === null || sequence <= counted || sequence > grownTo;
    return {
      chain,
      rows: stored.filter(({ row }) => settled(row?.sequence ?? null)),
      operations: operations.filter(({ sequence }) => settled(sequence)),
      head,
      mirrorLines: lines.filter(line => settled(mirroredSequence(line))),
    };
  }

  async function readHead(chain: AuditChain): Promise<HeadReading> {
    try {
      return await table.head(chain, signal);
    } catch (error) {
      if (error instanceof AppError && error.code === 'rowInvalid') return error.message;
      throw error;
    }
  }
}

const countedBy = (head: HeadReading): number =>
  head === null || typeof head === 'string' ? 0 : head.sequence;

function chainBefore({ chain, rows }: ChainReading): ChainBefore {
  return {
    month: chain.month,
    lastHash: rows.at(-1)?.row?.hash ?? null,
    operationIds: new Set(rows.flatMap(({ row }) => row?.operationId ?? [])),
  };
}
