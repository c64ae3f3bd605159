import type { StoredDecision } from '../decision';
import type { StoredFacts } from '../facts';

/**
 * The version of a candidate that `If-Match` speaks of: the decision's where there is one, else the facts'. A change of the facts under a
 * decision does not change it; an approval names the evidence hash as well.
 */
export const versionOf = (
  facts: Pick<StoredFacts, 'etag'>,
  decision: Pick<StoredDecision, 'etag'> | null,
): string => decision?.etag ?? facts.etag;
