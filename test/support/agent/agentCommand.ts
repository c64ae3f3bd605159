import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../stack/sampleSettings';

export interface AgentCommandOptions {
  readonly arguments: readonly string[];
  /** Nothing else of this process's environment is passed on but PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  /** Each line of progress, as it is written. */
  readonly onLine?: (line: string) => void;
  /** Ends it like Ctrl-C. */
  readonly signal?: AbortSignal;
  /** The program; by default what the build made of this checkout. */
  readonly program?: readonly [string, ...string[]];
  /** Further arguments of Node's own. */
  readonly nodeArguments?: readonly string[];
}

export interface AgentOutcome {
  readonly code: number | null;
  readonly output: string;
  /** Progress and what went wrong. */
  readonly told: string;
}

const builtAgent = path.join(root, 'dist', 'agent', 'src', 'main.js');

/** What the installed program's first line sets for its process (docs/adr/0016-how-the-agent-is-started.md). */
function firstLine(): {
  readonly environment: Record<string, string>;
  readonly nodeArguments: readonly string[];
} {
  const [line = ''] = readFileSync(path.join(root, 'agent', 'bin', 'entra-orphans-agent.js'), 'utf8').split(
    '\n',
  );
  const words = line.split(' ');
  return {
    environment: Object.fromEntries(words.flatMap(word => (/^[A-Z_]+=/.test(word) ? [word.split('=')] : []))),
    nodeArguments: words.filter(word => word.startsWith('--')),
  };
}

/** Runs a command of the built agent in a process of its own, as a scheduler does. */
export async function runAgentCommand(options: AgentCommandOptions): Promise<AgentOutcome> {
  const { environment = {}, workingDirectory, onLine, signal } = options;
  const own = firstLine();
  const [program, ...given] = options.program ?? [
    process.execPath,
    ...own.nodeArguments,
    ...(options.nodeArguments ?? []),
    builtAgent,
  ];
  const child = spawn(program, [...given, ...options.arguments], {
    cwd: workingDirectory,
    env: { PATH: process.env['PATH'], ...own.environment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let told = '';
  let line = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    for (const whole of lines) onLine?.(whole);
  });
  const end = (): void => void child.kill('SIGINT');
  signal?.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  signal?.removeEventListener('abort', end);
  return { code, output, told };
}
