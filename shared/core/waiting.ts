import type { AcceptedRun } from './acceptedRun';
import type { CloudObject } from './cloudObject';
import type { Correlation } from './correlate';
import { domainSidOfCloudObject } from './coverage';
import type { ExportManifest, SourceName } from './exportFormat';
import { continuesFrom, isMissing, type StoredFacts, type Wait } from './facts';
import type { Instant } from './instant';
import type { Tombstone } from './onPremisesObject';

/** How long a missing object is observed before it becomes a candidate (docs/how-it-works.md, "Time"). */
export interface WaitingRules {
  /** Accepted runs, each over exports of its own, that saw an absence. A tombstone needs one. */
  readonly consecutiveRuns: number;
  /** Days since the first observation. */
  readonly graceDays: number;
  /** Days since the deletion of what lies in the Recycle Bin: until then it may be undeleted (case 15). */
  readonly recycleBinDays: number;
  /** proved: synchronisation must have run since (case 11). notAsked: for a laboratory that has none. */
  readonly synchronisation: 'proved' | 'notAsked';
}

export const defaultWaitingRules: WaitingRules = {
  consecutiveRuns: 3,
  graceDays: 7,
  recycleBinDays: 30,
  synchronisation: 'proved',
};

const figures = ['consecutiveRuns', 'graceDays', 'recycleBinDays'] as const;

/** The rules that let an object be a candidate earlier than by default: every run says so in its log. */
export const laxerThanDefault = (rules: WaitingRules): readonly (keyof WaitingRules)[] => [
  ...figures.filter(name => rules[name] < defaultWaitingRules[name]),
  ...(rules.synchronisation === 'notAsked' ? (['synchronisation'] as const) : []),
];

/**
 * The time (hours) by which domain controllers may differ about when an object was deleted: whenChanged is the time at which the
 * one that was asked heard of it, and the one that synchronisation asks may hear later. The agent refuses a domain controller
 * that is further behind than this by default (docs/agent.md, `limits.maxReplicationAgeHours`).
 */
export const replicationMarginHours = 24;
const marginMs = replicationMarginHours * 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** What the newest export of a source says of its domains, and of the runs of synchronisation. */
export interface WaitingSource {
  readonly source: SourceName;
  readonly domainSids: ReadonlySet<string>;
  /** Lower case. */
  readonly domainNames: ReadonlySet<string>;
  /** null: the agent is not told. */
  readonly synchronisationRuns: ExportManifest['synchronisationRuns'];
}

export function waitingSourceOf({
  source,
  namingContexts,
  synchronisationRuns,
}: Pick<ExportManifest, 'source' | 'namingContexts' | 'synchronisationRuns'>): WaitingSource {
  const domains = namingContexts.flatMap(({ domain }) => domain ?? []);
  return {
    source,
    domainSids: new Set(domains.map(({ sid }) => sid)),
    domainNames: new Set(domains.map(({ dnsName }) => dnsName.toLowerCase())),
    synchronisationRuns,
  };
}

export interface WaitingContext {
  readonly rules: WaitingRules;
  /** When the run that is going on began. */
  readonly now: Instant;
  /** Its number. */
  readonly runNumber: number;
  /** The accepted runs, with the one that is going on. Older ones than the table's newest may be left out. */
  readonly runs: readonly AcceptedRun[];
  /** Every source. */
  readonly sources: readonly WaitingSource[];
}

/** A missing object, and what the table says of it. */
interface Missing {
  readonly cloud: CloudObject;
  /** The proof that it is deleted. */
  readonly tombstone: Tombstone | null;
  /** What lies in the Recycle Bin with one of its keys, proof or not. */
  readonly inRecycleBin: Tombstone | null;
  /** The row of an object that was missing before; null: it is missing for the first time, or again. */
  readonly row: StoredFacts | null;
}

/**
 * What an object that is missing still waits for: every condition that is not met, in a fixed order; none of them: it is a
 * candidate. An object that is not missing waits for nothing. What was met once stays met while the object stays missing, under
 * the same rules. One that came back starts again, since its row says so (core/runPlan); so does one that
 * was deleted again before anything noticed, and every one where the records of the runs were lost.
 */
export function waitsOf(
  cloud: CloudObject,
  correlation: Correlation,
  row: StoredFacts | null,
  context: WaitingContext,
): readonly Wait[] {
  if (correlation.kind !== 'deleted' && correlation.kind !== 'absent') return [];
  const proof = correlation.kind === 'deleted' ? correlation.tombstone : null;
  const seen = correlation.kind === 'deleted' ? correlation.tombstone : correlation.inRecycleBin;
  const missing: Missing = {
    cloud,
    tombstone: proof,
    inRecycleBin: seen && !seen.isRecycled ? seen : null,
    row: row && isMissing(row) && continuesFrom(row, context.runNumber) ? row : null,
  };
  return conditions.flatMap(unmet => unmet(missing, context) ?? []);
}

/** A condition answers what to wait for, or null where it is met. */
type Condition = (missing: Missing, context: WaitingContext) => Wait | null;

const waitsUntil = (kind: 'grace' | 'recycleBin', until: number): Wait => ({
  for: kind,
  until: until as Instant,
});

