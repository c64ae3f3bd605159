import type { AnsweredRequest } from './exportRequest';
import type { ExportManifest, SourceName } from './exportFormat';
import type { Instant } from './instant';
import type { Guid } from './keys/guid';

/** What Graph says of synchronisation into the tenant, as a whole: it cannot tell which client reported (domain.md). */
export interface TenantSynchronisation {
  /** The tenant that answered: the one of the token. */
  readonly tenantId: Guid;
  /** organization.onPremisesSyncEnabled; null: never synchronised, or Graph does not say. */
  readonly enabled: boolean | null;
  /** organization.onPremisesLastSyncDateTime; null is unknown (Organization.Read.All is missing), never "never". */
  readonly lastSyncDateTime: Instant | null;
  readonly cloudSync: CloudSyncState;
}

/** The jobs of Cloud Sync. notPermitted: Synchronization.Read.All is not granted. */
export type CloudSyncState =
  | { readonly status: 'notConfigured' | 'notPermitted' }
  | { readonly status: 'read'; readonly jobs: readonly CloudSyncJob[] };

export interface CloudSyncJob {
  readonly servicePrincipalId: Guid;
  readonly id: string;
  /** synchronizationStatus.code, as Graph spells it: Active, InProgress, Paused, Quarantine, NotRun, NotConfigured, Unknown. */
  readonly code: string;
  readonly lastSuccess: Instant | null;
}

/** What one source's manifest says of synchronisation, and what became of the app's own request for one. */
export interface SourceSynchronisation {
  readonly source: SourceName;
  /** Start of the newest run that succeeded; null: none of the history did, or there is no history. */
  readonly lastSucceededStart: Instant | null;
  /** Whether the manifest has a run history: only then is there a proof for this source alone. */
  readonly hasHistory: boolean;
  /** The request of now, or the newest one that the manifest answers; null: nothing was asked. */
  readonly request: {
    readonly id: Guid;
    readonly status: 'requested' | 'waiting' | AnsweredRequest['outcome'];
  } | null;
}

/** What a run saw of synchronisation; part of its record. */
export interface RecordedSynchronisation {
  /** null: Graph did not tell, see the gates. */
  readonly tenant: TenantSynchronisation | null;
  readonly sources: readonly SourceSynchronisation[];
}

type Synchronised = Pick<ExportManifest, 'source' | 'synchronisationRuns' | 'answeredRequests'>;

/** What one manifest says of synchronisation. */
export function sourceSynchronisationOf(manifest: Synchronised): SourceSynchronisation {
  const { source, synchronisationRuns, answeredRequests } = manifest;
  const starts = (synchronisationRuns ?? []).flatMap(run => (run.succeeded ? run.startedAt : []));
  const [answer] = answeredRequests
    .filter(one => one.kind === 'synchronisation')
    .toSorted((a, b) => b.answeredAt - a.answeredAt);
  return {
    source,
    lastSucceededStart: starts.length === 0 ? null : (Math.max(...starts) as Instant),
    hasHistory: synchronisationRuns !== null,
    request: answer ? { id: answer.id as Guid, status: answer.outcome } : null,
  };
}
