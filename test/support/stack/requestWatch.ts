import { once } from 'node:events';
import { containerNames } from '../../../shared/io/storageNames';
import type { Organisation } from '../organisation/organisation';
import type { Services } from './services';

/** Stops, and waits for an export that is under way. */
export type StopWatching = () => Promise<void>;

const defaultPollMs = 2_000;

/**
 * Looks into the container `requests` as the agents of the sample organisation do: when something is asked of one of them, every
 * source is exported anew.
 */
export function watchRequests(
  { blobs, upload }: Pick<Services, 'blobs' | 'upload'>,
  organisation: Organisation,
  { onLine, pollMs = defaultPollMs }: { readonly onLine: (line: string) => void; readonly pollMs?: number },
): StopWatching {
  const container = blobs.getContainerClient(containerNames.requests);
  const answered = new Map<string, string>();
  const stop = new AbortController();
  const stopped = once(stop.signal, 'abort');

  async function look(): Promise<void> {
    const asked = new Map<string, string>();
    for await (const { name, properties } of container.listBlobsFlat()) {
      const etag = properties.etag ?? '';
      if (!name.endsWith('/export.json') || answered.get(name) === etag) continue;
      asked.set(name, etag);
    }
    if (asked.size === 0) return;
    await upload(organisation, 'now');
    for (const [name, etag] of asked) answered.set(name, etag);
    const sources = [...asked.keys()].map(name => name.replace(/\/export\.json$/, ''));
    onLine(`The app asked for exports of ${sources.join(', ')}: every source was exported anew.`);
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => onLine(`No new export: ${String(error)}`));
      await Promise.race([new Promise(resolve => setTimeout(resolve, pollMs).unref()), stopped]);
    }
  }

  const watching = watch();
  return async () => {
    stop.abort();
    await watching;
  };
}
