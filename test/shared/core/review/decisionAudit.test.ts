import fc from 'fast-check';
import { boundedEntry } from '../../../../shared/core/audit';
import type { Decision } from '../../../../shared/core/decision';
import { auditOfDecision, auditOfRule, ruleOperation } from '../../../../shared/core/review/decisionAudit';
import { ada, anyDecision, decisions, later, quarantine } from '../decisions';
import { aRule, contents } from '../rules';

test('each step of deciding has its audit row, from the row of the decision alone', () => {
  expect(auditOfDecision(decisions.approved)).toMatchObject({
    operationId: 'operation-1',
    action: 'candidateApproved',
    actor: { kind: 'person', id: ada.id },
    details: { comment: 'left in May', expiresAt: '2026-12-04T09:00:00.000Z' },
  });
  expect(auditOfDecision(decisions.rejected)).toMatchObject({
    action: 'candidateRejected',
    details: { reason: 'comes back in spring', expiresAt: '2026-12-20T09:00:00.000Z' },
  });
  const forever = { ...decisions.rejected, rejection: { ...decisions.rejected.rejection, expiresAt: null } };
  expect(auditOfDecision(forever)?.details).toMatchObject({ expiresAt: null });
  expect(auditOfDecision(decisions.lapsed)).toMatchObject({
    action: 'decisionLapsed',
    actor: { kind: 'system', id: 'review' },
    runId: 'run-1',
    details: { reason: 'expired' },
  });
});

test('what was taken back is the deed of who took it back', () => {
  const { lapse } = decisions.lapsed;
  const reopened: Decision = {
    ...decisions.lapsed,
    approval: null,
    rejection: decisions.rejected.rejection,
    lapse: { ...lapse, reason: 'reopened', by: ada },
  };
  expect(auditOfDecision(reopened)).toMatchObject({
    action: 'candidateReopened',
    actor: { kind: 'person', id: ada.id },
    runId: null,
    evidenceHash: decisions.rejected.rejection.evidenceHash,
  });
  expect(auditOfDecision({ ...reopened, rejection: null })).toMatchObject({ evidenceHash: null });
});

test.each(['quarantined', 'deleting', 'deleted', 'restored', 'failed', 'manual'] as const)(
  'what %s is for others to record',
  state => expect(auditOfDecision(decisions[state])).toBeNull(),
);

test.each(['approved', 'rejected', 'lapsed'] as const)(
  'a quarantine that was released under %s is no step of deciding',
  state => expect(auditOfDecision({ ...decisions[state], changedAt: later(1), quarantine })).toBeNull(),
);

test('every decision makes an entry that the audit log takes, under its own operation id', () => {
  const holds = (decision: Decision): boolean => {
    const entry = auditOfDecision(decision);
    return entry === null || boundedEntry(entry).operationId === decision.operationId;
  };
  expect(() => fc.assert(fc.property(anyDecision(fc.string()), holds))).not.toThrow();
});

test.each(contents)('a rule makes one, too (%j)', content => {
  const entry = auditOfRule(aRule(content, { expiresAt: null }));
  expect(boundedEntry(entry).action).toBe(content.kind === 'holdRelease' ? 'holdReleased' : 'ruleAdded');
  expect(entry.details).toMatchObject({ content, reason: 'board decision', expiresAt: null });
});

test('a rule that is added again is another operation', () => {
  const rule = aRule(contents[0]!);
  expect(ruleOperation('ruleAdded', rule)).not.toBe(
    ruleOperation('ruleAdded', { ...rule, createdAt: later(1) }),
  );
});
