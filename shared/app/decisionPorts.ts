import type { CloudId } from '../core/cloudObject';
import type { Decision, StoredDecision } from '../core/decision';
import type { UtcDay } from '../core/decisionCaps';
import type { Instant } from '../core/instant';
import type { ObjectType } from '../core/objectType';
import type { Rule, RuleKind, StoredRule } from '../core/rule';
import type { DecisionState } from '../core/transitions';

/** Which decisions to list; null: all of them. */
export interface DecisionQuery {
  readonly type: ObjectType | null;
  readonly state: DecisionState | null;
  /** The most that a page holds, 1 to 1,000. */
  readonly limit: number;
  /** From the page before; it comes from outside. */
  readonly continuation: string | null;
}

/** One page, in the order of the keys. It may be shorter than asked for, even empty, and not be the last. */
export type DecisionPage =
  | {
      readonly kind: 'page';
      readonly decisions: readonly StoredDecision[];
      /** Where the next page begins; null: there is none. */
      readonly continuation: string | null;
    }
  | { readonly kind: 'continuationInvalid' };

/** The table Decisions. Its only writer is the part review. Methods throw `storageUnavailable`, `rowInvalid`. */
export interface DecisionTable {
  read(type: ObjectType, id: CloudId, signal: AbortSignal): Promise<StoredDecision | null>;
  /**
   * Creates the row (`etag` null) or replaces the one that was read. Throws `writeConflict` where it is not what was read. Writing the
   * same decision again is no conflict: an answer may get lost.
   */
  write(decision: Decision, etag: string | null, signal: AbortSignal): Promise<StoredDecision>;
  list(query: DecisionQuery, signal: AbortSignal): Promise<DecisionPage>;
}

/** Deletes that were claimed for a day, in one go. */
export interface DeletionClaim {
  readonly operationId: string;
  readonly day: UtcDay;
  readonly type: ObjectType;
  /** How many may be deleted: 0 to what was asked for. */
  readonly granted: number;
  /** How many of them were given back. */
  readonly returned: number;
}

/** The daily caps on deletes, kept across instances. Methods throw `storageUnavailable`, `rowInvalid`, `writeConflict`. */
export interface DeletionCaps {
  /** Claims up to `count` deletes for the day of `at`. The same operation id claims once, whatever is asked for then. */
  claim(
    request: {
      readonly operationId: string;
      readonly type: ObjectType;
      readonly count: number;
      readonly at: Instant;
    },
    signal: AbortSignal,
  ): Promise<DeletionClaim>;
  /** Gives back deletes that did not happen. `unused` is how many of the claim in all: to say it twice gives nothing more back. */
  giveBack(claim: DeletionClaim, unused: number, signal: AbortSignal): Promise<void>;
}

/** The table Rules. Its only writer is the part review; the scan reads it. Methods throw `storageUnavailable`, `rowInvalid`. */
export interface RuleTable {
  readAll(signal: AbortSignal): AsyncIterable<StoredRule>;
  /** Creates the row. Throws `writeConflict` where the id is another rule's; the same rule again is no conflict. */
  add(rule: Rule, signal: AbortSignal): Promise<void>;
  /** Deletes the row that was read. Throws `writeConflict` where it is not what was read, or is gone. */
  remove(kind: RuleKind, ruleId: string, etag: string, signal: AbortSignal): Promise<void>;
}
