import type { Clock } from '../../app/ports';
import type { GraphClient } from '../graph/graphClient';
import { isPassing, retryAfterMs } from '../retrying/retry';

/** A client that remembers what answers looked like; what it sends is the given client's, which can GET only. */
export interface ObservedClient extends GraphClient {
  /** Every Retry-After that came, as it came. */
  readonly retryAfter: readonly { readonly text: string; readonly readable: boolean }[];
  /** The status of the newest answer for this path; null: none came. */
  lastStatusOf(pathname: string): number | null;
}

export function observeClient(client: GraphClient, clock: Clock): ObservedClient {
  const retryAfter: { text: string; readable: boolean }[] = [];
  const statuses = new Map<string, number>();
  return {
    origin: client.origin,
    retryAfter,
    lastStatusOf: pathname => statuses.get(pathname) ?? null,
    async get(url, headers, signal) {
      const answer = await client.get(url, headers, signal);
      statuses.set(new URL(url).pathname, answer.status);
      const text = answer.headers.get('retry-after');
      if (isPassing(answer.status) && text !== null)
        retryAfter.push({ text, readable: retryAfterMs(answer.headers, clock.now()) !== null });
      return answer;
    },
  };
}
