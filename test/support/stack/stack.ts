import type { ScanRunTable } from '../../../shared/app/ports';
import type { ScanRun } from '../../../shared/core/scanRun';
import { startReviewPart, type ReviewPart } from './reviewPart';
import { startServices, type Services, type ServicesOptions } from './services';
import { startWorker, type Worker } from './worker';

export interface StackOptions extends ServicesOptions {
  /** The port for the HTTP address of the part review, or of the part scan where it is alone; 0: any. */
  readonly port?: number;
  /** Where the built app is, as in `WorkerOptions`. */
  readonly appDirectory?: string;
  /** What the app writes to its log, line by line. */
  readonly onLogLine: (line: string) => void;
}

/** The services, and the built app as the part scan in a process of its own. */
export interface ScanStack extends Services {
  readonly worker: Worker;
  /** Starts the timer function and waits for the run's record to be closed. */
  scan(): Promise<ScanRun>;
}

/** The embedded stack: beside the part scan, the part review with the API, in another process. */
export interface Stack extends ScanStack {
  readonly reviewing: ReviewPart;
}

export async function startStack({
  port = 0,
  reviewSettings = {},
  ...options
}: StackOptions & { readonly reviewSettings?: Readonly<Record<string, string>> }): Promise<Stack> {
  const scanning = await startScanStack(options);
  try {
    const { onLogLine, appDirectory } = options;
    const reviewing = await startReviewPart(scanning, {
      port,
      onLogLine,
      settings: reviewSettings,
      ...(appDirectory !== undefined && { appDirectory }),
    });
    const stop = async (): Promise<void> => {
      await reviewing.stop();
      await scanning.stop();
    };
    return { ...scanning, reviewing, stop };
  } catch (error) {
    await scanning.stop();
    throw error;
  }
}

export async function startScanStack({
  port = 0,
  appDirectory,
  onLogLine,
  ...options
}: StackOptions): Promise<ScanStack> {
  const services = await startServices(options);
  const { runs, settings, platform } = services;
  try {
    const worker = await startWorker({
      environment: { ...settings, ...platform },
      port,
      onLogLine,
      ...(appDirectory !== undefined && { appDirectory }),
    });
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
