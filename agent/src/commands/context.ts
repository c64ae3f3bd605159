import type { Clock, Progress } from '../app/ports';
import type { Environment } from '../io/configuration';
import type { Terminal } from '../io/password';

/** What every command gets from the process. */
export interface CommandContext {
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A line of the command's result, on standard output. */
  readonly print: (line: string) => void;
}
