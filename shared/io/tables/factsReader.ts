import type { TableClient } from '@azure/data-tables';
import type { FactsReader } from '../../app/review/factsReader';
import { factsOfRow } from './candidateRow';
import { getRow } from './readRows';
import { tableResource } from './tableErrors';

/** Single rows of the table OrphanCandidates. */
export function createFactsReader(table: TableClient): FactsReader {
  const resource = { ...tableResource(table), role: 'Storage Table Data Reader' as const };
  return {
    async read(type, id, signal) {
      const row = await getRow(table, resource, type, id, signal);
      return row === null ? null : factsOfRow(table.tableName, row);
    },
  };
}
