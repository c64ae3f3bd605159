import type { DetectOrphansSettings } from '../../shared/app/detectOrphans';
import type { SourceName } from '../../shared/core/exportFormat';
import type { GateResult } from '../../shared/core/gates/gate';
import { defaultGateLimits, type GateLimits } from '../../shared/core/gates/limits';
import type { StoredRule } from '../../shared/core/rule';
import type { WaitingRules } from '../../shared/core/waiting';
import { instant } from './builders';

/** The tenant of MemorySynchronisation, and of the builders' manifests. */
export const tenantId = '11111111-2222-4333-8444-555555555555';

const perType = (figure: number) => ({ user: figure, group: figure, contact: figure, device: figure });

/** Limits that a world of three objects does not breach. What a test is about, it says itself. */
export const generousLimits: GateLimits = {
  ...defaultGateLimits,
  exportAgeHours: Infinity,
  clockAheadMinutes: Infinity,
  exportFloorObjects: 0,
  exportDropPercent: 100,
  replicationLagHours: Infinity,
  synchronisationAgeHours: Infinity,
  matchRateFloorPercent: perType(0),
  candidatesLeastObjects: 1_000_000,
  candidatesObjects: perType(1_000_000),
  newMissingObjects: perType(1_000_000),
  pendingDeletionsObjects: 1_000_000,
};

/** Rules of time that every missing object has met when it is first seen, for whoever has one night only. */
export const metAtOnce: WaitingRules = {
  consecutiveRuns: 1,
  graceDays: 0,
  recycleBinDays: 0,
  synchronisation: 'notAsked',
};

export const scanSettings = (
  sources: readonly string[],
  given: Partial<DetectOrphansSettings> = {},
): DetectOrphansSettings => ({
  sources: sources as readonly SourceName[],
  tenantId,
  limits: generousLimits,
  waiting: metAtOnce,
  version: '1.2.3',
  ...given,
});

/** A gate that was passed, unless the test says otherwise. */
export const aGate = (given: Partial<GateResult> = {}): GateResult => ({
  gate: 'exportPresent',
  kind: 'evidence',
  source: 'contoso',
  type: null,
  context: null,
  passed: true,
  found: 'present',
  limit: 'one complete export',
  reason: '',
  severity: 0,
  holds: false,
  releasedBy: null,
  ...given,
});

/** An administrator's release of what a gate held of a run. */
export const aRelease = (runId: string, gate: string): StoredRule => ({
  ruleId: `release-${runId}-${gate}`,
  content: { kind: 'holdRelease', runId, gate },
  reason: 'looked at it',
  owner: { id: '0a0a0a0a-0000-0000-0000-000000000001', name: 'Ada Lovelace' },
  createdAt: instant('2026-11-20T08:00:00Z'),
  expiresAt: null,
  etag: '"release"',
});
