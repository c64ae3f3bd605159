import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { restoreDeleted } from '../../../../shared/app/review/restoreDeleted';
import { crashingAt, crashingIn, CrashError } from '../../../support/crash';
import { dayMs, deleter, minuteMs, readyWorld, reportOnly, type DeletionWorld } from './deletionWorld';

async function deletedWorld(): Promise<DeletionWorld> {
  const world = await readyWorld();
  await world.deleteOne('eve');
  return world.advance(minuteMs);
}

const restore = (world: DeletionWorld, wrap?: (ports: DeletionPorts) => DeletionPorts, name = 'eve') =>
  restoreDeleted(
    world.ports(wrap),
    { id: world.idOf(name), by: deleter, correlationId: 'correlation', comment: 'was wrong' },
    world.stop.signal,
  );

test('a user who was deleted comes back, with what to know, and one audit row', async () => {
  const world = await deletedWorld();
  world.settings = { ...world.settings, rollout: reportOnly };
  const answer = await restore(world);
  expect(answer).toMatchObject({ kind: 'restored', how: 'now', decision: { state: 'restored' } });
  expect(answer.kind === 'restored' && answer.advice.join(' ')).toMatch(/cloud-only.*[Hh]ard match/);
  expect(answer.kind === 'restored' && answer.advice.join(' ')).not.toContain('quarantine');
  expect(world.isThere('eve')).toBe(true);
  expect(world.rowsAbout('eve').at(-1)).toMatchObject({
    action: 'restored',
    operationId: world.decision('eve')?.operationId,
    details: { how: 'now', comment: 'was wrong' },
  });
});

describe('a user who lies in deletedItems although the decision says restored', () => {
  /** Right after the delete, Graph may still answer as before it (docs/assumptions.md, G5). */
  const asBeforeTheDelete =
    (world: DeletionWorld) =>
    (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        ...ports.directory,
        readById: async () => world.tenant.bin.get(world.idOf('eve'))!.object as never,
      },
      deletedItems: { list: (...all) => ports.deletedItems.list(...all), read: async () => null },
    });

  test('is restored by the next call, which is audited as another one', async () => {
    const world = await deletedWorld();
    expect(await restore(world, asBeforeTheDelete(world))).toMatchObject({
      kind: 'restored',
      how: 'already',
    });
    expect(world.isThere('eve')).toBe(false);
    world.advance(minuteMs);
    expect(await restore(world)).toMatchObject({ kind: 'restored', how: 'now' });
    expect(world.isThere('eve')).toBe(true);
    expect(world.decision('eve')).toMatchObject({ state: 'restored', restoration: { at: world.now } });
    expect(world.rowsAbout('eve').slice(-2)).toMatchObject([
      { action: 'restored', details: { how: 'already' } },
      { action: 'restored', details: { how: 'now' }, operationId: world.decision('eve')?.operationId },
    ]);
    world.advance(minuteMs);
    expect(await restore(world)).toMatchObject({ kind: 'restored', how: 'already' });
    expect(world.audited('eve').filter(action => action === 'restored')).toHaveLength(2);
  });

  test('is left there where somebody else deleted it since', async () => {
    const world = await deletedWorld();
    await restore(world);
    world.advance(dayMs);
    world.tenant.remove('user', world.idOf('eve'));
    expect(await restore(world)).toMatchObject({
      kind: 'notDeleted',
      reason: expect.stringContaining('somebody else'),
    });
    expect(world.isThere('eve')).toBe(false);
  });

  test('is there all the same where only the list of deleted items lags: what was sent is audited', async () => {
    const world = await deletedWorld();
    await restore(world);
    const deletedDateTime = world.now as never;
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deletedItems: {
        list: (...all) => ports.deletedItems.list(...all),
        read: async id => ({ id, deletedDateTime }),
      },
    });
    expect(await restore(world, wrap)).toMatchObject({ kind: 'restored', how: 'already' });
    expect(world.isThere('eve')).toBe(true);
    expect(world.tenant.writes.filter(write => write.startsWith('restore'))).toHaveLength(2);
    expect(world.audited('eve').filter(action => action === 'restored')).toHaveLength(2);
  });
});

describe('a user who is an orphan still, long after', () => {
  async function nights(world: DeletionWorld, count: number): Promise<void> {
    for (let night = 0; night < count; night += 1) {
      world.advance(dayMs).newExport();
      await world.scan();
    }
  }

  test('is for people to look at for 30 days, also before a scan has said so', async () => {
    const world = await deletedWorld();
    await restore(world);
    // What the scan found before the delete stands in the row still.
    expect(world.facts('eve')?.state).toBe('candidate');
    expect([await world.approve('eve'), await world.reject('eve')]).toEqual([false, false]);
    await nights(world, 1);
    expect(world.facts('eve')).toMatchObject({ state: 'attention', attention: 'restored' });
    await nights(world, 28);
    expect(await world.approve('eve')).toBe(false);
    expect(world.decision('eve')?.state).toBe('restored');
  });

  test('is approved anew as a candidate of then, and deleted by that approval alone', async () => {
    const world = await deletedWorld();
    await restore(world);
    await nights(world, 31);
    expect(world.facts('eve')?.state).toBe('candidate');
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'refused', refusal: 'notApproved' });
    expect(await world.approve('eve')).toBe(true);
    expect((await world.deleteOne('eve')).kind).toBe('refused');
    await nights(world, 1);
    expect((await world.deleteOne('eve')).kind).toBe('deleted');
    expect(world.isThere('eve')).toBe(false);
    expect(world.audited('eve').filter(action => action === 'deletionSucceeded')).toHaveLength(2);
    world.advance(minuteMs);
    expect(await restore(world)).toMatchObject({ kind: 'restored', how: 'now' });
    expect(world.audited('eve').filter(action => action === 'restored')).toHaveLength(2);
  });
});

