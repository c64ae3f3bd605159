import { TableClient } from '@azure/data-tables';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Row } from '../../../../shared/io/tables/columns';

/** A row as the service answers it: with type annotations where JSON can not tell. */
function asEntity({ partitionKey, rowKey, ...columns }: Row): object {
  const dates = Object.entries(columns).flatMap(([name, value]) =>
    value instanceof Date ? [[`${name}@odata.type`, 'Edm.DateTime']] : [],
  );
  const keys = { 'odata.etag': 'W/"1"', PartitionKey: partitionKey, RowKey: rowKey };
  return { ...keys, ...columns, ...Object.fromEntries(dates) };
}

/**
 * A table that answers a query with these pages, one a request: the real service may return short or empty pages with a
 * continuation, Azurite never does.
 */
export async function startPages(
  pages: readonly (readonly Row[])[],
): Promise<{ readonly table: TableClient; readonly asked: readonly string[]; stop(): Promise<void> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in');
    asked.push(url.search);
    const at = Number(url.searchParams.get('NextPartitionKey') ?? '0');
    response.setHeader('content-type', 'application/json;odata=minimalmetadata');
    if (at + 1 < pages.length) {
      response.setHeader('x-ms-continuation-NextPartitionKey', String(at + 1));
      // The service may leave the row key out: the next page begins with the partition.
      if (at % 2 === 0) response.setHeader('x-ms-continuation-NextRowKey', 'row');
    }
    response.end(JSON.stringify({ value: (pages[at] ?? []).map(asEntity) }));
  });
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    table: new TableClient(`http://127.0.0.1:${port}/account`, 'Pages', { allowInsecureConnection: true }),
    asked,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
