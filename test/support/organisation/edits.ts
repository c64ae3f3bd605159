import type { ObjectType } from '../../../shared/core/objectType';
import { type ObjectLine, type Placed, tombstoneOf } from './onPremises';
import { type Cloud, type Organisation, orphansOf, stories, type Story } from './organisation';
import { type Verdict, verdicts } from './story';

/** What a deletion leaves in CN=Deleted Objects: nothing, an object in the Recycle Bin, or a stripped one. */
export type TombstoneKind = 'none' | 'inRecycleBin' | 'recycled';

/** The AD object of an orphan exists again, as it was; its tombstone is gone. */
export function bringBack(organisation: Organisation, cloudId: string): Organisation {
  const story = storyOf(organisation, cloudId);
  const { home, outcome } = story;
  if (home === null || (outcome !== 'deleted' && outcome !== 'absent')) {
    throw new Error(`bringBack: expected an object whose AD object is gone, found the story ${story.story}`);
  }
  return retold(withLine(withoutLine(organisation, home), home), {
    ...story,
    ...verdicts.live,
    waitsFor: [],
  });
}

const dayMs = 24 * 60 * 60 * 1000;

/** The AD object of an ordinary object was deleted on the day before the export was started. */
export function deleteOnPremises(
  organisation: Organisation,
  cloudId: string,
  { tombstone }: { readonly tombstone: TombstoneKind },
): Organisation {
  const story = storyOf(organisation, cloudId);
  const { home, outcome, type } = story;
  const source = organisation.sources.find(one => one.source === home?.source);
  if (home === null || source === undefined || outcome !== 'live' || !isSoleTrace(story)) {
    throw new Error(
      `deleteOnPremises: expected an object that nothing but its AD object keeps alive, found the story ${story.story}`,
    );
  }
  const emptied = withoutLine(organisation, home);
  const deletion = {
    whenChanged: new Date(source.startedAt - dayMs).toISOString(),
    isRecycled: tombstone === 'recycled',
  };
  const left = tombstone === 'none' ? emptied : withLine(emptied, tombstoneOf(home, deletion));
  const verdict = verdictOfDeletion(organisation, type, tombstone);
  return retold(left, { ...story, ...verdict, waitsFor: waitsOfDeletion(verdict, tombstone) });
}

/** The cloud object is gone, whoever deleted it; Active Directory stays as it is. */
export function removeFromCloud(organisation: Organisation, cloudId: string): Organisation {
  storyOf(organisation, cloudId);
  const remaining = <Entity extends { readonly id?: string }>(
    entities: readonly Entity[],
  ): readonly Entity[] => entities.filter(({ id }) => id !== cloudId);
  const { users, groups, contacts, devices, organization } = organisation.cloud;
  const cloud: Cloud = {
    users: remaining(users),
    groups: remaining(groups),
    contacts: remaining(contacts),
    devices: remaining(devices),
    organization,
  };
  const told = organisation.stories.filter(story => story.cloudId !== cloudId);
  return { ...organisation, cloud, stories: told, orphans: orphansOf(told) };
}

function storyOf({ stories: told }: Organisation, cloudId: string): Story {
  const story = told.find(candidate => candidate.cloudId === cloudId);
  if (story === undefined)
    throw new Error(`expected the id of a cloud object of the organisation, found ${cloudId}`);
  return story;
}

function isSoleTrace({ type, story }: Story): boolean {
  const definitions: Readonly<Record<string, object>> = stories[type];
  const definition = definitions[story];
  return definition !== undefined && 'soleTrace' in definition;
}

/** A contact's tombstone has lost the address, so it proves nothing; without it a foreign forest may hold the contact. */
function verdictOfDeletion(
  { uncoveredForest }: Organisation,
  type: ObjectType,
  tombstone: TombstoneKind,
): Verdict {
  if (type === 'contact') return uncoveredForest ? verdicts.unknown : verdicts.absent;
  return tombstone === 'none' ? verdicts.absent : verdicts.deleted;
}

/** What it waits for in the first scan: synchronisation has not run since. */
function waitsOfDeletion({ state, outcome }: Verdict, tombstone: TombstoneKind): Story['waitsFor'] {
  if (state !== 'candidate') return [];
  if (outcome === 'absent') return ['synchronisation', 'consecutiveRuns', 'grace'];
  return ['synchronisation', 'grace', ...(tombstone === 'inRecycleBin' ? (['recycleBin'] as const) : [])];
}

/** Neither the object nor its tombstone is in the exports. */
const withoutLine = (organisation: Organisation, { source, line }: Placed<ObjectLine>): Organisation => ({
  ...organisation,
  sources: organisation.sources.map(one =>
    one.source === source
      ? { ...one, lines: one.lines.filter(({ objectGUID }) => objectGUID !== line.objectGUID) }
      : one,
  ),
});

const withLine = (organisation: Organisation, { source, line }: Placed): Organisation => ({
  ...organisation,
  sources: organisation.sources.map(one =>
    one.source === source ? { ...one, lines: [...one.lines, line] } : one,
  ),
});

function retold(organisation: Organisation, ending: Story): Organisation {
  const told = organisation.stories.map(story => (story.cloudId === ending.cloudId ? ending : story));
  return { ...organisation, stories: told, orphans: orphansOf(told) };
}
