import { odata, type TableClient } from '@azure/data-tables';
import type { DecisionPage, DecisionQuery, DecisionTable } from '../../app/decisionPorts';
import { storageError } from '../storageErrors';
import { isContinuation } from './continuation';
import { decisionOfRow } from './decisionRow';
import { readRowPage } from './readRows';
import { tableResource } from './tableErrors';

/** The partition of the daily caps: keys of object types are above it, in the order of the table. */
export const capsPartition = '_caps';

/** The table Decisions for whoever only lists it: the scan reads what became of objects, and decides nothing. */
export function createDecisionReader(table: TableClient): Pick<DecisionTable, 'list'> {
  const resource = tableResource(table);
  return {
    async list(query, signal) {
      if (query.continuation !== null && !isContinuation(query.continuation))
        return { kind: 'continuationInvalid' };
      try {
        return await listPage(table, query, signal);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}

async function listPage(
  table: TableClient,
  query: DecisionQuery,
  signal: AbortSignal,
): Promise<DecisionPage> {
  const { rows, continuation } = await readRowPage(table, { filter: filterOf(query) }, query, signal);
  return { kind: 'page', decisions: rows.map(row => decisionOfRow(table.tableName, row)), continuation };
}

function filterOf({ type, state }: DecisionQuery): string {
  const partition = type === null ? odata`PartitionKey gt ${capsPartition}` : odata`PartitionKey eq ${type}`;
  return state === null ? partition : `${partition} and ${odata`state eq ${state}`}`;
}
