import type { Decision, DecisionIn } from '../../../../shared/core/decision';
import type { Guid } from '../../../../shared/core/keys/guid';
import {
  endOperation,
  mayShowAttempt,
  startOperation,
} from '../../../../shared/core/review/deletionOperation';
import { decisions } from '../decisions';

const call = 'cccccccc-0000-4000-8000-000000000001' as Guid;
const otherCall = 'cccccccc-0000-4000-8000-000000000002' as Guid;
const ours = startOperation(call, decisions.approved, 1);
const theirs = startOperation(otherCall, decisions.approved, 1);

const under = (decision: Decision, operationId: string): Decision => ({ ...decision, operationId });

describe('a decision that was written first may show an attempt', () => {
  test('that is under way, only under its own id', () => {
    expect(mayShowAttempt(under(decisions.deleting, ours), ours)).toBe(true);
    expect(mayShowAttempt(under(decisions.deleting, theirs), ours)).toBe(false);
    expect(mayShowAttempt(under(decisions.deleting, startOperation(call, decisions.failed, 2)), ours)).toBe(
      false,
    );
  });

  test.each(['deleted', 'failed', 'manual'] as const)('that ended as %s, only under its own end', state => {
    expect(mayShowAttempt(under(decisions[state], endOperation(ours)), ours)).toBe(true);
    expect(mayShowAttempt(under(decisions[state], endOperation(theirs)), ours)).toBe(false);
  });

  test.each(['failed', 'manual'] as const)(
    'that ended as %s, where the release of a quarantine took its id since',
    state => {
      expect(mayShowAttempt(under(decisions[state], 'release.x.1'), ours)).toBe(true);
    },
  );

  test('that nobody can tell any more, since it was restored or lapsed', () => {
    const lapsed: DecisionIn<'lapsed'> = decisions.lapsed;
    const { deletion } = decisions.deleting;
    expect(mayShowAttempt(decisions.restored, ours)).toBe(true);
    expect(mayShowAttempt({ ...lapsed, deletion }, ours)).toBe(true);
    expect(mayShowAttempt({ ...lapsed, deletion: null }, ours)).toBe(false);
  });

  test.each(['approved', 'quarantined', 'rejected'] as const)('and none where it is %s', state => {
    expect(mayShowAttempt(decisions[state], ours)).toBe(false);
  });
});
