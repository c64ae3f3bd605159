import fc from 'fast-check';
import { restoredDays } from '../../../shared/core/cloudHistory';
import {
  commentSchema,
  defaultApprovalDays,
  longestComment,
  type Decision,
  type DecidedFacts,
} from '../../../shared/core/decision';
import { lapse } from '../../../shared/core/decisionLapse';
import {
  approve,
  finishDeletion,
  quarantine as quarantineObject,
  reject,
  releaseQuarantine,
  reopen,
  restore,
  startDeletion,
  type ApproveCommand,
  type Command,
  type DeletionOutcome,
  type RejectCommand,
  type Step,
} from '../../../shared/core/decisionSteps';
import type { Instant } from '../../../shared/core/instant';
import { decisionStates, decisionTransitions, transition } from '../../../shared/core/transitions';
import {
  ada,
  approval,
  at,
  dayMs,
  decisions,
  deletion,
  evidenceHash,
  facts,
  grace,
  later,
  otherHash,
  quarantine,
  userId,
} from './decisions';

const command: Command = { by: grace, at: later(5), operationId: 'operation-2' };
const noRules = { approvalDays: defaultApprovalDays, expectedConfirmation: null };
const twoEyes = { fourEyes: false };
const approveCommand: ApproveCommand = {
  ...command,
  evidenceHash,
  runId: 'run-2',
  comment: null,
  confirmation: null,
};
const rejectCommand: RejectCommand = { ...command, evidenceHash, reason: 'on leave', expiresAt: null };

const refusalOf = (step: Step): string => (step.kind === 'refused' ? step.refusal : 'none');
const stateOf = (step: Step): string => (step.kind === 'taken' ? step.decision.state : 'refused');
const all = decisionStates.map(state => decisions[state]);

describe('an approval', () => {
  test('is for the evidence that was seen, and for 14 days where nothing else is set', () => {
    expect(approve(null, facts, { ...approveCommand, comment: 'left' }, noRules)).toEqual({
      kind: 'taken',
      decision: {
        type: 'user',
        id: userId,
        state: 'approved',
        changedAt: later(5),
        operationId: 'operation-2',
        quarantine: null,
        approval: {
          by: grace,
          at: later(5),
          expiresAt: later(19),
          evidenceHash,
          runId: 'run-2',
          comment: 'left',
          confirmation: null,
        },
      },
    });
  });

  test.each<[string, Partial<DecidedFacts>, string]>([
    ['evidence that is another by now', { evidenceHash: otherHash }, 'evidenceChanged'],
    ['an object that waits', { state: 'observed' }, 'notCandidate'],
    ['an object in attention', { state: 'attention' }, 'notCandidate'],
    ['an object that came back', { state: 'withdrawn', withdrawal: 'alive' }, 'notCandidate'],
    ['an object that is gone', { state: 'withdrawn', withdrawal: 'gone' }, 'notCandidate'],
  ])('is refused for %s', (_, given, refusal) => {
    expect(refusalOf(approve(null, { ...facts, ...given }, approveCommand, noRules))).toBe(refusal);
  });

  test('of a type without undo needs what is to be typed, to the letter', () => {
    const rules = { approvalDays: 14, expectedConfirmation: 'Sales' };
    for (const confirmation of [null, '', 'sales', 'Sales '])
      expect(refusalOf(approve(null, facts, { ...approveCommand, confirmation }, rules))).toBe(
        'confirmationMissing',
      );
    expect(approve(null, facts, { ...approveCommand, confirmation: 'Sales' }, rules)).toMatchObject({
      decision: { approval: { confirmation: 'Sales' } },
    });
  });

  test('of no days is expired when it is given', () => {
    const rules = { approvalDays: 0, expectedConfirmation: null };
    expect(refusalOf(approve(null, facts, approveCommand, rules))).toBe('approvalExpired');
  });

  test('keeps that sign-in is blocked by us', () => {
    const failed = { ...decisions.failed, quarantine };
    expect(approve(failed, facts, approveCommand, noRules)).toMatchObject({ decision: { quarantine } });
  });
});

