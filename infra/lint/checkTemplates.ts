import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Folders, below the root, with templates and parameter files. */
const templateFolders = ['infra', 'test/infra'] as const;
const templates = '**/*.bicep';
const parameterFiles = '**/*.bicepparam';

/** Every problem of the templates and parameter files below `root`, a line each; none: they build without a warning, and are formatted. */
export async function checkTemplates(compiler: string, root: string): Promise<readonly string[]> {
  // The compiler formats in place, and would leave built files beside the sources.
  const copy = await mkdtemp(path.join(tmpdir(), 'entra-orphans-bicep-'));
  try {
    await copyTemplates(root, copy);
    const files = (await readdir(copy, { recursive: true })).filter(isTemplate).toSorted();
    if (files.length === 0) return [`Expected templates in ${templateFolders.join(' and ')}, found none.`];
    // Linting tells what building warns of; building tells what can not be written as a template for Azure.
    const found = await Promise.all(
      [
        ['lint', templates],
        ['lint', parameterFiles],
        ['build', templates],
        ['build-params', parameterFiles],
      ].map(([command = '', pattern = '']) => complaints(compiler, [command, '--pattern', pattern], copy)),
    );
    const problems = found.flat();
    for (const pattern of [templates, parameterFiles])
      problems.push(...(await complaints(compiler, ['format', '--pattern', pattern], copy)));
    for (const file of files) {
      const [ours, formatted] = await Promise.all(
        [root, copy].map(folder => readFile(path.join(folder, file), 'utf8')),
      );
      if (ours !== formatted) problems.push(`${file}: is not formatted; run: bicep format ${file}`);
    }
    // A mistake in a module is told again for each template that uses it.
    return [...new Set(problems)];
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const isTemplate = (file: string): boolean => /\.bicep(?:param)?$/.test(file);

/** Copies templates, parameter files and what they load, with their places kept. */
export async function copyTemplates(root: string, to: string): Promise<void> {
  for (const folder of templateFolders)
    await cp(path.join(root, folder), path.join(to, folder), {
      recursive: true,
      filter: source => path.extname(source) === '' || /\.(?:bicep|bicepparam|json)$/.test(source),
    });
}

/** What the compiler says on standard error, which is nothing where all is well. */
function complaints(compiler: string, args: readonly string[], folder: string): Promise<readonly string[]> {
  return new Promise(resolve => {
    execFile(compiler, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, _stdout, stderr) => {
      const lines = stderr
        .split('\n')
        .map(line => line.trim().replaceAll(`${folder}${path.sep}`, ''))
        .filter(line => line !== '');
      resolve(error !== null && lines.length === 0 ? [`bicep ${args.join(' ')}: ${error.message}`] : lines);
    });
  });
}
