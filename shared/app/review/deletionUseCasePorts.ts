import type { AuditRow } from '../../core/audit';
import type { Json } from '../../core/canonicalJson';
import type { CloudReference } from '../../core/duplicates';
import type { Person } from '../../core/decision';
import type { SourceName } from '../../core/exportFormat';
import type { GateLimits } from '../../core/gates/limits';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import type { ObjectType } from '../../core/objectType';
import type { Rollout } from '../../core/rollout';
import type { AuditLog } from '../auditPorts';
import type { CloudDeleter, CloudSnapshots, DeletedItems } from '../deletionPorts';
import type { DecisionTable, DeletionCaps, RuleTable } from '../decisionPorts';
import type { CloudDirectory, Clock, ExportStore, Log, ScanRunTable, SynchronisationReader } from '../ports';
import type { ExportRequests } from './exportRequestPort';
import type { FactsReader } from './factsReader';

/** Which objects a call names: these, or whatever is approved, up to a number. */
export type DeletionScope =
  | { readonly kind: 'named'; readonly ids: readonly CloudReference[] }
  | { readonly kind: 'allApproved'; readonly upTo: number; readonly type: ObjectType | null };

/** A call to delete, as it is kept: the same id again is the same call, about the same objects. */
export interface DeletionCall {
  readonly callId: Guid;
  /** Object id of the person who called. */
  readonly by: string;
  readonly at: Instant;
  readonly scope: DeletionScope;
  readonly items: readonly CloudReference[];
}

/** What Graph said before sign-in was blocked; null: it did not say. */
export interface SignInBefore {
  readonly accountEnabled: boolean | null;
}

/** The container `snapshots`: what was deleted, and which calls there were. Create-only. Methods throw `storageUnavailable`. */
export interface DeletionRecords {
  /** Keeps the snapshot of an attempt. The first one stays: to keep it again changes nothing. */
  keepSnapshot(operationId: string, snapshot: Json, signal: AbortSignal): Promise<void>;
  /** Whether an attempt came as far as its snapshot; without one, nothing was sent to Graph. */
  hasSnapshot(operationId: string, signal: AbortSignal): Promise<boolean>;
  /** Keeps what a user's `accountEnabled` was before a quarantine blocked it. The first one stays. */
  keepSignIn(operationId: string, signIn: SignInBefore, signal: AbortSignal): Promise<void>;
  /** null: nothing was kept, so nothing was blocked. Throws `rowInvalid` where it can not be read. */
  readSignIn(operationId: string, signal: AbortSignal): Promise<SignInBefore | null>;
  /** null: no call has this id. Throws `rowInvalid` where it can not be read. */
  readCall(callId: Guid, signal: AbortSignal): Promise<DeletionCall | null>;
  /** Keeps the call, unless there is one with its id: then answers that one. */
  beginCall(call: DeletionCall, signal: AbortSignal): Promise<DeletionCall>;
}

/** Looks up what the audit log of the part review recorded. */
export interface AuditTrail {
  /** `since`: it was recorded at that time or later. null: it is not recorded. Throws `storageUnavailable`, `rowInvalid`. */
  find(operationId: string, since: Instant, signal: AbortSignal): Promise<AuditRow | null>;
}

/** What a call to delete, to restore or to release needs. */
export interface DeletionPorts {
  readonly facts: FactsReader;
  readonly decisions: DecisionTable;
  readonly caps: DeletionCaps;
  readonly rules: Pick<RuleTable, 'readAll'>;
  readonly runs: Pick<ScanRunTable, 'newest' | 'read'>;
  readonly synchronisation: SynchronisationReader;
  readonly directory: CloudDirectory;
  readonly exports: ExportStore;
  readonly requests: ExportRequests;
  readonly deleter: CloudDeleter;
  readonly deletedItems: DeletedItems;
  readonly snapshots: CloudSnapshots;
  readonly records: DeletionRecords;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly log: Log;
}

export interface DeletionSettings {
  /** The kill switch, and its steps. */
  readonly rollout: Rollout;
  /** Objects of one call. */
  readonly perCall: number;
  readonly fourEyesTypes: ReadonlySet<ObjectType>;
  /** 0: users are deleted without a quarantine. */
  readonly quarantineDays: number;
  /** Every source that must have an export. */
  readonly sources: readonly SourceName[];
  /** The tenant, as a lower-case GUID. */
  readonly tenantId: string;
  readonly limits: GateLimits;
}

/** Who asks, and under which id of the request. */
export interface Asked {
  readonly by: Person;
  readonly correlationId: string | null;
}

/**
 * A call ends within 200 s (ms) of its own beginning; the Functions host gives up after 230 s. No object is begun after the first, no
 * request to Graph that changes something goes on after the second, and then there is time twice over to close the records.
 */
export const lastStartMs = 165_000;
export const lastRequestMs = 180_000;
/** How long (ms) closing one object's records may take after everything else was stopped. */
export const closingMs = 10_000;
/** A delete that was begun as long ago as this (ms) is nobody's any more: its host has given up, and its deadline is over. */
export const abandonedAfterMs = 300_000;
