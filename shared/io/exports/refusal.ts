import type { z } from 'zod';
import { AppError } from '../../core/appError';
import type { SourceName } from '../../core/exportFormat';

/** Where in an export something is wrong. `line` counts from 1 within its part. */
export interface Place {
  readonly source: SourceName;
  readonly folder: string;
  readonly file: string;
  readonly line?: number;
}

/** What to do about a refused export, by who has to do it. */
export const advice = {
  exportAgain: 'Run the agent again, so that it uploads a new export.',
  findWriter:
    'The file is not what the agent signed: find out who else can write to the container, then run the agent again.',
  updateAgent: 'The agent wrote it so: update the agent, and run it again.',
} as const;

/**
 * The error of an export that must not be used. `problem` says what was expected and what was found, and never quotes a line:
 * lines hold personal data.
 */
export function exportRefused(place: Place, problem: string, whatToDo: string): AppError {
  const line = place.line === undefined ? '' : `, line ${place.line}`;
  return new AppError(
    'exportRefused',
    `Export ${place.source}/${place.folder} is refused. ${place.file}${line}: ${problem}. ${whatToDo}`,
  );
}

const issuesShown = 5;

/** zod's issues as text: property names and expectations, without the values that were found. */
export function describeIssues(error: z.ZodError): string {
  const shown = error.issues
    .slice(0, issuesShown)
    .map(issue => `${issue.path.join('.') || 'value'}: ${issue.message}`);
  const more = error.issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
