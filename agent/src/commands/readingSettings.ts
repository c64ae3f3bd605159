import type { ReadingSettings } from '../app/directoryReading';
import { AgentError } from '../core/agentError';
import { parseScope } from '../core/syncScope';
import type { AgentConfiguration } from '../io/configuration';

/** The configuration's part that a reading follows. Throws an `AgentError`, `configurationInvalid`, where the scope can not be read. */
export function readingSettings(
  { anchorAttribute, scope, canaries, ignoreContainers, limits }: AgentConfiguration,
  acceptUnexplained: number | null,
): ReadingSettings {
  const parsed = parseScope(scope);
  if (parsed.kind === 'invalid') {
    throw new AgentError(
      'configurationInvalid',
      `The setting "scope" can not be read:\n  ${parsed.problems.join('\n  ')}`,
    );
  }
  return {
    anchorAttribute,
    scope: parsed.scope,
    canaries,
    includeBases: scope.includeBases,
    ignoreContainers,
    maxReplicationAgeHours: limits.maxReplicationAgeHours,
    unexplainedObjects: limits.unexplainedObjects,
    acceptUnexplained,
  };
}
