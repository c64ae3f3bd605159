import { z } from 'zod';
import { manifestSchema } from '../../../../shared/core/exportFormat';
import type { AnsweredRequest } from '../../../../shared/core/exportRequest';
import type { SynchronisationRun } from '../../app/exportPorts';
import { runCommand, type CommandLimits, type CommandLine } from './runCommand';

/** The administrator's commands for the synchronisation engine; null: none. */
export interface SynchronisationCommands {
  /** Starts a synchronisation, and ends when it is started. */
  readonly startCommand: CommandLine | null;
  /** Prints the engine's runs: a JSON array of objects as in the manifest's `synchronisationRuns`. */
  readonly historyCommand: CommandLine | null;
  readonly timeoutMs?: number;
}

/** An outcome, and what a person should know about it. */
export interface SynchronisationStart {
  readonly outcome: Extract<AnsweredRequest['outcome'], 'started' | 'failed' | 'notConfigured'>;
  readonly warning: string | null;
}

export interface SynchronisationHistory {
  /** The newest runs first; null: not known. */
  readonly runs: readonly SynchronisationRun[] | null;
  readonly warning: string | null;
}

const limits: CommandLimits = { timeoutMs: 5 * 60_000, maxOutputBytes: 1024 * 1024 };
const toldRuns = 100;

const runSchema = manifestSchema.shape.synchronisationRuns
  .unwrap()
  .element.refine(run => run.finishedAt >= run.startedAt, 'finishedAt is before startedAt');
/** PowerShell's ConvertTo-Json prints an array of one as its element. */
const historySchema = z.union([z.array(runSchema), runSchema.transform(run => [run])]);

/** Starts a synchronisation. That it fails is an outcome, never an error. */
export async function startSynchronisation(
  { startCommand, timeoutMs = limits.timeoutMs }: SynchronisationCommands,
  signal: AbortSignal,
): Promise<SynchronisationStart> {
  if (startCommand === null) return { outcome: 'notConfigured', warning: null };
  const result = await runCommand(startCommand, { ...limits, timeoutMs }, signal);
  if (result.kind === 'succeeded') return { outcome: 'started', warning: null };
  return {
    outcome: 'failed',
    warning: `Expected that ${startCommand[0]} starts a synchronisation, found that ${result.reason}. Run the command by hand.`,
  };
}

/** Asks for the engine's runs. Where they can not be had they are not known, and the export tells none. */
export async function readSynchronisationHistory(
  { historyCommand, timeoutMs = limits.timeoutMs }: SynchronisationCommands,
  signal: AbortSignal,
): Promise<SynchronisationHistory> {
  if (historyCommand === null) return { runs: null, warning: null };
  const result = await runCommand(historyCommand, { ...limits, timeoutMs }, signal);
  if (result.kind === 'failed') return unknownHistory(historyCommand, result.reason);
  const parsed = parseHistory(result.output);
  if (typeof parsed === 'string') return unknownHistory(historyCommand, `it printed ${parsed}`);
  const newestFirst = parsed.toSorted((one, other) => other.finishedAt - one.finishedAt);
  return { runs: newestFirst.slice(0, toldRuns), warning: null };
}

/** The runs, or what was found instead. */
function parseHistory(output: Buffer): readonly SynchronisationRun[] | string {
  let json: unknown;
  try {
    json = JSON.parse(output.toString().replace(/^\uFEFF/, ''));
  } catch {
    return 'text that is not JSON';
  }
  const parsed = historySchema.safeParse(json);
  return parsed.success
    ? parsed.data
    : 'JSON that is no list of runs with startedAt, finishedAt, succeeded and exportedDeletes';
}

const unknownHistory = ([program]: CommandLine, reason: string): SynchronisationHistory => ({
  runs: null,
  warning: `Expected that ${program} prints the history of synchronisation, found that ${reason}. The export tells none; run the command by hand.`,
});
