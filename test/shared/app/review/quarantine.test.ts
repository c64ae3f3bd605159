import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { checkQuarantines } from '../../../../shared/app/review/checkQuarantines';
import { rejectCandidate } from '../../../../shared/app/review/reject';
import { reopenCandidate } from '../../../../shared/app/review/reopen';
import { releaseQuarantineOf } from '../../../../shared/app/review/releaseQuarantine';
import { backToReview } from '../../../../shared/app/review/backToReview';
import { approve } from '../../../../shared/core/decisionSteps';
import type { Instant } from '../../../../shared/core/instant';
import { versionOf } from '../../../../shared/core/review/version';
import { AppError } from '../../../../shared/core/appError';
import { crashingIn } from '../../../support/crash';
import type { BlockOutcome } from '../../../../shared/core/cloudWrites/blockOutcome';
import {
  approver,
  dayMs,
  deleter,
  minuteMs,
  readyWorld,
  reportOnly,
  type DeletionWorld,
} from './deletionWorld';

const days = 3;

async function world(names: readonly string[] = ['eve']): Promise<DeletionWorld> {
  const made = await readyWorld(names);
  made.settings = { ...made.settings, quarantineDays: days };
  return made;
}

async function inQuarantine(): Promise<DeletionWorld> {
  const made = await world();
  expect(await made.deleteOne('eve')).toMatchObject({ kind: 'quarantined' });
  made.advance(10 * minuteMs);
  return made;
}

const enabled = (made: DeletionWorld): boolean | null => {
  const eve = made.tenant.find('user', made.idOf('eve'));
  return eve?.type === 'user' ? eve.accountEnabled : null;
};

const check = (made: DeletionWorld) => checkQuarantines(made.ports(), 'correlation', made.stop.signal);
const release = (made: DeletionWorld, wrap?: (ports: DeletionPorts) => DeletionPorts) =>
  releaseQuarantineOf(
    made.ports(wrap),
    made.idOf('eve'),
    { by: approver, correlationId: 'correlation' },
    made.stop.signal,
  );

describe('a quarantine', () => {
  test('blocks at first, and deletes after its days, to the millisecond', async () => {
    const made = await world();
    const until = made.now + days * dayMs;
    expect(await made.deleteOne('eve')).toEqual({ kind: 'quarantined', until, sessionsRevoked: true });
    expect([enabled(made), made.isThere('eve')]).toEqual([false, true]);
    expect(made.decision('eve')).toMatchObject({
      state: 'quarantined',
      quarantine: { by: deleter, until },
    });
    expect(made.rowsAbout('eve').at(-1)).toMatchObject({
      action: 'quarantined',
      operationId: made.decision('eve')?.operationId,
      details: { accountEnabledBefore: true },
    });
    made.now = until - 1;
    made.newExport();
    await made.scan();
    expect(await made.deleteOne('eve')).toMatchObject({ refusal: 'quarantineNotOver' });
    expect(await made.delete([], { scope: { kind: 'allApproved', upTo: 1, type: null } })).toMatchObject({
      items: [],
    });
    made.now = until;
    expect(await made.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    expect(made.decision('eve')).toMatchObject({ state: 'deleted', quarantine: { by: deleter } });
  });

  test('is for users only', async () => {
    const made = await world(['laptop']);
    expect(await made.deleteOne('laptop')).toMatchObject({ kind: 'deleted' });
  });

  test.each([
    ['it changed at the last moment', 'evidenceChanged'],
    ['a rule came', 'excluded'],
    ['the approval expired', 'approvalExpired'],
  ] as const)('blocks nobody where %s', async (what, refusal) => {
    const made = await world();
    let reads = 0;
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      facts: {
        read: async (...all) => {
          reads += 1;
          // The first read is the call's, the second the quarantine's.
          if (reads === 2 && what === 'it changed at the last moment')
            made.tenant.change(made.idOf('eve'), { displayName: 'Eve' });
          if (reads === 2 && what === 'the approval expired') made.advance(15 * dayMs);
          if (reads === 2 && what === 'a rule came')
            await made.rules.add({
              ruleId: 'r',
              content: { kind: 'breakGlass', userId: made.idOf('eve') },
              reason: 'x',
              owner: approver,
              createdAt: made.now as never,
              expiresAt: null,
            });
          return ports.facts.read(...all);
        },
      },
    });
    expect(await made.deleteOne('eve', { wrap })).toMatchObject({ refusal });
    expect(made.tenant.writes).toEqual([]);
    expect(enabled(made)).toBe(true);
  });

  test('is not got around by a delete that failed before there was one', async () => {
    const made = await readyWorld();
    made.tenant.deleteOutcomes.push({
      kind: 'failed',
      reason: 'throttled',
      status: 429,
      retryable: true,
      mayHaveTakenEffect: false,
    });
    await made.deleteOne('eve');
    made.settings = { ...made.settings, quarantineDays: days };
    expect(await made.deleteOne('eve')).toMatchObject({ refusal: 'quarantineFailed' });
    expect(made.isThere('eve')).toBe(true);
  });

  test('needs four eyes where a delete does', async () => {
    const made = await world();
    made.settings = { ...made.settings, fourEyesTypes: new Set(['user']) };
    expect(await made.deleteOne('eve', { by: approver })).toMatchObject({ refusal: 'fourEyes' });
    expect(enabled(made)).toBe(true);
  });

  test('is one caller’s: the other one is told', async () => {
    const made = await world();
    const answers = await Promise.all([made.deleteOne('eve'), made.deleteOne('eve')]);
    expect(answers.map(answer => answer.kind).toSorted()).toEqual(['quarantined', 'refused']);
    expect(made.tenant.writes).toEqual([`block ${made.idOf('eve')}`]);
  });
});

