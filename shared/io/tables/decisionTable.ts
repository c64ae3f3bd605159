import { odata, type TableClient } from '@azure/data-tables';
import type { DecisionPage, DecisionQuery, DecisionTable } from '../../app/decisionPorts';
import type { Decision, StoredDecision } from '../../core/decision';
import { storageError } from '../storageErrors';
import { read } from './columns';
import { isContinuation } from './continuation';
import { decisionOfRow, rowOfDecision } from './decisionRow';
import { changedMeanwhile, getRow, unlessConflict } from './decisionWrites';
import { tableResource } from './tableErrors';

/** The partition of the daily caps: keys of object types are above it, in the order of the table. */
export const capsPartition = '_caps';

/** Requests that one page may take: the service may answer a filter with empty pages. */
const mostRequests = 8;
/** Table Storage's own limit of `$top`. */
const mostRowsOfPage = 1_000;

/** The table Decisions: partitioned by object type, one row for each object that somebody decided about. */
export function createDecisionTable(table: TableClient): DecisionTable {
  const resource = tableResource(table);

  async function readRow(type: string, id: string, signal: AbortSignal): Promise<StoredDecision | null> {
    const row = await getRow(table, resource, type, id, signal);
    return row === null ? null : decisionOfRow(table.tableName, row);
  }

  async function listPage(query: DecisionQuery, signal: AbortSignal): Promise<DecisionPage> {
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

  return {
    read: readRow,

    async write(decision, etag, signal) {
      const row = rowOfDecision(decision);
      const written = await unlessConflict(
        () =>
          etag === null
            ? table.createEntity(row, { abortSignal: signal })
            : // Replace, so that a column that became null disappears. The SDK's default for the ETag is "*", so it is always given.
              table.updateEntity(row, 'Replace', { etag, abortSignal: signal }),
        resource,
        signal,
      );
      if (written) return { ...decision, etag: read.etag.parse(written.etag) };
      // Ours, where an earlier answer got lost.
      const stored = await readRow(decision.type, decision.id, signal);
      if (stored && sameDecision(stored, decision)) return stored;
      throw changedMeanwhile(table, `${decision.type}/${decision.id}`);
    },

    async list(query, signal) {
      if (query.continuation !== null && !isContinuation(query.continuation))
        return { kind: 'continuationInvalid' };
      try {
        return await listPage(query, signal);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}

type Page = readonly object[] & { readonly continuationToken?: string };

function filterOf({ type, state }: DecisionQuery): string {
  const partition = type === null ? odata`PartitionKey gt ${capsPartition}` : odata`PartitionKey eq ${type}`;
  return state === null ? partition : `${partition} and ${odata`state eq ${state}`}`;
}

const sameDecision = ({ etag: _, ...stored }: StoredDecision, decision: Decision): boolean =>
  JSON.stringify(Object.entries(rowOfDecision(stored))) ===
  JSON.stringify(Object.entries(rowOfDecision(decision)));