describe('a rejection', () => {
  test('has its reason, and an expiry or none', () => {
    expect(reject(null, { ...facts, state: 'attention' }, rejectCommand)).toMatchObject({
      decision: { state: 'rejected', rejection: { by: grace, reason: 'on leave', expiresAt: null } },
    });
  });

  test.each<[string, Partial<DecidedFacts>, Partial<RejectCommand>, string]>([
    ['for other evidence', { evidenceHash: otherHash }, {}, 'evidenceChanged'],
    ['for what is withdrawn', { state: 'withdrawn' }, {}, 'notCandidate'],
    ['that is over before it begins', {}, { expiresAt: (later(5) - 1) as Instant }, 'expiryPassed'],
    ['that is over as it begins', {}, { expiresAt: later(5) }, 'expiryPassed'],
    ['that lasts a moment', {}, { expiresAt: (later(5) + 1) as Instant }, 'none'],
  ])('%s: %s', (_, changed, given, refusal) => {
    expect(refusalOf(reject(null, { ...facts, ...changed }, { ...rejectCommand, ...given }))).toBe(refusal);
  });
});

describe('a delete', () => {
  const start = (current: Decision, given: Partial<Command> = {}, about: DecidedFacts | null = facts) =>
    startDeletion(current, about, { ...command, ...given }, twoEyes);

  test('begins with a valid approval, and remembers who and which operation', () => {
    expect(start(decisions.approved)).toMatchObject({
      decision: {
        state: 'deleting',
        approval,
        deletion: { by: grace, operationId: 'operation-2', at: later(5), attempt: 1 },
      },
    });
  });

  test.each([
    [-1, 'none'],
    [0, 'approvalExpired'],
    [1, 'approvalExpired'],
  ])('%i ms after the expiry of the approval: %s', (ms, refusal) => {
    const moment = (approval.expiresAt + ms) as Instant;
    for (const state of ['approved', 'failed', 'deleting'] as const)
      expect([state, refusalOf(start(decisions[state], { at: moment }))]).toEqual([state, refusal]);
  });

  test.each([
    [-1, 'quarantineNotOver'],
    [0, 'none'],
    [1, 'none'],
  ])('%i ms after the end of the quarantine: %s', (ms, refusal) => {
    const moment = (quarantine.until + ms) as Instant;
    expect(refusalOf(start(decisions.quarantined, { at: moment }))).toBe(refusal);
    expect(refusalOf(start({ ...decisions.approved, quarantine }, { at: moment }))).toBe(refusal);
  });

  test('needs facts that are what was approved', () => {
    for (const current of [decisions.approved, decisions.failed, decisions.deleting]) {
      expect(refusalOf(start(current, {}, null))).toBe('notCandidate');
      expect(refusalOf(start(current, {}, { ...facts, evidenceHash: otherHash }))).toBe('evidenceChanged');
    }
  });

  test('is not for the approver where four eyes are asked for', () => {
    const fourEyes = { fourEyes: true };
    expect(refusalOf(startDeletion(decisions.approved, facts, { ...command, by: ada }, fourEyes))).toBe(
      'fourEyes',
    );
    expect(refusalOf(startDeletion(decisions.approved, facts, command, fourEyes))).toBe('none');
    expect(refusalOf(start(decisions.approved, { by: ada }))).toBe('none');
  });

  test('goes on under its first operation id after a failure and after a crash', () => {
    for (const state of ['failed', 'deleting'] as const)
      expect(start({ ...decisions[state], quarantine })).toMatchObject({
        decision: {
          operationId: 'operation-2',
          quarantine,
          deletion: { operationId: deletion.operationId, attempt: 2 },
        },
      });
  });

  test.each<[DeletionOutcome, object]>([
    [{ kind: 'deleted' }, { state: 'deleted', deletedAt: later(5) }],
    [
      { kind: 'failed', reason: 'HTTP 503' },
      { state: 'failed', failure: { at: later(5), reason: 'HTTP 503' } },
    ],
    [
      { kind: 'manual', reason: 'HTTP 403' },
      { state: 'manual', failure: { at: later(5), reason: 'HTTP 403' } },
    ],
    [{ kind: 'gone' }, { state: 'lapsed', lapse: { at: later(5), reason: 'gone', by: null } }],
    [
      { kind: 'abandoned', because: 'evidenceChanged' },
      { state: 'lapsed', lapse: { reason: 'evidenceChanged' } },
    ],
  ])('that ended as %j', (outcome, expected) => {
    expect(finishDeletion(decisions.deleting, outcome, command)).toMatchObject({
      kind: 'taken',
      decision: { ...expected, approval, deletion, operationId: 'operation-2' },
    });
  });

  test('that was not begun does not end', () => {
    const outcomes: DeletionOutcome[] = [
      { kind: 'deleted' },
      { kind: 'gone' },
      { kind: 'failed', reason: '' },
    ];
    for (const current of all.filter(({ state }) => state !== 'deleting'))
      for (const outcome of outcomes)
        expect(refusalOf(finishDeletion(current, outcome, command))).toBe('illegalStep');
  });

  test('is not begun on what is undecided, rejected, lapsed, manual or done', () => {
    const begun = all.filter(current => stateOf(start(current, { at: later(4) })) === 'deleting');
    expect(begun.map(({ state }) => state)).toEqual(['approved', 'quarantined', 'deleting', 'failed']);
  });
});

