import { AgentError } from '../../core/agentError';

/**
 * What a person does whose agent lost its state. Beginning a new chain in silence is never the answer: the app takes an export
 * whose sequence does not grow for a replayed one.
 */
const restoreAdvice =
  'Restore the whole state folder from a backup. Where there is none, move it away and run again with --follow MANIFEST, the ' +
  "manifest.json of this source's newest export (docs/agent.md).";

export const stateInvalid = (
  expected: string,
  found: string,
  advice: string = restoreAdvice,
  options?: ErrorOptions,
): AgentError => new AgentError('stateInvalid', `Expected ${expected}, found ${found}. ${advice}`, options);
