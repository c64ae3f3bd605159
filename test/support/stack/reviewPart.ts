import { startOpenIdProvider, type OpenIdProvider } from '../openIdProvider/openIdProvider';
import type { SampleUserName } from '../openIdProvider/sampleIdentities';
import type { Services } from './services';
import { startWorker, type Worker } from './worker';

export interface ReviewPartOptions {
  readonly port: number;
  readonly onLogLine: (line: string) => void;
  /** Where the built app is, as in `WorkerOptions`. */
  readonly appDirectory?: string;
  /** Beside, or in place of, those that the services and the provider give. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The built app as the part review, in a process of its own, and the provider that signs the sample users in. */
export interface ReviewPart {
  readonly provider: OpenIdProvider;
  /** The process of now: another one after `restart`. */
  readonly worker: Worker;
  /** An access token of a sample user; the same one each time. */
  tokenOf(user: SampleUserName): Promise<string>;
  /** Starts a new process, with these settings beside the first ones. The old one is stopped, where it still runs. */
  restart(settings?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export async function startReviewPart(
  { authority, review, settings: { TENANT_ID: tenantId = '' } }: Services,
  { port, onLogLine, settings = {}, appDirectory }: ReviewPartOptions,
): Promise<ReviewPart> {
  const provider = await startOpenIdProvider({ certificate: await authority.issue(), tenantId });
  const start = (changed: Readonly<Record<string, string>>, at: number): Promise<Worker> =>
    startWorker({
      environment: {
        ...review.settings,
        ...provider.settings,
        ...settings,
        ...changed,
        ...review.platform,
      },
      port: at,
      onLogLine,
      ...(appDirectory !== undefined && { appDirectory }),
    });
  const tokens = new Map<SampleUserName, Promise<string>>();
  let worker: Worker;
  try {
    worker = await start({}, port);
  } catch (error) {
    await provider.stop();
    throw error;
  }
  return {
    provider,
    get worker() {
      return worker;
    },
    tokenOf(user) {
      const token = tokens.get(user) ?? provider.signIn(user).then(({ access_token: given }) => given);
      tokens.set(user, token);
      return token;
    },
    async restart(changed = {}) {
      if (!worker.ended) await worker.stop();
      worker = await start(changed, Number(new URL(worker.url).port));
    },
    async stop() {
      if (!worker.ended) await worker.stop();
      await provider.stop();
    },
  };
}
