import type { ObjectType } from '../../../shared/core/objectType';
import { exportAgeMs } from './makeOrganisation';
import type { Placed } from './onPremises';
import type { Change, Cloud, Organisation, Orphan, Source, Story } from './organisation';
import type { CloudEntities } from './story';

const dayMs = 24 * 60 * 60 * 1000;

/** How many nights, tonight included, must have been scanned for `tonightOf` to know what each object waits for. */
export const nightsNeeded = 8;

/** What a scan of tonight must say of what is missing, under the strict rules of time. */
export interface Tonight {
  readonly candidates: readonly Orphan[];
  /** Missing, and not a candidate yet. `waitsFor` null: too few nights were scanned to tell. */
  readonly observed: readonly (Orphan & { readonly waitsFor: Story['waitsFor'] | null })[];
}

/** `nights`: how many were scanned one after the other, tonight's included. Fewer than eight let nothing be a candidate. */
export function tonightOf({ stories }: Organisation, nights: number): Tonight {
  const missing = stories.filter(({ state }) => state === 'candidate');
  const known = nights >= nightsNeeded;
  const due = missing.filter(({ waitsFor }) => known && waitsFor.length === 0);
  return {
    candidates: due.map(({ type, cloudId }) => ({ type, cloudId })),
    observed: missing
      .filter(story => !due.includes(story))
      .map(({ type, cloudId, waitsFor }) => ({ type, cloudId, waitsFor: known ? waitsFor : null })),
  };
}

/**
 * The organisation as it was in the night so many days ago: exports that were begun then, and the cloud of then. What the stories
 * and `orphans` say is about tonight all the same.
 */
export function nightOf(organisation: Organisation, daysAgo: number): Organisation {
  if (daysAgo === 0) return organisation;
  const ago = daysAgo * dayMs;
  // What changed after the exports of that night were begun is in none of them.
  const undone = organisation.changes.filter(change => ago + exportAgeMs >= change.daysAgo * dayMs);
  const startedAt = Math.min(...organisation.sources.map(source => source.startedAt));
  return {
    ...organisation,
    cloud: cloudBefore(organisation.cloud, undone, { now: startedAt + exportAgeMs - ago, ago }),
    sources: organisation.sources.map(source => sourceBefore(source, undone, ago)),
  };
}

function sourceBefore(source: Source, undone: readonly Change[], ago: number): Source {
  const startedAt = source.startedAt - ago;
  const ofSource = (placed: readonly Placed[]): Source['lines'] =>
    placed.filter(one => one.source === source.source).map(({ line }) => line);
  const today = new Set(undone.flatMap(({ onPremises }) => ofSource(onPremises.today)));
  const before = undone.flatMap(({ onPremises }) => ofSource(onPremises.before));
  // Of what was deleted later there is no tombstone yet.
  const isYetToCome = (line: Source['lines'][number]): boolean =>
    line.kind === 'tombstone' && Date.parse(line.whenChanged) > startedAt;
  return {
    ...source,
    startedAt,
    finishedAt: source.finishedAt - ago,
    namingContexts: source.namingContexts.map(context => ({
      ...context,
      domainController: {
        ...context.domainController,
        oldestInboundSuccess: earlier(context.domainController.oldestInboundSuccess, ago),
      },
    })),
    lines: [...source.lines.filter(line => !today.has(line) && !isYetToCome(line)), ...before],
  };
}

interface Then {
  readonly now: number;
  readonly ago: number;
}

function cloudBefore(cloud: Cloud, undone: readonly Change[], then: Then): Cloud {
  const before = <Type extends ObjectType>(type: Type): ReadonlyMap<string, CloudEntities[Type]> =>
    new Map(
      undone
        .filter((change): change is Extract<Change, { type: Type }> => change.type === type)
        .flatMap(({ cloudBefore: entities }) => entities as readonly (CloudEntities[Type] & { id: string })[])
        .map(entity => [entity.id, entity] as const),
    );
  return {
    users: entitiesBefore(cloud.users, before('user'), then).filter(user =>
      wasThere(user.createdDateTime, then),
    ),
    groups: entitiesBefore(cloud.groups, before('group'), then),
    contacts: entitiesBefore(cloud.contacts, before('contact'), then),
    devices: entitiesBefore(cloud.devices, before('device'), then),
    organization: {
      ...cloud.organization,
      onPremisesLastSyncDateTime: earlier(cloud.organization.onPremisesLastSyncDateTime ?? null, then.ago),
    },
  };
}

const wasThere = (createdDateTime: string | null | undefined, { now }: Then): boolean =>
  !createdDateTime || Date.parse(createdDateTime) <= now;

interface Synced {
  readonly id?: string;
  readonly onPremisesLastSyncDateTime?: string | null;
}

/** What is fed every night was fed in that one, too. */
function entitiesBefore<Entity extends Synced>(
  entities: readonly Entity[],
  before: ReadonlyMap<string, Entity>,
  { now, ago }: Then,
): readonly Entity[] {
  return entities.map(today => {
    const entity = before.get(today.id ?? '') ?? today;
    const synced = entity.onPremisesLastSyncDateTime;
    return typeof synced === 'string' && Date.parse(synced) > now
      ? { ...entity, onPremisesLastSyncDateTime: earlier(synced, ago) }
      : entity;
  });
}

/** Dates to the second, as Graph and the generator write them. */
function earlier(date: string | null, ago: number): string | null {
  return date === null ? null : `${new Date(Date.parse(date) - ago).toISOString().slice(0, 19)}Z`;
}
