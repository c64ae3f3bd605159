import type { DecidedFacts, Decision } from '../../../shared/core/decision';
import { lapse } from '../../../shared/core/decisionLapse';
import type { Instant } from '../../../shared/core/instant';
import { decisionStates } from '../../../shared/core/transitions';
import { approval, at, decisions, evidenceHash, facts, later, otherHash, userId } from './decisions';

const reasonOf = (decision: Decision, about: DecidedFacts | null, now: Instant = at): string => {
  const standing = lapse(decision, about, now);
  return standing.kind === 'lapsed' ? standing.reason : 'stands';
};

const withApproval = ['approved', 'quarantined', 'failed', 'manual'] as const;
const changed = { ...facts, evidenceHash: otherHash };
const withdrawn: DecidedFacts = { ...facts, state: 'withdrawn', withdrawal: 'alive' };
const gone: DecidedFacts = { ...facts, state: 'withdrawn', withdrawal: 'gone' };

test.each(withApproval)('%s stands while time and facts are what they were', state => {
  expect(reasonOf(decisions[state], facts)).toBe('stands');
});

test.each(withApproval)('%s lapses as soon as its time is over', state => {
  const { expiresAt } = approval;
  const moments = [-1, 0, 1].map(ms => reasonOf(decisions[state], facts, (expiresAt + ms) as Instant));
  expect(moments).toEqual(['stands', 'expired', 'expired']);
});

test.each(withApproval)('%s lapses with the evidence, and with the candidate', state => {
  expect(reasonOf(decisions[state], changed)).toBe('evidenceChanged');
  expect(reasonOf(decisions[state], { ...facts, state: 'attention' })).toBe('notCandidate');
  expect(reasonOf(decisions[state], { ...facts, state: 'observed' })).toBe('notCandidate');
  expect(reasonOf(decisions[state], withdrawn)).toBe('notCandidate');
  expect(reasonOf(decisions[state], gone)).toBe('gone');
  expect(reasonOf(decisions[state], null)).toBe('notCandidate');
});

test('a rejection lapses with its time, if it has one, and with the evidence', () => {
  const moments = [-1, 0, 1].map(ms => reasonOf(decisions.rejected, facts, (later(30) + ms) as Instant));
  expect(moments).toEqual(['stands', 'expired', 'expired']);
  const forEver = {
    ...decisions.rejected,
    rejection: { ...decisions.rejected.rejection, expiresAt: null },
  };
  expect(reasonOf(forEver, facts, later(9_999))).toBe('stands');
  expect(reasonOf(forEver, changed)).toBe('evidenceChanged');
  expect(reasonOf(forEver, { ...changed, state: 'attention' })).toBe('evidenceChanged');
});

test('a rejection outlives that its object is not reported for a while', () => {
  expect(reasonOf(decisions.rejected, null)).toBe('stands');
  expect(reasonOf(decisions.rejected, { ...withdrawn, evidenceHash: otherHash })).toBe('stands');
});

test.each(['deleting', 'deleted', 'restored', 'lapsed'] as const)('%s is ended by nothing of this', state => {
  for (const about of [facts, changed, withdrawn, gone, null])
    expect(reasonOf(decisions[state], about, later(9_999))).toBe('stands');
});

test('what lapsed says when and why, keeps what it was, and is the same for two who find out at once', () => {
  const { approved, rejected, failed } = decisions;
  expect(lapse(approved, changed, later(1))).toEqual({
    kind: 'lapsed',
    reason: 'evidenceChanged',
    decision: {
      type: 'user',
      id: userId,
      state: 'lapsed',
      changedAt: later(1),
      operationId: `lapse.user.${userId}.${at}`,
      quarantine: null,
      lapse: { at: later(1), reason: 'evidenceChanged', by: null },
      approval,
      rejection: null,
      deletion: null,
    },
  });
  expect(lapse(rejected, changed, at)).toMatchObject({
    decision: { approval: null, rejection: rejected.rejection },
  });
  expect(lapse(failed, changed, at)).toMatchObject({ decision: { approval, deletion: failed.deletion } });
});

test('there is a sample of every state', () => {
  expect(Object.entries(decisions).map(([state, decision]) => [state, decision.state])).toEqual(
    decisionStates.map(state => [state, state]),
  );
  expect(evidenceHash).not.toBe(otherHash);
});
