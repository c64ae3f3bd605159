import { BlobClient, BlobLeaseClient, RestError, type ContainerClient } from '@azure/storage-blob';
import { once } from 'node:events';
import type { HeldLock, RunLock } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import { createRunLock, type RunLockOptions } from '../../../shared/io/runLock';
import { instant } from '../../support/builders';
import { listeningLog, open, startStorage, type Storage } from './tables/storage';

const clock = { now: () => instant('2026-02-03T01:00:00Z') };
const foreignLease = '00000000-0000-4000-8000-000000000000';

let storage: Storage;
let container: ContainerClient;
let log: ReturnType<typeof listeningLog>;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  container = await storage.container();
  log = listeningLog();
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const lockOf = (given: Partial<RunLockOptions> = {}): RunLock =>
  createRunLock({ container, clock, log, ...given });
async function acquired(lock: RunLock = lockOf()): Promise<HeldLock> {
  const held = await lock.acquire(open);
  if (!held) throw new Error('the lock was expected to be free');
  return held;
}
const blob = () => container.getBlobClient('scan.lock');
const breakLease = () => blob().getBlobLeaseClient(foreignLease).breakLease(0);
const lockLost = expect.objectContaining({ code: 'lockLost' });
const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('one holder at a time', () => {
  test('a second caller gets nothing until the first releases', async () => {
    const first = await acquired();
    expect(await lockOf().acquire(open)).toBeNull();
    await first.release();
    await (await acquired()).release();
  });

  test('of several callers at once, one gets it', async () => {
    const held = (await Promise.all([1, 2, 3, 4].map(() => lockOf().acquire(open)))).filter(
      lock => lock !== null,
    );
    expect(held).toHaveLength(1);
    await held[0]!.release();
  });

  test('the fence grows with every acquisition, also after a holder that crashed', async () => {
    const first = await acquired();
    await first.release();
    const crashed = await acquired();
    // What the end of the term does by itself.
    await breakLease();
    const third = await acquired();
    expect([first.fence, crashed.fence, third.fence]).toEqual([1, 2, 3]);
    expect(await thrownBy(crashed.assertHeld(open))).toEqual(lockLost);
    await third.assertHeld(open);
    await third.release();
  });

  test('the blob says since when it is held, and keeps what others noted on it', async () => {
    await container.getBlockBlobClient('scan.lock').upload('', 0, { metadata: { note: 'by hand' } });
    const held = await acquired();
    const { metadata } = await blob().getProperties();
    expect(metadata).toEqual({ fence: '1', acquiredat: '2026-02-03T01:00:00.000Z', note: 'by hand' });
    await held.release();
  });

  test('a fence that is no number is not counted on: the lock is refused and left free', async () => {
    await container.getBlockBlobClient('scan.lock').upload('', 0, { metadata: { fence: 'x' } });
    expect(await thrownBy(lockOf().acquire(open))).toMatchObject({
      code: 'storageUnavailable',
      message: expect.stringContaining('"x"'),
    });
    await blob().setMetadata({ fence: '41' });
    const held = await acquired();
    expect(held.fence).toBe(42);
    await held.release();
  });
});

describe('what cannot be done is said', () => {
  test('a container that is missing', async () => {
    container = await storage.container({ missing: true });
    expect(await thrownBy(lockOf().acquire(open))).toMatchObject({
      code: 'storageUnavailable',
      message: expect.stringMatching(/container.*infra/),
    });
  });

  test('a lease of a term that the service does not give', () => {
    expect(() => lockOf({ leaseSeconds: 14 })).toThrow(RangeError);
    expect(() => lockOf({ leaseSeconds: 61 })).toThrow(RangeError);
  });

  test('an error that is no refusal of the lease', async () => {
    const down = new RestError('down', { statusCode: 503, code: 'ServerBusy' });
    jest.spyOn(BlobLeaseClient.prototype, 'acquireLease').mockRejectedValue(down);
    expect(await thrownBy(lockOf().acquire(open))).toMatchObject({ code: 'storageUnavailable', cause: down });
  });

  test('what the caller stopped for', async () => {
    const stop = new AppError('stopped', 'SIGTERM');
    expect(await thrownBy(lockOf().acquire(AbortSignal.abort(stop)))).toBe(stop);
    const held = await acquired();
    expect(await thrownBy(held.assertHeld(AbortSignal.abort(stop)))).toBe(stop);
    expect(held.lost.aborted).toBe(false);
    await held.release();
  });
});

describe('assertHeld asks the storage', () => {
  test('a lease that was broken from outside is lost, and `lost` says so', async () => {
    const held = await acquired();
    await held.assertHeld(open);
    await breakLease();
    expect(await thrownBy(held.assertHeld(open))).toEqual(lockLost);
    expect(held.lost.reason).toEqual(lockLost);
    expect(await thrownBy(held.assertHeld(open))).toBe(held.lost.reason);
  });

  test('a lease that is being broken is lost already', async () => {
    const held = await acquired();
    await blob().getBlobLeaseClient(foreignLease).breakLease(30);
    expect(await thrownBy(held.assertHeld(open))).toEqual(lockLost);
    expect(held.lost.aborted).toBe(true);
  });

  test('a lock whose blob was deleted is lost', async () => {
    const held = await acquired();
    await breakLease();
    await blob().delete();
    expect(await thrownBy(held.assertHeld(open))).toEqual(lockLost);
  });

  test('a lock whose fence was written over is lost', async () => {
    const acquire = jest.spyOn(BlobLeaseClient.prototype, 'acquireLease');
    const held = await acquired();
    const { leaseId } = acquire.mock.contexts[0] as BlobLeaseClient;
    await blob().setMetadata({ fence: '7' }, { conditions: { leaseId } });
    expect(await thrownBy(held.assertHeld(open))).toMatchObject({
      code: 'lockLost',
      message: expect.stringContaining('the fence is 7, not 1'),
    });
    expect(held.lost.aborted).toBe(true);
  });

  test('a storage that can not be asked is no proof of a loss, but none of holding either', async () => {
    const held = await acquired();
    const down = new RestError('socket hang up', { code: 'ECONNRESET' });
    jest.spyOn(BlobClient.prototype, 'getProperties').mockRejectedValueOnce(down);
    expect(await thrownBy(held.assertHeld(open))).toMatchObject({ code: 'storageUnavailable', cause: down });
    await held.assertHeld(open);
    await held.release();
  });

  test('a lock that was released is not held', async () => {
    const held = await acquired();
    await held.release();
    await held.release();
    expect(await thrownBy(held.assertHeld(open))).toEqual(lockLost);
    expect(held.lost.aborted).toBe(false);
  });
});

