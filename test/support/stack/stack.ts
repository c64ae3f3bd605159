import type { ScanRunTable } from '../../../shared/app/ports';
import type { ScanRun } from '../../../shared/core/scanRun';
import { startServices, type Services, type ServicesOptions } from './services';
import { startWorker, type Worker } from './worker';

export interface StackOptions extends ServicesOptions {
  /** The port for the app's HTTP address; 0: any. Another one is taken where it is in use. */
  readonly port?: number;
  /** What the app writes to its log, line by line. */
  readonly onLogLine: (line: string) => void;
}

/** The embedded stack: the services, and the built app in a process of its own. */
export interface Stack extends Services {
  readonly worker: Worker;
  /** Starts the timer function and waits for the run's record to be closed. */
  scan(): Promise<ScanRun>;
}

export async function startStack({ port = 0, onLogLine, ...options }: StackOptions): Promise<Stack> {
  const services = await startServices(options);
  const { runs, settings, platform } = services;
  try {
    const worker = await startWorker({ environment: { ...settings, ...platform }, port, onLogLine });
    return {
      ...services,
      worker,
      scan: async () => {
        const [before] = await runs.newest(1, AbortSignal.timeout(10_000));
        await worker.runTimer('nightlyScan');
        return await nextClosedRun(runs, before?.runId ?? null, worker);
      },
      stop: async () => {
        await worker.stop();
        await services.stop();
      },
    };
  } catch (error) {
    await services.stop();
    throw error;
  }
}

const closedRunPollMs = 50;

async function nextClosedRun(runs: ScanRunTable, before: string | null, worker: Worker): Promise<ScanRun> {
  for (;;) {
    if (worker.ended) throw new Error('the app ended before the scan did: see its log');
    const [newest] = await runs.newest(1, AbortSignal.timeout(10_000));
    if (newest && newest.runId !== before && newest.state !== 'running') return newest;
    await new Promise(resolve => setTimeout(resolve, closedRunPollMs));
  }
}
