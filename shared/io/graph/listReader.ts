import type { ListReading, ListSink, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import { ByteKeyTable } from '../../core/byteKeyTable';
import type { CloudObjectOf } from '../../core/cloudObject';
import { guidToBytes, type Guid } from '../../core/keys/guid';
import type { ObjectType } from '../../core/objectType';
import { entityOf, parseCloudObject } from './entities';
import type { GraphAnswer, GraphRequests } from './graphRequests';
import { pageSchema, PageTrail } from './nextLink';
import { refusalError } from './refusal';

const largestPage = 999;
const attemptsPerList = 3;
/** An empty page is not the end of a list; this many in a row are the end of our patience. */
const mostPagesWithoutNews = 1000;
const expiredPageToken = 'Directory_ExpiredPageToken';
const onlySynced = `$filter=${encodeURIComponent('onPremisesSyncEnabled eq true')}`;

/**
 * Reads every synced object of a type, and what Graph counts before and after. Starts again, with a new sink, where Graph let the
 * page token expire: what was read until then is a part of a list that no longer exists.
 */
export async function readList<Type extends ObjectType, Sink extends ListSink<Type>>(
  requests: GraphRequests,
  type: Type,
  openSink: () => Sink,
  log: Log,
  signal: AbortSignal,
): Promise<ListReading<Sink>> {
  const { path } = entityOf(type);
  for (let attempt = 1; attempt <= attemptsPerList; attempt += 1) {
    const countBefore = await readCount(requests, type, signal);
    const sink = openSink();
    const distinct = await readPages(requests, type, sink, signal);
    if (distinct !== 'pageTokenExpired') {
      return { sink, distinct, countBefore, countAfter: await readCount(requests, type, signal) };
    }
    log.warn(
      `The page token of ${path} expired in attempt ${attempt} of ${attemptsPerList} to read the list`,
    );
  }
  throw new AppError(
    'graphUnavailable',
    `The whole list ${path} was expected, but its page token expired in each of ${attemptsPerList} attempts ` +
      `(${expiredPageToken}). Run the scan again when the tenant is less busy.`,
  );
}

async function readCount(requests: GraphRequests, type: ObjectType, signal: AbortSignal): Promise<number> {
  const { path, permission } = entityOf(type);
  const answer = await requests.count(requests.address(`${path}/$count?${onlySynced}`), signal);
  if (answer.kind === 'refused') throw refusalError(answer.refusal, `GET ${path}/$count`, permission);
  return answer.value;
}

async function readPages<Type extends ObjectType>(
  requests: GraphRequests,
  type: Type,
  sink: ListSink<Type>,
  signal: AbortSignal,
): Promise<number | 'pageTokenExpired'> {
  const { path, permission, select } = entityOf(type);
  const first = requests.address(`${path}?${onlySynced}&$select=${select.join(',')}&$top=${largestPage}`);
  const trail = new PageTrail(first);
  const ids = new ByteKeyTable();
  let pagesWithoutNews = 0;
  for (let url: string | null = first; url !== null;) {
    const answer: GraphAnswer<unknown> = await requests.json(url, signal);
    if (answer.kind === 'refused') {
      if (answer.refusal.code === expiredPageToken) return 'pageTokenExpired';
      throw refusalError(answer.refusal, `GET ${path}`, permission);
    }
    const { items, nextLink } = parsePage(answer.value, path, answer.trace);
    const fresh: CloudObjectOf<Type>[] = [];
    for (const item of items) {
      const object = parseCloudObject(type, item, answer.trace);
      if (ids.add(guidToBytes(object.id as string as Guid))) fresh.push(object);
    }
    sink.page(fresh);
    pagesWithoutNews = fresh.length > 0 ? 0 : pagesWithoutNews + 1;
    if (pagesWithoutNews > mostPagesWithoutNews) throw endlessList(path, answer.trace);
    url = nextLink === undefined ? null : trail.next(nextLink, answer.trace);
  }
  return ids.size;
}

const endlessList = (path: string, trace: string): AppError =>
  new AppError(
    'graphAnswerInvalid',
    `The list ${path} was expected to end: it went on for ${mostPagesWithoutNews} pages without a new object. ` +
      `Run the scan again; if it happens again, open a support case with Microsoft. (${trace})`,
  );

function parsePage(
  body: unknown,
  path: string,
  trace: string,
): { items: unknown[]; nextLink: string | undefined } {
  const page = pageSchema.safeParse(body);
  if (page.success) return { items: page.data.value, nextLink: page.data['@odata.nextLink'] };
  throw new AppError(
    'graphAnswerInvalid',
    `GET ${path} was expected to answer a page: an array \`value\`, and \`@odata.nextLink\` as text or not at all; found something else. ` +
      `Check that the Graph endpoint is Graph's. (${trace})`,
  );
}
