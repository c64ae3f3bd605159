import { bringBack, deleteOnPremises, removeFromCloud } from './edits';
import { makeOrganisation } from './makeOrganisation';
import type { ObjectLine, TombstoneLine } from './onPremises';
import type { Organisation, Story, StoryName } from './organisation';

const now = Date.parse('2026-11-20T02:00:00Z');
const organisation = makeOrganisation({ seed: 1, objects: 600, now });

const first = (made: Organisation, name: StoryName): Story =>
  made.stories.find(({ story }) => story === name)!;
const retold = (made: Organisation, { cloudId }: Story): Story =>
  made.stories.find(story => story.cloudId === cloudId)!;
const linesOf = (made: Organisation, { home }: Story): (ObjectLine | TombstoneLine)[] =>
  made.sources
    .find(({ source }) => source === home?.source)!
    .lines.filter(({ objectGUID }) => objectGUID === home?.line.objectGUID);
const isOrphan = (made: Organisation, { cloudId }: Story): boolean =>
  made.orphans.some(orphan => orphan.cloudId === cloudId);

describe('edits of the sample organisation', () => {
  test.each(['userInRecycleBin', 'groupDeletedLately', 'contactWithoutTrace', 'deviceWithoutTrace'] as const)(
    'an orphan that is brought back lives again, and its tombstone is gone: %s',
    name => {
      const orphan = first(organisation, name);
      const after = bringBack(organisation, orphan.cloudId);
      expect(retold(after, orphan)).toEqual({
        ...orphan,
        outcome: 'live',
        state: null,
        attention: null,
        waitsFor: [],
      });
      expect(linesOf(after, orphan)).toEqual([orphan.home?.line]);
      expect(isOrphan(after, orphan)).toBe(false);
      expect(after.orphans).toHaveLength(organisation.orphans.length - 1);
      expect(after.cloud).toBe(organisation.cloud);
    },
  );

  test.each([
    ['ordinaryUser', 'none', 'absent', 'synchronisation, consecutiveRuns, grace'],
    ['ordinaryUser', 'inRecycleBin', 'deleted', 'synchronisation, grace, recycleBin'],
    ['disabledUser', 'recycled', 'deleted', 'synchronisation, grace'],
    ['ordinaryGroup', 'inRecycleBin', 'deleted', 'synchronisation, grace, recycleBin'],
    ['ordinaryDevice', 'recycled', 'deleted', 'synchronisation, grace'],
    ['ordinaryContact', 'none', 'absent', 'synchronisation, consecutiveRuns, grace'],
    ['ordinaryContact', 'inRecycleBin', 'absent', 'synchronisation, consecutiveRuns, grace'],
  ] as const)('%s deleted on-premises, tombstone %s: %s', (name, tombstone, outcome, waits) => {
    const object = first(organisation, name);
    const after = deleteOnPremises(organisation, object.cloudId, { tombstone });
    expect(retold(after, object)).toMatchObject({ outcome, state: 'candidate', attention: null });
    expect(retold(after, object).waitsFor.join(', ')).toBe(waits);
    expect(isOrphan(after, object)).toBe(true);
    const left = linesOf(after, object).map(line =>
      line.kind === 'tombstone' ? `deleted ${line.whenChanged}, recycled: ${line.isRecycled}` : 'alive',
    );
    const remains = {
      none: [],
      inRecycleBin: ['deleted 2026-11-19T00:00:00.000Z, recycled: false'],
      recycled: ['deleted 2026-11-19T00:00:00.000Z, recycled: true'],
    };
    expect(left).toEqual(remains[tombstone]);
  });

  test('a contact deleted on-premises is unknown while a forest is not covered', () => {
    const partlyCovered = makeOrganisation({ seed: 1, objects: 600, now, uncoveredForest: true });
    const contact = first(partlyCovered, 'ordinaryContact');
    const after = deleteOnPremises(partlyCovered, contact.cloudId, { tombstone: 'none' });
    expect(retold(after, contact)).toMatchObject({ outcome: 'unknown', state: null, waitsFor: [] });
    expect(after.orphans).toEqual(partlyCovered.orphans);
  });

  test.each(['ordinaryUser', 'groupWithoutTrace', 'contactWithoutTrace', 'deviceWithTombstone'] as const)(
    'what is removed from the cloud has no story any more; the exports stay as they were: %s',
    name => {
      const object = first(organisation, name);
      const after = removeFromCloud(organisation, object.cloudId);
      const ids = (made: Organisation): (string | undefined)[] =>
        [...made.cloud.users, ...made.cloud.groups, ...made.cloud.contacts, ...made.cloud.devices].map(
          ({ id }) => id,
        );
      expect(ids(after)).toEqual(ids(organisation).filter(id => id !== object.cloudId));
      expect(after.stories).toHaveLength(organisation.stories.length - 1);
      expect(isOrphan(after, object)).toBe(false);
      expect(after.sources).toBe(organisation.sources);
    },
  );

  test('what was deleted and brought back is as it was, but for the order of the lines', () => {
    const user = first(organisation, 'ordinaryUser');
    const deleted = deleteOnPremises(organisation, user.cloudId, { tombstone: 'inRecycleBin' });
    const back = bringBack(deleted, user.cloudId);
    expect(back.stories).toEqual(organisation.stories);
    expect(back.orphans).toEqual(organisation.orphans);
    const sorted = (made: Organisation): string[][] =>
      made.sources.map(({ lines }) => lines.map(line => JSON.stringify(line)).sort());
    expect(sorted(back)).toEqual(sorted(organisation));
  });

  test('an edit leaves the organisation that it was given alone', () => {
    const before = JSON.stringify(organisation);
    bringBack(organisation, first(organisation, 'userRecycled').cloudId);
    deleteOnPremises(organisation, first(organisation, 'ordinaryGroup').cloudId, { tombstone: 'recycled' });
    removeFromCloud(organisation, first(organisation, 'ordinaryDevice').cloudId);
    expect(JSON.stringify(organisation)).toBe(before);
  });

  test('an edit whose verdict nobody knows is refused', () => {
    const { cloudId: linked } = first(organisation, 'linkedMailbox');
    const { cloudId: orphan } = first(organisation, 'userWithoutTrace');
    const { cloudId: live } = first(organisation, 'ordinaryUser');
    const partlyCovered = makeOrganisation({ seed: 1, objects: 600, now, uncoveredForest: true });
    const { cloudId: uncovered } = first(partlyCovered, 'userOfUncoveredDomainName');
    expect(() => deleteOnPremises(organisation, linked, { tombstone: 'none' })).toThrow('linkedMailbox');
    expect(() => deleteOnPremises(organisation, orphan, { tombstone: 'none' })).toThrow('userWithoutTrace');
    expect(() => bringBack(organisation, live)).toThrow('ordinaryUser');
    expect(() => bringBack(partlyCovered, uncovered)).toThrow('userOfUncoveredDomainName');
    expect(() => removeFromCloud(organisation, 'nobody')).toThrow('nobody');
  });
});
