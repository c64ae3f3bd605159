import type { AnsweredRequest, ExportRequest } from '../../../shared/core/exportRequest';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import type { ExportDestination } from '../app/exportPorts';
import type { DirectoryReading, ReadingProblem } from '../app/directoryReading';
import type { Directory, DirectoryDescription } from '../app/ports';
import { readDirectory } from '../app/readDirectory';
import { AgentError } from '../core/agentError';
import { agentVersion } from '../core/agentVersion';
import type { AgentConfiguration } from '../io/configuration';
import { localFiles } from '../io/files/fileSystem';
import { loadSigningKey } from '../io/keys/keygen';
import { readSynchronisationHistory } from '../io/requests/synchronisation';
import type { AgentState } from '../io/state/agentState';
import type { SealedExport } from '../io/state/outbox';
import { deliverWhileReading } from '../io/upload/deliver';
import type { CommandContext } from './context';
import { readingSettings } from './readingSettings';
import { synchronisationCommands } from './synchronisationCommands';

export interface MakeExportOptions {
  readonly configuration: AgentConfiguration;
  readonly directory: Directory;
  readonly description: DirectoryDescription;
  readonly state: AgentState;
  /** Where parts go while the directory is still read; null: nowhere yet. */
  readonly destination: ExportDestination | null;
  readonly acceptUnexplained: number | null;
  /** Requests that this export is made for. */
  readonly requests: readonly ExportRequest[];
  readonly context: CommandContext;
}

/**
 * Reads the directory, and seals the export in the state's outbox where the reading is proved to be complete. Otherwise nothing
 * stays of it: throws an `AgentError` that tells every reason.
 */
export async function makeExport(options: MakeExportOptions): Promise<SealedExport> {
  const { configuration, directory, description, state, destination, context } = options;
  const { progress, clock, signal } = context;
  const settings = readingSettings(configuration, options.acceptUnexplained);
  // Before an hour of reading: a key that is missing is told at once.
  const key = await loadSigningKey(localFiles, configuration.signingKeyFile);
  const lastObjects = await state.lastObjects();
  const draft = await state.begin(signal);
  const stopped = new AbortController();
  const early =
    destination &&
    deliverWhileReading(draft, destination, localFiles, AbortSignal.any([signal, stopped.signal]));
  try {
    const reading = await readDirectory({
      directory,
      description,
      settings,
      sink: draft.parts,
      objects: draft.objects,
      lastObjects,
      clock,
      progress,
      startedAt: draft.startedAt,
      signal,
    });
    refuseIncomplete(reading);
    const history = await readSynchronisationHistory(synchronisationCommands(configuration), signal);
    if (history.warning !== null) progress.warn(history.warning);
    const sealed = await draft.seal(
      {
        tenantId: configuration.tenantId,
        finishedAt: reading.finishedAt,
        namingContexts: reading.namingContexts,
        anchorAttribute: configuration.anchorAttribute,
        uncoveredDomains: description.unreadDomains,
        tombstones: reading.tombstones,
        canaries: reading.canaries,
        completeness: reading.completeness,
        synchronisationRuns: history.runs,
        answeredRequests: exported(options.requests, clock.now()),
      },
      key,
      agentVersion,
    );
    await early?.settled();
    progress.note(
      `Export ${sealed.folder}, number ${sealed.manifest.sequence}: ${reading.lines} lines, started ${formatInstant(draft.startedAt)}.`,
    );
    return sealed;
  } catch (error) {
    stopped.abort(error);
    await early?.settled();
    await draft.abandon();
    throw error;
  }
}

const exported = (requests: readonly ExportRequest[], answeredAt: Instant): readonly AnsweredRequest[] =>
  requests
    .filter(({ kind }) => kind === 'export')
    .map(({ id, kind }) => ({ id, kind, outcome: 'exported', answeredAt }));

/** Throws where anything speaks against the reading, with all that does. */
export function refuseIncomplete({ problems }: DirectoryReading): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new AgentError(
    worst(problems),
    ['The export is not made, because it could not be proved to be complete:', ...problems.map(listed)].join(
      '\n',
    ),
  );
}

export const listed = ({ message }: ReadingProblem): string => `  - ${message}`;

/** What can be accepted by its number is told so only where nothing else is wrong. */
function worst(problems: readonly ReadingProblem[]): ReadingProblem['code'] {
  const codes = new Set(problems.map(problem => problem.code));
  return (
    (['directoryRefused', 'exportIncomplete'] as const).find(code => codes.has(code)) ?? 'unexplainedObjects'
  );
}
