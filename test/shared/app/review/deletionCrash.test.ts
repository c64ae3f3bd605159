import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { CrashError, crashingAt } from '../../../support/crash';
import { dayMs, minuteMs, readyWorld, type DeletionWorld } from './deletionWorld';

// A process that ends at any step, before or after the step's effect: the next call finds out, and finishes.

const names = ['eve', 'team', 'laptop', 'supplier'];

/** Steps of a call without a crash. */
async function stepsOf(prepare: () => Promise<DeletionWorld>): Promise<number> {
  const world = await prepare();
  const counting = crashingAt(Infinity, 'after');
  await world.delete(names, { wrap: counting.wrap });
  return counting.steps();
}

async function crashed(prepare: () => Promise<DeletionWorld>, step: number, when: 'before' | 'after') {
  const world = await prepare();
  const callId = world.callId();
  const process = crashingAt(step, when);
  await expect(world.delete(names, { callId, wrap: process.wrap })).rejects.toBeInstanceOf(CrashError);
  return { world, callId };
}

function expectDeletedOnce(world: DeletionWorld, name: string): void {
  expect([name, world.timesDeleted(name), world.isThere(name)]).toEqual([name, 1, false]);
  expect(world.audited(name).filter(action => action === 'deletionSucceeded')).toEqual(['deletionSucceeded']);
  expect(world.decision(name)?.state).toBe('deleted');
}

/** The call after a crash; what it leaves for review, since a DELETE may have been sent, is not deleted, and is approved anew. */
async function finish(world: DeletionWorld, options: { readonly callId?: Guid }): Promise<void> {
  await world.delete(names, options);
  const left = names.filter(name => world.decision(name)?.state === 'lapsed');
  if (left.length === 0) return;
  for (const name of left) {
    expect([name, world.timesDeleted(name), world.isThere(name)]).toEqual([name, 0, true]);
    expect(await world.approve(name)).toBe(true);
  }
  world.advance(minuteMs).newExport().advance(minuteMs);
  await world.delete(left);
}

describe.each(['before', 'after'] as const)('a crash %s any step', when => {
  test.each(['the same call', 'another call'])(
    'and %s after it: each object deleted once, one audit row, the right decision',
    async again => {
      const total = await stepsOf(() => readyWorld(names));
      expect(total).toBeGreaterThan(60);
      for (let step = 1; step <= total; step += 1) {
        const { world, callId } = await crashed(() => readyWorld(names), step, when);
        world.advance(10 * minuteMs);
        await finish(world, again === 'the same call' ? { callId } : {});
        for (const name of ['eve', 'team', 'laptop']) expectDeletedOnce(world, name);
        expect(world.decision('supplier')?.state).toBe('manual');
        expect(world.audited('supplier').filter(action => action === 'deletionManual')).toHaveLength(1);
        // Every step that was begun is told, once each.
        const ids = world.audit.rows.map(row => row.operationId);
        expect(new Set(ids).size).toBe(ids.length);
        for (const name of names) expect(world.audited(name)).toContain('deletionStarted');
      }
    },
    120_000,
  );

  test('and a call right after it: what has an owner still is left alone', async () => {
    const total = await stepsOf(() => readyWorld(names));
    for (let step = 1; step <= total; step += 1) {
      const { world, callId } = await crashed(() => readyWorld(names), step, when);
      await world.delete(names, { callId });
      for (const name of names) expect(world.timesDeleted(name)).toBeLessThan(2);
      world.advance(10 * minuteMs);
      await finish(world, { callId });
      for (const name of ['eve', 'team', 'laptop']) expectDeletedOnce(world, name);
    }
  }, 120_000);

  test('and the object came back meanwhile: whatever was not deleted stays', async () => {
    const total = await stepsOf(() => readyWorld(names));
    for (let step = 1; step <= total; step += 1) {
      const { world, callId } = await crashed(() => readyWorld(names), step, when);
      const before = world.timesDeleted('eve');
      world
        .advance(10 * minuteMs)
        .comeBack('eve', 1105)
        .newExport()
        .advance(minuteMs);
      await world.delete(names, { callId });
      expect(world.timesDeleted('eve')).toBe(before);
      expect(world.isThere('eve')).toBe(before === 0);
      expect(world.decision('eve')?.state).toBe(before === 0 ? 'lapsed' : 'deleted');
      expect(world.audited('eve').filter(action => action === 'deletionSucceeded')).toHaveLength(before);
    }
  }, 120_000);

  test('and somebody restored the object meanwhile: it is not deleted again', async () => {
    const total = await stepsOf(() => readyWorld(names));
    let restored = 0;
    for (let step = 1; step <= total; step += 1) {
      const { world, callId } = await crashed(() => readyWorld(names), step, when);
      if (world.timesDeleted('eve') === 0) continue;
      restored += 1;
      await world.tenant.restore({ id: world.idOf('eve'), deadline: 0 as Instant });
      world.advance(10 * minuteMs);
      await world.delete(names, { callId });
      await world.delete(names);
      expect([step, world.timesDeleted('eve'), world.isThere('eve')]).toEqual([step, 1, true]);
      expect(['deleted', 'lapsed']).toContain(world.decision('eve')?.state);
    }
    expect(restored).toBeGreaterThan(5);
  }, 120_000);

  test('in the quarantine: nobody is blocked without a record, and nobody is deleted who was not blocked', async () => {
    const quarantined = async (): Promise<DeletionWorld> => {
      const world = await readyWorld(names);
      world.settings = { ...world.settings, quarantineDays: 3 };
      return world;
    };
    const total = await stepsOf(quarantined);
    for (let step = 1; step <= total; step += 1) {
      const { world, callId } = await crashed(quarantined, step, when);
      const blocked = (): boolean => {
        const eve = world.tenant.find('user', world.idOf('eve'));
        return eve?.type === 'user' && eve.accountEnabled === false;
      };
      const byUs = blocked();
      const kept = [...world.records.signIns.values()];
      expect([byUs, byUs && world.decision('eve')?.quarantine === null]).toEqual([byUs, false]);
      expect([byUs, byUs ? kept : []]).toEqual([byUs, byUs ? [{ accountEnabled: true }] : []]);
      world.advance(10 * minuteMs);
      await world.delete(names, { callId });
      expect([world.decision('eve')?.state, blocked(), world.timesDeleted('eve')]).toEqual([
        'quarantined',
        true,
        0,
      ]);
      expect(world.audited('eve')).toContain('quarantined');
      world.advance(3 * dayMs + minuteMs).newExport();
      await world.scan();
      world.advance(minuteMs);
      await world.delete(names);
      expectDeletedOnce(world, 'eve');
    }
  }, 120_000);
});
