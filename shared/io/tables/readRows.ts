import type { TableClient, TableEntityQueryOptions } from '@azure/data-tables';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';

/** A row, or null where there is none. */
export async function getRow(
  table: TableClient,
  resource: StorageResource,
  partition: string,
  key: string,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await table.getEntity(partition, key, { abortSignal: signal });
  } catch (error) {
    if (answeredWith(error, 404) && serviceCode(error) !== 'TableNotFound') return null;
    throw storageError(error, resource, signal);
  }
}

/** Table Storage's own limit of `$top`. */
export const mostRowsOfPage = 1_000;
/** Requests that one page may take: the service may answer a filter with empty pages. */
const mostRequests = 8;

/** A page of a list: rows in the order of the table, unread. */
export interface RowPage {
  /** None may be here although there are more: go on with `continuation`. */
  readonly rows: readonly object[];
  /** null: there are no more rows. */
  readonly continuation: string | null;
}

/** At most `limit` rows (1,000 is the most) from where `continuation` says; null: from the start. Throws what the SDK throws. */
export async function readRowPage(
  table: TableClient,
  queryOptions: TableEntityQueryOptions,
  from: { readonly limit: number; readonly continuation: string | null },
  signal: AbortSignal,
): Promise<RowPage> {
  let { continuation } = from;
  for (let request = 1; ; request += 1) {
    const pages = table.listEntities({ queryOptions, abortSignal: signal }).byPage({
      maxPageSize: Math.min(Math.max(from.limit, 1), mostRowsOfPage),
      ...(continuation === null ? {} : { continuationToken: continuation }),
    });
    // A query has one page at least.
    const { value: rows } = (await pages.next()) as { value: SdkPage };
    continuation = rows.continuationToken || null;
    if (rows.length > 0 || continuation === null || request === mostRequests) return { rows, continuation };
  }
}

type SdkPage = readonly object[] & { readonly continuationToken?: string };
