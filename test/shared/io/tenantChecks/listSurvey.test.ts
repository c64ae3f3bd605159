import { AppError } from '../../../../shared/core/appError';
import type { GraphAnswer, GraphRequests } from '../../../../shared/io/graph/graphRequests';
import { countSynced, surveyList, type SurveyOptions } from '../../../../shared/io/tenantChecks/listSurvey';
import { graphContact } from '../graph/samples';

const never = new AbortController().signal;
const origin = 'https://graph.example';
const answered = <Value>(value: Value): GraphAnswer<Value> => ({ kind: 'answered', value, trace: 't' });

/** Answers the pages in turn; the last one again and again. */
function surveyOf(
  pages: readonly (object | Error)[],
  count: () => Promise<GraphAnswer<number>> = () => Promise.resolve(answered(0)),
) {
  let asked = 0;
  const progress: string[] = [];
  const requests: GraphRequests = {
    address: pathAndQuery => `${origin}${pathAndQuery}`,
    json() {
      const page = pages[Math.min(asked, pages.length - 1)];
      asked += 1;
      return page instanceof Error
        ? Promise.reject(page)
        : Promise.resolve(answered({ ...page, ...linkOf(page, asked) }));
    },
    count,
  };
  const options: SurveyOptions = {
    requests,
    observed: { lastStatusOf: () => null },
    exports: null,
    wanted: new Set(),
    progress: line => void progress.push(line),
  };
  return { options, progress, survey: () => surveyList('contact', options, never) };
}
const linkOf = (page: object | undefined, n: number): object =>
  page && 'more' in page ? { '@odata.nextLink': `${origin}/v1.0/contacts?page=${n}` } : {};

test('an empty page is not the end of a list', async () => {
  const { survey } = surveyOf([
    { value: [], more: true },
    { value: [graphContact(1)], more: true },
    { value: [graphContact(2)] },
  ]);
  const { tally, links, end } = await survey();
  expect([tally.distinct, tally.pages, links.followed, end]).toEqual([2, 3, 2, { kind: 'whole' }]);
});

test('a list that goes on for ever without anything new is left', async () => {
  const { survey, progress } = surveyOf([{ value: [graphContact(1)], more: true }]);
  expect((await survey()).end).toEqual({ kind: 'failed', why: '1000 pages in a row had nothing new' });
  expect(progress[0]).toBe('/v1.0/contacts: 20 read');
});

test('what is no object, lacks a property or has one of another type, is told by the property', async () => {
  const { mail: _, ...without } = graphContact(2);
  const { survey } = surveyOf([
    { value: ['text', without, { ...graphContact(3), proxyAddresses: 'x' }, graphContact(4)] },
  ]);
  const { tally } = await survey();
  expect(tally.objects).toBe(1);
  expect(Object.fromEntries(tally.problems)).toEqual({
    'no object': 1,
    'mail missing': 1,
    'proxyAddresses of another type': 1,
  });
});

test('an answer that does not come ends the list, and an error that nobody expected the survey', async () => {
  const unavailable = new AppError('graphUnavailable', 'no answer');
  const { survey } = surveyOf([{ value: [graphContact(1)], more: true }, unavailable]);
  const { tally, end } = await survey();
  expect([tally.distinct, end]).toEqual([1, { kind: 'failed', why: 'no answer' }]);
  await expect(surveyOf([new TypeError('broken')]).survey()).rejects.toThrow('broken');
});

test('a count without a number is told apart from one that did not come', async () => {
  const { options } = surveyOf([{ value: [] }], () =>
    Promise.reject(new AppError('graphUnavailable', 'cut short')),
  );
  const after = (status: number | null) =>
    countSynced('contact', { ...options, observed: { lastStatusOf: () => status } }, never);
  expect(await after(200)).toEqual({ kind: 'noNumber' });
  expect(await after(503)).toEqual({ kind: 'failed', why: 'cut short' });
  expect(await after(null)).toEqual({ kind: 'failed', why: 'cut short' });
});
