import { z } from 'zod';
import type { CloudId } from './cloudObject';
import type { CandidateFacts } from './facts';
import type { Instant } from './instant';
import type { ObjectType } from './objectType';
import type { DecisionState } from './transitions';

/** How long an approval is valid, in days, where the settings do not say. */
export const defaultApprovalDays = 14;

/** Bounds in UTF-16 units, of what people write and of what Graph answers. */
export const longestComment = 1_000;
export const longestName = 256;

/** What an administrator writes: comments and reasons. */
export const commentSchema = z.string().trim().min(1).max(longestComment);

/** Who decided: the object id and the name of a signed-in user. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Somebody said yes to deleting the object, for this evidence, until then. */
export interface Approval {
  readonly by: Person;
  readonly at: Instant;
  /** Valid before this time, not at it. */
  readonly expiresAt: Instant;
  readonly evidenceHash: string;
  /** The run whose finding was looked at. */
  readonly runId: string;
  readonly comment: string | null;
  /** What was typed to confirm it: the display name, or how many; null where the type needs none. */
  readonly confirmation: string | null;
}

export interface Rejection {
  readonly by: Person;
  readonly at: Instant;
  /** null: for ever. */
  readonly expiresAt: Instant | null;
  readonly evidenceHash: string;
  readonly reason: string;
}

/** Sign-in is blocked by us. Kept in whatever state follows, until it is released. */
export interface Quarantine {
  readonly by: Person;
  readonly at: Instant;
  /** The object may be deleted from this time on. */
  readonly until: Instant;
}

/** A delete that was begun. */
export interface Deletion {
  readonly by: Person;
  /** The same for all attempts. */
  readonly operationId: string;
  readonly at: Instant;
  readonly attempt: number;
}

export interface Restoration {
  readonly by: Person;
  readonly at: Instant;
  readonly comment: string | null;
}

/** Why a delete did not succeed. */
export interface Failure {
  readonly at: Instant;
  readonly reason: string;
}

/**
 * expired: its time is over. evidenceChanged: the evidence of now is not what was decided about. notCandidate: the scan no longer
 * says that the source is missing. gone: the object is no more, and we did not delete it. reopened: an administrator took it back.
 */
export const lapseReasons = ['expired', 'evidenceChanged', 'notCandidate', 'gone', 'reopened'] as const;
export type LapseReason = (typeof lapseReasons)[number];

export interface Lapse {
  readonly at: Instant;
  readonly reason: LapseReason;
  /** Who reopened it; null: time or facts did it. */
  readonly by: Person | null;
}

interface Failed {
  readonly approval: Approval;
  readonly deletion: Deletion;
  readonly failure: Failure;
}

interface Common {
  readonly type: ObjectType;
  readonly id: CloudId;
  /** When the decision came into its state of now, and by which operation: an operation that is repeated finds itself here. */
  readonly changedAt: Instant;
  readonly operationId: string;
  readonly quarantine: Quarantine | null;
}

/** One row of the table Decisions (docs/table-schema.md), without its ETag. */
export type Decision = Common &
  (
    | { readonly state: 'approved'; readonly approval: Approval }
    | { readonly state: 'quarantined'; readonly approval: Approval; readonly quarantine: Quarantine }
    | { readonly state: 'deleting'; readonly approval: Approval; readonly deletion: Deletion }
    | {
        readonly state: 'deleted';
        readonly approval: Approval;
        readonly deletion: Deletion;
        readonly deletedAt: Instant;
      }
    | {
        readonly state: 'restored';
        readonly approval: Approval;
        readonly deletion: Deletion;
        readonly deletedAt: Instant;
        readonly restoration: Restoration;
      }
    | { readonly state: 'rejected'; readonly rejection: Rejection }
    | {
        readonly state: 'lapsed';
        readonly lapse: Lapse;
        /** What lapsed. */
        readonly approval: Approval | null;
        readonly rejection: Rejection | null;
        readonly deletion: Deletion | null;
      }
    | ({ readonly state: 'failed' } & Failed)
    | ({ readonly state: 'manual' } & Failed)
  );

export type DecisionIn<State extends DecisionState> = Extract<Decision, { readonly state: State }>;

/** A row as it was read; `etag` is the precondition of the next write. */
export type StoredDecision = Decision & { readonly etag: string };

/** What of the facts a decision depends on. */
export type DecidedFacts = Pick<CandidateFacts, 'type' | 'id' | 'state' | 'evidenceHash' | 'withdrawal'>;
