import { AgentError } from '../../core/agentError';

/**
 * The error of a file that must not be used. `problem` says what was expected and what was found, and never quotes the file: its
 * lines hold personal data. `line` counts from 1 and is the first physical line of what is wrong.
 */
export function ldifRefused(
  file: string,
  line: number | null,
  problem: string,
  whatToDo: string,
): AgentError {
  const place = line === null ? file : `${file}, line ${line}`;
  return new AgentError('ldifInvalid', `${place}: ${problem}. ${whatToDo}`);
}
