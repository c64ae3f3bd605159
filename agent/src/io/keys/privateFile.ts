import { AgentError } from '../../core/agentError';
import type { FileSystem } from '../files/fileSystem';

const othersMayRead = 0o077;

/**
 * Reads a file that holds a private key. Throws an `AgentError`, `configurationInvalid`, where it is missing, or where others than its
 * owner may read or write it; Windows has no modes to look at.
 */
export async function readPrivateFile(
  files: FileSystem,
  file: string,
  what: string,
  platform: NodeJS.Platform = process.platform,
): Promise<Buffer> {
  const stat = await files.stat(file);
  const content = await files.read(file);
  if (stat === null || content === null) {
    throw new AgentError(
      'configurationInvalid',
      `Expected ${what} in ${file}, found no such file. Check the path.`,
    );
  }
  if (platform !== 'win32' && (stat.mode & othersMayRead) !== 0) {
    throw new AgentError(
      'configurationInvalid',
      `Expected that only its owner may read ${file}, which holds a private key; found mode ${(stat.mode & 0o777).toString(8)}. ` +
        `Run: chmod 600 '${file}'. If others could read it, replace the key as well.`,
    );
  }
  return content;
}
