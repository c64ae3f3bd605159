import type { Device, Group, Organization, OrgContact, User } from '@microsoft/microsoft-graph-types';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import type { Wait } from '../../../shared/core/facts';
import type { ObjectType } from '../../../shared/core/objectType';
import type { NamingContext } from './forests';
import type { ObjectLine, Placed } from './onPremises';
import { contactStories } from './stories/contacts';
import { deviceStories } from './stories/devices';
import { groupStories } from './stories/groups';
import { doubtfulUsers } from './stories/doubtfulUsers';
import { liveUsers } from './stories/liveUsers';
import { orphanedUsers } from './stories/orphanedUsers';
import { undecidedUsers } from './stories/undecidedUsers';
import type { CloudEntities, Verdict } from './story';

/** Every story there is, by the type of the cloud object that lives it. */
export const stories = {
  user: { ...liveUsers, ...orphanedUsers, ...doubtfulUsers, ...undecidedUsers },
  group: groupStories,
  contact: contactStories,
  device: deviceStories,
} as const;

export type StoryName = { [Type in ObjectType]: keyof (typeof stories)[Type] }[ObjectType];

/** What happened to one cloud object, and what a scan must say of it. */
export type Story = Verdict & {
  readonly type: ObjectType;
  readonly cloudId: string;
  readonly story: StoryName;
  /** Of a missing object: what it waits for tonight, if the last eight nights were scanned under strict rules. */
  readonly waitsFor: readonly Wait['for'][];
  /** The AD object it was made of, there still or gone; null: no exported forest ever had one. */
  readonly home: Placed<ObjectLine> | null;
};

/** The cloud objects of the tenant: Microsoft Graph v1.0 JSON. */
export interface Cloud {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly contacts: readonly OrgContact[];
  readonly devices: readonly Device[];
  readonly organization: Organization;
}

/** What one forest's agent exports. Counts, order and parts are the business of the export's writer. */
export interface Source {
  readonly source: string;
  readonly namingContexts: readonly NamingContext[];
  readonly anchorAttribute: string;
  readonly tombstones: 'included';
  /** Milliseconds since 1970. The verdicts hold for every export that is started from then until an hour later. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly lines: readonly ExportLineInput[];
}

/** A change of the last days: what is today, and what was before. */
export type Change = {
  readonly [Type in ObjectType]: {
    readonly type: Type;
    /** Days before now. */
    readonly daysAgo: number;
    readonly onPremises: { readonly before: readonly Placed[]; readonly today: readonly Placed[] };
    readonly cloudBefore: readonly (CloudEntities[Type] & { readonly id: string })[];
  };
}[ObjectType];

export interface Orphan {
  readonly type: ObjectType;
  readonly cloudId: string;
}

export interface Organisation {
  readonly tenantId: string;
  readonly uncoveredForest: boolean;
  readonly cloud: Cloud;
  readonly sources: readonly Source[];
  /** One for every cloud object. */
  readonly stories: readonly Story[];
  /** What a scan must list as missing, whatever the rules of time make of it: no more, no fewer. */
  readonly orphans: readonly Orphan[];
  /** What `nightOf` takes back. */
  readonly changes: readonly Change[];
}

/** The orphans are the objects whose story ends as a candidate, tonight or when its time has come. */
export const orphansOf = (told: readonly Story[]): readonly Orphan[] =>
  told.filter(({ state }) => state === 'candidate').map(({ type, cloudId }) => ({ type, cloudId }));
