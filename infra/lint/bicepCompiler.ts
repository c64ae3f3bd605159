import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The file of a Bicep compiler on this machine; null: there is none. In this order: what the variable `BICEP` names, `bicep` on the path,
 * and the one that `az bicep install` brought.
 * @throws Error: `BICEP` names something that can not be run.
 */
export function findBicep(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const named = environment['BICEP']?.trim();
  if (named) {
    if (isProgram(named)) return named;
    throw new Error(`Expected the file of a Bicep compiler in BICEP, found ${named}. Correct or unset it.`);
  }
  const azureFolder = environment['AZURE_CONFIG_DIR'] || path.join(homedir(), '.azure');
  const folders = [...(environment['PATH'] ?? '').split(path.delimiter), path.join(azureFolder, 'bin')];
  const name = platform === 'win32' ? 'bicep.exe' : 'bicep';
  const files = folders.filter(folder => folder !== '').map(folder => path.join(folder, name));
  return files.find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** What to do where there is none. */
export const howToGetBicep =
  'Install it (az bicep install), or: dotnet restore infra/lint/bicep.csproj, and name tools/bicep below out/bicep in the variable BICEP.';
