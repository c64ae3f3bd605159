import { AppError } from '../core/appError';
import type { AnsweredRequest } from '../core/exportRequest';
import type { ExportManifest, SourceName } from '../core/exportFormat';
import type { Instant } from '../core/instant';
import type { Guid } from '../core/keys/guid';
import { sourceSynchronisationOf, type SourceSynchronisation } from '../core/synchronisation';
import { synchronisationToAsk, type LastRequest } from '../core/synchronisationRequest';
import type { Clock, Log } from './ports';
import type { ExportRequests, RequestedFor } from './review/exportRequestPort';
import type { RequestBlobs } from './review/requestExport';

export interface AskForSynchronisationPorts {
  readonly requestBlobs: Pick<RequestBlobs, 'read'>;
  readonly requests: ExportRequests;
  readonly clock: Clock;
  readonly log: Log;
}

/** What of a source's newest export matters here. */
export type ExportedSynchronisation = Pick<
  ExportManifest,
  'source' | 'synchronisationRuns' | 'answeredRequests'
>;

export interface SynchronisationQuestion {
  /** The newest export of every source. */
  readonly manifests: readonly ExportedSynchronisation[];
  /** For each source that objects wait for: when the newest of them was found missing. */
  readonly waitingSince: ReadonlyMap<SourceName, Instant>;
  /** What the newest run that asked this question has on record. */
  readonly earlier: readonly SourceSynchronisation[];
}

/** By whom the requests are, in the audit of the part scan. */
export const askingScan: RequestedFor = {
  actor: { kind: 'system', id: 'scan', name: null },
  correlationId: null,
};

/**
 * Asks the agents of those sources for a synchronisation that objects wait for, each once: not again until it answered, and then only for
 * what was found missing since (domain.md, case 11). Answers what is known of every source, for the run's record. Asking is help, not
 * safety: where storage or audit fail, the log says so, the answer has no request, and the next run looks again.
 */
export async function askForSynchronisation(
  ports: AskForSynchronisationPorts,
  question: SynchronisationQuestion,
  signal: AbortSignal,
): Promise<readonly SourceSynchronisation[]> {
  const answers: SourceSynchronisation[] = [];
  for (const manifest of question.manifests) {
    const told = sourceSynchronisationOf(manifest);
    answers.push({ ...told, request: await requestOf(ports, question, manifest, told.request, signal) });
  }
  return answers;
}

async function requestOf(
  { requestBlobs, requests, clock, log }: AskForSynchronisationPorts,
  { waitingSince, earlier }: SynchronisationQuestion,
  manifest: ExportedSynchronisation,
  told: SourceSynchronisation['request'],
  signal: AbortSignal,
): Promise<SourceSynchronisation['request']> {
  const { source } = manifest;
  try {
    const stored = await requestBlobs.read(source, 'synchronisation', signal);
    const outcomeOnRecord = earlier.find(one => one.source === source)?.request ?? null;
    const last: LastRequest | null = stored?.request
      ? { request: stored.request, outcome: outcomeOf(stored.request.id, manifest, outcomeOnRecord) }
      : null;
    const decision = synchronisationToAsk(last, waitingSince.get(source) ?? null, clock.now());
    if (decision !== 'ask') return decision ?? told;
    const asked = await requests.ask(source, 'synchronisation', askingScan, signal);
    log.info(`${source}: synchronisation ${asked.status}, request ${asked.request.id}`);
    return { id: asked.request.id as Guid, status: asked.status };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    log.error(`${source} was not asked for a synchronisation: ${error.message}`);
    return null;
  }
}

/** An answer stands in the exports of a few days; a later run knows it from the record of the run that read one of them. */
function outcomeOf(
  id: string,
  { answeredRequests }: Pick<ExportManifest, 'answeredRequests'>,
  onRecord: SourceSynchronisation['request'],
): AnsweredRequest['outcome'] | null {
  const answered = answeredRequests.find(answer => answer.id === id);
  if (answered) return answered.outcome;
  if (onRecord?.id !== id || onRecord.status === 'requested' || onRecord.status === 'waiting') return null;
  return onRecord.status;
}
