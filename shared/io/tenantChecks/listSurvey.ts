import { z } from 'zod';
import { AppError } from '../../core/appError';
import type { CloudObject } from '../../core/cloudObject';
import type { ObjectType } from '../../core/objectType';
import { refusalText, type RefusalShape } from '../../core/tenantChecks/answerJudgements';
import { AnchorTally, type ExportsIndexed } from '../../core/tenantChecks/anchorAgreement';
import type { PageLinks } from '../../core/tenantChecks/listJudgements';
import { ListTally, type ListItem } from '../../core/tenantChecks/listTally';
import { entityOf } from '../graph/entities';
import type { GraphAnswer, GraphRequests } from '../graph/graphRequests';
import { PageTrail } from '../graph/nextLink';
import type { ObservedClient } from './observedClient';

export type Counted =
  | { readonly kind: 'counted'; readonly value: number }
  | { readonly kind: 'refused'; readonly refusal: RefusalShape }
  | { readonly kind: 'noNumber' }
  | { readonly kind: 'failed'; readonly why: string };

/** How the reading of a list ended. */
export type ListEnd =
  | { readonly kind: 'whole' }
  | { readonly kind: 'refused'; readonly refusal: RefusalShape }
  | { readonly kind: 'brokenLink' }
  | { readonly kind: 'failed'; readonly why: string };

/** A list of synced objects as the scan asks for it, with what was counted before and after. */
export interface ListSurvey {
  readonly type: ObjectType;
  readonly before: Counted;
  readonly after: Counted;
  readonly end: ListEnd;
  readonly links: PageLinks;
  readonly tally: ListTally;
  /** null: there are no exports to compare with. */
  readonly anchors: AnchorTally | null;
}

export interface SurveyOptions {
  readonly requests: GraphRequests;
  readonly observed: Pick<ObservedClient, 'lastStatusOf'>;
  readonly exports: ExportsIndexed | null;
  /** Ids that are looked at closer, whatever they hold. */
  readonly wanted: ReadonlySet<string>;
  readonly progress: (line: string) => void;
}

/** The same as the scan's (listReader); a test compares the addresses. */
const onlySynced = `$filter=${encodeURIComponent('onPremisesSyncEnabled eq true')}`;
const largestPage = 999;
const mostPagesWithoutNews = 1000;
const progressEvery = 20;

const pageSchema = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().optional() });

/**
 * Reads a list to its end and goes on where the scan would refuse, so that all that differs is told at once. Rejects only where the
 * signal is aborted.
 */
export async function surveyList(
  type: ObjectType,
  options: SurveyOptions,
  signal: AbortSignal,
): Promise<ListSurvey> {
  const { path, select } = entityOf(type);
  const { requests, exports } = options;
  const tally = new ListTally(type, options.wanted);
  const anchors = exports && new AnchorTally(exports);
  const before = await countSynced(type, options, signal);
  const { end, links } = await followPages(
    requests,
    `${path}?${onlySynced}&$select=${select.join(',')}&$top=${largestPage}`,
    values => {
      const known = tally.distinct;
      const items = values.map(value => itemOf(type, value));
      tally.page(items);
      for (const item of items) if (item.kind === 'object') anchors?.add(item.object);
      if (tally.pages % progressEvery === 0) options.progress(`${path}: ${tally.items} read`);
      return tally.distinct > known;
    },
    Infinity,
    signal,
  );
  const after = await countSynced(type, options, signal);
  return { type, before, after, end, links, tally, anchors };
}

/** The links of a list whose pages hold one object each, the first few: for a tenant that fills no second page. */
export async function probeLinks(
  type: ObjectType,
  requests: GraphRequests,
  signal: AbortSignal,
): Promise<{ readonly end: ListEnd; readonly links: PageLinks }> {
  const address = `${entityOf(type).path}?${onlySynced}&$select=id&$top=1`;
  return await followPages(requests, address, () => true, mostProbed, signal);
}

const mostProbed = 3;

export async function countSynced(
  type: ObjectType,
  { requests, observed }: Pick<SurveyOptions, 'requests' | 'observed'>,
  signal: AbortSignal,
): Promise<Counted> {
  const path = `${entityOf(type).path}/$count`;
  try {
    const answer = await requests.count(requests.address(`${path}?${onlySynced}`), signal);
    return answer.kind === 'answered'
      ? { kind: 'counted', value: answer.value }
      : { kind: 'refused', refusal: answer.refusal };
  } catch (error) {
    const why = reasonOf(error, signal);
    // Whoever answers 200 again and again without a number answers something else than a number.
    return observed.lastStatusOf(path) === 200 ? { kind: 'noNumber' } : { kind: 'failed', why };
  }
}

/** `take` gets the items of each page and says whether there was something new. */
async function followPages(
  requests: GraphRequests,
  pathAndQuery: string,
  take: (items: readonly unknown[]) => boolean,
  mostPages: number,
  signal: AbortSignal,
): Promise<{ readonly end: ListEnd; readonly links: PageLinks }> {
  const first = requests.address(pathAndQuery);
  const trail = new PageTrail(first);
  let followed = 0;
  let pagesWithoutNews = 0;
  const ended = (end: ListEnd, problem: string | null = null) => ({ end, links: { followed, problem } });
  for (let url = first; ;) {
    let answer: GraphAnswer<unknown>;
    try {
      answer = await requests.json(url, signal);
    } catch (error) {
      return ended({ kind: 'failed', why: reasonOf(error, signal) });
    }
    if (answer.kind === 'refused') return ended(endBy(answer.refusal));
    const page = pageSchema.safeParse(answer.value);
    if (!page.success) return ended({ kind: 'failed', why: 'an answer is no page of a list' });
    if (url !== first) followed += 1;
    pagesWithoutNews = take(page.data.value) ? 0 : pagesWithoutNews + 1;
    if (pagesWithoutNews > mostPagesWithoutNews)
      return ended({ kind: 'failed', why: `${mostPagesWithoutNews} pages in a row had nothing new` });
    const nextLink = page.data['@odata.nextLink'];
    if (nextLink === undefined || followed + 1 >= mostPages) return ended({ kind: 'whole' });
    try {
      url = trail.next(nextLink, answer.trace);
    } catch (error) {
      return ended({ kind: 'brokenLink' }, reasonOf(error, signal));
    }
  }
}

function endBy(refusal: RefusalShape): ListEnd {
  return refusal.code === 'Directory_ExpiredPageToken'
    ? { kind: 'failed', why: `a page token expired, run the command again: ${refusalText(refusal)}` }
    : { kind: 'refused', refusal };
}

function itemOf(type: ObjectType, value: unknown): ListItem {
  const { schema, select } = entityOf(type);
  const parsed = schema.safeParse(value);
  const has = (name: string): boolean => typeof value === 'object' && value !== null && name in value;
  if (parsed.success) {
    const leftOut = select.filter(name => !has(name));
    return { kind: 'object', object: parsed.data as CloudObject, leftOut };
  }
  const name = String(parsed.error.issues[0]?.path[0] ?? '');
  if (name === '') return { kind: 'unreadable', problem: 'no object' };
  return { kind: 'unreadable', problem: has(name) ? `${name} of another type` : `${name} missing` };
}

/** The message of an expected error; whatever else comes up may quote what nobody should read. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (error instanceof AppError) return error.message;
  throw error;
}
