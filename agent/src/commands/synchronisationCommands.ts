import type { AgentConfiguration } from '../io/configuration';
import type { SynchronisationCommands } from '../io/requests/synchronisation';
import type { CommandLine } from '../io/requests/runCommand';

/** The configured commands of the synchronisation engine; none where there are none. */
export function synchronisationCommands({ synchronisation }: AgentConfiguration): SynchronisationCommands {
  if (synchronisation === undefined) return { startCommand: null, historyCommand: null };
  const { startCommand, historyCommand, timeoutSeconds } = synchronisation;
  return {
    startCommand: commandLine(startCommand),
    historyCommand: commandLine(historyCommand),
    timeoutMs: timeoutSeconds * 1000,
  };
}

function commandLine(command: readonly string[] | undefined): CommandLine | null {
  const [program, ...given] = command ?? [];
  return program === undefined ? null : [program, ...given];
}
