import { alertLine } from './alert';
import { referenceKey } from './duplicates';
import type { StoredFacts } from './facts';
import { blocks } from './gates/gate';
import { totalOf, type CountsByType, type NotificationEvent } from './notification';
import { objectTypes, type ObjectType } from './objectType';
import type { ScanRun } from './scanRun';

/** What a run record does not hold, and an announcement needs. */
export interface FoundInRun {
  /** That became candidates since the last accepted run. */
  readonly newCandidates: CountsByType;
  /** That the app had deleted, and that were found again since the last accepted run. */
  readonly madeAgain: CountsByType;
}

export const nothingFound: FoundInRun = { newCandidates: {}, madeAgain: {} };

export type ScanEvent = Extract<NotificationEvent, { kind: 'newCandidates' | 'hold' | 'madeAgain' }>;
type HoldEvent = Extract<ScanEvent, { kind: 'hold' }>;

/**
 * The hold of a closed run: where it was refused or held, or a breach of its own blocks something. A lock of an earlier night is not
 * told again. null: there is none.
 */
export function holdOfRun(run: ScanRun): HoldEvent | null {
  const { runId, startedAt: at } = run;
  const breached = run.gates.filter(blocks);
  const stopped = run.state === 'refused' || run.state === 'held';
  if (!stopped && breached.length === 0) return null;
  return {
    kind: 'hold',
    at,
    runId,
    refused: stopped,
    gates: breached.map(({ gate, source, type, found, limit }) => ({ gate, source, type, found, limit })),
    earlier: run.holds
      .filter(hold => hold.runId !== runId)
      .map(({ gate, source, type, runId: of }) => ({ gate, source, type, runId: of })),
  };
}

/**
 * Decides what to announce of a closed run: its hold; new candidates where it finished and there are some, and what was made again.
 * `previous`: the last accepted run before it; null: there is none.
 */
export function eventsOfRun(
  run: ScanRun,
  previous: Pick<ScanRun, 'counts'> | null,
  { newCandidates, madeAgain }: FoundInRun = nothingFound,
): readonly ScanEvent[] {
  const { runId, startedAt: at } = run;
  const hold = holdOfRun(run);
  const events: ScanEvent[] = hold === null ? [] : [hold];
  if (run.state === 'finished' && totalOf(newCandidates) > 0)
    events.push({
      kind: 'newCandidates',
      at,
      runId,
      added: newCandidates,
      missing: missingIn(run),
      missingBefore: previous && missingIn(previous),
    });
  if (totalOf(madeAgain) > 0) events.push({ kind: 'madeAgain', at, runId, objects: madeAgain });
  return events;
}

/** What has to be remembered of a row to tell what is new. */
export type RowSeen = Pick<StoredFacts, 'type' | 'id' | 'state' | 'attention' | 'changedRun'>;

/**
 * Counts what is new with these writes, beside the rows before: objects that become candidates (a changed evidence makes none), and
 * objects that get the attention `madeAgain`. What a run wrote that came after `lastAccepted`, the number of the last accepted run,
 * and ended before it was accepted itself, is new as well: nobody was told of it.
 */
export function foundInWrites(
  writes: readonly { readonly facts: RowSeen }[],
  rows: readonly RowSeen[],
  lastAccepted: number,
): FoundInRun {
  const written = new Map(writes.map(({ facts }) => [referenceKey(facts), facts]));
  const unchanged = rows.filter(row => !written.has(referenceKey(row)));
  const newOf = (is: (row: RowSeen) => boolean): CountsByType => {
    const told = new Set(rows.filter(row => is(row) && row.changedRun <= lastAccepted).map(referenceKey));
    return countByType(
      [...unchanged, ...written.values()].filter(row => is(row) && !told.has(referenceKey(row))),
    );
  };
  return {
    newCandidates: newOf(({ state }) => state === 'candidate'),
    madeAgain: newOf(({ state, attention }) => state === 'attention' && attention === 'madeAgain'),
  };
}

/** How many of each type. */
export function countByType(objects: readonly { readonly type: ObjectType }[]): CountsByType {
  const counts: Partial<Record<ObjectType, number>> = {};
  for (const { type } of objects) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** The alert of a hold. What was made again has its own, written when it is found; that there are new candidates is no alert. */
export function alertOfHold({ runId, gates, earlier }: HoldEvent): string {
  const breaches = gates.map(({ gate, found, limit }) => `${gate} (found ${found}, limit ${limit})`);
  const holds = earlier.map(({ gate, runId: of }) => `held by ${gate} of run ${of}`);
  return alertLine(
    'hold',
    `run ${runId}: ${[...breaches, ...holds].join('; ') || 'refused, its record says why'}`,
  );
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
