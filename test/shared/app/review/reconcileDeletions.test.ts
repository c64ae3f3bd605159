import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { reconcileDeletions } from '../../../../shared/app/review/reconcileDeletions';
import { AppError } from '../../../../shared/core/appError';
import { CrashError, crashingIn } from '../../../support/crash';
import { dayMs, minuteMs, readyWorld, type DeletionWorld } from './deletionWorld';

const fiveMinutes = 5 * minuteMs;

/** Ends at the first call of a port's method, before or after its effect. */
async function crashedAt(
  name: keyof DeletionPorts,
  method: string,
  when: 'before' | 'after',
): Promise<DeletionWorld> {
  const world = await readyWorld();
  const wrap = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    [name]: crashingIn(ports[name], method, when),
  });
  await expect(world.delete(['eve'], { wrap })).rejects.toBeInstanceOf(CrashError);
  return world;
}

const reconcile = (world: DeletionWorld, wrap?: (ports: DeletionPorts) => DeletionPorts) =>
  reconcileDeletions(world.ports(wrap), 'correlation', world.stop.signal);
const state = (world: DeletionWorld): string | undefined => world.decision('eve')?.state;

describe('a delete that a crash left under way', () => {
  test('has an owner for five minutes, to the millisecond', async () => {
    const world = await crashedAt('deleter', 'delete', 'after');
    world.advance(fiveMinutes - 1);
    expect(await reconcile(world)).toEqual({ ended: {}, left: 0 });
    expect(state(world)).toBe('deleting');
    world.advance(1);
    expect(await reconcile(world)).toEqual({ ended: { deleted: 1 }, left: 0 });
    expect(state(world)).toBe('deleted');
    expect(world.rowsAbout('eve').at(-1)).toMatchObject({
      action: 'deletionSucceeded',
      actor: { kind: 'system', id: 'reconcileDeletions' },
      details: { ending: { kind: 'deleted', confirmation: 'ours' } },
    });
  });

  test('and that was not sent is failed, and may be tried again', async () => {
    const world = await crashedAt('snapshots', 'take', 'before');
    world.advance(fiveMinutes);
    expect(await reconcile(world)).toEqual({ ended: { failed: 1 }, left: 0 });
    expect(state(world)).toBe('failed');
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    expect(world.timesDeleted('eve')).toBe(1);
  });

  test('and that may have been sent goes back to review where the object is there: somebody may have restored it', async () => {
    for (const when of ['before', 'after'] as const) {
      const world = await crashedAt('deleter', 'delete', when);
      const times = world.timesDeleted('eve');
      if (when === 'after') await world.tenant.restore({ id: world.idOf('eve'), deadline: 0 as never });
      world.advance(fiveMinutes);
      expect(await reconcile(world)).toEqual({ ended: { failed: 1 }, left: 0 });
      expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'mayBeRestored', backToReview: true });
      expect(state(world)).toBe('lapsed');
      expect(world.timesDeleted('eve')).toBe(times);
      // Nobody knows whether the first one was used.
      expect(world.caps.claimedOn('20261120')).toBe(1);
    }
  });

  test('and that failed is an alert, also where the call that found it is refused, or ends early', async () => {
    const world = await crashedAt('deleter', 'delete', 'before');
    world.advance(fiveMinutes);
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      records: crashingIn(ports.records, 'readCall', 'before'),
    });
    await expect(world.delete(['eve'], { wrap })).rejects.toBeInstanceOf(CrashError);
    expect(world.lines.filter(line => line.startsWith('alert '))).toEqual([
      expect.stringMatching(/^alert deletionFailed: user [0-9a-f-]{36}: a delete that was left under way/),
    ]);
  });

  test('and whose approval is over meanwhile goes back to review', async () => {
    const world = await crashedAt('deleter', 'delete', 'before');
    world.advance(15 * dayMs);
    expect(await reconcile(world)).toEqual({ ended: { abandoned: 1 }, left: 0 });
    expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'expired' } });
  });

  test('and that the scan calls gone, although it is there, goes back to review', async () => {
    const world = await crashedAt('deleter', 'delete', 'before');
    const facts = world.facts('eve')!;
    world.candidates.rows.set(`user/${facts.id}`, { ...facts, state: 'withdrawn', withdrawal: 'gone' });
    world.advance(fiveMinutes);
    await reconcile(world);
    expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'notCandidate' } });
  });

  test('and of which there is no snapshot was not sent: who deleted it was somebody else', async () => {
    const world = await crashedAt('snapshots', 'take', 'before');
    world.tenant.remove('user', world.idOf('eve'));
    world.advance(fiveMinutes);
    expect(await reconcile(world)).toEqual({ ended: { gone: 1 }, left: 0 });
    expect(world.audited('eve')).not.toContain('deletionSucceeded');
    expect(world.caps.claimedOn('20261120')).toBe(0);
  });

  test('stays while Microsoft Entra ID does not answer', async () => {
    const world = await crashedAt('deleter', 'delete', 'after');
    world.advance(fiveMinutes);
    const deaf = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: () => Promise.reject(new AppError('graphUnavailable', 'no answer')),
      },
    });
    expect(await reconcile(world, deaf)).toEqual({ ended: {}, left: 1 });
    expect(state(world)).toBe('deleting');
    expect(await reconcile(world)).toEqual({ ended: { deleted: 1 }, left: 0 });
  });

  test('is ended once by two who do it at once, also where they saw different things', async () => {
    const world = await crashedAt('deleter', 'delete', 'after');
    world.advance(fiveMinutes);
    let first = true;
    const sawItAlive = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: async (...all) => {
          if (!first) return ports.directory.readById(...all);
          first = false;
          const stale = world.tenant.bin.get(world.idOf('eve'))?.object ?? null;
          // The other one comes to its end meanwhile.
          expect(await reconcile(world)).toEqual({ ended: { deleted: 1 }, left: 0 });
          return stale as never;
        },
      },
    });
    expect(await reconcile(world, sawItAlive)).toEqual({ ended: { deleted: 1 }, left: 0 });
    expect(state(world)).toBe('deleted');
    expect(world.audited('eve').filter(action => action === 'deletionSucceeded')).toHaveLength(1);
    expect(world.audited('eve')).not.toContain('deletionFailed');
  });

  test('is ended by the audit row of whoever recorded first, also where that one ended in between', async () => {
    const world = await crashedAt('deleter', 'delete', 'before');
    world.advance(15 * dayMs);
    let first = true;
    const slower = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      facts: {
        read: async (...all) => {
          if (!first) return ports.facts.read(...all);
          first = false;
          const crash = (other: DeletionPorts): DeletionPorts => ({
            ...other,
            decisions: crashingIn(other.decisions, 'write', 'before'),
          });
          await expect(reconcile(world, crash)).rejects.toBeInstanceOf(CrashError);
          return null;
        },
      },
    });
    expect(await reconcile(world, slower)).toEqual({ ended: { abandoned: 1 }, left: 0 });
    expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'expired' } });
  });

  test('is ended by what its audit row says, whatever happened since', async () => {
    const world = await readyWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      decisions: {
        read: (...all) => ports.decisions.read(...all),
        list: (...all) => ports.decisions.list(...all),
        write: (...all) => {
          if (all[0].state === 'deleted')
            return Promise.reject(new AppError('storageUnavailable', 'no answer'));
          return ports.decisions.write(...all);
        },
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('storageUnavailable'),
      retryable: true,
    });
    expect(state(world)).toBe('deleting');
    // Somebody restores it in the portal.
    await world.tenant.restore({ id: world.idOf('eve'), deadline: 0 as never });
    world.advance(35 * fiveMinutes);
    await reconcile(world);
    expect(state(world)).toBe('deleted');
    expect(world.audited('eve').at(-1)).toBe('deletionSucceeded');
  });
});

test('a stop ends it at once', async () => {
  const world = await crashedAt('deleter', 'delete', 'after');
  world.advance(fiveMinutes);
  const halt = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    trail: {
      find: () => {
        world.stop.abort(new AppError('stopped', 'SIGTERM'));
        return Promise.reject(world.stop.signal.reason as Error);
      },
    },
  });
  await expect(reconcile(world, halt)).rejects.toMatchObject({ code: 'stopped' });
  expect(state(world)).toBe('deleting');
});
