import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ExportDestination } from '../../app/exportPorts';
import { failedWith, writeDurably, type FileSystem } from '../files/fileSystem';
import { NameTakenError } from './nameTaken';

/**
 * A folder, for a machine that reaches no storage account: whoever runs the agent carries the files, in the same order. A file that
 * is there already is never replaced.
 */
export function folderDestination(root: string, files: FileSystem): ExportDestination {
  const name = path.resolve(root);
  return {
    name,
    async put(file, signal) {
      signal.throwIfAborted();
      const folder = path.join(name, file.source, file.folder);
      const target = path.join(folder, file.name);
      const temporary = `${target}.${randomUUID()}.tmp`;
      await files.makeFolder(folder);
      try {
        await writeDurably(files, temporary, 'new', file.content);
        // A plain rename would replace what is there.
        await files.claim(temporary, target);
        await files.syncFolder(folder);
        return 'stored';
      } catch (error) {
        if (!failedWith(error, 'EEXIST')) throw error;
        // Other than a container, a folder can be looked into.
        if ((await files.read(target))?.equals(file.content) === true) return 'alreadyThere';
        throw new NameTakenError(name, file, error);
      } finally {
        await files.remove(temporary);
      }
    },
  };
}
