import type { ComparisonContext } from '../core/correlate';
import { coverageOf } from '../core/coverage';
import { referenceKey } from '../core/duplicates';
import { isMissing, type StoredFacts } from '../core/facts';
import type { Instant } from '../core/instant';
import type { OpenedExport } from './ports';

/** What of the context the exports say; `accepted` has one at least. */
export const contextOfExports = (
  accepted: readonly Pick<OpenedExport, 'source' | 'manifest'>[],
): Pick<ComparisonContext, 'anchors' | 'coverage' | 'earliestExportStart'> => ({
  anchors: new Map(accepted.map(opened => [opened.source, opened.manifest.anchorAttribute])),
  coverage: coverageOf(accepted.map(opened => opened.manifest)),
  earliestExportStart: Math.min(...accepted.map(opened => opened.manifest.startedAt)) as Instant,
});

/** What of the context the rows say: since when an object is on record as missing. */
export function observedSinceOf(onRecord: readonly StoredFacts[]): ComparisonContext['observedSince'] {
  const observed = new Map(onRecord.filter(isMissing).map(row => [referenceKey(row), row.firstObservedAt]));
  return object => observed.get(referenceKey(object)) ?? null;
}