describe('renewing', () => {
  const second = 1000;
  const down = new RestError('socket hang up', { code: 'ECONNRESET' });
  const renewals = () => jest.spyOn(BlobLeaseClient.prototype, 'renewLease');

  /** Timers and performance.now stand still unless they are advanced; the network does not notice. */
  async function acquiredInSlowTime(): Promise<HeldLock> {
    jest.useFakeTimers({
      doNotFake: [
        'Date',
        'hrtime',
        'nextTick',
        'queueMicrotask',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
      ],
    });
    return acquired();
  }
  /** Lets time pass, and every renewal that falls due be answered. */
  async function pass(seconds: number, spy: ReturnType<typeof renewals>): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 1) {
      jest.advanceTimersByTime(second);
      await Promise.allSettled(spy.mock.results.map(result => result.value));
    }
  }

  test('every third of the term keeps the lock beyond its term', async () => {
    const spy = renewals();
    const held = await acquiredInSlowTime();
    await pass(19, spy);
    expect(spy).not.toHaveBeenCalled();
    await pass(1, spy);
    expect(spy).toHaveBeenCalledTimes(1);
    await pass(160, spy);
    expect(spy).toHaveBeenCalledTimes(9);
    expect(held.lost.aborted).toBe(false);
    await held.assertHeld(open);
    await held.release();
    await pass(60, spy);
    expect(spy).toHaveBeenCalledTimes(9);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that is answered with a refusal ends the lock at once', async () => {
    const spy = renewals();
    const held = await acquiredInSlowTime();
    const lost = once(held.lost, 'abort');
    await breakLease();
    await pass(20, spy);
    await lost;
    expect(held.lost.reason).toMatchObject({
      code: 'lockLost',
      message: expect.stringContaining('LeaseIsBrokenAndCannotBeRenewed'),
    });
    expect(jest.getTimerCount()).toBe(0);
    await held.release();
    expect(log.lines).toEqual([]);
  });

  test('that fails for a while is tried again, and the term counts from the last that was answered', async () => {
    const spy = renewals();
    const held = await acquiredInSlowTime();
    await pass(20, spy);
    spy.mockRejectedValue(down);
    await pass(59, spy);
    expect(spy).toHaveBeenCalledTimes(3);
    expect(held.lost.aborted).toBe(false);
    expect(log.lines).toEqual([
      expect.stringContaining('trying again'),
      expect.stringContaining('socket hang up'),
    ]);
    await pass(1, spy);
    expect(held.lost.reason).toMatchObject({
      code: 'lockLost',
      message: expect.stringContaining('time passed'),
    });
    expect(await thrownBy(held.assertHeld(open))).toBe(held.lost.reason);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('that succeeds again after a failure keeps the lock', async () => {
    const spy = renewals().mockRejectedValueOnce(down);
    const held = await acquiredInSlowTime();
    await pass(100, spy);
    expect(held.lost.aborted).toBe(false);
    await held.release();
  });

  test.each(['answered', 'refused'] as const)(
    'that is %s after the release changes nothing',
    async outcome => {
      let answer = (): void => undefined;
      const spy = renewals().mockImplementation(
        () =>
          new Promise((resolve, reject) => {
            answer = () => (outcome === 'answered' ? resolve({}) : reject(down));
          }),
      );
      const held = await acquiredInSlowTime();
      jest.advanceTimersByTime(20 * second);
      await held.release();
      answer();
      await Promise.allSettled(spy.mock.results.map(result => result.value));
      expect(held.lost.aborted).toBe(false);
      expect(log.lines).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    },
  );

  test('does not keep the process alive', async () => {
    const unref = jest.spyOn(
      Object.getPrototypeOf(setTimeout(() => undefined, 0)) as NodeJS.Timeout,
      'unref',
    );
    const held = await acquired();
    expect(unref.mock.contexts.map(timer => timer.hasRef())).toEqual(expect.arrayContaining([false, false]));
    await held.release();
  });
});

describe('release never throws', () => {
  test('but says that the lease was not given back', async () => {
    const held = await acquired();
    jest.spyOn(BlobLeaseClient.prototype, 'releaseLease').mockRejectedValue(new Error('gone away'));
    await held.release();
    expect(log.lines).toEqual([expect.stringContaining('gone away')]);
  });

  test('a release while the storage is asked is no loss, and the answer is not "held"', async () => {
    const held = await acquired();
    const asked = thrownBy(held.assertHeld(open));
    await held.release();
    expect(await asked).toEqual(lockLost);
    expect(held.lost.aborted).toBe(false);
  });
});
