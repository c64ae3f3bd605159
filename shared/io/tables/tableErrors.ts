import type { RestError, TableClient } from '@azure/data-tables';
import { AppError } from '../../core/appError';
import { answeredWith, serviceCode, type StorageResource } from '../storageErrors';

export const tableResource = (table: TableClient): StorageResource => ({
  name: `table ${table.tableName}`,
  role: 'Storage Table Data Contributor',
});

/** Answers about the table itself that share a status with those about a row. */
const aboutTheTable: ReadonlySet<string | undefined> = new Set(['TableNotFound', 'TableBeingDeleted']);

/** Whether a row is not what was read: changed (412), made by somebody else (409) or gone (404). */
export const isWriteConflict = (error: unknown): error is RestError =>
  answeredWith(error, 404, 409, 412) && !aboutTheTable.has(serviceCode(error));

export function writeConflict(table: TableClient, row: string, found: RestError | string): AppError {
  const answer =
    typeof found === 'string' ? found : `HTTP ${found.statusCode} ${serviceCode(found) ?? ''}`.trim();
  return new AppError(
    'writeConflict',
    `Table ${table.tableName}, row ${row}: expected it as it was read, found: ${answer}. Somebody else wrote it; ` +
      'see that only one scan app uses this table. The next run reads it again.',
    typeof found === 'string' ? undefined : { cause: found },
  );
}
