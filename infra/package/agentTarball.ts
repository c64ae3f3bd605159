import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runNpm, runProgram } from './programs';
import type { Workplace } from './workplace';

/** The agent as npm installs it, as `npm run pack:agent` makes it, beside the checkout. @returns the file's name. */
export async function makeAgentTarball({ root, out, cache }: Workplace): Promise<string> {
  const folder = path.join(cache, 'agent');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'README.md', 'bin'])
    await cp(path.join(root, 'agent', name), path.join(folder, name), { recursive: true });
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await runProgram(
    process.execPath,
    [tsc, '-p', path.join(root, 'agent'), '--outDir', path.join(folder, 'dist')],
    root,
  );
  return (await runNpm(['pack', '--pack-destination', path.resolve(out)], folder)).trim();
}
