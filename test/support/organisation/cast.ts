import type { ObjectType } from '../../../shared/core/objectType';
import type { Placed } from './onPremises';
import type { Story, StoryName } from './organisation';
import type { Stage } from './stage';
import type { Earlier, StoryDefinition } from './story';

export interface Casting {
  readonly stage: Stage;
  readonly uncoveredForest: boolean;
  /** Factor of every story's copies. */
  readonly scale: number;
}

export interface Cast<Cloud> {
  readonly cloud: readonly Cloud[];
  readonly onPremises: readonly Placed[];
  readonly stories: readonly Story[];
  /** What was otherwise, each with what is today. */
  readonly earlier: readonly (Earlier<Cloud> & { readonly today: readonly Placed[] })[];
}

/** Tells every story of a type, then the ordinary one until there are `size` synced objects. */
export function castOf<Cloud, Name extends StoryName>(
  type: ObjectType,
  ordinary: Name,
  definitions: Readonly<Record<Name, StoryDefinition<Cloud>>>,
  size: number,
  { stage, uncoveredForest, scale }: Casting,
): Cast<Cloud> {
  const cloud: Cloud[] = [];
  const onPremises: Placed[] = [];
  const stories: Story[] = [];
  const before: (Earlier<Cloud> & { readonly today: readonly Placed[] })[] = [];

  /** Returns how many synced objects the telling added. */
  const tell = (story: Name, copy: number): number => {
    const { verdict, verdictWithUncoveredForest, waitsFor = [], tell: make } = definitions[story];
    const { lives, onPremises: lines, earlier } = make(stage, copy);
    const ending = (uncoveredForest ? verdictWithUncoveredForest : undefined) ?? verdict;
    for (const life of lives) {
      cloud.push(life.cloud);
      const waits = ending.state === 'candidate' ? waitsFor : [];
      stories.push({ type, cloudId: life.cloud.id, story, ...ending, waitsFor: waits, home: life.home });
    }
    if (earlier) before.push({ ...earlier, today: lines });
    onPremises.push(...lines);
    return ending.outcome === 'notSynced' ? 0 : lives.length;
  };

  let synced = 0;
  for (const story of Object.keys(definitions) as Name[]) {
    const { copies, needsUncoveredForest = false } = definitions[story];
    if (story === ordinary || (needsUncoveredForest && !uncoveredForest)) continue;
    const times = Math.max(1, Math.round(copies * scale));
    for (let copy = 0; copy < times; copy += 1) synced += tell(story, copy);
  }
  for (let copy = 0; synced < size; copy += 1) synced += tell(ordinary, copy);
  return { cloud, onPremises, stories, earlier: before };
}
