import {
  listCandidates,
  type CandidateListQuery,
  type ListCandidatesPorts,
  type ListedCandidate,
} from './listCandidates';

/** The most rows that a table for a spreadsheet has, and how long (ms) collecting them may take. */
export const mostRowsCollected = 10_000;
export const collectBudgetMs = 120_000;
const rowsOfPage = 1_000;

/** A whole list; never a part of it, since a list that ends too early looks like a whole one. */
export type CollectedCandidates =
  | { readonly kind: 'whole'; readonly items: readonly ListedCandidate[] }
  | { readonly kind: 'tooLong' | 'tooSlow' };

/** Collects all candidates that fit, or says that there are too many. */
export async function collectCandidates(
  ports: ListCandidatesPorts,
  query: Omit<CandidateListQuery, 'limit' | 'continuation'>,
  signal: AbortSignal,
): Promise<CollectedCandidates> {
  const deadline = ports.clock.now() + collectBudgetMs;
  const items: ListedCandidate[] = [];
  let continuation: string | null = null;
  do {
    const page = await listCandidates(ports, { ...query, limit: rowsOfPage, continuation }, signal);
    // The continuations are our own: the storage refuses one only when the table was made anew meanwhile.
    if (page.kind === 'continuationInvalid') return { kind: 'tooSlow' };
    items.push(...page.items);
    ({ continuation } = page);
    if (items.length > mostRowsCollected) return { kind: 'tooLong' };
    if (continuation !== null && ports.clock.now() >= deadline) return { kind: 'tooSlow' };
  } while (continuation !== null);
  return { kind: 'whole', items };
}
