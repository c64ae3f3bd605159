import type { Instant } from '../../shared/core/instant';
import { parseCommandLine, type Command } from './cli/commandLine';
import { helpText } from './cli/help';
import { createProgress, printable } from './cli/progress';
import { check } from './commands/check';
import type { CommandContext } from './commands/context';
import { exportCommand } from './commands/export';
import { keygen } from './commands/keygen';
import { run } from './commands/run';
import { AgentError, exitCodes } from './core/agentError';
import { agentVersion } from './core/agentVersion';
import { readConfiguration } from './io/configuration';

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

async function execute(command: Command, context: CommandContext): Promise<void> {
  switch (command.kind) {
    case 'help':
      process.stdout.write(helpText(command.of));
      return;
    case 'version':
      context.print(agentVersion);
      return;
    case 'check':
      return await check(readConfiguration(command.config, context.environment), command.ldif, context);
    case 'export':
      return await exportCommand(readConfiguration(command.config, context.environment), command, context);
    case 'run':
      return await run(readConfiguration(command.config, context.environment), command, context);
    case 'keygen':
      return await keygen(readConfiguration(command.config, context.environment), command, context);
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
