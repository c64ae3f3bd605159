import type { Actor, AuditEntry } from '../audit';
import type { Json } from '../canonicalJson';
import type { Decision, Person } from '../decision';
import { formatInstant, type Instant } from '../instant';
import type { Rule } from '../rule';

/** An entry whose details have names. */
export type DecisionAudit = Omit<AuditEntry, 'details'> & {
  readonly details: { readonly [name: string]: Json };
};

/** What decides without a person: time, or the facts. */
export const reviewItself: Actor = { kind: 'system', id: 'review', name: null };

/**
 * The audit entry of the step that brought a decision into its state of now, made from the row alone: so whoever finds the row after
 * a crash can still record it, under the operation's own id. null: not a step of deciding; what deletes, restores or releases records
 * its own steps.
 */
export function auditOfDecision(decision: Decision): DecisionAudit | null {
  const { type, id, operationId, changedAt } = decision;
  const common = { operationId, at: changedAt, object: { type, id }, correlationId: null };
  switch (decision.state) {
    case 'approved': {
      const { approval } = decision;
      // Else it is approved again, after a quarantine that was released.
      if (approval.at !== changedAt) return null;
      const { evidenceHash, runId, comment, confirmation } = approval;
      const details = { comment, confirmation, expiresAt: formatInstant(approval.expiresAt) };
      return {
        ...common,
        actor: personActor(approval.by),
        action: 'candidateApproved',
        evidenceHash,
        runId,
        details,
      };
    }
    case 'rejected': {
      const { rejection } = decision;
      // Else a quarantine was released under the rejection.
      if (rejection.at !== changedAt) return null;
      const { evidenceHash, reason } = rejection;
      const details = { reason, expiresAt: timeOf(rejection.expiresAt) };
      return {
        ...common,
        actor: personActor(rejection.by),
        action: 'candidateRejected',
        evidenceHash,
        runId: null,
        details,
      };
    }
    case 'lapsed': {
      const { lapse, approval, rejection } = decision;
      // Else a quarantine was released under it.
      if (lapse.at !== changedAt) return null;
      return {
        ...common,
        actor: lapse.by === null ? reviewItself : personActor(lapse.by),
        action: lapse.by === null ? 'decisionLapsed' : 'candidateReopened',
        evidenceHash: (approval ?? rejection)?.evidenceHash ?? null,
        runId: approval?.runId ?? null,
        details: { reason: lapse.reason },
      };
    }
    case 'quarantined':
    case 'deleting':
    case 'deleted':
    case 'restored':
    case 'failed':
    case 'manual':
      return null;
  }
}

/** The audit entry of a rule that was added, made from its row alone. A rule that is added again after its removal is a new one. */
export function auditOfRule(rule: Rule): AuditEntry {
  const { ruleId, content, reason, owner, createdAt, expiresAt } = rule;
  const common = {
    operationId: ruleOperation('ruleAdded', rule),
    at: createdAt,
    actor: personActor(owner),
    evidenceHash: null,
    correlationId: null,
    details: { ruleId, content, reason, expiresAt: timeOf(expiresAt) },
  };
  return content.kind === 'holdRelease'
    ? {
        ...common,
        action: 'holdReleased',
        object: { type: 'scan', id: content.runId },
        runId: content.runId,
      }
    : { ...common, action: 'ruleAdded', object: { type: 'rule', id: ruleId }, runId: null };
}

/** The id of what happens to a rule once. */
export const ruleOperation = (action: 'ruleAdded' | 'ruleRemoved', { ruleId, createdAt }: Rule): string =>
  `${action}.${ruleId}.${createdAt}`;

const personActor = ({ id, name }: Person): Actor => ({ kind: 'person', id, name });
const timeOf = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));
