import type {
  AuditCommit,
  AuditLog,
  AuditMirror,
  AuditTable,
  MirrorTail,
  StoredHead,
} from '../../../shared/app/auditPorts';
import { createAuditLog, type AuditWriterOptions } from '../../../shared/app/auditWriter';
import {
  auditParts,
  sequenceKey,
  type AuditChain,
  type AuditMonth,
  type AuditPart,
  type AuditRow,
} from '../../../shared/core/audit';
import type { OperationReading, RowReading } from '../../../shared/core/auditVerification';

/** What is stored of one chain; tests may change it as somebody with the account's key could. */
export interface MemoryChain {
  head: StoredHead | null;
  rows: RowReading[];
  operations: OperationReading[];
}

const keyOf = ({ part, month }: AuditChain): string => `${part}-${month}`;
const monthsIn = (keys: Iterable<string>, part: AuditPart): AuditMonth[] =>
  [...keys]
    .filter(key => key.startsWith(`${part}-`))
    .map(key => key.slice(part.length + 1) as AuditMonth)
    .toSorted();

/** The port AuditTable over a map, with ETags that change at every write. */
export class MemoryAuditTable implements AuditTable {
  readonly chains = new Map<string, MemoryChain>();
  #written = 0;

  async months(part: AuditPart): Promise<readonly AuditMonth[]> {
    return monthsIn(this.chains.keys(), part);
  }

  async head(chain: AuditChain): Promise<StoredHead | null> {
    return this.chains.get(keyOf(chain))?.head ?? null;
  }

  async recorded(chain: AuditChain, operationId: string): Promise<AuditRow | null> {
    const stored = this.chains.get(keyOf(chain));
    const operation = stored?.operations.find(one => one.operationId === operationId);
    if (!stored || !operation) return null;
    return stored.rows.find(({ row }) => row?.sequence === operation.sequence)?.row ?? null;
  }

  async commit({ row, head, etag }: AuditCommit): Promise<'committed' | 'conflict'> {
    const stored = this.chains.get(keyOf(row)) ?? { head: null, rows: [], operations: [] };
    const key = sequenceKey(row.sequence);
    if ((stored.head?.etag ?? null) !== etag) return 'conflict';
    if (stored.rows.some(one => one.key === key)) return 'conflict';
    if (stored.operations.some(one => one.operationId === row.operationId)) return 'conflict';
    stored.head = { ...head, etag: this.#nextEtag() };
    stored.rows.push({ key, row, problem: '' });
    stored.operations.push({
      key: `op-${row.operationId}`,
      operationId: row.operationId,
      sequence: row.sequence,
    });
    this.chains.set(keyOf(row), stored);
    return 'committed';
  }

  async close(chain: AuditChain, head: StoredHead, next: AuditMonth): Promise<'closed' | 'conflict'> {
    const stored = this.chains.get(keyOf(chain));
    if (!stored || stored.head?.etag !== head.etag) return 'conflict';
    stored.head = { ...head, next, etag: this.#nextEtag() };
    return 'closed';
  }

  async *rows(chain: AuditChain, fromSequence: number): AsyncIterable<RowReading> {
    const rows = this.chains.get(keyOf(chain))?.rows ?? [];
    yield* rows.filter(({ key }) => key >= sequenceKey(fromSequence));
  }

  async *operations(chain: AuditChain): AsyncIterable<OperationReading> {
    yield* this.chains.get(keyOf(chain))?.operations ?? [];
  }

  #nextEtag(): string {
    this.#written += 1;
    return `"${this.#written}"`;
  }
}

/** The port AuditMirror over lists of lines, one list a blob. */
export class MemoryAuditMirror implements AuditMirror {
  readonly blobs = new Map<string, string[][]>();

  constructor(readonly linesPerBlob: number = 49_000) {}

  async months(part: AuditPart): Promise<readonly AuditMonth[]> {
    return monthsIn(this.blobs.keys(), part);
  }

  async tail(chain: AuditChain): Promise<MirrorTail> {
    const blobs = this.blobs.get(keyOf(chain)) ?? [[]];
    const lines = blobs.at(-1)?.length ?? 0;
    return { blob: blobs.length, length: lines, lines, lastLine: blobs.flat().at(-1) ?? null };
  }

  async append(
    chain: AuditChain,
    tail: MirrorTail,
    line: string,
  ): Promise<{ status: 'appended'; tail: MirrorTail } | { status: 'moved' }> {
    const full = tail.lines >= this.linesPerBlob;
    const blob = full ? tail.blob + 1 : tail.blob;
    const length = full ? 0 : tail.length;
    const blobs = this.blobs.get(keyOf(chain)) ?? [];
    const lines = blobs[blob - 1] ?? [];
    if (lines.length !== length) return { status: 'moved' };
    lines.push(line);
    blobs[blob - 1] = lines;
    this.blobs.set(keyOf(chain), blobs);
    return { status: 'appended', tail: await this.tail(chain) };
  }

  async *lines(chain: AuditChain): AsyncIterable<string> {
    yield* (this.blobs.get(keyOf(chain)) ?? []).flat();
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** An audit log in memory, for the tests of the use cases; `rows` is everything that was recorded, in order. */
export function memoryAuditLog(
  part: AuditPart,
  options: Partial<AuditWriterOptions> = {},
): AuditLog & {
  readonly table: MemoryAuditTable;
  readonly mirror: MemoryAuditMirror;
  readonly rows: readonly AuditRow[];
} {
  const table = new MemoryAuditTable();
  const mirror = new MemoryAuditMirror();
  const log = createAuditLog({ part, table, mirror, log: silent, sleep: async () => {}, ...options });
  return {
    ...log,
    table,
    mirror,
    get rows() {
      return auditParts.flatMap(each =>
        monthsIn(table.chains.keys(), each).flatMap(
          month => table.chains.get(keyOf({ part: each, month }))?.rows.flatMap(({ row }) => row ?? []) ?? [],
        ),
      );
    },
  };
}
