import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import type { CandidateFacts } from '../../core/facts';
import type {
  CandidatePage,
  CandidateQuery,
  CandidateReader,
  CandidateTable,
  FactsWrite,
  Log,
} from '../../app/ports';
import { answeredWith, storageError } from '../storageErrors';
import { evidenceToSpill, factsOfRow, listedColumns, listedFactsOfRow, rowOfFacts } from './candidateRow';
import { rowInvalid, type Row } from './columns';
import { isContinuation } from './continuation';
import { getRow, readRowPage } from './readRows';
import { createSpill } from './spill';
import { isWriteConflict, tableResource, writeConflict } from './tableErrors';

export interface CandidateTableOptions {
  readonly table: TableClient;
  /** The container for evidence that is too long for a column. */
  readonly spill: ContainerClient;
  readonly log: Log;
}

/** The table OrphanCandidates: partitioned by object type, one row for each object that was ever missing. */
export function createCandidateTable({
  table,
  spill: container,
  log,
}: CandidateTableOptions): CandidateTable & CandidateReader {
  const resource = tableResource(table);
  const spill = createSpill(container);

  async function submit(batch: Batch, signal: AbortSignal): Promise<void> {
    try {
      await table.submitTransaction(batch.map(actionOf), { abortSignal: signal });
    } catch (error) {
      if (!isWriteConflict(error)) throw storageError(error, resource, signal);
      throw writeConflict(table, keyOfConflict(error.message, batch), error);
    }
  }

  async function listPage(query: CandidateQuery, signal: AbortSignal): Promise<CandidatePage> {
    const { after, token } = query.from;
    const options = { filter: filterOf(query), select: [...listedColumns] };
    const page = await readRowPage(table, options, { limit: query.limit, continuation: token }, signal);
    return {
      kind: 'page',
      facts: page.rows.map(row => listedFactsOfRow(table.tableName, row)),
      next: page.continuation === null ? null : { after, token: page.continuation },
    };
  }

  return {
    async read(type, id, signal) {
      const row = await getRow(table, resource, type, id, signal);
      return row === null ? null : factsOfRow(table.tableName, row);
    },

    async list(query, signal) {
      const { token } = query.from;
      if (token !== null && !isContinuation(token)) return { kind: 'continuationInvalid' };
      try {
        return await listPage(query, signal);
      } catch (error) {
        // A token of the right shape that the service never gave.
        if (token !== null && answeredWith(error, 400)) return { kind: 'continuationInvalid' };
        throw storageError(error, resource, signal);
      }
    },

    async readEvidence(evidence, signal) {
      if (evidence.kind === 'inline') return evidence.json;
      const json = await spill.read(evidence.blob, signal);
      if (json !== null) return json;
      throw rowInvalid(table.tableName, evidence.blob, 'no such blob of evidence');
    },

    async *readAll(signal) {
      try {
        const rows = table.listEntities({ abortSignal: signal });
        for await (const row of rows) yield factsOfRow(table.tableName, row);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async write(writes, beforeBatch, signal) {
      for (const batch of batchesOf(writes)) {
        await beforeBatch();
        signal.throwIfAborted();
        const spilled = batch.flatMap(({ facts }) => evidenceToSpill(facts) ?? []);
        // Before the row that names it: a row must never point at nothing.
        await Promise.all(spilled.map(({ blob, json }) => spill.create(blob, json, signal)));
        await submit(batch, signal);
        log.debug(
          `${table.tableName}: wrote ${batch.length} rows of one partition, ${spilled.length} with a blob`,
        );
      }
    },
  };
}

function filterOf({ type, state, from: { after } }: CandidateQuery): string {
  const partition = odata`PartitionKey eq ${type}`;
  const behind = after === null ? '' : ` and ${odata`RowKey gt ${after}`}`;
  return `${partition}${behind}${state === null ? '' : ` and ${odata`state eq ${state}`}`}`;
}

/** One row to write, with a bound of its share of the request's body. */
interface PreparedWrite {
  readonly etag: string | null;
  readonly facts: CandidateFacts;
  readonly row: Row;
  readonly bytes: number;
}
type Batch = readonly PreparedWrite[];

// An entity group transaction holds 100 operations and 4 MiB; the rest is for the parts' headers and the type annotations.
const mostRows = 100;
const mostBytes = 3.5 * 1024 * 1024;
const overheadBytes = 2 * 1024;

/** Groups by partition, in the order given. */
function batchesOf(writes: readonly FactsWrite[]): Batch[] {
  const keys = new Set<string>();
  const partitions = new Map<string, PreparedWrite[]>();
  for (const { etag, facts } of writes) {
    const key = keyOf(facts);
    if (keys.has(key)) throw new RangeError(`the row ${key} is to be written twice at once`);
    keys.add(key);
    const row = rowOfFacts(facts);
    const bytes = Buffer.byteLength(JSON.stringify(row)) + overheadBytes;
    const partition = partitions.get(facts.type) ?? [];
    partitions.set(facts.type, partition);
    partition.push({ etag, facts, row, bytes });
  }
  return [...partitions.values()].flatMap(split);
}

function split(partition: Batch): Batch[] {
  const batches: PreparedWrite[][] = [];
  let last: PreparedWrite[] = [];
  let bytes = 0;
  for (const write of partition) {
    if (last.length === 0 || last.length === mostRows || bytes + write.bytes > mostBytes) {
      last = [];
      bytes = 0;
      batches.push(last);
    }
    last.push(write);
    bytes += write.bytes;
  }
  return batches;
}

/** Replace, so that a column that became null disappears; the SDK's default for the ETag is "*", so it is always given. */
function actionOf({ etag, row }: PreparedWrite): TransactionAction {
  return etag === null ? ['create', row] : ['update', row, 'Replace', { etag }];
}

const keyOf = (facts: CandidateFacts): string => `${facts.type}/${facts.id}`;

/** A transaction that failed names the operation only in its message, by position: `3:The update condition …`. */
function keyOfConflict(message: string, batch: Batch): string {
  const position = /^(\d+):/.exec(message)?.[1];
  const write = position === undefined ? undefined : batch[Number(position)];
  if (write) return keyOf(write.facts);
  return `one of ${batch.length} in the partition`;
}
