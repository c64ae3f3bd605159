import type { LogLevel } from './functionsCore';

/** One message of the host (functionName null) or of an invocation. */
export interface HostLogEntry {
  readonly level: LogLevel;
  readonly functionName: string | null;
  readonly invocationId: string | null;
  readonly message: string;
}

export type HostLog = (entry: HostLogEntry) => void;

const severity: Readonly<Record<LogLevel, number>> = {
  trace: 0,
  debug: 1,
  information: 2,
  warning: 3,
  error: 4,
  critical: 5,
  none: 6,
};

/** Whether an entry of this level is kept where the lowest level to keep is `lowest` (host.json, logging.logLevel.default). */
export const isKept = (level: LogLevel, lowest: LogLevel): boolean => severity[level] >= severity[lowest];

/** Writes an entry as lines, each of which names level, function and invocation, so that `grep` finds all of them. */
export function formatEntry({ level, functionName, invocationId, message }: HostLogEntry): string {
  const origin = functionName === null ? 'host' : `${functionName} ${invocationId ?? '-'}`;
  return message
    .split(/\r?\n/)
    .map(line => `${level} ${origin} ${line}\n`)
    .join('');
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The stack with those of the causes. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\nCaused by: ${stackOf(error.cause)}`;
}
