import type { CloudObject } from '../../../shared/core/cloudObject';
import type { StoredFacts } from '../../../shared/core/facts';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import type { Member } from './cast';
import type { KeptExport } from './forest';
import { holdersOf, tombstoneOf } from './heldBy';
import type { HistoryWorld } from './historyWorld';
import { dayMs } from './steps';

/** What a run that passed its gates had before it. */
export interface Observation {
  readonly runId: string;
  readonly at: number;
  /** Whether it was accepted in the end; else it ended while it wrote, and its rows count all the same. */
  readonly finished: boolean;
  readonly exports: readonly KeptExport[];
  readonly clouds: ReadonlyMap<string, CloudObject>;
  /** Ids of the users who are deleted in the cloud. */
  readonly deletedItems: ReadonlySet<string>;
  /** The tenant's date of synchronisation. */
  readonly tenantLastSync: number | null;
}

export const recordsOf = ({ exports }: Pick<Observation, 'exports'>): readonly ExportRecord[] =>
  exports.flatMap(({ records }) => records);

const known = new WeakMap<Observation, Map<string, boolean>>();

function isMissing(member: Member, observation: Observation): boolean {
  const answers = known.get(observation) ?? new Map<string, boolean>();
  known.set(observation, answers);
  const answer = answers.get(member.name) ?? looksMissing(member, observation);
  answers.set(member.name, answer);
  return answer;
}

/** Nothing holds a key of it, it is synced, and nothing has synchronised it since the exports were begun. */
function looksMissing(member: Member, observation: Observation): boolean {
  const cloud = observation.clouds.get(member.name);
  if (!cloud || cloud.onPremisesSyncEnabled !== true) return false;
  const earliest = Math.min(...observation.exports.map(({ manifest }) => manifest.startedAt));
  return (
    (cloud.onPremisesLastSyncDateTime ?? 0) <= earliest &&
    holdersOf(cloud, recordsOf(observation)).length === 0
  );
}

/**
 * The longest unbroken stretch of observations up to the newest in which the object was missing, newest first. A run that ended
 * before it was accepted saw nothing that could break it.
 */
function stretchOf(member: Member, observations: readonly Observation[]): readonly Observation[] {
  const stretch: Observation[] = [];
  for (const observation of observations.toReversed()) {
    if (isMissing(member, observation)) stretch.push(observation);
    else if (observation.finished) break;
  }
  return stretch;
}

/**
 * Why the newest run may not call the object a candidate, by what every condition needs at least (docs/how-it-works.md, "Time").
 * Everything is counted again from the whole past, which the product never keeps.
 */
export function tooEarly(
  member: Member,
  facts: StoredFacts,
  observations: readonly Observation[],
  world: HistoryWorld,
): readonly string[] {
  const newest = observations.at(-1);
  const stretch = stretchOf(member, observations);
  const first = stretch.at(-1);
  if (!newest || !first || stretch[0] !== newest) return ['it is not missing in the exports of the run (2)'];
  const { consecutiveRuns, graceDays, recycleBinDays } = world.waiting;
  const cloud = newest.clouds.get(member.name);
  const tombstone = cloud ? tombstoneOf(cloud, recordsOf(newest)) : null;
  const faults: string[] = [];
  const expect = (holds: boolean, condition: string): void => {
    if (!holds) faults.push(condition);
  };
  expect(facts.firstObservedAt >= first.at, 'it was not missing as long as its row says');
  const lastSync = cloud?.onPremisesLastSyncDateTime ?? 0;
  expect(lastSync <= facts.firstObservedAt, 'something has synchronised it since it was missed first');
  expect((facts.outcome === 'deleted') === (tombstone !== null), 'what is called deleted has a tombstone');
  expect(newest.at - first.at >= graceDays * dayMs, 'grace');
  const inBin = tombstone !== null && !tombstone.isRecycled ? tombstone : null;
  if (inBin) {
    // Once over, it is not begun again by the later date of another domain controller (core/waiting).
    const overBefore = stretch.some(one => {
      const before = one === newest || !cloud ? null : tombstoneOf(cloud, recordsOf(one));
      return before !== null && one.at - before.whenChanged >= recycleBinDays * dayMs;
    });
    const days = overBefore ? recycleBinDays - 1 : recycleBinDays;
    expect(newest.at - inBin.whenChanged >= days * dayMs, 'recycleBin');
    expect(newest.at - inBin.whenChanged >= (graceDays - 1) * dayMs, 'grace since the last deletion');
  }
  if (!tombstone) {
    const counted = stretch.filter(one => one === newest || one.finished);
    for (const source of world.sources) {
      const seen = counted.flatMap(({ exports }) => exports.filter(one => one.source === source));
      const distinct = new Set(seen.map(({ manifestHash }) => manifestHash)).size;
      expect(distinct >= consecutiveRuns, `consecutiveRuns: ${source} was exported ${distinct} times`);
    }
  }
  const goneSince = world.forests.map(forest => forest.goneSince(member.name)).find(since => since !== null);
  const evidence = inBin ? inBin.whenChanged : Math.min(first.at, goneSince ?? first.at);
  expect(isSynchronisedSince(member, evidence, newest.at, observations, world), 'synchronisation');
  return faults;
}

function isSynchronisedSince(
  { cloud, home }: Member,
  evidence: number,
  now: number,
  observations: readonly Observation[],
  world: HistoryWorld,
): boolean {
  if (world.settings.history) {
    // A contact names no domain: every source must have been synchronised.
    const sources = world.forests.filter(({ source }) => cloud.type === 'contact' || source === home.source);
    return sources.every(({ synchronisations }) =>
      synchronisations.some(
        ({ startedAt, finishedAt, succeeded }) => succeeded && startedAt > evidence && finishedAt <= now,
      ),
    );
  }
  if (world.sources.length > 1) return false;
  const dates = observations.flatMap(({ tenantLastSync }) => tenantLastSync ?? []);
  return new Set(dates.filter(at => at > evidence && at <= now)).size >= 2;
}
