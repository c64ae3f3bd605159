import type { TableClient } from '@azure/data-tables';
import { odata } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import type { Log, ScanRunTable } from '../../app/ports';
import type { ScanRun } from '../../core/scanRun';
import { storageError } from '../storageErrors';
import { read } from './columns';
import { mostRowsOfPage } from './readRows';
import { rowOfRun, runOfRow, runPartition, runRowKey, type PreparedRun } from './scanRunRow';
import { createSpill } from './spill';
import { isWriteConflict, tableResource, writeConflict } from './tableErrors';

export interface ScanRunTableOptions {
  readonly table: TableClient;
  /** The container for columns that are too long. */
  readonly spill: ContainerClient;
  readonly log: Log;
}

/** The table ScanRuns: one partition, newest first. */
export function createScanRunTable({ table, spill: container, log }: ScanRunTableOptions): ScanRunTable {
  const resource = tableResource(table);
  const spill = createSpill(container);

  async function spillTexts({ spilled }: PreparedRun, signal: AbortSignal): Promise<void> {
    // Before the row that names it: a row must never point at nothing.
    for (const { blob, json } of spilled) {
      await spill.replace(blob, json, signal);
      log.debug(`${table.tableName}: ${blob} holds what is too long for its column`);
    }
  }

  /** Turns what the SDK throws at a read or a write of one row into the port's errors. */
  const rowError = (error: unknown, rowKey: string, signal: AbortSignal): unknown =>
    isWriteConflict(error) ? writeConflict(table, rowKey, error) : storageError(error, resource, signal);

  return {
    async newest(limit, signal) {
      const runs: ScanRun[] = [];
      if (limit < 1) return runs;
      try {
        const rows = table.listEntities({
          queryOptions: { filter: odata`PartitionKey eq ${runPartition}` },
          abortSignal: signal,
        });
        // A page may be short or empty and still not be the last.
        for await (const page of rows.byPage({ maxPageSize: Math.min(limit, mostRowsOfPage) })) {
          for (const row of page) {
            runs.push(await runOfRow(table.tableName, row, blob => spill.read(blob, signal)));
            if (runs.length === limit) return runs;
          }
        }
        return runs;
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async read(runId, signal) {
      try {
        // The key begins with the time of the start, which an id does not say; there is one partition, and one row a night.
        const filter = odata`PartitionKey eq ${runPartition} and runId eq ${runId}`;
        let found: ScanRun | null = null;
        for await (const row of table.listEntities({ queryOptions: { filter }, abortSignal: signal })) {
          // Of several under one id the one that ran: whoever never held the lease may have been asked for by the same id.
          if (found === null || found.fence === null)
            found = await runOfRow(table.tableName, row, blob => spill.read(blob, signal));
        }
        return found;
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async create(run, signal) {
      const prepared = rowOfRun(run);
      await spillTexts(prepared, signal);
      try {
        await table.createEntity(prepared.row, { abortSignal: signal });
      } catch (error) {
        throw rowError(error, prepared.row.rowKey, signal);
      }
    },

    async replace(run, expected, signal) {
      const rowKey = runRowKey(run);
      const prepared = rowOfRun(run);
      try {
        const stored = await table.getEntity(runPartition, rowKey, {
          abortSignal: signal,
        });
        if (stored['state'] !== expected)
          throw writeConflict(table, rowKey, `state ${JSON.stringify(stored['state'])}, not "${expected}"`);
        await spillTexts(prepared, signal);
        await table.updateEntity(prepared.row, 'Replace', {
          etag: read.etag.parse(stored.etag),
          abortSignal: signal,
        });
      } catch (error) {
        throw rowError(error, rowKey, signal);
      }
    },
  };
}
