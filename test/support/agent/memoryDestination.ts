import type { ExportDestination } from '../../../agent/src/app/exportPorts';
import { NameTakenError } from '../../../agent/src/io/upload/nameTaken';
import { manifestFileName } from '../../../shared/core/exportFormat';
import { isWhole } from './chain';
import type { Mortality } from './crashingFiles';

/**
 * A container in memory that only creates. `mortality` kills the process before a file is stored, or after it, when nobody is left
 * to hear of it. A manifest that comes before what it names is an error of its own.
 */
export function memoryDestination(
  stored: Map<string, Buffer>,
  mortality: Mortality,
  name = 'memory',
): ExportDestination {
  return {
    name,
    async put(file) {
      const prefix = `${file.source}/${file.folder}`;
      const blob = `${prefix}/${file.name}`;
      const taken = await mortality.step(`put ${blob}`, async () => {
        if (stored.has(blob)) return true;
        if (file.name === manifestFileName && !isWhole(stored, prefix, file.content))
          throw new Error(`${blob} came before the files that it names`);
        stored.set(blob, file.content);
        return false;
      });
      return mortality.step(`answer ${blob}`, async () => {
        if (!taken) return 'stored';
        if (file.attempted) return 'alreadyThere';
        throw new NameTakenError(name, file);
      });
    },
  };
}
