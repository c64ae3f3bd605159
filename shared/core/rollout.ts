import type { CloudId } from './cloudObject';
import type { DeletionLimits } from './decisionCaps';
import { referenceKey, type CloudReference } from './duplicates';
import { parseGuid } from './keys/guid';
import { objectTypes } from './objectType';

/** How far the roll-out is, in this order; each step allows what the one before did, and more (docs/operations.md, Rollout). */
export const rolloutStages = [
  /** Nothing is deleted, nobody is put into quarantine. */
  'reportOnly',
  /** Only objects that were named beforehand. */
  'testObjects',
  /** Everything that is approved, a few at a time. */
  'capped',
  /** Everything that is approved, under the configured caps. */
  'normal',
] as const;
export type RolloutStage = (typeof rolloutStages)[number];

/** The stage, and what may be deleted in the stage testObjects. */
export interface Rollout {
  readonly stage: RolloutStage;
  /** Keys `type/id`; they count in the stage testObjects only. */
  readonly testObjects: ReadonlySet<string>;
}

/** The most that the stage capped lets through, whatever is configured. */
export const cappedStageLimits = {
  objectsPerCall: 5,
  deletionsPerDay: 10,
  deletionsPerTypeAndDay: 5,
} as const;

/** Compares exactly: another case, or a space beside it, is no stage. null: the text is none. */
export const parseRolloutStage = (text: string): RolloutStage | null =>
  rolloutStages.find(stage => stage === text) ?? null;

/** Reads a list as `user/<id>,group/<id>`, spaces beside the commas allowed. null: it is none. */
export function parseTestObjects(text: string): ReadonlySet<string> | null {
  const keys = new Set<string>();
  for (const item of text.split(',')) {
    const [, name, guid = ''] = /^([a-z]+)\/(.+)$/.exec(item.trim()) ?? [];
    const type = objectTypes.find(each => each === name);
    const id = parseGuid(guid);
    if (type === undefined || id === null) return null;
    keys.add(referenceKey({ type, id: id as string as CloudId }));
  }
  return keys;
}

/** Whether anything at all may be deleted or put into quarantine. */
export const allowsDeletion = ({ stage }: Pick<Rollout, 'stage'>): boolean => stage !== 'reportOnly';

/** Whether the stage lets this object be deleted or put into quarantine. */
export function allowsDeletionOf({ stage, testObjects }: Rollout, object: CloudReference): boolean {
  switch (stage) {
    case 'reportOnly':
      return false;
    case 'testObjects':
      return testObjects.has(referenceKey(object));
    case 'capped':
    case 'normal':
      return true;
  }
}

/** What limits one call, and one day. */
export interface CallAndDayLimits {
  readonly perCall: number;
  readonly limits: DeletionLimits;
}

/** The limits of a stage: the configured ones, and in the stage capped whatever is smaller. */
export function limitsOfStage(
  stage: RolloutStage,
  { perCall, limits: { perDay, perType } }: CallAndDayLimits,
): CallAndDayLimits {
  if (stage !== 'capped') return { perCall, limits: { perDay, perType } };
  const { objectsPerCall, deletionsPerDay, deletionsPerTypeAndDay } = cappedStageLimits;
  const ofType = (limit: number): number => Math.min(limit, deletionsPerTypeAndDay);
  return {
    perCall: Math.min(perCall, objectsPerCall),
    limits: {
      perDay: Math.min(perDay, deletionsPerDay),
      perType: {
        user: ofType(perType.user),
        group: ofType(perType.group),
        contact: ofType(perType.contact),
        device: ofType(perType.device),
      },
    },
  };
}
