import type { LineCounts } from '../../../shared/core/exportFormat';
import type { StoredRule } from '../../../shared/core/rule';
import type { KeptExport } from './forest';
import { limits, type HistoryWorld } from './historyWorld';

const hourMs = 60 * 60_000;
const classes = ['user', 'group', 'contact', 'computer', 'other'] as const satisfies (keyof LineCounts)[];

/** What was known of the tenant and the forests, at a time. */
export interface Ground {
  readonly now: number;
  readonly exports: readonly KeptExport[];
  /** The exports of the last accepted run. */
  readonly before: readonly KeptExport[];
  readonly rules: readonly StoredRule[];
}

/**
 * Why nothing may rest on these exports, told again in plain words: what no release helps against, and what nobody has released. The
 * gates themselves are not asked.
 */
export function unfitEvidence(
  world: HistoryWorld,
  { now, exports, before, rules }: Ground,
): readonly string[] {
  const faults: string[] = [];
  const released = (gate: string): boolean =>
    rules.some(({ content }) => content.kind === 'holdRelease' && content.gate === gate);
  const never = (fault: boolean, what: string): void => void (fault && faults.push(what));
  const unlessReleased = (fault: boolean, gate: string): void => never(fault && !released(gate), gate);
  never(exports.length < world.sources.length, 'a source has no export');
  for (const { source, manifest, manifestHash } of exports) {
    const { startedAt, sequence, canaries, namingContexts } = manifest;
    never(now - startedAt > limits.exportAgeHours * hourMs, `the export of ${source} is stale`);
    const [context] = namingContexts;
    const lag = startedAt - (context?.domainController.oldestInboundSuccess ?? startedAt);
    never(lag > limits.replicationLagHours * hourMs, `the domain controller of ${source} lags`);
    unlessReleased(startedAt - now > limits.clockAheadMinutes * 60_000, 'exportClock');
    unlessReleased(
      canaries.some(({ seen }) => !seen),
      'canariesVisible',
    );
    const earlier = before.find(one => one.source === source);
    if (!earlier) continue;
    const older = sequence < earlier.manifest.sequence && manifestHash !== earlier.manifestHash;
    unlessReleased(older, 'exportNotReplayed');
    const counts = namingContexts[0]?.counts;
    const countsBefore = earlier.manifest.namingContexts[0]?.counts;
    unlessReleased(
      classes.some(each => {
        const [was, is] = [countsBefore?.[each] ?? 0, counts?.[each] ?? 0];
        return (
          was - is > Math.max(limits.exportDropObjects, Math.floor((was * limits.exportDropPercent) / 100))
        );
      }),
      'exportDrop',
    );
  }
  const { enabled, lastSyncDateTime } = world.synchronisation.state;
  unlessReleased(enabled !== true, 'synchronisationEnabled');
  unlessReleased(
    now - (lastSyncDateTime ?? 0) > limits.synchronisationAgeHours * hourMs,
    'synchronisationFresh',
  );
  return faults;
}
