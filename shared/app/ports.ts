import type { Instant } from '../core/instant';
import type { DeletedUsersMemory } from '../core/cloudHistory';
import type { CloudId, CloudObjectOf } from '../core/cloudObject';
import type { ExportManifest, SourceName } from '../core/exportFormat';
import type { CandidateFacts, EvidenceText, FactState, StoredFacts } from '../core/facts';
import type { ObjectType } from '../core/objectType';
import type { ExportRecord } from '../core/onPremisesObject';
import type { RunState, ScanRun } from '../core/scanRun';
import type { TenantSynchronisation } from '../core/synchronisation';

/** Takes the objects of one attempt to read a list. A list that must be read again gets a new, empty sink. */
export interface ListSink<Type extends ObjectType> {
  /** One page; an id that came before in the same attempt is not handed over again. */
  page(objects: readonly CloudObjectOf<Type>[]): void;
}

/** A list that was read to its end. Whether it is *complete* is a gate's decision (core/gates/cloudGates: graphListComplete). */
export interface ListReading<Sink> {
  readonly sink: Sink;
  /** Distinct ids read. */
  readonly distinct: number;
  /** What Graph counted before and after the list was read. */
  readonly countBefore: number;
  readonly countAfter: number;
}

/**
 * Microsoft Entra ID as the scan sees it: synced objects, read only. Every method throws an `AppError` with code
 * `graphUnavailable` (after its own retries), `graphRefused` (permission, bad request) or `graphAnswerInvalid` (not what Graph
 * documents); it never answers with a shorter list.
 */
export interface CloudDirectory {
  /** Reads every synced object of the type. Restarts, with a new sink, when Graph says that the page token expired. */
  readSynced<Type extends ObjectType, Sink extends ListSink<Type>>(
    type: Type,
    openSink: () => Sink,
    signal: AbortSignal,
  ): Promise<ListReading<Sink>>;
  /** One object, synced or not; null only where Graph answers 404. */
  readById<Type extends ObjectType>(
    type: Type,
    id: CloudId,
    signal: AbortSignal,
  ): Promise<CloudObjectOf<Type> | null>;
}

/** What Graph says of synchronisation into the tenant. Throws as `CloudDirectory`; what it may not read is a value. */
export interface SynchronisationReader {
  read(signal: AbortSignal): Promise<TenantSynchronisation>;
}

/** A complete export whose signature and manifest were verified; its parts are verified while they are read. */
export interface OpenedExport {
  readonly source: SourceName;
  readonly folder: string;
  readonly manifest: ExportManifest;
  /** SHA-256 of manifest.json, lower-case hex. */
  readonly manifestHash: string;
  /**
   * Hands every record to `visit`, in the same order each time. Resolves only when every hash and every count held; throws an
   * `AppError` with code `exportRefused` otherwise, so what was visited counts for nothing unless this resolves.
   */
  readRecords(visit: (record: ExportRecord) => void, signal: AbortSignal): Promise<void>;
}

/** The exports that the agents uploaded. */
export interface ExportStore {
  /**
   * Opens the newest complete export of a source (the newest folder that has a manifest). Throws an `AppError` with code
   * `exportMissing` (there is none), `exportRefused` (signature, version, source, tenant or shape do not hold: no older export is
   * tried instead) or `storageUnavailable`.
   */
  openNewest(source: SourceName, signal: AbortSignal): Promise<OpenedExport>;
}

/** A change of one row; `etag` null creates the row. */
export interface FactsWrite {
  readonly etag: string | null;
  readonly facts: CandidateFacts;
}

/** A row without its evidence, which may be long. */
export type ListedFacts = Omit<StoredFacts, 'evidence'>;

/** Where a list of one type goes on. It comes back from outside. */
export interface CandidatePosition {
  /** The rows behind this id; null: from the first. */
  readonly after: CandidateFacts['id'] | null;
  /** Where the storage itself stopped in the same list, in its own words; null: it did not. */
  readonly token: string | null;
}

export interface CandidateQuery {
  readonly type: ObjectType;
  /** null: all of them. */
  readonly state: FactState | null;
  readonly from: CandidatePosition;
  /** The most that a page holds, 1 to 1,000. */
  readonly limit: number;
}

/** One page, in the order of the ids. It may be shorter than asked for, even empty, and not be the last. */
export type CandidatePage =
  | {
      readonly kind: 'page';
      readonly facts: readonly ListedFacts[];
      /** null: there is no more of this type. */
      readonly next: CandidatePosition | null;
    }
  | { readonly kind: 'continuationInvalid' };

/** The table OrphanCandidates, for reading. Methods throw `storageUnavailable`, `rowInvalid`. */
export interface CandidateReader {
  read(type: ObjectType, id: CandidateFacts['id'], signal: AbortSignal): Promise<StoredFacts | null>;
  list(query: CandidateQuery, signal: AbortSignal): Promise<CandidatePage>;
  /** The evidence as JSON text, from the row or from its blob. */
  readEvidence(evidence: EvidenceText, signal: AbortSignal): Promise<string>;
}

/** The table OrphanCandidates. Its only writer is the scan. */
export interface CandidateTable {
  readAll(signal: AbortSignal): AsyncIterable<StoredFacts>;
  /**
   * Writes in batches within a partition; `beforeBatch` is awaited before each and may throw to stop. Throws an `AppError` with
   * code `writeConflict` where a row is not what was read.
   */
  write(writes: readonly FactsWrite[], beforeBatch: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

/** The memory of the deleted users as it was read; `etag` is the precondition of the next write. */
export type StoredDeletedUsers =
  | { readonly kind: 'none' }
  | { readonly kind: 'lost'; readonly etag: string }
  | { readonly kind: 'kept'; readonly memory: DeletedUsersMemory; readonly etag: string };

/** What the scan remembers of `/directory/deletedItems`. Its only writer is the scan. Methods throw `storageUnavailable`. */
export interface DeletedUsersStore {
  /** lost: what is there is not what the scan writes. */
  read(signal: AbortSignal): Promise<StoredDeletedUsers>;
  /** Creates it (`etag` null) or replaces what was read. Throws `writeConflict` where it is not what was read. */
  write(memory: DeletedUsersMemory, etag: string | null, signal: AbortSignal): Promise<void>;
}

/** The table ScanRuns, newest first. */
export interface ScanRunTable {
  /** The newest runs first. */
  newest(limit: number, signal: AbortSignal): Promise<readonly ScanRun[]>;
  /** null: there is no run with this id. */
  read(runId: string, signal: AbortSignal): Promise<ScanRun | null>;
  /** Creates the run's row. */
  create(run: ScanRun, signal: AbortSignal): Promise<void>;
  /** Replaces the row of a run that is still in the state `expected`; `writeConflict` otherwise. */
  replace(run: ScanRun, expected: RunState, signal: AbortSignal): Promise<void>;
}

/** The right to scan, held by one process at a time. */
export interface HeldLock {
  /** Grows with every acquisition, by whomever. */
  readonly fence: number;
  /** Aborted (reason: an `AppError`, code `lockLost`) when the lease could not be renewed. */
  readonly lost: AbortSignal;
  /** Throws `lockLost` where the lease is no longer ours, asked of the storage itself. */
  assertHeld(signal: AbortSignal): Promise<void>;
  release(): Promise<void>;
}

export interface RunLock {
  /** null: somebody else holds it. */
  acquire(signal: AbortSignal): Promise<HeldLock | null>;
}

export interface Clock {
  now(): Instant;
}

/** Counts and ids only above `debug`; names and addresses are personal data. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
