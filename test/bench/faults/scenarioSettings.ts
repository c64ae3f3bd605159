import { defaultWaitingRules } from '../../../shared/core/waiting';
import type { CloudSyncJob } from '../../../shared/core/synchronisation';
import { metAtOnce } from '../../support/scanDefaults';
import { scenarioSynchronisation, type ScenarioInput } from '../../support/scenario';
import { publicKeyOf, sourcesOf, scenarioKeyId } from './scenarioExports';

const perType = (figure: number) => ({ user: figure, group: figure, contact: figure, device: figure });

/** As test/support/scanDefaults has them, as far as the setting allows it: what a scenario is about is no gate. */
const generousLimits = {
  exportAgeHours: 720,
  clockAheadMinutes: 60,
  exportFloorObjects: 0,
  exportDropPercent: 100,
  replicationLagHours: 720,
  synchronisationAgeHours: 720,
  matchRateFloorPercent: perType(0),
  candidatesLeastObjects: 1_000_000,
  candidatesObjects: perType(1_000_000),
  newMissingObjects: perType(1_000_000),
  pendingDeletionsObjects: 1_000_000,
};

/** The settings under which the story is judged; one process of the part scan serves all stories that have the same. */
export function scenarioSettings(input: ScenarioInput, forests: 1 | 2): Readonly<Record<string, string>> {
  const sources = sourcesOf(input, forests).map(source => ({
    source,
    publicKeys: [{ keyId: scenarioKeyId, publicKey: publicKeyOf(source) }],
  }));
  const rules = input.time ? { ...defaultWaitingRules, ...input.time.rules } : metAtOnce;
  return {
    EXPORT_SOURCES: JSON.stringify(sources),
    GATE_LIMITS: JSON.stringify({ ...generousLimits, ...input.limits }),
    ...(jobsOf(input).length > 0 && {
      CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: [...new Set(jobsOf(input).map(job => job.servicePrincipalId))].join(
        ',',
      ),
    }),
    WAITING_RULES: JSON.stringify(rules),
  };
}

/** The jobs of Cloud Sync that the story has. */
export function jobsOf(input: ScenarioInput): readonly CloudSyncJob[] {
  const cloudSync = scenarioSynchronisation(input).cloudSync;
  return cloudSync?.status === 'read' ? cloudSync.jobs : [];
}
