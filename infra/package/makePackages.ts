import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeAgentExecutable, makeAgentScript } from './agentExecutable';
import { makeAgentTarball } from './agentTarball';
import { largestAppPackage, makeAppPackage } from './appPackage';
import type { Product } from './commandLine';
import type { System } from './nodeProgram';
import type { Workplace } from './workplace';
import type { ArchiveFile } from './zipFile';

export const checksumsName = 'SHA256SUMS';
/** What is in the zip, as files: for tools that pack a folder by themselves. */
const appFolderName = 'app';

/** Makes what is wanted, and the checksums of all that was made now. @returns the names of the files. */
export async function makePackages(
  wanted: readonly Product[],
  workplace: Workplace,
): Promise<readonly string[]> {
  const { out, cache, say } = workplace;
  await mkdir(out, { recursive: true });
  await mkdir(cache, { recursive: true });
  // What is there of an earlier run does not go with what is made now.
  await rm(path.join(out, checksumsName), { force: true });
  const made: string[] = [];
  const add = async (name: string, content?: string | Buffer): Promise<void> => {
    const file = path.join(out, name);
    if (content !== undefined) await writeFile(file, content);
    made.push(name);
    say(`  ${name}  ${megabytes((await stat(file)).size)}`);
  };

  if (wanted.includes('app')) {
    say('The app for Azure Functions …');
    const app = await makeAppPackage(workplace.root);
    await add(app.fileName, app.zip);
    await unpack(app.files, path.join(out, appFolderName));
    await add(`${baseName(app.fileName)}.cdx.json`, app.sbom);
    say(`  (the limit of the zip is ${megabytes(largestAppPackage)})`);
  }
  if (wanted.includes('agent')) {
    say('The agent as an npm package …');
    await add(await makeAgentTarball(workplace));
  }
  const systems = wanted.filter((product): product is System => product === 'linux' || product === 'windows');
  if (systems.length > 0) {
    const script = await makeAgentScript(workplace);
    for (const system of systems) {
      say(`The agent as one executable file for ${system} …`);
      const { fileName, sbom, licenses } = await makeAgentExecutable(system, script, workplace);
      await add(fileName);
      await add(`${baseName(fileName)}.cdx.json`, sbom);
      await add(`${baseName(fileName)}.licenses.txt`, licenses);
    }
  }
  await writeFile(path.join(out, checksumsName), await checksumsOf(out, made));
  return [...made, checksumsName];
}

async function unpack(files: readonly ArchiveFile[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const { name, content } of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** As `sha256sum` writes and checks them. */
async function checksumsOf(folder: string, names: readonly string[]): Promise<string> {
  let lines = '';
  for (const name of names.toSorted())
    lines += `${createHash('sha256')
      .update(await readFile(path.join(folder, name)))
      .digest('hex')}  ${name}\n`;
  return lines;
}

const baseName = (fileName: string): string => fileName.replace(/\.(?:zip|exe)$/, '');

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
