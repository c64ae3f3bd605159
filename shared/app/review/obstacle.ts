import type { ObjectType } from '../../core/objectType';
import type { CandidateFacts } from '../../core/facts';
import { holdReason, lockReason, openHolds, type Hold } from '../../core/holds';
import type { ItemRefusal } from '../../core/review/itemOutcome';
import { activeRules, exclusionOf } from '../../core/rule';
import { readHolds } from '../runHistory';
import type { DeletionPorts } from './deletionUseCasePorts';

/** What keeps an object from being deleted, whatever was found out about the object itself. */
export interface Obstacle {
  readonly refusal: Extract<ItemRefusal, 'excluded' | 'locked' | 'evidenceRefused'>;
  readonly detail: string;
}

/**
 * The rule that keeps an object from being deleted now, or the breach that holds now; null: there is none. Read for each object, and
 * not once a call: somebody may want it to stop, and a scan may have found that something is wrong. Throws as the ports do.
 */
export async function obstacleOf(
  { rules, runs, clock }: Pick<DeletionPorts, 'rules' | 'runs' | 'clock'>,
  facts: CandidateFacts,
  signal: AbortSignal,
): Promise<Obstacle | null> {
  const active = activeRules(await Array.fromAsync(rules.readAll(signal)), clock.now());
  const rule = exclusionOf(active, facts);
  if (rule) return { refusal: 'excluded', detail: `The rule ${rule.ruleId} keeps it from being deleted.` };
  const hold = openHolds(await readHolds(runs, signal), active).find(one => concerns(one, facts.type));
  if (!hold) return null;
  return hold.kind === 'evidence'
    ? { refusal: 'evidenceRefused', detail: holdReason(hold) }
    : { refusal: 'locked', detail: lockReason(hold) };
}

/** A breach of evidence holds everything, one of volume what is of its type. */
const concerns = ({ kind, type }: Hold, of: ObjectType): boolean =>
  kind === 'evidence' || type === null || type === of;
