import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program and its arguments. There is no shell: nothing in them is expanded, quoted or chained. */
export type CommandLine = readonly [program: string, ...args: string[]];

export interface CommandLimits {
  readonly timeoutMs: number;
  /** Bytes of standard output; a command that prints more is ended. */
  readonly maxOutputBytes: number;
}

export type CommandResult =
  | { readonly kind: 'succeeded'; readonly output: Buffer }
  | { readonly kind: 'failed'; readonly reason: string };

/** So much of what a failing command said is told. */
const toldCharacters = 300;

/**
 * Runs a command to its end. Everything but exit code 0 is `failed`; a command that takes too long or prints too much is ended, with
 * what it started where the system knows process groups. Rejects only with the signal's reason.
 */
export async function runCommand(
  [program, ...args]: CommandLine,
  { timeoutMs, maxOutputBytes }: CommandLimits,
  signal: AbortSignal,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const grouped = process.platform !== 'win32';
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: false,
    windowsHide: true,
    detached: grouped,
  });
  const output: Buffer[] = [];
  let outputBytes = 0;
  let complaint = '';
  const end = (): void => endProcess(child, grouped);
  try {
    return await new Promise<CommandResult>((resolve, reject) => {
      const fail = (reason: string): void => resolve({ kind: 'failed', reason });
      const timer = setTimeout(() => fail(`it did not end within ${timeoutMs / 1000} s`), timeoutMs);
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      child.stdout.on('data', (chunk: Buffer) => {
        outputBytes += chunk.length;
        if (outputBytes > maxOutputBytes) fail(`it printed more than ${maxOutputBytes} bytes`);
        else output.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        complaint = (complaint + chunk.toString()).slice(-toldCharacters);
      });
      child.once('error', error =>
        fail(`it could not be started (${(error as NodeJS.ErrnoException).code})`),
      );
      child.once('close', (code, signalName) => {
        if (code === 0) resolve({ kind: 'succeeded', output: Buffer.concat(output) });
        else fail(`it ended with ${signalName ?? `exit code ${code}`}${saidBy(complaint)}`);
      });
      child.once('close', () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      });
    });
  } finally {
    end();
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function endProcess(child: Child, grouped: boolean): void {
  child.stdout.destroy();
  child.stderr.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    // Its process group is its own, so this ends what it started as well.
    if (grouped) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function saidBy(complaint: string): string {
  const text = complaint.trim().replaceAll(/\s+/g, ' ');
  return text === '' ? '' : `: ${text}`;
}