describe('a quarantine', () => {
  const block = (current: Decision, about: DecidedFacts | null = facts): Step =>
    quarantineObject(current, about, { ...command, until: later(8) });

  test('needs what a delete needs', () => {
    expect(block(decisions.approved)).toMatchObject({
      decision: { state: 'quarantined', quarantine: { by: grace, at: later(5), until: later(8) } },
    });
    expect(refusalOf(block(decisions.approved, null))).toBe('notCandidate');
    expect(refusalOf(block(decisions.rejected))).toBe('illegalStep');
  });

  test('is released to the approval, and from any later state without another change', () => {
    expect(releaseQuarantine(decisions.quarantined, command)).toMatchObject({
      decision: { state: 'approved', approval, quarantine: null },
    });
    for (const state of ['rejected', 'lapsed', 'failed', 'manual', 'restored'] as const)
      expect(releaseQuarantine({ ...decisions[state], quarantine }, command)).toEqual({
        kind: 'taken',
        decision: { ...decisions[state], quarantine: null, changedAt: later(5), operationId: 'operation-2' },
      });
    expect(refusalOf(releaseQuarantine(decisions.approved, command))).toBe('notQuarantined');
    for (const state of ['deleting', 'deleted'] as const)
      expect(refusalOf(releaseQuarantine({ ...decisions[state], quarantine }, command))).toBe('illegalStep');
  });

  test('is remembered in whatever follows, so that it can be released', () => {
    const current = decisions.quarantined;
    for (const step of [
      reject(current, facts, rejectCommand),
      reopen(current, command),
      startDeletion(current, facts, command, twoEyes),
    ])
      expect(step).toMatchObject({ kind: 'taken', decision: { quarantine } });
    expect(lapse(current, null, at)).toMatchObject({ decision: { quarantine } });
  });
});

describe('taking back', () => {
  test('what led to no delete is undecided again, and remembers what it was', () => {
    for (const state of ['approved', 'quarantined', 'rejected', 'failed', 'manual'] as const)
      expect(reopen(decisions[state], command)).toMatchObject({
        decision: { state: 'lapsed', lapse: { at: later(5), reason: 'reopened', by: grace } },
      });
    expect(reopen(decisions.rejected, command)).toMatchObject({
      decision: { approval: null, rejection: decisions.rejected.rejection, deletion: null },
    });
    expect(reopen(decisions.failed, command)).toMatchObject({
      decision: { approval, rejection: null, deletion },
    });
  });

  test('what is under way, done or undecided is not reopened', () => {
    for (const state of ['deleting', 'deleted', 'restored', 'lapsed'] as const)
      expect([state, refusalOf(reopen(decisions[state], command))]).toEqual([state, 'illegalStep']);
  });

  test('only what was deleted, or seemed to be restored, is restored', () => {
    const step = restore(decisions.deleted, { ...command, comment: 'by mistake' });
    expect(step).toMatchObject({
      decision: {
        state: 'restored',
        deletedAt: at,
        restoration: { by: grace, at: later(5), comment: 'by mistake' },
      },
    });
    expect(restore(decisions.restored, { ...command, comment: null })).toMatchObject({
      decision: { state: 'restored', deletedAt: at, restoration: { by: grace, at: later(5) } },
    });
    for (const current of all.filter(({ state }) => state !== 'deleted' && state !== 'restored'))
      expect(refusalOf(restore(current, { ...command, comment: null }))).toBe('illegalStep');
  });
});

