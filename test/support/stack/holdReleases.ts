import type { ScanRun } from '../../../shared/core/scanRun';
import { apiCalls } from './apiCalls';
import type { ReviewPart } from './reviewPart';

/**
 * Releases what locks approval and deletion after this run, as an administrator does who has read the list. Answers a line for each
 * release. A tenant with years of orphans has such a lock from its first night.
 */
export async function releaseLocks(reviewing: ReviewPart, { holds }: ScanRun): Promise<readonly string[]> {
  const call = apiCalls(reviewing);
  // One release is for all that the gate held of that run.
  const locks = new Map(holds.map(({ runId, gate }) => [`${runId} ${gate}`, { runId, gate }]));
  const lines: string[] = [];
  for (const { runId, gate } of locks.values()) {
    const { status } = await call('approver', 'POST', `/scans/${runId}/release`, {
      body: {
        gate,
        statement: { runId, gate },
        reason: 'The first nights of the sample organisation: the list was read.',
      },
    });
    lines.push(`${gate} of run ${runId}: ${status === 201 ? 'released' : `not released, status ${status}`}`);
  }
  return lines;
}
