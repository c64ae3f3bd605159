import { type Cast, castOf } from './cast';
import { namingContextsOf } from './forests';
import type { Placed } from './onPremises';
import { onPremisesOnly } from './onPremisesOnly';
import { type Organisation, orphansOf, type Source, stories } from './organisation';
import { Stage } from './stage';
import { tenantOf } from './tenant';

export interface OrganisationOptions {
  /** The same seed, size and time make the same organisation, byte for byte. */
  readonly seed: number;
  /** Synced cloud objects, exactly; at least 200, so that every story finds room. */
  readonly objects?: number;
  /** Milliseconds since 1970. The exports start two hours earlier. */
  readonly now: number;
  /**
   * Whether users and groups of a forest that nobody exports are in the tenant. Then nobody can tell whether a contact, or a
   * device without SID, belongs to that forest: such orphans become `unknown`.
   */
  readonly uncoveredForest?: boolean;
}

const leastObjects = 200;
const hourMs = 60 * 60 * 1000;
/** How much earlier than `now` the exports start, in milliseconds. */
export const exportAgeMs = 2 * hourMs;

/** How many AD objects there are without a twin in the cloud, to one synced object. */
const onPremisesOnlyShare = 0.15;

/** Makes the sample organisation: Active Directory as its agents export it, Entra ID as Graph shows it, and the truth about both. */
export function makeOrganisation(options: OrganisationOptions): Organisation {
  const { seed, objects = 5000, now, uncoveredForest = false } = options;
  if (!Number.isInteger(objects) || objects < leastObjects) {
    throw new RangeError(`objects: expected a whole number of at least ${leastObjects}, found ${objects}`);
  }
  const stage = new Stage(seed, now);
  const share = {
    group: Math.round(objects * 0.12),
    contact: Math.round(objects * 0.06),
    device: Math.round(objects * 0.12),
  };
  const members = objects - share.group - share.contact - share.device;
  const casting = { stage, uncoveredForest, scale: Math.sqrt(objects / 5000) };
  const users = castOf('user', 'ordinaryUser', stories.user, members, casting);
  const groups = castOf('group', 'ordinaryGroup', stories.group, share.group, casting);
  const contacts = castOf('contact', 'ordinaryContact', stories.contact, share.contact, casting);
  const devices = castOf('device', 'ordinaryDevice', stories.device, share.device, casting);
  const casts = [users, groups, contacts, devices];
  const everyStory = casts.flatMap(cast => cast.stories);
  return {
    tenantId: stage.tenantId,
    uncoveredForest,
    cloud: {
      users: users.cloud,
      groups: groups.cloud,
      contacts: contacts.cloud,
      devices: devices.cloud,
      organization: tenantOf(stage),
    },
    sources: sourcesOf(stage, now, [
      ...casts.flatMap(cast => cast.onPremises),
      ...onPremisesOnly(stage, Math.round(objects * onPremisesOnlyShare)),
    ]),
    stories: everyStory,
    orphans: orphansOf(everyStory),
    changes: [
      ...users.earlier.map(earlier => ({ type: 'user' as const, ...changeOf(earlier) })),
      ...groups.earlier.map(earlier => ({ type: 'group' as const, ...changeOf(earlier) })),
      ...contacts.earlier.map(earlier => ({ type: 'contact' as const, ...changeOf(earlier) })),
      ...devices.earlier.map(earlier => ({ type: 'device' as const, ...changeOf(earlier) })),
    ],
  };
}

const changeOf = <Cloud>({ daysAgo, onPremises, today, cloud = [] }: Cast<Cloud>['earlier'][number]) => ({
  daysAgo,
  onPremises: { before: onPremises, today },
  cloudBefore: cloud,
});

function sourcesOf(stage: Stage, now: number, onPremises: readonly Placed[]): readonly Source[] {
  const startedAt = now - exportAgeMs;
  return stage.forests.exported.map(forest => ({
    source: forest.source,
    namingContexts: namingContextsOf(forest, stage.hoursAgo(2.25)),
    anchorAttribute: forest.anchorAttribute,
    tombstones: 'included',
    startedAt,
    finishedAt: startedAt + hourMs / 10,
    lines: onPremises.filter(({ source }) => source === forest.source).map(({ line }) => line),
  }));
}
