import type { ScanRun } from '../scanRun';

/**
 * Whether some synced object comes from a domain that no export covers, as far as the last scan that finished tells (domain.md, case
 * 30): one object alone can not. Without such a scan it is to be assumed.
 */
export function uncoveredDomainSeenBy(finished: Pick<ScanRun, 'counts'> | null): boolean {
  if (finished === null) return true;
  return Object.values(finished.counts).some(
    ({ outcomes, unknownReasons }) =>
      (outcomes['notCovered'] ?? 0) > 0 || (unknownReasons['uncoveredDomainSeen'] ?? 0) > 0,
  );
}
