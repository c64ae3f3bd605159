import type { ExportManifest } from '../../../shared/core/exportFormat';
import type { AnsweredRequest, ExportRequest } from '../../../shared/core/exportRequest';
import type { Instant } from '../../../shared/core/instant';

/** A part that is complete, on disk: what the manifest says of it. */
export type WrittenPart = Readonly<ExportManifest['parts'][number]>;

/** Takes the lines of an export while they are read. Compressing goes on beside the reading. */
export interface PartWriter {
  /** One line, without its line feed. Throws what went wrong with an earlier one. */
  append(line: string): void;
  /** Resolves when there is room for more: to be awaited after each page. */
  drained(): Promise<void>;
}

/** Takes the objectGUIDs of the export's live objects, 16 bytes each, for the next export to be compared with. */
export interface ObjectListWriter {
  add(objectGUID: Uint8Array): void;
  drained(): Promise<void>;
}

/** The live objects of the last export. */
export interface ObjectList {
  readonly count: number;
  /**
   * Hands over all of them, in blocks whose length is a multiple of 16 bytes. What was handed over counts for nothing unless this
   * resolves: the file's hash is checked at its end. Throws an `AgentError`, `stateInvalid`.
   */
  read(visit: (objectGUIDs: Uint8Array) => void, signal: AbortSignal): Promise<void>;
}

/** What only the reading knows: everything in a manifest but what the state, the key and the parts say. */
export interface ExportFindings {
  readonly tenantId: string;
  readonly finishedAt: Instant;
  readonly namingContexts: readonly Readonly<ExportManifest['namingContexts'][number]>[];
  readonly anchorAttribute: string | null;
  readonly uncoveredDomains: readonly Readonly<ExportManifest['uncoveredDomains'][number]>[];
  readonly tombstones: ExportManifest['tombstones'];
  readonly canaries: readonly Readonly<ExportManifest['canaries'][number]>[];
  readonly completeness: ExportManifest['completeness'];
  readonly synchronisationRuns: readonly SynchronisationRun[] | null;
  /** Those of this export; what the state still has to report is added by itself. */
  readonly answeredRequests: readonly AnsweredRequest[];
}

/** One run of the synchronisation engine, from its own history. */
export type SynchronisationRun = Readonly<NonNullable<ExportManifest['synchronisationRuns']>[number]>;

/** Where the chain of a source's exports stands: the last export that was delivered. */
export interface LastExport {
  readonly sequence: number;
  /** SHA-256 of its manifest.json, lower-case hex. */
  readonly manifestHash: string;
  readonly folder: string;
  readonly startedAt: Instant;
}

/** The export in the making. Nothing of it can be taken for a complete one before it is sealed. */
export interface ExportDraft {
  /** Before any object is read, and in another second than every export before. */
  readonly startedAt: Instant;
  readonly folder: string;
  readonly sequence: number;
  readonly parts: PartWriter;
  readonly objects: ObjectListWriter;
  /** Gives up: it is removed from the outbox. What was uploaded of it stays without a manifest, and is no export. */
  abandon(): Promise<void>;
}

/** A file that goes to a destination, as bytes. */
export interface OutgoingFile {
  readonly source: string;
  readonly folder: string;
  readonly name: string;
  readonly content: Buffer;
  /** An earlier attempt of this agent may have stored it. */
  readonly attempted: boolean;
}

/** Where exports are delivered to. */
export interface ExportDestination {
  /** Tells destinations apart, for as long as an export waits: the container's URL, or the folder. */
  readonly name: string;
  /**
   * Stores the file under a name that nothing has yet; it is there as a whole, or not at all. `alreadyThere`: the name was taken,
   * by an earlier attempt. Throws an `AgentError`: `uploadUnavailable` after its own retries, `uploadRefused`; a name that is taken
   * although there was no earlier attempt is a `NameTakenError`.
   */
  put(file: OutgoingFile, signal: AbortSignal): Promise<'stored' | 'alreadyThere'>;
}

/** What the app asks for, and what about its requests could not be read. */
export interface RequestReading {
  readonly requests: readonly ExportRequest[];
  readonly warnings: readonly string[];
}

/** Waits for so many milliseconds; rejects with the signal's reason. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;
