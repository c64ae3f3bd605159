import type { AnsweredRequest, ExportRequest } from './exportRequest';
import type { Instant } from './instant';
import type { SourceSynchronisation } from './synchronisation';

/** After this many days without an answer, an answer may have been lost with an export that no scan read. */
export const lostAnswerDays = 7;

/** What is known of the last request of a source for a synchronisation. */
export interface LastRequest {
  readonly request: ExportRequest;
  /** null: no export that a scan read answered it. */
  readonly outcome: AnsweredRequest['outcome'] | null;
}

type Asked = NonNullable<SourceSynchronisation['request']>;

/**
 * Whether to ask an agent for a synchronisation: `waitingSince` is when the newest of the objects was found missing that wait for one;
 * null: none does. It is asked once: not again until it answered, and then only for what was found after the request. A request that
 * comes from the future was made by a wrong clock, and counts as none.
 */
export function synchronisationToAsk(
  last: LastRequest | null,
  waitingSince: Instant | null,
  at: Instant,
): 'ask' | Asked | null {
  if (last === null || last.request.requestedAt > at) return waitingSince === null ? null : 'ask';
  const { request, outcome } = last;
  const lost = at - request.requestedAt > lostAnswerDays * 24 * 60 * 60 * 1000;
  const newer = waitingSince !== null && waitingSince > request.requestedAt;
  if (newer && (outcome !== null || lost)) return 'ask';
  return { id: request.id as Asked['id'], status: outcome ?? 'waiting' };
}
