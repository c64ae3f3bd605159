import { createHash } from 'node:crypto';
import { type Instant } from '../../../shared/core/instant';
import type { ScanRun } from '../../../shared/core/scanRun';
import { instant } from '../../support/builders';
import { type ScenarioInput } from '../../support/scenario';
import { guidOf, labTenantId } from './lab';

const tonightsNumber = 7;

/** The accepted runs that the story names; else one that was aborted, so that tonight's is number 7. */
export function recordsBefore(
  { time }: ScenarioInput,
  sources: readonly string[],
  move: (at: Instant) => Instant,
): readonly ScanRun[] {
  const number = (time?.runNumber ?? tonightsNumber) - 1;
  const plain = (runNumber: number, startedAt: Instant): ScanRun => ({
    runId: guidOf(`run ${runNumber}`),
    runNumber,
    state: 'aborted',
    startedAt,
    finishedAt: startedAt,
    durations: {},
    reasons: [],
    gates: [],
    exports: [],
    counts: {},
    plan: null,
    planDigest: null,
    fence: runNumber,
    version: '0.0.0',
    acceptedBefore: null,
    holds: [],
    synchronisation: null,
  });
  const told = time?.runs ?? [];
  if (told.length === 0) return number < 1 ? [] : [plain(number, move(instant('2026-11-19T02:00:00Z')))];
  let acceptedBefore: string | null = null;
  return told.map((given): ScanRun => {
    const startedAt = move(instant(given.startedAt));
    const run: ScanRun = {
      ...plain(given.runNumber, startedAt),
      state: 'finished',
      acceptedBefore,
      exports: sources.map(source => ({
        source: source as ScanRun['exports'][number]['source'],
        folder: '',
        sequence: given.runNumber,
        manifestHash: createHash('sha256')
          .update(given.exports ?? String(given.runNumber))
          .digest('hex'),
        startedAt,
        finishedAt: startedAt,
        lines: 0,
        namingContexts: [],
      })),
      synchronisation: {
        tenant: {
          tenantId: labTenantId as never,
          enabled: true,
          lastSyncDateTime: given.tenantLastSync === undefined ? null : move(instant(given.tenantLastSync)),
          cloudSync: { status: 'notConfigured' },
        },
        sources: [],
      },
    };
    acceptedBefore = run.runId;
    return run;
  });
}
