import { longestName } from '../decision';
import type { CandidateFacts } from '../facts';
import type { ObjectType } from '../objectType';

/** Types whose delete is treated as final (domain.md, "Deleting"): who approves one types its name. */
export const irreversibleTypes: ReadonlySet<ObjectType> = new Set(['group', 'contact', 'device']);

/**
 * What has to be typed to approve an object: nothing (null) where a delete can be undone; else the display name, or the id where there
 * is no name that a person could type.
 */
export function expectedConfirmation({
  type,
  id,
  displayName,
}: Pick<CandidateFacts, 'type' | 'id' | 'displayName'>): string | null {
  if (!irreversibleTypes.has(type)) return null;
  const name = comparable(displayName ?? '');
  return name === '' || name.length > longestName ? id : name;
}

/** What was typed, as it is compared: the same letters in another encoding, and space around them, make no difference. */
export const comparable = (typed: string): string => typed.normalize('NFC').trim();
