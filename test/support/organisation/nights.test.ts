import { exportAgeMs, makeOrganisation } from './makeOrganisation';
import { nightOf, nightsNeeded, tonightOf } from './nights';
import type { Organisation, StoryName } from './organisation';

const now = Date.parse('2026-11-20T02:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const organisation = makeOrganisation({ seed: 1, objects: 1200, now });
const nights = [7, 6, 5, 4, 3, 2, 1, 0].map(daysAgo => nightOf(organisation, daysAgo));

/** What the exports of a night hold of the first object that lives this story. */
function traceOf({ stories, sources }: Organisation, name: StoryName): string {
  const home = stories.find(({ story }) => story === name)?.home;
  const source = sources.find(one => one.source === home?.source);
  const lines = source?.lines.filter(({ objectGUID }) => objectGUID === home?.line.objectGUID) ?? [];
  return lines.map(({ kind }) => kind).join(', ') || 'nothing';
}

const cloudOf = ({ cloud }: Organisation) => [
  ...cloud.users,
  ...cloud.groups,
  ...cloud.contacts,
  ...cloud.devices,
];
const objectOf = (night: Organisation, name: StoryName) => {
  const id = night.stories.find(({ story }) => story === name)?.cloudId;
  return cloudOf(night).find(object => object.id === id);
};

describe('the nights of the sample organisation', () => {
  test('tonight is the organisation as it is', () => {
    expect(nightOf(organisation, 0)).toBe(organisation);
  });

  test('the exports of a night were begun that many days ago', () => {
    for (const [index, { sources }] of nights.entries())
      for (const [at, source] of sources.entries()) {
        const tonight = organisation.sources[at]!;
        expect(tonight.startedAt - source.startedAt).toBe((7 - index) * dayMs);
        expect(source.finishedAt - source.startedAt).toBe(tonight.finishedAt - tonight.startedAt);
      }
  });

  test.each<[StoryName, string]>([
    ['ordinaryUser', '8 object'],
    ['userWithoutTrace', '8 nothing'],
    ['userInRecycleBin', '8 tombstone'],
    ['userDeletedLately', '8 tombstone'],
    ['userLostThisWeek', '4 object, 4 nothing'],
    ['groupLostThisWeek', '4 object, 4 nothing'],
    ['contactLostThisWeek', '4 object, 4 nothing'],
    ['deviceLostThisWeek', '4 object, 4 nothing'],
    ['userLostLastNight', '6 object, 2 nothing'],
    ['userLostTonight', '7 object, 1 nothing'],
    ['userUndeleted', '3 tombstone, 5 object'],
    ['userFoundAgain', '4 nothing, 4 object'],
    ['userFedOnceMore', '8 nothing'],
  ])('%s: %s', (name, expected) => {
    const runs: [string, number][] = [];
    for (const trace of nights.map(night => traceOf(night, name))) {
      const last = runs.at(-1);
      if (last?.[0] === trace) last[1] += 1;
      else runs.push([trace, 1]);
    }
    expect(runs.map(([trace, count]) => `${count} ${trace}`).join(', ')).toBe(expected);
  });

  test('what was deleted in these nights was alive before, and no tombstone is older than its deletion', () => {
    const traces = nights.map(night => traceOf(night, 'userDeletedThisWeek'));
    expect(traces[0]).toBe('object');
    expect(traces.at(-1)).toBe('tombstone');
    for (const { sources } of nights)
      for (const { lines, startedAt } of sources) {
        const dates = lines.flatMap(line => (line.kind === 'tombstone' ? Date.parse(line.whenChanged) : []));
        expect(Math.max(...dates)).toBeLessThanOrEqual(startedAt);
      }
  });

  test('no object is twice in the exports of a night', () => {
    for (const { sources } of nights)
      for (const { lines } of sources)
        expect(new Set(lines.map(({ objectGUID }) => objectGUID)).size).toBe(lines.length);
  });

  test('nothing in the cloud is from after the night, but what an unseen client feeds after the exports', () => {
    for (const [index, night] of nights.entries()) {
      const at = now - (7 - index) * dayMs;
      const dates = cloudOf(night).flatMap(({ onPremisesLastSyncDateTime: date }) =>
        date ? Date.parse(date) : [],
      );
      expect(Math.max(...dates)).toBeLessThanOrEqual(at);
      const fed = Date.parse(objectOf(night, 'fedByUnseenClient')?.onPremisesLastSyncDateTime ?? '');
      expect(fed).toBeGreaterThan(at - exportAgeMs);
      expect(Date.parse(night.cloud.organization.onPremisesLastSyncDateTime ?? '')).toBe(
        Math.floor((at - exportAgeMs - 20 * 60_000) / 1000) * 1000,
      );
    }
  });

  test('who was made today is in no earlier night', () => {
    expect(nights.map(night => objectOf(night, 'userCreatedAfterExports') !== undefined)).toEqual([
      ...Array.from({ length: 7 }, () => false),
      true,
    ]);
    expect(new Set(nights.map(night => cloudOf(night).length)).size).toBe(2);
  });

  test('who was fed once more was fed between two of the nights', () => {
    const dates = nights.map(night => objectOf(night, 'userFedOnceMore')?.onPremisesLastSyncDateTime);
    expect(new Set(dates).size).toBe(2);
    expect(dates.indexOf(dates.at(-1))).toBe(5);
  });

  test('what is a candidate tonight is missing and waits for nothing; the rest of what is missing is observed', () => {
    const { candidates, observed } = tonightOf(organisation, nightsNeeded);
    expect([...candidates, ...observed]).toHaveLength(organisation.orphans.length);
    const waits = new Map(organisation.stories.map(({ cloudId, waitsFor }) => [cloudId, waitsFor]));
    expect(candidates.length).toBeGreaterThan(20);
    for (const { cloudId } of candidates) expect(waits.get(cloudId)).toEqual([]);
    expect(new Set(observed.map(({ waitsFor }) => waitsFor?.join(', ')))).toEqual(
      new Set([
        'recycleBin',
        'grace',
        'grace, recycleBin',
        'consecutiveRuns, grace',
        'synchronisation, consecutiveRuns, grace',
      ]),
    );
    expect(tonightOf(organisation, nightsNeeded + 5)).toEqual({ candidates, observed });
  });

  test('fewer nights than the rules need let nothing be a candidate', () => {
    const { candidates, observed } = tonightOf(organisation, nightsNeeded - 1);
    expect(candidates).toEqual([]);
    expect(observed).toHaveLength(organisation.orphans.length);
    expect(new Set(observed.map(({ waitsFor }) => waitsFor))).toEqual(new Set([null]));
  });

  test('a night leaves the organisation alone', () => {
    const before = JSON.stringify(organisation);
    nightOf(organisation, 5);
    expect(JSON.stringify(organisation)).toBe(before);
  });
});
