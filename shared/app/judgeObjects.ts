import { CloserLook } from '../core/closerLook';
import type { CloudObject } from '../core/cloudObject';
import { askCloserLook, correlate, type Compared, type ComparisonContext } from '../core/correlate';
import { evidenceOf, type Evidence } from '../core/evidence';
import { tryStrongKeys } from '../core/strongKeys';
import { judge, type Verdict } from '../core/verdict';
import { readAgain, type ExportsRead } from './readExports';

/** What one cloud object turned out to be, and all that was looked at for it. */
export interface JudgedObject {
  readonly cloud: CloudObject;
  readonly compared: Compared;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
}

/**
 * Second pass over the exports that were indexed: looks for the names and addresses of these objects, for all of them in one
 * reading, and judges each. Throws an `AppError` with code `exportRefused` where an export no longer verifies.
 */
export async function judgeObjects(
  objects: Iterable<CloudObject>,
  { accepted, index }: Pick<ExportsRead, 'accepted' | 'index'>,
  context: ComparisonContext,
  signal: AbortSignal,
): Promise<readonly JudgedObject[]> {
  const look = new CloserLook();
  const listed = [...objects];
  for (const cloud of listed) askCloserLook(cloud, tryStrongKeys(cloud, index), look);
  await readAgain(accepted, record => look.visit(record), signal);
  return listed.map(cloud => {
    const compared = correlate(cloud, index, look, context);
    return { cloud, compared, verdict: judge(cloud, compared), evidence: evidenceOf(cloud, compared, look) };
  });
}