describe('what was restored', () => {
  const reapprove = (days: number, ms = 0) =>
    approve(decisions.restored, facts, { ...approveCommand, at: (later(days) + ms) as Instant }, noRules);
  const rejectAt = (days: number, ms = 0) =>
    reject(decisions.restored, facts, {
      ...rejectCommand,
      at: (later(days) + ms) as Instant,
      expiresAt: null,
    });

  test('is decided about again when the scan judges it like any other again, and not before', () => {
    for (const decide of [reapprove, rejectAt]) {
      for (const early of [decide(0), decide(restoredDays, -1)])
        expect(early).toMatchObject({
          kind: 'refused',
          refusal: 'illegalStep',
          reason: expect.stringContaining('2026-12-20T09:00:00.000Z'),
        });
      for (const step of [decide(restoredDays), decide(restoredDays, 1)]) expect(step.kind).toBe('taken');
    }
    expect(reapprove(restoredDays)).toMatchObject({ decision: { state: 'approved' } });
  });

  test('needs a new approval of the evidence of now', () => {
    expect(refusalOf(startDeletion(decisions.restored, facts, command, twoEyes))).toBe('illegalStep');
    for (const about of [
      { ...facts, evidenceHash: otherHash },
      { ...facts, state: 'attention' as const },
    ])
      expect(
        approve(decisions.restored, about, { ...approveCommand, at: later(restoredDays) }, noRules).kind,
      ).toBe('refused');
  });
});

describe('what people and Graph write is bounded', () => {
  test('a comment of the longest length passes the edge, a longer one does not', () => {
    expect(commentSchema.safeParse('c'.repeat(longestComment)).success).toBe(true);
    expect(commentSchema.safeParse('c'.repeat(longestComment + 1)).success).toBe(false);
    expect(commentSchema.safeParse('  ').success).toBe(false);
  });

  test('a longer reason of Graph is cut, and never through a pair of surrogates', () => {
    const reasonOf = (reason: string): string => {
      const step = finishDeletion(decisions.deleting, { kind: 'failed', reason }, command);
      return step.kind === 'taken' && step.decision.state === 'failed' ? step.decision.failure.reason : '';
    };
    const longest = 'r'.repeat(longestComment);
    expect(reasonOf(longest)).toBe(longest);
    expect(reasonOf(`${longest}r`)).toBe(`${'r'.repeat(longestComment - 1)}…`);
    expect(reasonOf(`${'r'.repeat(longestComment - 2)}𝒜r`)).toBe(`${'r'.repeat(longestComment - 2)}…`);
  });
});

