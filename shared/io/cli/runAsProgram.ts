import { isNativeError } from 'node:util/types';

/** What a command takes of the process that it is run in. */
export interface ProgramRun {
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** A line of the answer, for standard output. */
  readonly print: (line: string) => void;
  /** A line of progress, for standard error. */
  readonly progress: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs a command as a program: ends with its exit code, and with 2, said in one line, where it is interrupted or throws. */
export async function runAsProgram(
  command: (run: ProgramRun) => Promise<number>,
  args: readonly string[],
): Promise<void> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', interrupt);
  try {
    process.exitCode = await command({
      args,
      environment: process.env,
      print: line => void process.stdout.write(`${line}\n`),
      progress: line => void process.stderr.write(`${line}\n`),
      signal: interrupted.signal,
    });
  } catch (error) {
    process.exitCode = 2;
    process.stderr.write(`Ended early: ${isNativeError(error) ? error.message : String(error)}\n`);
  } finally {
    process.off('SIGINT', interrupt);
  }
}
