import { alertLine } from './alert';
import { referenceKey } from './duplicates';
import { blocks } from './gates/gate';
import type { Hold } from './holds';
import type { CandidateFacts, StoredFacts } from './facts';
import { totalOf, type CountsByType, type NotificationEvent } from './notification';
import { objectTypes, type ObjectType } from './objectType';
import type { PlannedWrite } from './runPlan';
import type { ScanRun } from './scanRun';

/** What a run record does not hold, and an announcement needs. */
export interface FoundInRun {
  /** That became candidates (`newCandidatesOf`); absent: told from the counts of this run and the one before. */
  readonly newCandidates?: CountsByType;
  /** That the app had deleted and synchronisation made again. */
  readonly madeAgain?: CountsByType;
  /** Breaches of earlier runs that hold this one. */
  readonly heldBy?: readonly Hold[];
}

export type ScanEvent = Extract<NotificationEvent, { kind: 'newCandidates' | 'hold' | 'madeAgain' }>;

/**
 * Decides what to announce of a closed run: a hold where a breach was not let go, where the run was refused, or where an earlier
 * breach holds it; new candidates where it finished and there are some; and what was made again. `previous`: the last finished run before it; null: there is none.
 */
export function eventsOfRun(
  run: ScanRun,
  previous: Pick<ScanRun, 'counts'> | null,
  { newCandidates, madeAgain = {}, heldBy = [] }: FoundInRun = {},
): readonly ScanEvent[] {
  const { runId, startedAt: at } = run;
  const events: ScanEvent[] = [];
  const breached = run.gates.filter(blocks);
  const notAccepted = run.state === 'refused' || run.state === 'held';
  if (breached.length > 0 || notAccepted)
    events.push({
      kind: 'hold',
      at,
      runId,
      refused: notAccepted,
      gates: [
        ...breached.map(({ gate, source, type, found, limit }) => ({ gate, source, type, found, limit })),
        ...heldBy.map(({ gate, source, type, runId: heldSince }) => ({
          gate,
          source,
          type,
          found: `breached in run ${heldSince}`,
          limit: 'released by an administrator',
        })),
      ],
    });
  const missing = missingIn(run);
  const missingBefore = previous && missingIn(previous);
  const added = newCandidates ?? more(missing, missingBefore ?? {});
  if (run.state === 'finished' && totalOf(added) > 0)
    events.push({ kind: 'newCandidates', at, runId, added, missing, missingBefore });
  if (totalOf(madeAgain) > 0) events.push({ kind: 'madeAgain', at, runId, objects: madeAgain });
  return events;
}

/** The objects that a plan makes candidates, which they were not in the rows before: a changed evidence makes none new. */
export function newCandidatesOf(
  writes: readonly Pick<PlannedWrite, 'facts'>[],
  previous: readonly Pick<StoredFacts, 'type' | 'id' | 'state'>[],
): CountsByType {
  const before = new Set(previous.filter(({ state }) => state === 'candidate').map(referenceKey));
  const isNew = ({ type, id, state }: CandidateFacts): boolean =>
    state === 'candidate' && !before.has(referenceKey({ type, id }));
  return countByType(writes.map(({ facts }) => facts).filter(isNew));
}

/** How many of each type. */
export function countByType(objects: readonly { readonly type: ObjectType }[]): CountsByType {
  const counts: Partial<Record<ObjectType, number>> = {};
  for (const { type } of objects) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** The alert of an event, where it has one that nobody else writes: that there are new candidates is none. */
export function alertOfScanEvent(event: ScanEvent): string | null {
  switch (event.kind) {
    case 'hold': {
      const gates = event.gates.map(({ gate, found, limit }) => `${gate} (found ${found}, limit ${limit})`);
      return alertLine('hold', `run ${event.runId}: ${gates.join('; ') || 'refused, its record says why'}`);
    }
    // The scan alerts as it writes the rows, with ids.
    case 'madeAgain':
    case 'newCandidates':
      return null;
  }
}

/** Outcomes of objects whose source is missing. */
const missingOutcomes = ['absent', 'deleted'] as const;

function missingIn({ counts }: Pick<ScanRun, 'counts'>): CountsByType {
  const missing: Partial<Record<ObjectType, number>> = {};
  for (const type of objectTypes) {
    const outcomes = counts[type]?.outcomes ?? {};
    const count = missingOutcomes.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
    if (count > 0) missing[type] = count;
  }
  return missing;
}

const more = (now: CountsByType, before: CountsByType): CountsByType =>
  Object.fromEntries(
    objectTypes.map(type => [type, Math.max(0, (now[type] ?? 0) - (before[type] ?? 0))]),
  ) as CountsByType;
