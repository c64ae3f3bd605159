import type { z } from 'zod';
import { AppError } from '../../core/appError';
import { settings, type Setting, type SettingName } from './settings';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface SettingProblem {
  readonly setting: SettingName;
  /** Holds nothing of the value: health shows it to anybody. */
  readonly problem: string;
  /** Names out of the value, for the log alone. */
  readonly names?: readonly string[];
}

type ReadSetting = <Value>(name: SettingName, definition: Setting<Value>) => Value;

/** A reader that adds to `problems` where a setting can not be read; what it answers then is not to be used. */
export const settingReader =
  (environment: Environment, problems: SettingProblem[]): ReadSetting =>
  <Value>(name: SettingName, { schema, fallback }: Setting<Value>): Value => {
    const text = environment[name]?.trim() || fallback;
    if (!text) {
      problems.push({ setting: name, problem: 'is missing' });
      return undefined as Value;
    }
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    problems.push(problemOf(name, parsed.error));
    return undefined as Value;
  };

export function problemOf(name: SettingName, error: z.ZodError): SettingProblem {
  const names = error.issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  return {
    setting: name,
    problem: error.issues.map(describeIssue).join('; '),
    ...(names.length > 0 ? { names } : {}),
  };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const what = issue.code === 'unrecognized_keys' ? 'has a name that is not known here' : issue.message;
  return issue.path.length === 0 ? what : `at ${issue.path.join('.')}: ${what}`;
}

/** All problems in one message, each with the setting's name and an example. */
export function configurationError(problems: readonly SettingProblem[]): AppError {
  const lines = problems.map(
    ({ setting: name, problem, names = [] }) =>
      `${name} ${[problem, ...names].join(', ')}; for example: ${settings[name].example}`,
  );
  return new AppError('configurationInvalid', ['The app settings are not complete:', ...lines].join('\n  '));
}