describe('where Graph does not block', () => {
  const failed = { kind: 'failed', reason: 'serverError', status: 500, retryable: true } as const;
  const outcomes: readonly (readonly [string, BlockOutcome, object])[] = [
    [
      'it holds a role',
      { kind: 'needsHuman', reason: 'roleHolder', status: 403, code: 'x', mayHaveTakenEffect: false },
      { refusal: 'quarantineFailed', detail: expect.stringContaining('person') },
    ],
    [
      'it did not answer',
      { ...failed, mayHaveTakenEffect: true },
      { refusal: 'quarantineFailed', detail: expect.stringContaining('Call again') },
    ],
  ];
  test.each(outcomes)('since %s, there is no quarantine, and the log says so', async (_, outcome, answer) => {
    const made = await world();
    made.tenant.blockOutcomes.push(outcome);
    expect(await made.deleteOne('eve')).toMatchObject(answer);
    expect(made.decision('eve')).toMatchObject({ state: 'approved', quarantine: null });
    expect(made.audited('eve').at(-1)).toBe('quarantineReleased');
    expect(made.isThere('eve')).toBe(true);
  });

  test('but did it all the same, the quarantine stands', async () => {
    const made = await world();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        delete: (...all) => ports.deleter.delete(...all),
        restore: (...all) => ports.deleter.restore(...all),
        release: (...all) => ports.deleter.release(...all),
        block: async (...all) => {
          await ports.deleter.block(...all);
          return { outcome: { ...failed, mayHaveTakenEffect: true }, attempts: 1, trace: null };
        },
      },
    });
    expect(await made.deleteOne('eve', { wrap })).toMatchObject({
      kind: 'quarantined',
      sessionsRevoked: false,
    });
    expect(made.audited('eve').at(-1)).toBe('quarantined');
  });

  test('since it is gone, it is back to review', async () => {
    const made = await world();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        delete: (...all) => ports.deleter.delete(...all),
        restore: (...all) => ports.deleter.restore(...all),
        release: (...all) => ports.deleter.release(...all),
        block: async (...all) => {
          made.tenant.remove('user', made.idOf('eve'));
          return ports.deleter.block(...all);
        },
      },
    });
    expect(await made.deleteOne('eve', { wrap })).toEqual({ kind: 'gone' });
    expect(made.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'gone' } });
  });
});

