import type { Instant } from '../../shared/core/instant';
import { parseCommandLine, type Command } from './cli/commandLine';
import { helpText } from './cli/help';
import { createProgress, printable } from './cli/progress';
import type { CommandContext } from './commands/context';
import { AgentError, exitCodes } from './core/agentError';
import { agentVersion } from './core/agentVersion';

async function main(): Promise<number> {
  const parsed = parseCommandLine(process.argv.slice(2));
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${printable(parsed.problem)}\n\n${helpText(null)}`);
    return exitCodes.configurationInvalid;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new AgentError('stopped', `Stopped by ${name}.`)));
  const progress = createProgress(process.stderr, () => performance.now());
  const context: CommandContext = {
    environment: process.env,
    terminal: { input: process.stdin, output: process.stderr },
    progress,
    clock: { now: () => Date.now() as Instant },
    signal: stop.signal,
    print: line => process.stdout.write(`${printable(line)}\n`),
  };
  try {
    await execute(parsed.command, context);
    return 0;
  } catch (error) {
    progress.done();
    return told(error);
  }
}

/** Each command loads what it needs when it runs: the storage SDK alone takes as much memory as the rest. */
async function execute(command: Command, context: CommandContext): Promise<void> {
  if (command.kind === 'help') {
    process.stdout.write(helpText(command.of));
    return;
  }
  if (command.kind === 'version') {
    context.print(agentVersion);
    return;
  }
  const { readConfiguration } = await import('./io/configuration.js');
  const configuration = readConfiguration(command.config, context.environment);
  switch (command.kind) {
    case 'check': {
      const { check } = await import('./commands/check.js');
      return await check(configuration, command.ldif, context);
    }
    case 'export': {
      const { exportCommand } = await import('./commands/export.js');
      return await exportCommand(configuration, command, context);
    }
    case 'run': {
      const { run } = await import('./commands/run.js');
      return await run(configuration, command, context);
    }
    case 'keygen': {
      const { keygen } = await import('./commands/keygen.js');
      return await keygen(configuration, command, context);
    }
  }
}

/** Says what went wrong, and what a scheduler is to know of it. */
function told(error: unknown): number {
  if (error instanceof AgentError) {
    process.stderr.write(`${printable(error.message)}\n`);
    return exitCodes[error.code];
  }
  process.stderr.write(
    `A fault of the agent: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return exitCodes.unexpected;
}

void main().then(code => {
  process.exitCode = code;
  return undefined;
});
