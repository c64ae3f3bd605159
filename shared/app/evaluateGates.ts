import { isGraphError } from '../core/appError';
import type { GateLimits } from '../core/gates/limits';
import { matchRate, tenantAgrees } from '../core/gates/cloudGates';
import { judgedExportGates, sourceExpected } from '../core/gates/exportGates';
import type { GateResult } from '../core/gates/gate';
import {
  cloudSyncHealthy,
  synchronisationEnabled,
  synchronisationFresh,
} from '../core/gates/synchronisationGates';
import { candidates, newMissing, pendingDeletions } from '../core/gates/volumeGates';
import { referenceKey } from '../core/duplicates';
import { isMissing, type StoredFacts } from '../core/facts';
import type { Instant } from '../core/instant';
import { objectTypes } from '../core/objectType';
import type { Finding } from '../core/runPlan';
import type { ExportUsed, ScanRun } from '../core/scanRun';
import {
  sourceSynchronisationOf,
  type SourceSynchronisation,
  type TenantSynchronisation,
} from '../core/synchronisation';
import type { ComparisonResult } from './compareTenant';
import type { SynchronisationReader } from './ports';
import type { ExportsRead } from './readExports';
import { baselineOf } from './runHistory';

/** What Graph told of synchronisation, or why it did not. */
export type SynchronisationReading =
  | { readonly tenant: TenantSynchronisation; readonly unread: '' }
  | { readonly tenant: null; readonly unread: string };

/** What can not be read is a breach of the gates that need it, and no reason to leave out the others. */
export async function readSynchronisation(
  reader: SynchronisationReader,
  signal: AbortSignal,
): Promise<SynchronisationReading> {
  try {
    return { tenant: await reader.read(signal), unread: '' };
  } catch (error) {
    signal.throwIfAborted();
    if (isGraphError(error)) return { tenant: null, unread: error.message };
    throw error;
  }
}

/** What the gates of evidence are judged by. */
export interface GateInput {
  readonly exports: Pick<ExportsRead, 'outcomes' | 'accepted' | 'used'>;
  readonly synchronisation: SynchronisationReading;
  /** The last accepted run; null: there is none. */
  readonly accepted: Pick<ScanRun, 'exports'> | null;
  /** The newest records before this run. */
  readonly recent: readonly ScanRun[];
  readonly tenantId: string;
  readonly limits: GateLimits;
  readonly now: Instant;
}

/** The gates of evidence beyond reading: the exports against the last accepted run, the tenant, and synchronisation. */
export function evidenceGates(input: GateInput): readonly GateResult[] {
  const { exports: read, synchronisation, accepted, recent, tenantId, limits, now } = input;
  const { tenant, unread } = synchronisation;
  const expected = new Set(read.outcomes.keys());
  const baseline = baselineOf(accepted, recent);
  const manifests = new Map(read.accepted.map(one => [one.source, one.manifest]));
  const ofExports = read.used.flatMap(used => {
    const manifest = manifests.get(used.source);
    return manifest
      ? judgedExportGates(
          { used, manifest, before: usedBefore(used, baseline), seenAt: seenAt(used, recent) },
          limits,
          now,
        )
      : [];
  });
  return [
    ...(accepted?.exports ?? []).map(before => sourceExpected(before, expected)),
    ...ofExports,
    tenantAgrees(tenant, unread, tenantId),
    synchronisationEnabled(tenant, unread),
    synchronisationFresh(tenant, sourcesOf(read), limits, now),
    cloudSyncHealthy(tenant),
  ];
}

/** What the manifests of the accepted exports say of synchronisation. */
export function sourcesOf({ accepted }: Pick<ExportsRead, 'accepted'>): readonly SourceSynchronisation[] {
  return accepted.map(({ manifest }) => sourceSynchronisationOf(manifest));
}

const usedBefore = (used: ExportUsed, baseline: readonly ExportUsed[]): ExportUsed | null =>
  baseline.find(one => one.source === used.source) ?? null;

/** When the first of these runs that had the export was over: by then it was there, also where that run was refused. */
function seenAt({ source, manifestHash }: ExportUsed, recent: readonly ScanRun[]): Instant | null {
  const had = recent.filter(({ exports }) =>
    exports.some(one => one.source === source && one.manifestHash === manifestHash),
  );
  const times = had.flatMap(run => run.finishedAt ?? []);
  return times.length === 0 ? null : (Math.min(...times) as Instant);
}

/** The gates that need a comparison: how much of each type was found on-premises. */
export const comparisonGates = ({ counts }: ComparisonResult, limits: GateLimits): readonly GateResult[] =>
  objectTypes.map(type => matchRate(type, counts[type], limits));

/** The gates of volume: what the run would leave in the table. `previous`: the rows before it. */
export function volumeGates(
  { findings, counts }: ComparisonResult,
  previous: readonly StoredFacts[],
  sources: readonly SourceSynchronisation[],
  limits: GateLimits,
): readonly GateResult[] {
  const missing = findings.filter(finding => finding.verdict.kind === 'missing');
  const before = new Set(previous.filter(isMissing).map(referenceKey));
  const ofTypes = objectTypes.flatMap(type => {
    const those = missing.filter(({ cloud }) => cloud.type === type);
    const volume = {
      synced: counts[type].read - counts[type].notSynced,
      missing: those.length,
      newlyMissing: those.filter(({ cloud }) => !before.has(referenceKey(cloud))).length,
    };
    return [candidates(type, volume, limits), newMissing(type, volume, limits)];
  });
  return [...ofTypes, pendingDeletions(unproved(findings, sources), limits)];
}

/**
 * What synchronisation would delete: its source is gone, or has left the scope. That is more than what is missing here: a unit that was
 * moved out of scope stops the export of every other deletion, too.
 */
const deletedBySynchronisation: ReadonlySet<string> = new Set([
  'absent',
  'deleted',
  'reCreated',
  'outOfScope',
]);

/** Without a run history of every source, nobody knows whether deletions were exported at all. */
function unproved(findings: readonly Finding[], sources: readonly SourceSynchronisation[]): number {
  if (sources.length === 0 || sources.some(source => !source.hasHistory))
    return findings.filter(finding => deletedBySynchronisation.has(finding.outcome)).length;
  return findings.filter(finding => finding.waitsFor.some(wait => wait.for === 'synchronisation')).length;
}
