import type { AuditChain, AuditEntry, AuditHead, AuditMonth, AuditPart, AuditRow } from '../core/audit';
import type { OperationReading, RowReading } from '../core/auditVerification';

/** What became of an entry. `mirrored` false: the mirror could not be written now; the next writer catches it up. */
export interface AuditRecording {
  /** alreadyRecorded: this operation id is in the log; `row` is what it recorded then. */
  readonly status: 'recorded' | 'alreadyRecorded';
  readonly row: AuditRow;
  readonly mirrored: boolean;
}

/** The audit log of one part, as the use cases write it. */
export interface AuditLog {
  /**
   * Resolves when the entry is in the chain, exactly once, whatever happens at the same time. Throws an `AppError`:
   * `storageUnavailable` (it may be recorded all the same: call again with the same operation id), `writeConflict` (others wrote at
   * every attempt, or the operation id was used for something else), `rowInvalid` (the chain is damaged).
   */
  record(entry: AuditEntry, signal: AbortSignal): Promise<AuditRecording>;
  /** Mirrors what was committed and not mirrored, in every month. Throws as `record`, and where the mirror does not fit the chain. */
  catchUp(signal: AbortSignal): Promise<void>;
}

/** A head as it was read; `etag` is the precondition of the next write. */
export type StoredHead = AuditHead & { readonly etag: string };

/** The next row of a chain, and the head after it. `etag` null: both are the chain's first. */
export interface AuditCommit {
  readonly row: AuditRow;
  readonly head: AuditHead;
  readonly etag: string | null;
}

/** The table AuditLog. All methods throw `storageUnavailable`; those that read one row also `rowInvalid`. */
export interface AuditTable {
  /** The months of which there is a row of whatever kind, oldest first. */
  months(part: AuditPart, signal: AbortSignal): Promise<readonly AuditMonth[]>;
  head(chain: AuditChain, signal: AbortSignal): Promise<StoredHead | null>;
  /** The row that an operation recorded in this chain. */
  recorded(chain: AuditChain, operationId: string, signal: AbortSignal): Promise<AuditRow | null>;
  /** Row, operation and head in one transaction. conflict: the head is not what was read, or the operation is recorded. */
  commit(commit: AuditCommit, signal: AbortSignal): Promise<'committed' | 'conflict'>;
  /** Closes a chain: from now on it takes no row, and `next` goes on from it. */
  close(
    chain: AuditChain,
    head: StoredHead,
    next: AuditMonth,
    signal: AbortSignal,
  ): Promise<'closed' | 'conflict'>;
  /** Rows in the order of their keys, from a sequence on. One that cannot be parsed is a reading, not an error. */
  rows(chain: AuditChain, fromSequence: number, signal: AbortSignal): AsyncIterable<RowReading>;
  operations(chain: AuditChain, signal: AbortSignal): AsyncIterable<OperationReading>;
}

/** Where the mirror of a chain ends. */
export interface MirrorTail {
  /** 1 for `<yyyyMM>.ndjson`, 2 for `<yyyyMM>-2.ndjson` … */
  readonly blob: number;
  /** Bytes and lines of that blob. */
  readonly length: number;
  readonly lines: number;
  /** The last line of all blobs, without its line feed; null: nothing is mirrored yet. */
  readonly lastLine: string | null;
}

/** The append blobs that Azure keeps immutable. All methods throw `storageUnavailable`. */
export interface AuditMirror {
  months(part: AuditPart, signal: AbortSignal): Promise<readonly AuditMonth[]>;
  tail(chain: AuditChain, signal: AbortSignal): Promise<MirrorTail>;
  /** Appends a line at the tail and nowhere else. moved: the mirror does not end there. */
  append(
    chain: AuditChain,
    tail: MirrorTail,
    line: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: 'appended'; readonly tail: MirrorTail } | { readonly status: 'moved' }>;
  lines(chain: AuditChain, signal: AbortSignal): AsyncIterable<string>;
}
