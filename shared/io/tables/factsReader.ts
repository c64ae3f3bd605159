import type { TableClient } from '@azure/data-tables';
import type { FactsReader } from '../../app/review/factsReader';
import { factsOfRow } from './candidateRow';
import { getRow } from './decisionWrites';
import { tableResource } from './tableErrors';

/** Reads single rows of OrphanCandidates, whose only writer is the scan. */
export function createFactsReader(table: TableClient): FactsReader {
  const resource = tableResource(table);
  return {
    async read(type, id, signal) {
      const row = await getRow(table, resource, type, id, signal);
      return row === null ? null : factsOfRow(table.tableName, row);
    },
  };
}
