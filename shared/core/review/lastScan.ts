import type { StoredFacts } from '../facts';
import type { ScanRun } from '../scanRun';

/** Outcomes that a contact or a device without a SID has only where no uncovered domain was seen (core/correlate, `uncertainty`). */
const beyondTheQuestion: ReadonlySet<string> = new Set(['absent', 'deleted', 'reCreated']);

/**
 * Whether some synced object comes from a domain that no export covers, as far as the last scan that finished tells (domain.md, case
 * 30): one object alone can not. Where the scan does not tell, it is to be assumed. `facts`: the row of the object in question.
 */
export function uncoveredDomainSeenBy(
  finished: Pick<ScanRun, 'counts'> | null,
  facts: Pick<StoredFacts, 'state' | 'outcome'> | null,
): boolean {
  if (finished === null) return true;
  const counts = Object.values(finished.counts);
  if (counts.some(({ unknownReasons }) => (unknownReasons['uncoveredDomainSeen'] ?? 0) > 0)) return true;
  if (facts !== null && facts.state !== 'withdrawn' && beyondTheQuestion.has(facts.outcome)) return false;
  if ((finished.counts.contact?.outcomes['absent'] ?? 0) > 0) return false;
  // A built-in group that is not covered counts here, too: the scan does not say which object it was.
  return counts.some(({ outcomes }) => (outcomes['notCovered'] ?? 0) > 0);
}