describe('an object leaves quarantine by itself', () => {
  test('not while everything is as it was', async () => {
    const made = await inQuarantine();
    const rows = made.audit.rows.length;
    expect(await check(made)).toEqual({ left: 0 });
    expect(made.decision('eve')?.state).toBe('quarantined');
    expect(made.audit.rows).toHaveLength(rows);
  });

  test('not while its owner may still be about to block it', async () => {
    const made = await world();
    await made.deleteOne('eve');
    made.tenant.change(made.idOf('eve'), { accountEnabled: true });
    made.advance(5 * minuteMs - 1);
    await check(made);
    expect(made.decision('eve')?.state).toBe('quarantined');
    made.advance(1);
    await check(made);
    expect(made.decision('eve')?.state).toBe('lapsed');
  });

  test('when somebody enables it again', async () => {
    const made = await inQuarantine();
    made.tenant.change(made.idOf('eve'), { accountEnabled: true });
    await check(made);
    expect(made.decision('eve')).toMatchObject({ state: 'lapsed', quarantine: null });
    expect(made.audited('eve').slice(-2)).toEqual(['quarantineReleased', 'decisionLapsed']);
    expect(made.tenant.writes).toEqual([`block ${made.idOf('eve')}`]);
    expect(await made.deleteOne('eve')).toMatchObject({ refusal: 'notApproved' });
  });

  test('when it is synchronised again, or comes back: and can sign in again', async () => {
    const changes: readonly ((made: DeletionWorld) => Promise<unknown> | void)[] = [
      made => made.tenant.change(made.idOf('eve'), { onPremisesLastSyncDateTime: made.now }),
      made => made.tenant.change(made.idOf('eve'), { onPremisesSyncEnabled: null }),
      made => made.comeBack('eve', 1105).newExport().scan(),
    ];
    for (const change of changes) {
      const made = await inQuarantine();
      await change(made);
      await check(made);
      expect([made.decision('eve')?.state, enabled(made)]).toEqual(['lapsed', true]);
      expect(made.audited('eve').slice(-2)).toEqual(['quarantineReleased', 'decisionLapsed']);
    }
  });

  test('also when a call finds it alive first', async () => {
    const made = await inQuarantine();
    made
      .advance(days * dayMs)
      .comeBack('eve', 1105)
      .newExport()
      .advance(minuteMs);
    expect(await made.deleteOne('eve')).toMatchObject({ refusal: 'cameBack' });
    expect([made.decision('eve')?.state, enabled(made)]).toEqual(['lapsed', true]);
  });

  test('when it was enabled again just before the call that would delete it', async () => {
    const made = await inQuarantine();
    made.advance(days * dayMs).newExport();
    await made.scan();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      rules: {
        readAll: signal => {
          made.tenant.change(made.idOf('eve'), { accountEnabled: true });
          return ports.rules.readAll(signal);
        },
      },
    });
    expect(await made.deleteOne('eve', { wrap })).toMatchObject({
      refusal: 'evidenceChanged',
      detail: expect.stringContaining('enabled again'),
    });
    expect(made.isThere('eve')).toBe(true);
    expect(made.decision('eve')).toMatchObject({ state: 'lapsed', quarantine: null });
  });

  test('when it is gone', async () => {
    const made = await inQuarantine();
    made.tenant.remove('user', made.idOf('eve'));
    await check(made);
    expect(made.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'gone' } });
  });

  test('but stays blocked where merely its approval expired: nothing says that it lives', async () => {
    const made = await inQuarantine();
    made.advance(15 * dayMs).newExport();
    await made.scan();
    await check(made);
    await check(made.advance(10 * minuteMs));
    expect([made.decision('eve')?.state, enabled(made)]).toEqual(['lapsed', false]);
    expect(made.decision('eve')?.quarantine).not.toBeNull();
    await release(made);
    expect([made.decision('eve')?.state, enabled(made)]).toEqual(['lapsed', true]);
  });

  test('after somebody rejected it', async () => {
    const made = await inQuarantine();
    await made.reject('eve');
    await check(made.advance(10 * minuteMs));
    expect([made.decision('eve')?.state, made.decision('eve')?.quarantine, enabled(made)]).toEqual([
      'rejected',
      null,
      true,
    ]);
  });

  test.each(['failed', 'manual', 'approved', 'lapsed'] as const)(
    'when it lives, although it was blocked still under a decision that is %s by now',
    async state => {
      const made = await inQuarantine();
      made.advance(days * dayMs).newExport();
      if (state === 'failed' || state === 'manual') {
        const failed = { kind: 'failed', retryable: true, status: 429 } as const;
        made.tenant.deleteOutcomes.push(
          state === 'failed'
            ? { ...failed, reason: 'throttled', mayHaveTakenEffect: false }
            : { kind: 'manual', reason: 'roleHolder', status: 403, code: 'x', mayHaveTakenEffect: false },
        );
        await made.deleteOne('eve');
      } else {
        made.advance(15 * dayMs).newExport();
        await check(made);
        await made.scan();
        if (state === 'approved') await made.approve('eve');
      }
      await check(made.advance(10 * minuteMs));
      expect([made.decision('eve')?.state, enabled(made)]).toEqual([state, false]);
      made.comeBack('eve', 1105).newExport();
      await made.scan();
      await check(made);
      expect([made.decision('eve')?.state, made.decision('eve')?.quarantine, enabled(made)]).toEqual([
        'lapsed',
        null,
        true,
      ]);
    },
  );

  test('when it is gone, but not what a delete of ours may have taken: that one is told by the next call', async () => {
    const made = await inQuarantine();
    made.advance(days * dayMs).newExport();
    made.tenant.deleteOutcomes.push({
      kind: 'failed',
      reason: 'noAnswer',
      status: null,
      retryable: true,
      mayHaveTakenEffect: true,
    });
    await made.deleteOne('eve');
    made.tenant.remove('user', made.idOf('eve'));
    await check(made.advance(10 * minuteMs));
    expect(made.decision('eve')?.state).toBe('failed');
    expect(await made.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });

  test('later, where Graph does not do it now', async () => {
    const made = await inQuarantine();
    made.tenant.change(made.idOf('eve'), { onPremisesLastSyncDateTime: made.now });
    made.tenant.releaseOutcomes.push({
      kind: 'failed',
      reason: 'throttled',
      status: 429,
      retryable: true,
      mayHaveTakenEffect: false,
    });
    await check(made);
    expect([made.decision('eve')?.state, enabled(made)]).toEqual(['quarantined', false]);
    await check(made);
    expect([made.decision('eve')?.state, enabled(made)]).toEqual(['lapsed', true]);
  });

  test('later, where the reader gets no answer; the others are checked all the same', async () => {
    const made = await inQuarantine();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: () => Promise.reject(new AppError('graphUnavailable', 'Graph does not answer')),
      },
    });
    expect(await checkQuarantines(made.ports(wrap), null, made.stop.signal)).toEqual({ left: 1 });
    expect(made.decision('eve')?.state).toBe('quarantined');
  });
});

