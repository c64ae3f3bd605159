import { AppError } from '../../core/appError';
import type { AuditAction } from '../../core/audit';
import type { SourceName } from '../../core/exportFormat';
import { formatInstant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import type { ExportRequest, RequestKind } from '../../core/exportRequest';
import type { AuditLog } from '../auditPorts';
import type { Clock, ExportStore, Log } from '../ports';
import type { AskedAgent, ExportRequests, RequestedFor } from './exportRequestPort';

/** A request as it was read; `etag` is the precondition of its replacement. */
export interface StoredRequest {
  readonly etag: string;
  /** null: what is there is no request. */
  readonly request: ExportRequest | null;
}

/** The container `requests`. Methods throw `storageUnavailable`. */
export interface RequestBlobs {
  read(source: SourceName, kind: RequestKind, signal: AbortSignal): Promise<StoredRequest | null>;
  /** Creates the blob (`etag` null) or replaces the one that was read. conflict: it is not what was read. */
  write(
    source: SourceName,
    request: ExportRequest,
    etag: string | null,
    signal: AbortSignal,
  ): Promise<'written' | 'conflict'>;
}

export interface ExportRequestsOptions {
  readonly blobs: RequestBlobs;
  readonly exports: ExportStore;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => Guid;
  /** How long an unanswered request is waited for before another one replaces it. */
  readonly waitMinutes?: number;
}

const defaultWaitMinutes = 60;
const attempts = 4;
const actions: Readonly<Record<RequestKind, AuditAction>> = {
  export: 'exportRequested',
  synchronisation: 'synchronisationRequested',
};

/**
 * Requests to agents (docs/export-format.md, "Requests"). One that no export answers yet is not replaced while it is young. The blob
 * comes first, then the audit row, made from the request alone; a request that is found waiting is recorded as well where a crash
 * left that out.
 */
export function createExportRequests(options: ExportRequestsOptions): ExportRequests {
  const { blobs, exports, audit, clock, log, newId, waitMinutes = defaultWaitMinutes } = options;
  const waitMs = waitMinutes * 60_000;

  async function record(
    source: SourceName,
    request: ExportRequest,
    { actor, correlationId }: RequestedFor,
    signal: AbortSignal,
  ): Promise<void> {
    await audit.record(
      {
        operationId: `${actions[request.kind]}.${request.id}`,
        at: request.requestedAt,
        actor,
        action: actions[request.kind],
        object: { type: 'source', id: source },
        evidenceHash: null,
        runId: null,
        correlationId,
        details: { id: request.id, requestedAt: formatInstant(request.requestedAt) },
      },
      signal,
    );
  }

  /** An export that cannot be opened answers nothing: then the request is waited for until it is old. */
  async function isAnswered(
    source: SourceName,
    request: ExportRequest,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const { manifest } = await exports.openNewest(source, signal);
      return manifest.answeredRequests.some(answer => answer.id === request.id);
    } catch (error) {
      if (error instanceof AppError && (error.code === 'exportMissing' || error.code === 'exportRefused'))
        return false;
      throw error;
    }
  }

  async function tryOnce(
    source: SourceName,
    kind: RequestKind,
    requestedFor: RequestedFor,
    signal: AbortSignal,
  ): Promise<AskedAgent | null> {
    const stored = await blobs.read(source, kind, signal);
    const earlier = stored?.request ?? null;
    const now = clock.now();
    if (stored && earlier === null)
      log.warn(`the ${kind} request of ${source} was none that can be read; it is replaced`);
    if (
      earlier !== null &&
      // One from the future is as old as one from the past: a clock was wrong.
      Math.abs(now - earlier.requestedAt) < waitMs &&
      !(await isAnswered(source, earlier, signal))
    ) {
      await record(source, earlier, requestedFor, signal);
      return { status: 'waiting', request: earlier };
    }
    const request: ExportRequest = { schemaVersion: 1, id: newId(), kind, requestedAt: now };
    if ((await blobs.write(source, request, stored?.etag ?? null, signal)) === 'conflict') return null;
    await record(source, request, requestedFor, signal);
    return { status: 'requested', request };
  }

  return {
    async ask(source, kind, requestedFor, signal) {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const asked = await tryOnce(source, kind, requestedFor, signal);
        if (asked) return asked;
      }
      throw new AppError(
        'writeConflict',
        `Request blob of ${source}: expected to replace it as it was read, found that others had written first at each of ` +
          `${attempts} attempts. Ask again.`,
      );
    },
  };
}
