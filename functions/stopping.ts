import { app } from '@azure/functions';
import { AppError } from '../shared/core/appError';

const stop = new AbortController();
const running = new Set<Promise<unknown>>();

/** Runs `action` with a signal that is aborted when the host or the platform stops the process. */
export async function whileRunning<Result>(
  action: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const result = action(stop.signal);
  running.add(result);
  try {
    return await result;
  } finally {
    running.delete(result);
  }
}

/** Asks everything that runs to stop, and waits until it has closed its records. */
async function stopAll(by: string): Promise<void> {
  stop.abort(
    new AppError(
      'stopped',
      `The scan was stopped by ${by} before it had finished. The next run starts afresh.`,
    ),
  );
  await Promise.allSettled(running);
}

app.hook.appTerminate(() => stopAll('the host (the app is being stopped)'));
// The handler keeps Node from ending at once; the process itself is ended by its host, when the hook above is through.
process.once('SIGTERM', () => void stopAll('SIGTERM'));
