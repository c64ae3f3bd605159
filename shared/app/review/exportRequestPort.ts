import type { Actor } from '../../core/audit';
import type { SourceName } from '../../core/exportFormat';
import type { ExportRequest, RequestKind } from '../../core/exportRequest';

/** For whom a request is made, for the audit. */
export interface RequestedFor {
  readonly actor: Actor;
  /** Id of the HTTP request that led to it; null: none did. */
  readonly correlationId: string | null;
}

/**
 * What became of asking an agent. requested: the request was written now. waiting: an earlier one, which no export answers yet, is
 * young enough to be waited for; nothing was written.
 */
export interface AskedAgent {
  readonly status: 'requested' | 'waiting';
  readonly request: ExportRequest;
}

/**
 * Asks the agent of a source for a fresh export, or for a synchronisation (docs/export-format.md, "Requests"). Safe to call as often as
 * one likes. Throws `storageUnavailable`, and `writeConflict` where others asked at the same time at every attempt.
 */
export interface ExportRequests {
  ask(
    source: SourceName,
    kind: RequestKind,
    requestedFor: RequestedFor,
    signal: AbortSignal,
  ): Promise<AskedAgent>;
}
