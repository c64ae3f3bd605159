import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mostOutput = 16 * 1024 * 1024;

/** Runs a program to its end. @returns its standard output. @throws Error with what it wrote, where it failed. */
export async function runProgram(file: string, given: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await run(file, given, { cwd, maxBuffer: mostOutput });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    const told = `${stderr}${stdout}`.trim();
    throw new Error(
      `Expected ${[file, ...given].join(' ')} to succeed, found: ${told === '' ? String(error) : told}`,
      { cause: error },
    );
  }
}

/** Runs npm: the one that runs this, where there is one. Its scripts stay off. */
export async function runNpm(given: readonly string[], cwd: string): Promise<string> {
  const options = [...given, '--ignore-scripts', '--loglevel=error'];
  const npmFile = process.env['npm_execpath'];
  return npmFile === undefined
    ? await runProgram('npm', options, cwd)
    : await runProgram(process.execPath, [npmFile, ...options], cwd);
}