describe('laws over all histories', () => {
  type Action = (current: Decision | null, about: DecidedFacts, given: Command) => Decision | null;
  const decided = (step: Step): Decision | null => (step.kind === 'taken' ? step.decision : null);
  const some =
    (act: (current: Decision, about: DecidedFacts, given: Command) => Step): Action =>
    (current, about, given) =>
      current && decided(act(current, about, given));
  const actions: readonly Action[] = [
    (current, about, given) => decided(approve(current, about, { ...approveCommand, ...given }, noRules)),
    (current, about, given) => decided(reject(current, about, { ...rejectCommand, ...given })),
    some((current, _, given) => reopen(current, given)),
    some((current, about, given) => quarantineObject(current, about, { ...given, until: given.at })),
    some((current, _, given) => releaseQuarantine(current, given)),
    some((current, about, given) => startDeletion(current, about, given, twoEyes)),
    some((current, _, given) => finishDeletion(current, { kind: 'deleted' }, given)),
    some((current, _, given) => finishDeletion(current, { kind: 'failed', reason: 'x' }, given)),
    some((current, _, given) => finishDeletion(current, { kind: 'manual', reason: 'x' }, given)),
    some((current, _, given) => finishDeletion(current, { kind: 'gone' }, given)),
    some((current, _, given) => restore(current, { ...given, comment: null })),
    (current, about, given) => {
      const standing = current && lapse(current, about, given.at);
      return standing?.kind === 'lapsed' ? standing.decision : null;
    },
  ];
  const moves = fc.array(
    fc.record({
      action: fc.nat(actions.length - 1),
      days: fc.constantFrom(0, 0, 0, 0, 1, 20),
      hash: fc.constantFrom(...Array<string>(9).fill(evidenceHash), otherHash),
      state: fc.constantFrom(...Array<'candidate'>(9).fill('candidate'), 'withdrawn' as const),
    }),
    { minLength: 20, maxLength: 40 },
  );

  interface Taken {
    readonly from: Decision | null;
    readonly to: Decision;
    readonly now: Instant;
    readonly about: DecidedFacts;
  }

  /** Every step, in order, with the moment and the facts of each. A move picks one of the steps that can be taken. */
  function history(
    given: readonly { action: number; days: number; hash: string; state: 'candidate' | 'withdrawn' }[],
    allowed: readonly Action[] = actions,
  ): Taken[] {
    const steps: Taken[] = [];
    let current: Decision | null = null;
    let days = 0;
    for (const move of given) {
      days += move.days;
      const about = { ...facts, evidenceHash: move.hash, state: move.state };
      const possible = allowed.flatMap(act => act(current, about, { ...command, at: later(days) }) ?? []);
      const to = possible[move.action % possible.length];
      if (to) steps.push({ from: current, to, now: later(days), about });
      current = to ?? current;
    }
    return steps;
  }

  test('every step that is taken is in the table, or changes no state', () => {
    fc.assert(
      fc.property(moves, given => {
        for (const { from, to } of history(given)) {
          const legal = transition(decisionTransitions, from?.state ?? 'none', to.state).legal;
          expect(legal || from?.state === to.state).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('deleting is opened only by a valid approval of the evidence of then', () => {
    let opened = 0;
    fc.assert(
      fc.property(moves, given => {
        const openings = history(given).filter(({ to }) => to.state === 'deleting');
        opened += openings.length;
        return openings.every(({ from, to, now, about }) => {
          const approved = 'approval' in to ? to.approval : null;
          return (
            approved !== null &&
            from !== null &&
            'approval' in from &&
            from.approval === approved &&
            about.state === 'candidate' &&
            about.evidenceHash === approved.evidenceHash &&
            now >= approved.at &&
            now < approved.expiresAt
          );
        });
      }),
      { numRuns: 500 },
    );
    expect(opened).toBeGreaterThan(100);
  });

  test('deleted is reached only from deleting', () => {
    let deleted = 0;
    fc.assert(
      fc.property(moves, given => {
        const ends = history(given).filter(
          ({ from, to }) => to.state === 'deleted' && from?.state !== 'deleted',
        );
        deleted += ends.length;
        return ends.every(({ from }) => from?.state === 'deleting');
      }),
      { numRuns: 500 },
    );
    expect(deleted).toBeGreaterThan(100);
  });

  test('without an approval there is no path to deleted', () => {
    const [, ...others] = actions;
    fc.assert(
      fc.property(moves, given => {
        const states = history(given, others).map(({ to }) => to.state);
        expect(states.filter(state => !['rejected', 'lapsed'].includes(state))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('nothing leaves deleted but to restored, and nothing leaves restored but by a new decision after its days', () => {
    fc.assert(
      fc.property(moves, given => {
        const steps = history(given);
        const leaving = steps.map(({ from, to }) => `${from?.state} ${to.state}`);
        const allowed = new Set([
          'deleted restored',
          'restored restored',
          'restored approved',
          'restored rejected',
        ]);
        const found = leaving.filter(step => /^(?:deleted|restored) /.test(step));
        expect(found.filter(step => !allowed.has(step))).toEqual([]);
        const early = steps.filter(
          ({ from, to, now }) =>
            from?.state === 'restored' &&
            to.state !== 'restored' &&
            now - from.restoration.at < restoredDays * dayMs,
        );
        expect(early).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('a path in the table to deleted leads over approved', () => {
    const reached = new Set<string>();
    const walk = (state: keyof typeof decisionTransitions): void => {
      if (reached.has(state) || state === 'approved') return;
      reached.add(state);
      decisionTransitions[state].forEach(walk);
    };
    walk('none');
    expect(reached.has('deleted')).toBe(false);
    expect(reached.has('deleting')).toBe(false);
  });
});
