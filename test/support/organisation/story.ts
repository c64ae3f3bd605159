import type { Device, Group, OrgContact, User } from '@microsoft/microsoft-graph-types';
import type { AttentionReason, Wait } from '../../../shared/core/facts';
import type { ObjectType } from '../../../shared/core/objectType';
import { type ObjectLine, type Placed, tombstoneOf } from './onPremises';
import type { Stage } from './stage';

/** The Graph v1.0 entity of each object type. */
export interface CloudEntities {
  readonly user: User;
  readonly group: Group;
  readonly contact: OrgContact;
  readonly device: Device;
}

export type Outcome =
  | 'live'
  | 'outOfScope'
  | 'reAnchored'
  | 'reCreated'
  | 'duplicate'
  | 'deleted'
  | 'absent'
  | 'notCovered'
  | 'unknown'
  | 'notSynced';

/** What a scan is expected to say of an object. */
export type Verdict =
  | { readonly outcome: Outcome; readonly state: 'candidate' | null; readonly attention: null }
  | { readonly outcome: Outcome; readonly state: 'attention'; readonly attention: AttentionReason };

const silent = (outcome: Outcome): Verdict => ({ outcome, state: null, attention: null });
const forReview = (outcome: Outcome, attention: AttentionReason): Verdict => ({
  outcome,
  state: 'attention',
  attention,
});
export const verdicts = {
  live: silent('live'),
  liveWithErrors: forReview('live', 'synchronisationError'),
  deleted: { outcome: 'deleted', state: 'candidate', attention: null },
  absent: { outcome: 'absent', state: 'candidate', attention: null },
  protectedDeleted: forReview('deleted', 'protected'),
  protectedAbsent: forReview('absent', 'protected'),
  outOfScope: forReview('outOfScope', 'outOfScope'),
  reAnchored: forReview('reAnchored', 'reAnchored'),
  reCreated: forReview('reCreated', 'reCreated'),
  duplicate: forReview('duplicate', 'duplicate'),
  notCovered: silent('notCovered'),
  unknown: silent('unknown'),
  notSynced: silent('notSynced'),
} as const satisfies Record<string, Verdict>;

/** A cloud object, and the AD object that it was made of: there still, or gone. null: no exported forest ever had one. */
export interface Life<Cloud> {
  readonly cloud: Cloud & { readonly id: string };
  readonly home: Placed<ObjectLine> | null;
}

/** A life in whose AD object we take part. */
export interface Draft<Cloud> extends Life<Cloud> {
  readonly home: Placed<ObjectLine>;
}

/** What was otherwise: what the nights before a change show in place of today's. */
export interface Earlier<Cloud> {
  /** How long ago the change was, in days; it need not be a whole number. */
  readonly daysAgo: number;
  /** What Active Directory held in place of all that the telling says it holds today. */
  readonly onPremises: readonly Placed[];
  /** The cloud objects that were otherwise. */
  readonly cloud?: readonly (Cloud & { readonly id: string })[];
}

export interface Telling<Cloud> {
  /** The cloud objects that have the story's verdict. */
  readonly lives: readonly Life<Cloud>[];
  /** What Active Directory holds today of all that is told. */
  readonly onPremises: readonly Placed[];
  /** Nothing: it is as it was all along. */
  readonly earlier?: Earlier<Cloud>;
}

/** A named life of a cloud object. The generator knows the verdict because it makes the life. */
export interface StoryDefinition<Cloud> {
  readonly verdict: Verdict;
  /** The verdict where the cloud shows a domain's SID that no export covers, if that changes it. */
  readonly verdictWithUncoveredForest?: Verdict;
  /**
   * What a missing object waits for tonight, where the rules of time are the strict ones and each of the last eight nights was
   * scanned, synchronisation having run in between. Nothing: it is a candidate.
   */
  readonly waitsFor?: readonly Wait['for'][];
  /** How often it is told in an organisation of 5,000 objects. */
  readonly copies: number;
  /** Told only in an organisation with a forest that nobody exports. */
  readonly needsUncoveredForest?: true;
  /** Nothing else on-premises bears a key of the object: without its AD object it is an orphan. */
  readonly soleTrace?: true;
  readonly tell: (stage: Stage, copy: number) => Telling<Cloud>;
}

export type Stories<Type extends ObjectType> = Readonly<Record<string, StoryDefinition<CloudEntities[Type]>>>;

/** The AD object exists. */
export const present = <Cloud>(life: Draft<Cloud>): Telling<Cloud> => ({
  lives: [life],
  onPremises: [life.home],
});

/** The AD object is gone and left no trace. */
export const gone = <Cloud>(life: Life<Cloud>): Telling<Cloud> => ({ lives: [life], onPremises: [] });

/**
 * The AD object was deleted and its tombstone can be seen: in the Recycle Bin, for longer than the rules of time wait for it, or
 * recycled.
 */
export const tombstoned = <Cloud>(stage: Stage, life: Draft<Cloud>, isRecycled: boolean): Telling<Cloud> => ({
  lives: [life],
  onPremises: [
    tombstoneOf(life.home, {
      isRecycled,
      whenChanged: isRecycled ? stage.daysAgo(70, 170) : stage.daysAgo(35, 60),
    }),
  ],
});

/** The AD object was deleted `least` to `most` days ago, and lies in the Recycle Bin; before, it was there. */
export function deletedSince<Cloud>(
  stage: Stage,
  life: Draft<Cloud>,
  [least, most]: readonly [number, number],
): Telling<Cloud> {
  const whenChanged = stage.daysAgo(least, most);
  return {
    lives: [life],
    onPremises: [tombstoneOf(life.home, { isRecycled: false, whenChanged })],
    earlier: { daysAgo: stage.daysSince(whenChanged), onPremises: [life.home] },
  };
}

/** The AD object is gone without a trace for so many days; before, it was there. */
export const lostSince = <Cloud>(life: Draft<Cloud>, daysAgo: number): Telling<Cloud> => ({
  lives: [life],
  onPremises: [],
  earlier: { daysAgo, onPremises: [life.home] },
});
