import { odata, type TableClient, type TableEntityResult, type TransactionAction } from '@azure/data-tables';
import type { AuditTable } from '../../app/auditPorts';
import { AppError } from '../../core/appError';
import { sequenceKey, type AuditChain, type AuditMonth } from '../../core/audit';
import { answeredWith, serviceCode, storageError } from '../storageErrors';
import { isWriteConflict, tableResource } from '../tables/tableErrors';
import {
  auditOfRow,
  headKey,
  headOfRow,
  monthOfPartition,
  operationPrefix,
  partitionOf,
  rowOfAudit,
  rowOfHead,
  rowOfOperation,
  sequenceOfOperation,
} from './auditRows';

type Entity = TableEntityResult<Record<string, unknown>>;

/** The table AuditLog: a partition for each part and month (docs/table-schema.md). */
export function createAuditTable(table: TableClient): AuditTable {
  const resource = tableResource(table);

  async function get(partition: string, key: string, signal: AbortSignal): Promise<Entity | null> {
    try {
      return await table.getEntity(partition, key, { abortSignal: signal });
    } catch (error) {
      if (answeredWith(error, 404) && serviceCode(error) !== 'TableNotFound') return null;
      throw storageError(error, resource, signal);
    }
  }

  async function* list(filter: string, signal: AbortSignal): AsyncIterable<Entity> {
    try {
      yield* table.listEntities({ queryOptions: { filter }, abortSignal: signal });
    } catch (error) {
      throw storageError(error, resource, signal);
    }
  }

  /** The partition of the next row in a range of partitions, ends excluded. One row is asked for, so a month costs one request. */
  async function nextPartition(from: string, to: string, signal: AbortSignal): Promise<string | null> {
    const filter = odata`PartitionKey gt ${from} and PartitionKey lt ${to}`;
    try {
      const rows = table.listEntities({
        queryOptions: { filter, select: ['PartitionKey', 'RowKey'] },
        abortSignal: signal,
      });
      // A page may be empty and still not be the last.
      for await (const [row] of rows.byPage({ maxPageSize: 1 })) if (row) return String(row.partitionKey);
      return null;
    } catch (error) {
      throw storageError(error, resource, signal);
    }
  }

  async function write(work: () => Promise<unknown>, signal: AbortSignal): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (isWriteConflict(error)) return false;
      throw storageError(error, resource, signal);
    }
  }

  return {
    async months(part, signal) {
      const months: AuditMonth[] = [];
      const end = `${part}.`; // The character after the hyphen.
      let at: string | null = `${part}-`;
      while ((at = await nextPartition(at, end, signal)) !== null) {
        const month = monthOfPartition(at);
        if (month) months.push(month);
      }
      return months;
    },

    async head(chain, signal) {
      const row = await get(partitionOf(chain), headKey, signal);
      return row && headOfRow(table.tableName, row);
    },

    async recorded(chain, operationId, signal) {
      const partition = partitionOf(chain);
      const operation = await get(partition, `${operationPrefix}${operationId}`, signal);
      if (operation === null) return null;
      const key = sequenceKey(sequenceOfOperation(table.tableName, operation));
      const row = await get(partition, key, signal);
      if (row) return auditOfRow(table.tableName, row);
      throw new AppError(
        'rowInvalid',
        `Table ${table.tableName}, row ${partition}/${key}: expected the row that an operation recorded, found none. ` +
          'The log was tampered with or damaged: run npm run audit:verify.',
      );
    },

    async commit({ row, head, etag }, signal) {
      const headRow = rowOfHead(row, head);
      const actions: TransactionAction[] = [
        // First, since it is what a race is decided by. The SDK's default for the ETag is "*", so it is always given.
        etag === null ? ['create', headRow] : ['update', headRow, 'Replace', { etag }],
        ['create', rowOfAudit(row)],
        ['create', rowOfOperation(row)],
      ];
      const done = await write(() => table.submitTransaction(actions, { abortSignal: signal }), signal);
      return done ? 'committed' : 'conflict';
    },

    async close(chain, { etag, ...head }, next, signal) {
      const row = rowOfHead(chain, { ...head, next });
      const done = await write(
        () => table.updateEntity(row, 'Replace', { etag, abortSignal: signal }),
        signal,
      );
      return done ? 'closed' : 'conflict';
    },

    async *rows(chain, fromSequence, signal) {
      for await (const row of list(digitsFrom(chain, fromSequence), signal)) {
        const key = String(row.rowKey);
        try {
          yield { key, row: auditOfRow(table.tableName, row), problem: '' };
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          yield { key, row: null, problem: error.message };
        }
      }
    },

    async *operations(chain, signal) {
      const filter = odata`PartitionKey eq ${partitionOf(chain)} and RowKey ge ${operationPrefix}`;
      for await (const row of list(filter, signal)) {
        const key = String(row.rowKey);
        const operationId = key.slice(operationPrefix.length);
        try {
          yield { key, operationId, sequence: sequenceOfOperation(table.tableName, row) };
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          yield { key, operationId, sequence: null };
        }
      }
    },
  };
}

/** Rows by sequence: their keys are digits, those of the others begin with a letter. */
const digitsFrom = (chain: AuditChain, sequence: number): string =>
  odata`PartitionKey eq ${partitionOf(chain)} and RowKey ge ${sequenceKey(sequence)} and RowKey lt ${':'}`;
