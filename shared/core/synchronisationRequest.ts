import { lostAnswerDays, type AnsweredRequest, type ExportRequest } from './exportRequest';
import { referenceKey } from './duplicates';
import type { ExportManifest, SourceName } from './exportFormat';
import { isMissing, type StoredFacts } from './facts';
import type { Instant } from './instant';
import type { Finding } from './runPlan';
import { sourceSynchronisationOf, type SourceSynchronisation } from './synchronisation';
import { namesDomainOf, waitingSourceOf } from './waiting';

/** What is known of the last request of a source for a synchronisation. */
export interface LastRequest {
  readonly request: ExportRequest;
  /** null: no export that a scan read answered it. */
  readonly outcome: AnsweredRequest['outcome'] | null;
}

type Asked = NonNullable<SourceSynchronisation['request']>;

/**
 * Whether to ask an agent for a synchronisation: `waitingSince` is when the newest of the objects was found missing that wait for one;
 * null: none does. It is asked once: not again until it answered, and then only for what was found after the request. A request that
 * comes from the future was made by a wrong clock, and counts as none.
 */
export function synchronisationToAsk(
  last: LastRequest | null,
  waitingSince: Instant | null,
  at: Instant,
): 'ask' | Asked | null {
  if (last === null || last.request.requestedAt > at) return waitingSince === null ? null : 'ask';
  const { request, outcome } = last;
  const lost = at - request.requestedAt > lostAnswerDays * 24 * 60 * 60 * 1000;
  const newer = waitingSince !== null && waitingSince > request.requestedAt;
  if (newer && (outcome !== null || lost)) return 'ask';
  return { id: request.id as Asked['id'], status: outcome ?? 'waiting' };
}

type Waiting = Pick<Finding, 'cloud' | 'waitsFor'>;
type Manifest = Pick<
  ExportManifest,
  'source' | 'namingContexts' | 'synchronisationRuns' | 'answeredRequests'
>;

/**
 * For each source that objects wait for: when the newest of them was found missing, by its row, or now (`at`). An object waits for the
 * sources of the domain that it names, or for all where it names none; not for one whose own history shows a synchronisation since.
 */
export function waitingSinceOf(
  findings: readonly Waiting[],
  previous: readonly StoredFacts[],
  manifests: readonly Manifest[],
  at: Instant,
): ReadonlyMap<SourceName, Instant> {
  const rows = new Map(previous.map(row => [referenceKey(row), row]));
  const sources = manifests.map(manifest => ({
    ...waitingSourceOf(manifest),
    told: sourceSynchronisationOf(manifest),
  }));
  const since = new Map<SourceName, Instant>();
  for (const { cloud, waitsFor } of findings) {
    if (!waitsFor.some(wait => wait.for === 'synchronisation')) continue;
    const row = rows.get(referenceKey(cloud));
    const missing = row && isMissing(row) ? row.firstObservedAt : at;
    const named = sources.filter(namesDomainOf(cloud));
    for (const { source, told } of named.length > 0 ? named : sources) {
      const ran = told.lastSucceededStart !== null && told.lastSucceededStart > missing;
      if (!ran) since.set(source, Math.max(missing, since.get(source) ?? missing) as Instant);
    }
  }
  return since;
}