test('whoever decides in the moment in which it leaves is not overwritten, and the call says so', async () => {
  const made = await inQuarantine();
  made
    .advance(days * dayMs)
    .comeBack('eve', 1105)
    .newExport()
    .advance(minuteMs);
  const wrap = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    deleter: {
      delete: (...all) => ports.deleter.delete(...all),
      restore: (...all) => ports.deleter.restore(...all),
      block: (...all) => ports.deleter.block(...all),
      release: async (...all) => {
        await made.reject('eve');
        return ports.deleter.release(...all);
      },
    },
  });
  expect(await made.deleteOne('eve', { wrap })).toMatchObject({ refusal: 'beingDeleted' });
  expect(made.decision('eve')?.state).toBe('rejected');
});

describe('releasing a quarantine', () => {
  test('gives back what was, in one call, whatever the switch says', async () => {
    for (const accountEnabled of [true, false]) {
      const made = await readyWorld([]);
      made.tenant.change(made.idOf('eve'), { accountEnabled });
      await made.scan();
      await made.approve('eve');
      made.advance(minuteMs).newExport().advance(minuteMs);
      made.settings = { ...made.settings, quarantineDays: days };
      expect(await made.deleteOne('eve')).toMatchObject({ kind: 'quarantined' });
      made.settings = { ...made.settings, rollout: reportOnly };
      expect(await release(made)).toMatchObject({
        kind: 'released',
        accountEnabled,
        decision: { state: 'approved', quarantine: null },
      });
      expect(enabled(made)).toBe(accountEnabled);
      expect(made.rowsAbout('eve').at(-1)).toMatchObject({
        action: 'quarantineReleased',
        actor: { kind: 'person', id: approver.id },
      });
      expect(made.tenant.writes.filter(write => write.startsWith('release'))).toHaveLength(
        accountEnabled ? 1 : 0,
      );
      expect(await release(made)).toMatchObject({ kind: 'refused' });
    }
  });

  test('is refused where there is none, or no decision, or the object is deleted', async () => {
    const made = await readyWorld();
    expect(await release(made)).toMatchObject({ kind: 'refused' });
    expect(
      await releaseQuarantineOf(
        made.ports(),
        made.idOf('bob'),
        { by: approver, correlationId: null },
        made.stop.signal,
      ),
    ).toEqual({ kind: 'noDecision' });
    const deleted = await inQuarantine();
    deleted.advance(days * dayMs).newExport();
    await deleted.scan();
    await deleted.deleteOne('eve');
    expect(await release(deleted)).toMatchObject({ kind: 'refused' });
  });

  test('says what Graph says where it does not do it', async () => {
    const made = await inQuarantine();
    const base = { mayHaveTakenEffect: false, status: 403 } as const;
    made.tenant.releaseOutcomes.push({ ...base, kind: 'needsHuman', reason: 'roleHolder', code: 'x' });
    expect(await release(made)).toEqual({ kind: 'notReleased', reason: 'roleHolder', retryable: false });
    expect(made.decision('eve')?.state).toBe('quarantined');
  });

  test('loses to whoever decides meanwhile', async () => {
    const made = await inQuarantine();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        delete: (...all) => ports.deleter.delete(...all),
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: async (...all) => {
          await made.reject('eve');
          return ports.deleter.release(...all);
        },
      },
    });
    expect(await release(made, wrap)).toEqual({ kind: 'changedMeanwhile' });
    expect(made.decision('eve')?.state).toBe('rejected');
  });
});

