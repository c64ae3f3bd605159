import type { TableClient } from '@azure/data-tables';
import type { RuleTable } from '../../app/decisionPorts';
import { storageError } from '../storageErrors';
import { ruleOfRow } from './ruleRow';
import { tableResource } from './tableErrors';

/** The table Rules for whoever only reads it: the scan. */
export function createRuleReader(table: TableClient): Pick<RuleTable, 'readAll'> {
  const resource = tableResource(table);
  return {
    async *readAll(signal) {
      try {
        const rows = table.listEntities({ abortSignal: signal });
        for await (const row of rows) yield ruleOfRow(table.tableName, row);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}
