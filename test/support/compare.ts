import { CloserLook } from '../../shared/core/closerLook';
import type { CloudObject } from '../../shared/core/cloudObject';
import { askCloserLook, correlate, type Compared, type ComparisonContext } from '../../shared/core/correlate';
import { evidenceOf, type Evidence } from '../../shared/core/evidence';
import type { SourceName } from '../../shared/core/exportFormat';
import { OnPremisesIndex } from '../../shared/core/onPremisesIndex';
import type { ExportRecord } from '../../shared/core/onPremisesObject';
import { tryStrongKeys } from '../../shared/core/strongKeys';
import { judge, type Verdict } from '../../shared/core/verdict';
import { instant } from './builders';

/** One source, contoso, whose anchor is mS-DS-ConsistencyGuid, that covers contoso.example (S-1-5-21-1-2-3). */
export const contosoContext: ComparisonContext = {
  anchors: new Map([['contoso' as SourceName, 'mS-DS-ConsistencyGuid']]),
  coverage: {
    domainSids: new Set(['S-1-5-21-1-2-3']),
    domainNames: new Set(['contoso.example']),
    openDomainSids: new Set(),
  },
  uncoveredDomainSeen: false,
  earliestExportStart: instant('2026-11-20T00:00:00Z'),
  duplicatesOf: () => [],
  observedSince: () => null,
};

/** Compares one cloud object with some records: both passes, the verdict, and the evidence. */
export function compareOne(
  cloud: CloudObject,
  records: readonly ExportRecord[],
  context: Partial<ComparisonContext> = {},
): Compared & { readonly verdict: Verdict; readonly evidence: Evidence } {
  const index = new OnPremisesIndex();
  for (const record of records) index.add(record);
  const look = new CloserLook();
  askCloserLook(cloud, tryStrongKeys(cloud, index), look);
  for (const record of records) look.visit(record);
  const compared = correlate(cloud, index, look, { ...contosoContext, ...context });
  return { ...compared, verdict: judge(cloud, compared), evidence: evidenceOf(cloud, compared, look) };
}