/** Synchronisation that has not run since the deletion will still deliver it (case 11). */
const synchronisation: Condition = (missing, context) => {
  if (context.rules.synchronisation === 'notAsked') return null;
  const { cloud, tombstone, inRecycleBin, row } = missing;
  const recycled = row !== null && recycledSince(tombstone, row);
  const met =
    row !== null &&
    wasMet(row, 'synchronisation') &&
    (recycled || !deletedLater(inRecycleBin ?? tombstone, row.changedAt));
  if (met && recycled) return null;
  // Once met, it is not unmet by the later date of another domain controller.
  const deletion = tombstone && tombstone.whenChanged + (met ? 0 : marginMs);
  const evidence = deletion ?? observedSince(missing, context);
  const proves = (source: WaitingSource): boolean =>
    (met && !reachesBack(source, evidence)) || hasRunSince(source, evidence, context);
  const sources = sourcesOf(cloud, tombstone, context.sources);
  return sources.length > 0 && sources.every(proves) ? null : { for: 'synchronisation', until: null };
};

/**
 * An absence must be seen in several exports. Counted from the first run that saw it, by the records of the runs: a counter in the
 * row would be written every night. Runs over the same exports saw the same thing once.
 */
const consecutiveRuns: Condition = ({ tombstone, row }, { rules, runs }) => {
  if (tombstone) return null;
  if (row && wasMet(row, 'consecutiveRuns') && !runs.some(run => run.runNumber <= row.firstObservedRun))
    return null;
  const seen = row ? runs.filter(run => run.runNumber >= row.firstObservedRun) : [];
  // The run that is going on sees it, with or without a record.
  const count = Math.max(1, new Set(seen.map(run => run.exportsKey)).size);
  return count >= rules.consecutiveRuns ? null : { for: 'consecutiveRuns', until: null };
};

const grace: Condition = (missing, context) => {
  const until = observedSince(missing, context) + context.rules.graceDays * dayMs;
  return context.now >= until ? null : waitsUntil('grace', until);
};

/**
 * What lies in the Recycle Bin may be undeleted, whatever its tombstone proves (case 15). What was seen there lies there still when no
 * tombstone is seen any more: the account may have lost its sight of deleted objects.
 */
const recycleBin: Condition = ({ tombstone, inRecycleBin, row }, { rules, now }) => {
  if (inRecycleBin) {
    const until = inRecycleBin.whenChanged + rules.recycleBinDays * dayMs;
    // Once met, it is not unmet by the later date of another domain controller.
    const met = row?.outcome === 'deleted' && wasMet(row, 'recycleBin');
    return now >= until - (met ? marginMs : 0) ? null : waitsUntil('recycleBin', until);
  }
  if (tombstone) return null;
  const known = row?.waitsFor.find(wait => wait.for === 'recycleBin')?.until ?? now;
  return now >= known ? null : waitsUntil('recycleBin', known);
};

const conditions: readonly Condition[] = [synchronisation, consecutiveRuns, grace, recycleBin];

const wasMet = (row: StoredFacts, what: Wait['for']): boolean =>
  !row.waitsFor.some(wait => wait.for === what);

/** Whether it was deleted after this time, hence was there in between. */
const deletedLater = (tombstone: Tombstone | null, than: Instant): boolean =>
  tombstone !== null && tombstone.whenChanged > than + marginMs;

/** Whether a deleted object has its date from being recycled since: that is a change, too, and nothing comes back from there. */
const recycledSince = (tombstone: Tombstone | null, row: StoredFacts): boolean =>
  tombstone !== null &&
  tombstone.isRecycled &&
  row.outcome === 'deleted' &&
  tombstone.whenChanged > row.firstObservedAt;

/** Since when the object is missing without a break. */
function observedSince({ inRecycleBin, row }: Missing, { now }: WaitingContext): Instant {
  const first = row?.firstObservedAt ?? now;
  return inRecycleBin && deletedLater(inRecycleBin, first) ? inRecycleBin.whenChanged : first;
}

/** The sources that the object names, itself or by its tombstone. One that names none may be of any. */
function sourcesOf(
  cloud: CloudObject,
  tombstone: Tombstone | null,
  sources: readonly WaitingSource[],
): readonly WaitingSource[] {
  const names = namesDomainOf(cloud);
  const named = sources.filter(source => source.source === tombstone?.source || names(source));
  return named.length > 0 ? named : sources;
}

/** Tells of a source whether the object names one of its domains, by its SID or by the domain's name. */
export function namesDomainOf(
  cloud: CloudObject,
): (source: Pick<WaitingSource, 'domainSids' | 'domainNames'>) => boolean {
  const sid = domainSidOfCloudObject(cloud);
  const account = cloud.type === 'user' || cloud.type === 'group' ? cloud : null;
  const name = account?.onPremisesDomainName?.toLowerCase() ?? null;
  return ({ domainSids, domainNames }) =>
    (sid !== null && domainSids.has(sid)) || (name !== null && domainNames.has(name));
}

/**
 * Whether the source's history is old enough to show what ran since. Where it is not, it says nothing against what an earlier one
 * had shown.
 */
const reachesBack = ({ synchronisationRuns }: WaitingSource, evidence: number): boolean =>
  synchronisationRuns?.some(run => run.startedAt <= evidence) ?? false;

/**
 * Whether synchronisation of the source began after the evidence, and succeeded. Where its agent does not know: of a single
 * source, the tenant's time must have advanced twice since, as the first advance may come from a run that was already going on.
 * The tenant's time does not tell which of several sources it is about, so it proves nothing for them.
 */
function hasRunSince(
  { synchronisationRuns }: WaitingSource,
  evidence: number,
  { now, runs, sources }: WaitingContext,
): boolean {
  if (synchronisationRuns)
    return synchronisationRuns.some(
      // A run that is not over yet comes from a clock that is wrong.
      run => run.succeeded && run.startedAt > evidence && run.finishedAt <= now,
    );
  if (sources.length > 1) return false;
  const advances = runs.flatMap(({ tenantLastSync }) => tenantLastSync ?? []);
  return new Set(advances.filter(at => at > evidence && at <= now)).size >= 2;
}
