import type { ExitCode } from './help';

/** Why the command ends before everything is as wanted: what was expected, what was found, what to do. */
export interface Stop {
  readonly kind: 'stop';
  readonly exitCode: Exclude<ExitCode, 0>;
  readonly why: string;
}

export const stop = (exitCode: Stop['exitCode'], why: string): Stop => ({ kind: 'stop', exitCode, why });