describe('a quarantine that is given back while it begins, or that a crash cut short', () => {
  /** What happens right before the block reaches Graph. */
  const beforeBlock = (made: DeletionWorld, meanwhile: () => Promise<unknown>) =>
    made.deleteOne('eve', {
      wrap: ports => ({
        ...ports,
        deleter: {
          ...deleterOf(ports),
          block: async (...all) => {
            await meanwhile();
            return ports.deleter.block(...all);
          },
        },
      }),
    });
  const deleterOf = ({ deleter: one }: DeletionPorts): DeletionPorts['deleter'] => ({
    delete: (...all) => one.delete(...all),
    restore: (...all) => one.restore(...all),
    block: (...all) => one.block(...all),
    release: (...all) => one.release(...all),
  });

  test('a release in the moment before the block waits for it: nobody stays blocked without a decision that says so', async () => {
    const made = await world();
    let released: unknown;
    const answer = await beforeBlock(made, async () => (released = await release(made)));
    expect(released).toEqual({ kind: 'changedMeanwhile' });
    expect(answer).toMatchObject({ kind: 'quarantined' });
    expect(await release(made)).toMatchObject({ kind: 'released', accountEnabled: true });
    expect([enabled(made), made.decision('eve')?.quarantine]).toEqual([true, null]);
  });

  test('where its approval lapses in that moment, the sign-in is given back by itself', async () => {
    const made = await world();
    await beforeBlock(made, async () => {
      const facts = made.facts('eve')!;
      made.candidates.rows.set(`user/${facts.id}`, { ...facts, state: 'withdrawn', withdrawal: 'alive' });
      expect(await made.deleteOne('eve')).toMatchObject({ refusal: 'notCandidate' });
    });
    expect([enabled(made), made.decision('eve')?.state]).toEqual([false, 'lapsed']);
    made.advance(10 * minuteMs);
    await check(made);
    expect([enabled(made), made.decision('eve')?.quarantine]).toEqual([true, null]);
  });

  test.each(['a release', 'a rejection', 'an expiry'])(
    'the block that a crash left unrecorded is recorded although %s came since',
    async what => {
      const made = await world();
      await made
        .deleteOne('eve', {
          wrap: ports => ({ ...ports, deleter: crashingIn(ports.deleter, 'block', 'after') }),
        })
        .catch(() => undefined);
      expect([enabled(made), made.audited('eve')]).toEqual([false, ['candidateApproved']]);
      if (what === 'a rejection') await made.reject('eve');
      made.advance(what === 'an expiry' ? 15 * dayMs : 10 * minuteMs);
      if (what === 'an expiry') {
        const stored = made.decision('eve')!;
        await backToReview(made.ports(), stored, made.facts('eve')!, null, made.stop.signal);
        made.advance(10 * minuteMs);
      }
      if (what === 'a release') await release(made);
      else await check(made);
      expect(made.rowsAbout('eve')).toContainEqual(
        expect.objectContaining({
          action: 'quarantined',
          details: expect.objectContaining({ accountEnabledBefore: true }),
        }),
      );
      expect(enabled(made)).toBe(what !== 'an expiry');
    },
  );

  test.each(['a rejection', 'a reopening'])(
    '%s whose audit row a crash left out is recorded before it is released',
    async what => {
      const made = await inQuarantine();
      const eve = { type: 'user', id: made.idOf('eve'), by: approver, correlationId: null } as const;
      const facts = made.facts('eve')!;
      const version = versionOf(facts, made.decision('eve')!);
      const ports = { ...made.ports(), audit: crashingIn(made.audit, 'record', 'before') };
      await (
        what === 'a rejection'
          ? rejectCandidate(
              ports,
              { ...eve, version, evidenceHash: facts.evidenceHash, reason: 'needed', expiresAt: null },
              made.stop.signal,
            )
          : reopenCandidate(ports, { ...eve, version, reason: null }, made.stop.signal)
      ).catch(() => undefined);
      await check(made.advance(10 * minuteMs));
      expect(enabled(made)).toBe(true);
      expect(made.audited('eve')).toEqual([
        'candidateApproved',
        'quarantined',
        what === 'a rejection' ? 'candidateRejected' : 'candidateReopened',
        'quarantineReleased',
      ]);
    },
  );

  test('so is an approval, before it lapses', async () => {
    const made = await inQuarantine();
    made.advance(15 * dayMs).newExport();
    await check(made);
    await made.scan();
    const facts = made.facts('eve')!;
    const step = approve(
      made.decision('eve')!,
      facts,
      {
        by: approver,
        at: made.now as Instant,
        operationId: 'again',
        evidenceHash: facts.evidenceHash,
        runId: 'run-2',
        comment: null,
        confirmation: null,
      },
      { approvalDays: 14, expectedConfirmation: null },
    );
    if (step.kind === 'refused') throw new Error(step.reason);
    await made.decisions.write(step.decision, made.decision('eve')!.etag);
    made.comeBack('eve', 1105).newExport();
    await made.scan();
    await check(made.advance(10 * minuteMs));
    expect(made.audited('eve').slice(-3)).toEqual([
      'candidateApproved',
      'quarantineReleased',
      'decisionLapsed',
    ]);
  });
});
