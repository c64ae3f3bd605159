import type { CandidateFacts } from '../facts';
import type { DecisionState } from '../transitions';
import type { DecisionSummary } from './decisionSummary';

/** The states of a decision that a list can be narrowed to; none: nobody has decided yet. */
export type DecisionFilter = DecisionState | 'none';

/** What a search looks at. */
type Searched = Pick<CandidateFacts, 'id' | 'displayName' | 'userPrincipalName' | 'mail'>;

const folded = (text: string): string => text.normalize('NFC').toLowerCase();

/** A test for objects whose name, address or id contains the text, whatever its case. */
export function searchFor(text: string): (facts: Searched) => boolean {
  const wanted = folded(text);
  return ({ id, displayName, userPrincipalName, mail }) =>
    [id, displayName, userPrincipalName, mail].some(
      value => value !== null && folded(value).includes(wanted),
    );
}

/** Whether an object's decision is in the state that is asked for: what is in force counts, not what is recorded. */
export const hasDecision = (filter: DecisionFilter, summary: DecisionSummary | null): boolean =>
  (summary?.state ?? 'none') === filter;
