import { makeOrganisation } from '../../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../../support/stack/candidatesAtOnce';
import { startServices, type Services } from '../../support/stack/services';
import { startWorker, type Worker } from '../../support/stack/worker';
import { startStorageFront, type StorageRequest } from '../faults/storageFront';
import type { NightlyOperations } from './night';

/** What an ordinary scan of the built app really asked for: the second one, on which nothing changed. Without the seconds. */
export async function countNight(objects: number): Promise<Omit<NightlyOperations, 'seconds'>> {
  const organisation = makeOrganisation({ seed: 5, objects, now: Date.now() });
  const services = await startServices({ organisation, scanSettings: candidatesAtOnce });
  const stops: (() => Promise<void>)[] = [() => services.stop()];
  try {
    const { azurite, authority } = services;
    const front = await startStorageFront({
      certificate: await authority.issue(),
      endpoints: { blob: azurite.blobEndpoint, table: azurite.tableEndpoint, queue: azurite.queueEndpoint },
    });
    stops.push(() => front.stop());
    const worker = await startWorker({
      environment: {
        ...services.settings,
        ...services.platform,
        DATA_BLOB_ENDPOINT: front.endpoints.blob,
        DATA_TABLE_ENDPOINT: front.endpoints.table,
      },
      port: 0,
      onLogLine: () => undefined,
    });
    stops.push(() => worker.stop());
    const first = await scan(worker, services, null);
    front.requests.length = 0;
    const before = services.graph.requests.length;
    await scan(worker, services, first);
    return { ...counted(front.requests), graphRequests: services.graph.requests.length - before };
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Answers the id of the run, when it is finished. */
async function scan(worker: Worker, { runs }: Services, runBefore: string | null): Promise<string> {
  await worker.runTimer('nightlyScan');
  for (;;) {
    const [newest] = await runs.newest(1, AbortSignal.timeout(10_000));
    const current = newest?.runId === runBefore ? undefined : newest;
    if (current?.state === 'finished') return current.runId;
    if (current !== undefined && current.state !== 'running')
      throw new Error(`a finished scan was expected, found ${current.state}: ${current.reasons.join(' ')}`);
    if (worker.ended) throw new Error('the app ended before the scan did');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function counted(
  requests: readonly StorageRequest[],
): Pick<NightlyOperations, 'tableTransactions' | 'blobReads' | 'blobWrites'> {
  const blobs = requests.filter(({ service }) => service === 'blob');
  const reads = blobs.filter(({ method }) => method === 'GET' || method === 'HEAD').length;
  return {
    tableTransactions: requests.filter(({ service }) => service === 'table').length,
    blobReads: reads,
    blobWrites: blobs.length - reads,
  };
}