test('twice is once', async () => {
  const world = await deletedWorld();
  await restore(world);
  expect(await restore(world)).toMatchObject({ kind: 'restored', how: 'already' });
  expect(world.audited('eve').filter(action => action === 'restored')).toHaveLength(1);
  expect(world.tenant.writes.filter(write => write.startsWith('restore'))).toHaveLength(1);
});

test('after a quarantine, the answer says that sign-in is blocked still', async () => {
  const world = await readyWorld();
  world.settings = { ...world.settings, quarantineDays: 1 };
  await world.deleteOne('eve');
  world.advance(dayMs).newExport();
  await world.scan();
  await world.deleteOne('eve');
  const answer = await restore(world);
  expect(answer.kind === 'restored' && answer.advice.join(' ')).toContain('release the quarantine');
});

test.each(['before', 'after'] as const)('a crash %s any step loses nothing', async when => {
  const counting = crashingAt(Infinity, when);
  await restore(await deletedWorld(), counting.wrap);
  for (let step = 1; step <= counting.steps(); step += 1) {
    const world = await deletedWorld();
    await expect(restore(world, crashingAt(step, when).wrap)).rejects.toBeInstanceOf(CrashError);
    expect(await restore(world)).toMatchObject({ kind: 'restored' });
    expect(world.isThere('eve')).toBe(true);
    expect(world.audited('eve').filter(action => action === 'restored')).toHaveLength(1);
    expect(world.decision('eve')?.state).toBe('restored');
  }
});

test('a user whose delete a crash left under way can be restored, also while deletion is switched off', async () => {
  const world = await readyWorld();
  const wrap = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    deleter: crashingIn(ports.deleter, 'delete', 'after'),
  });
  await expect(world.delete(['eve'], { wrap })).rejects.toBeInstanceOf(CrashError);
  world.settings = { ...world.settings, rollout: reportOnly };
  expect(await restore(world)).toMatchObject({ kind: 'notDeleted' });
  world.advance(5 * minuteMs);
  expect(await restore(world)).toMatchObject({ kind: 'restored', how: 'now' });
  expect(world.audited('eve').slice(-2)).toEqual(['deletionSucceeded', 'restored']);
});

test('what nobody deleted, or nobody decided about, is not restored', async () => {
  const world = await readyWorld();
  expect(await restore(world)).toMatchObject({ kind: 'notDeleted' });
  expect(await restore(world, undefined, 'bob')).toEqual({ kind: 'noDecision' });
  expect(world.tenant.writes).toEqual([]);
});

test('after 30 days, or after it was purged, there is nothing to restore', async () => {
  const late = await deletedWorld();
  late.advance(30 * dayMs);
  expect(await restore(late)).toEqual({ kind: 'purged' });
  expect(late.tenant.writes).not.toContain(`restore ${late.idOf('eve')}`);
  const purged = await deletedWorld();
  purged.tenant.bin.clear();
  expect(await restore(purged)).toEqual({ kind: 'purged' });
  expect(purged.decision('eve')?.state).toBe('deleted');
});

test('what Graph refuses or does not do is said, and the decision stays', async () => {
  const world = await deletedWorld();
  world.tenant.restoreOutcomes.push(
    { kind: 'refused', reason: 'addressTaken', status: 409, code: 'x', mayHaveTakenEffect: false },
    { kind: 'failed', reason: 'throttled', status: 429, retryable: true, mayHaveTakenEffect: false },
    { kind: 'failed', reason: 'serverError', status: 500, retryable: true, mayHaveTakenEffect: true },
  );
  expect(await restore(world)).toEqual({ kind: 'refused', refusal: 'addressTaken', code: 'x' });
  expect(await restore(world)).toEqual({ kind: 'failed', reason: 'throttled', retryable: true });
  expect(await restore(world)).toEqual({ kind: 'failed', reason: 'serverError', retryable: true });
  expect(world.decision('eve')?.state).toBe('deleted');
});

test('a restore that took effect without an answer, or that somebody else did, is found', async () => {
  for (const outcome of [
    { kind: 'failed', reason: 'serverError', status: 500, retryable: true, mayHaveTakenEffect: true },
    { kind: 'notThere' },
    { kind: 'restoredProbably' },
  ] as const) {
    const world = await deletedWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        delete: (...all) => ports.deleter.delete(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        restore: async (...all) => {
          await ports.deleter.restore(...all);
          return { outcome, attempts: 1, trace: null };
        },
      },
    });
    expect(await restore(world, wrap)).toMatchObject({ kind: 'restored', how: 'already' });
  }
});

test('whoever changes the decision meanwhile is not overwritten', async () => {
  const world = await deletedWorld();
  const wrap = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    audit: {
      record: async (...all) => {
        const decision = world.decision('eve')!;
        world.decisions.rows.set(`user/${decision.id}`, { ...decision, etag: '"other"' });
        return ports.audit.record(...all);
      },
    },
  });
  expect(await restore(world, wrap)).toEqual({ kind: 'changedMeanwhile' });
});
