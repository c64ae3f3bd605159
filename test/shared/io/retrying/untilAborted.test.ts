import { EventEmitter, once } from 'node:events';
import { untilAborted } from '../../../../shared/io/retrying/untilAborted';

const reason = new Error('stopped');
const never = (): Promise<never> => new Promise(() => undefined);

describe('work that does not listen to a signal', () => {
  test('is waited for', async () => {
    const { signal } = new AbortController();
    await expect(untilAborted(Promise.resolve('done'), signal)).resolves.toBe('done');
    await expect(untilAborted(Promise.reject(reason), signal)).rejects.toBe(reason);
  });

  test('is left at once, with the reason of the signal', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(never(), controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(untilAborted(never(), controller.signal)).rejects.toBe(reason);
  });

  test('may fail later without anybody listening', async () => {
    const late = new EventEmitter();
    const work = once(late, 'done');
    await expect(untilAborted(work, AbortSignal.abort(reason))).rejects.toBe(reason);
    late.emit('error', new Error('too late'));
    await expect(work).rejects.toThrow('too late');
  });
});
