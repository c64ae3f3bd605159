import { AppError } from '../../core/appError';
import type { GraphAnswer, GraphRequests } from './graphRequests';
import { pageSchema, PageTrail } from './nextLink';
import type { Refusal } from './refusal';

/** Pages of no item in a row, after which a list is taken for one that never ends. */
const mostEmptyPages = 100;

export type ItemsReading =
  | {
      readonly kind: 'read';
      readonly items: readonly unknown[];
      /** Whether the list goes on after the last item that was wanted. */
      readonly more: boolean;
      readonly trace: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Reads at most `most` items of a list, page by page. A refusal of any page is a value, and what was read before it is dropped.
 * Throws an `AppError` (`graphUnavailable`, `graphAnswerInvalid`). For the lists of synced objects, listReader does more.
 */
export async function readItems(
  requests: GraphRequests,
  pathAndQuery: string,
  most: number,
  signal: AbortSignal,
): Promise<ItemsReading> {
  const first = requests.address(pathAndQuery);
  const trail = new PageTrail(first);
  const items: unknown[] = [];
  let emptyPages = 0;
  for (let url = first; ;) {
    const answer: GraphAnswer<unknown> = await requests.json(url, signal);
    if (answer.kind === 'refused') return answer;
    const { trace } = answer;
    const page = pageSchema.safeParse(answer.value);
    if (!page.success)
      throw noPage(first, 'a page: an array `value`, and `@odata.nextLink` as text or not at all', trace);
    const { value, '@odata.nextLink': nextLink } = page.data;
    for (const item of value.slice(0, most - items.length + 1)) items.push(item);
    if (items.length > most) return { kind: 'read', items: items.slice(0, most), more: true, trace };
    if (nextLink === undefined) return { kind: 'read', items, more: false, trace };
    emptyPages = value.length > 0 ? 0 : emptyPages + 1;
    if (emptyPages > mostEmptyPages)
      throw noPage(first, `at most ${mostEmptyPages} empty pages in a row`, trace);
    url = trail.next(nextLink, trace);
  }
}

const noPage = (url: string, expected: string, trace: string): AppError =>
  new AppError(
    'graphAnswerInvalid',
    `GET ${new URL(url).pathname} was expected to answer ${expected}; found something else. ` +
      `Check that the Graph endpoint is Graph's. (${trace})`,
  );
