import { formatInstant, type Instant } from '../instant';
import type { SourceSynchronisation, TenantSynchronisation } from '../synchronisation';
import { breachedGate, passedGate, subjectOf, type GateResult } from './gate';
import type { GateLimits } from './limits';

const hourMs = 60 * 60 * 1000;

/** While synchronisation is switched off, nothing that is missing says anything (domain.md, case 12). `tenant` null: Graph did not tell. */
export function synchronisationEnabled(tenant: TenantSynchronisation | null, unread: string): GateResult {
  const subject = subjectOf('synchronisationEnabled');
  const found =
    tenant === null ? 'not read' : tenant.enabled === null ? 'never enabled' : String(tenant.enabled);
  const figures = { found, limit: 'true' };
  if (tenant?.enabled === true) return passedGate('evidence', subject, figures);
  if (tenant === null)
    return breachedGate('evidence', subject, figures, { reason: unread, severity: 1, holds: false });
  return breachedGate('evidence', subject, figures, {
    reason:
      `Directory synchronisation of the tenant was expected to be enabled; organization.onPremisesSyncEnabled is ${String(tenant.enabled)}. ` +
      'Objects do not follow Active Directory then. Enable it, let it run, and release this breach; where it is enabled, grant ' +
      'Organization.Read.All to the reader identity.',
    severity: 1,
    // null is also what Graph says where Organization.Read.All is missing: a permission is no breach to be released.
    holds: tenant.enabled === false,
  });
}

/**
 * Synchronisation that has stopped deletes nothing and makes nothing, so tonight's difference is its backlog (domain.md, cases 11 and
 * 12). What is told must be recent: the tenant's date, and each source's own run history where every source has one. Where neither is, it
 * is unknown, and refused.
 */
export function synchronisationFresh(
  tenant: TenantSynchronisation | null,
  sources: readonly SourceSynchronisation[],
  limits: GateLimits,
  now: Instant,
): GateResult {
  const subject = subjectOf('synchronisationFresh');
  const limit = `in the last ${limits.synchronisationAgeHours} hours`;
  // The tenant's date cannot tell which client reported; and a server in staging mode has a history, and exports nothing.
  const own = sources.length > 0 && sources.every(source => source.hasHistory);
  const told = tenant?.lastSyncDateTime ?? null;
  const times = own ? [...sources.map(source => source.lastSucceededStart), ...known([told])] : [told];
  const oldest = oldestOf(times);
  const staleHours =
    oldest === null ? 1 : Math.max(0, (now - oldest) / hourMs - limits.synchronisationAgeHours);
  const newest = newestOf(times);
  const aheadHours = newest === null ? 0 : (newest - now) / hourMs - limits.clockAheadMinutes / 60;
  if (newest !== null && aheadHours > 0)
    return breachedGate(
      'evidence',
      subject,
      { found: formatInstant(newest), limit },
      {
        // As exportClock: a time from the future would outlive every age.
        reason:
          `Synchronisation was expected to have run ${limit}; it says ${formatInstant(newest)}, and here it is ${formatInstant(now)}: ` +
          `at most ${limits.clockAheadMinutes} minutes ahead were expected. Set the clock of the server that synchronises, let it run, ` +
          'and release this breach.',
        severity: Math.max(aheadHours, staleHours),
        holds: true,
      },
    );
  if (oldest === null)
    return breachedGate(
      'evidence',
      subject,
      { found: 'unknown', limit },
      {
        reason: own
          ? `Synchronisation was expected to have run ${limit}; the run history of a source has no run that succeeded. See what its ` +
            "runs failed with (Synchronization Service Manager, 'Operations')."
          : `Synchronisation was expected to have run ${limit}; nobody tells when it did. Grant Organization.Read.All to the reader ` +
            "identity, or let each source's agent tell the run history (docs/agent.md).",
        severity: staleHours,
        holds: false,
      },
    );
  const found = formatInstant(oldest);
  if (staleHours === 0) return passedGate('evidence', subject, { found, limit });
  return breachedGate(
    'evidence',
    subject,
    { found, limit },
    {
      reason:
        `Synchronisation was expected to have run ${limit}; the last time was ${found}. Repair it (Entra Connect Health, or ` +
        'Get-ADSyncScheduler on the Connect server), let it run, and release this breach.',
      severity: staleHours,
      holds: true,
    },
  );
}

/** null: one of them is not known. */
const oldestOf = (times: readonly (Instant | null)[]): Instant | null =>
  times.includes(null) ? null : (Math.min(...known(times)) as Instant);

/** null: none of them is known. */
const newestOf = (times: readonly (Instant | null)[]): Instant | null =>
  known(times).length === 0 ? null : (Math.max(...known(times)) as Instant);

const known = (times: readonly (Instant | null)[]): readonly Instant[] => times.flatMap(time => time ?? []);

/** Job states in which Cloud Sync works; anything else exports nothing. */
const working: ReadonlySet<string> = new Set(['Active', 'InProgress']);

/** Why there is no job to judge. unread: Graph did not tell, which is a breach of the other gates of the tenant. */
const unreadJobs = {
  notConfigured: 'no Cloud Sync configured',
  notPermitted: 'not permitted to read',
  unread: 'not read',
} as const;

/** A Cloud Sync job in quarantine, or paused, exports no deletion. Without permission, or without Cloud Sync, there is nothing to judge. */
export function cloudSyncHealthy(tenant: TenantSynchronisation | null): GateResult {
  const subject = subjectOf('cloudSyncHealthy');
  const limit = 'every job is Active or InProgress';
  if (tenant?.cloudSync.status !== 'read')
    return passedGate('evidence', subject, {
      found: unreadJobs[tenant?.cloudSync.status ?? 'unread'],
      limit,
    });
  const { jobs } = tenant.cloudSync;
  const halted = jobs.filter(job => !working.has(job.code));
  const found = jobs.map(job => `${job.id} ${job.code}`).join(', ') || 'no job';
  if (halted.length === 0) return passedGate('evidence', subject, { found, limit });
  return breachedGate(
    'evidence',
    subject,
    { found, limit },
    {
      reason:
        `Cloud Sync: ${limit} was expected; found ${halted.map(job => `${job.id} ${job.code}`).join(', ')}. A job in quarantine exports ` +
        'nothing: see its provisioning log, start it again, and release this breach.',
      severity: halted.length,
      holds: true,
    },
  );
}
