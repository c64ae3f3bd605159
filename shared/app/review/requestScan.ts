import type { Actor } from '../../core/audit';
import type { Guid } from '../../core/keys/guid';
import type { AuditLog } from '../auditPorts';
import type { Clock } from '../ports';

/** The queue `scan-requests`, as the part review sees it. Throws `storageUnavailable`; the message may be there all the same. */
export interface ScanQueue {
  /** The same run may be sent more than once: it runs once. */
  send(runId: Guid, signal: AbortSignal): Promise<void>;
}

export interface RequestScanPorts {
  readonly queue: ScanQueue;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
}

export interface RequestScanRequest {
  readonly runId: Guid;
  readonly actor: Actor;
  readonly correlationId: string | null;
}

/**
 * Asks the part scan for a run. The audit row comes first; a crash between leaves a request that was recorded and did not happen,
 * and sending it again under the same run id makes it happen, once. Throws as the ports.
 */
export async function requestScan(
  { queue, audit, clock }: RequestScanPorts,
  { runId, actor, correlationId }: RequestScanRequest,
  signal: AbortSignal,
): Promise<void> {
  await audit.record(
    {
      operationId: `scanRequested.${runId}`,
      at: clock.now(),
      actor,
      action: 'scanRequested',
      object: { type: 'scan', id: runId },
      evidenceHash: null,
      runId,
      correlationId,
      details: null,
    },
    signal,
  );
  await queue.send(runId, signal);
}
