import type { Completeness, ExportManifest, LineCounts } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import type { AgentErrorCode } from '../core/agentError';
import type { SyncScope } from '../core/syncScope';

/** What the administrator configured of a reading (docs/agent.md). */
export interface ReadingSettings {
  readonly anchorAttribute: string | null;
  readonly scope: SyncScope;
  /** Distinguished names that must be seen. */
  readonly canaries: readonly string[];
  /** The bases of the scope, which must be seen as well. */
  readonly includeBases: readonly string[];
  /** Distinguished names whose whole content is left out of the checks of rights. */
  readonly ignoreContainers: readonly string[];
  readonly maxReplicationAgeHours: number;
  /** Dangling links and vanished objects without a tombstone that are let through. */
  readonly unexplainedObjects: number;
  /** The number that an administrator accepted by `--accept-unexplained`. */
  readonly acceptUnexplained: number | null;
}

/** Why an export is not made. All that were found are told at once. */
export interface ReadingProblem {
  readonly code: Extract<AgentErrorCode, 'directoryRefused' | 'exportIncomplete' | 'unexplainedObjects'>;
  readonly message: string;
}

/** A directory that was read to its end, and everything that speaks against believing it. */
export interface DirectoryReading {
  /** Empty: the reading is proved to be complete. */
  readonly problems: readonly ReadingProblem[];
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly namingContexts: ExportManifest['namingContexts'];
  readonly tombstones: 'included' | 'notReadable';
  readonly canaries: ExportManifest['canaries'];
  readonly completeness: Completeness;
  readonly lines: number;
}

export const noLines = (): { -readonly [Kind in keyof LineCounts]: number } => ({
  user: 0,
  group: 0,
  contact: 0,
  computer: 0,
  other: 0,
  tombstone: 0,
});
