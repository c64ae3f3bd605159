import type { TableClient } from '@azure/data-tables';
import { AppError } from '../../core/appError';
import { storageError, type StorageResource } from '../storageErrors';
import { isWriteConflict } from './tableErrors';

// What the tables of the part review have in common: two administrators may write one row at the same time, and an answer may get lost.

/** What a write gave, or null where the row is not what was read. */
export async function unlessConflict<Answer>(
  write: () => Promise<Answer>,
  resource: StorageResource,
  signal: AbortSignal,
): Promise<Answer | null> {
  try {
    return await write();
  } catch (error) {
    if (isWriteConflict(error)) return null;
    throw storageError(error, resource, signal);
  }
}

/** Somebody else wrote the row since it was read: for a person to look again, not an accident. */
export const changedMeanwhile = (table: TableClient, row: string): AppError =>
  new AppError(
    'writeConflict',
    `Table ${table.tableName}, row ${row}: expected it as it was read, found that somebody changed it meanwhile. Read it again, and decide again.`,
  );
