import { odata, type TableClient } from '@azure/data-tables';
import type { DecisionPage, DecisionQuery, DecisionTable } from '../../app/decisionPorts';
import { storageError } from '../storageErrors';
import { isContinuation } from './continuation';
import { decisionOfRow } from './decisionRow';
import { tableResource } from './tableErrors';

/** The partition of the daily caps: keys of object types are above it, in the order of the table. */
export const capsPartition = '_caps';

/** Requests that one page may take: the service may answer a filter with empty pages. */
const mostRequests = 8;
/** Table Storage's own limit of `$top`. */
const mostRowsOfPage = 1_000;

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
  let { continuation } = query;
  for (let request = 1; ; request += 1) {
    const pages = table
      .listEntities({ queryOptions: { filter: filterOf(query) }, abortSignal: signal })
      .byPage({
        maxPageSize: Math.min(Math.max(query.limit, 1), mostRowsOfPage),
        ...(continuation === null ? {} : { continuationToken: continuation }),
      });
    // A query has one page at least.
    const { value: page } = (await pages.next()) as { value: Page };
    continuation = page.continuationToken || null;
    if (page.length > 0 || continuation === null || request === mostRequests)
      return {
        kind: 'page',
        decisions: page.map(row => decisionOfRow(table.tableName, row)),
        continuation,
      };
  }
}

type Page = readonly object[] & { readonly continuationToken?: string };

function filterOf({ type, state }: DecisionQuery): string {
  const partition = type === null ? odata`PartitionKey gt ${capsPartition}` : odata`PartitionKey eq ${type}`;
  return state === null ? partition : `${partition} and ${odata`state eq ${state}`}`;
}
