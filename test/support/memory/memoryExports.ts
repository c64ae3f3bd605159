import type { ExportStore, OpenedExport } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';

export type MemoryExport = Omit<OpenedExport, 'readRecords'> & { readonly records: readonly ExportRecord[] };

/** The port ExportStore over arrays of records. */
export class MemoryExports implements ExportStore {
  constructor(public exports: readonly MemoryExport[]) {}

  async openNewest(source: SourceName): Promise<OpenedExport> {
    const found = this.exports.find(candidate => candidate.source === source);
    if (!found) throw new AppError('exportMissing', `There is no export of ${source}.`);
    const { records, ...opened } = found;
    return {
      ...opened,
      async readRecords(visit) {
        records.forEach(record => visit(record));
      },
    };
  }
}
