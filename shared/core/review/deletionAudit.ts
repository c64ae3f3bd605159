import type { Actor, AuditEntry } from '../audit';
import type { Decision, DecisionIn, Person, Quarantine } from '../decision';
import { formatInstant, type Instant } from '../instant';
import { actionOfEnding, type DeletionEnding } from './deletionEnding';
import { endOperation, quarantineOperation } from './deletionOperation';

/** Who acts where nobody asks: what finishes deletes that a crash left, and what looks after quarantines. */
export const reconciler: Actor = { kind: 'system', id: 'reconcileDeletions', name: null };
export const personActor = ({ id, name }: Person): Actor => ({ kind: 'person', id, name });

type Deleting = DecisionIn<'deleting'>;

const about = ({ type, id, approval }: Deleting) => ({
  object: { type, id },
  evidenceHash: approval.evidenceHash,
  runId: approval.runId,
});

/** That an attempt was begun, made from the row alone, so that whoever finds it can still record it. */
export const startEntry = (deleting: Deleting, correlationId: string | null): AuditEntry => ({
  ...about(deleting),
  operationId: deleting.operationId,
  at: deleting.deletion.at,
  actor: personActor(deleting.deletion.by),
  action: 'deletionStarted',
  correlationId,
  details: {
    deletion: deleting.deletion.operationId,
    attempt: deleting.deletion.attempt,
    approvedBy: deleting.approval.by.id,
    approvedAt: formatInstant(deleting.approval.at),
  },
});

/** That sign-in was blocked, made from the row, whatever was decided since, and from what was kept before. */
export function quarantineEntry(
  decision: Decision & { readonly quarantine: Quarantine },
  accountEnabledBefore: boolean | null,
  correlationId: string | null,
): AuditEntry {
  const { type, id, quarantine } = decision;
  const approval = 'approval' in decision ? decision.approval : null;
  return {
    operationId: quarantineOperation(id, quarantine.at),
    at: quarantine.at,
    actor: personActor(quarantine.by),
    action: 'quarantined',
    object: { type, id },
    evidenceHash: approval?.evidenceHash ?? null,
    runId: approval?.runId ?? null,
    correlationId,
    details: { accountEnabledBefore, until: formatInstant(quarantine.until) },
  };
}

export interface EndedBy {
  readonly actor: Actor;
  readonly at: Instant;
  readonly correlationId: string | null;
  /** Ids of the last request to Graph; null: none. */
  readonly trace: string | null;
}

/** How it ended. For the deletion itself this is the one row. */
export const endEntry = (
  deleting: Deleting,
  ending: DeletionEnding,
  { actor, at, correlationId, trace }: EndedBy,
): AuditEntry => ({
  ...about(deleting),
  operationId: endOperation(deleting.operationId),
  at,
  actor,
  action: actionOfEnding[ending.kind],
  correlationId,
  details: {
    deletion: deleting.deletion.operationId,
    attempt: deleting.deletion.attempt,
    by: deleting.deletion.by.id,
    ending: { ...ending },
    trace,
  },
});
