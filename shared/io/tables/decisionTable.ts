import type { TableClient } from '@azure/data-tables';
import type { DecisionTable } from '../../app/decisionPorts';
import type { Decision, StoredDecision } from '../../core/decision';
import { read } from './columns';
import { createDecisionReader } from './decisionReader';
import { decisionOfRow, rowOfDecision } from './decisionRow';
import { changedMeanwhile, unlessConflict } from './conditionalWrites';
import { getRow } from './readRows';
import { tableResource } from './tableErrors';

/** The table Decisions: partitioned by object type, one row for each object that somebody decided about. */
export function createDecisionTable(table: TableClient): DecisionTable {
  const resource = tableResource(table);

  async function readRow(type: string, id: string, signal: AbortSignal): Promise<StoredDecision | null> {
    const row = await getRow(table, resource, type, id, signal);
    return row === null ? null : decisionOfRow(table.tableName, row);
  }

  return {
    ...createDecisionReader(table),
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
  };
}

const sameDecision = ({ etag: _, ...stored }: StoredDecision, decision: Decision): boolean =>
  JSON.stringify(Object.entries(rowOfDecision(stored))) ===
  JSON.stringify(Object.entries(rowOfDecision(decision)));
