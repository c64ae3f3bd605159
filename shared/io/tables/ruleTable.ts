import type { TableClient } from '@azure/data-tables';
import type { RuleTable } from '../../app/decisionPorts';
import type { Rule } from '../../core/rule';
import { changedMeanwhile, unlessConflict } from './conditionalWrites';
import { getRow } from './readRows';
import { createRuleReader } from './ruleReader';
import { rowOfRule, ruleOfRow } from './ruleRow';
import { tableResource } from './tableErrors';

/** The table Rules: partitioned by kind, one row for each rule that is not removed. */
export function createRuleTable(table: TableClient): RuleTable {
  const resource = tableResource(table);

  return {
    ...createRuleReader(table),

    async add(rule, signal) {
      const row = rowOfRule(rule);
      const create = () => table.createEntity(row, { abortSignal: signal });
      if (await unlessConflict(create, resource, signal)) return;
      // Ours, where an earlier answer got lost.
      const stored = await getRow(table, resource, row.partitionKey, row.rowKey, signal);
      if (stored !== null && sameRule(ruleOfRow(table.tableName, stored), rule)) return;
      throw changedMeanwhile(table, `${row.partitionKey}/${row.rowKey}`);
    },

    async remove(kind, ruleId, etag, signal) {
      const remove = () => table.deleteEntity(kind, ruleId, { etag, abortSignal: signal });
      if (!(await unlessConflict(remove, resource, signal)))
        throw changedMeanwhile(table, `${kind}/${ruleId}`);
    },
  };
}

const sameRule = (one: Rule, other: Rule): boolean =>
  JSON.stringify(Object.entries(rowOfRule(one))) === JSON.stringify(Object.entries(rowOfRule(other)));
