import type { SourceName } from '../../shared/core/exportFormat';
import { instant } from '../support/builders';
import { scanRoute, scansRoute } from '../../functions/httpScans';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { ReadingApi } from './readingApi';
import { samplesOfRuns } from './sampleRuns';

let api: ReadingApi;
beforeEach(async () => {
  api = await ReadingApi.open();
  api.runs.runs = Object.values(samplesOfRuns);
});

test('the newest scans come first, whatever became of them', async () => {
  const answer = await api.get('/scans');
  expect(answer.status).toBe(200);
  expect(await expectDocumented(scansRoute, answer)).toMatchObject({
    items: [
      { runId: 'run-9', state: 'running', finishedAt: null, plan: null },
      { runId: 'run-8', state: 'refused', reasons: ['There is no export of contoso.'] },
      { runId: 'run-7', state: 'finished', plan: { created: 1, unchanged: 4 } },
    ],
  });
  const two = (await expectDocumented(scansRoute, await api.get('/scans?limit=2'))) as { items: unknown[] };
  expect(two.items).toHaveLength(2);
});

test('what is missed stands beside the items, with the names of the sources', async () => {
  api.sources = ['contoso', 'fabrikam'] as SourceName[];
  api.now = instant('2026-11-21T04:00:00Z');
  const missed = async (path = '/scans') =>
    ((await expectDocumented(scansRoute, await api.get(path))) as { missedWork: unknown }).missedWork;
  expect(await missed()).toEqual({ scan: null, exports: [{ source: 'fabrikam', lastFinishedAt: null }] });
  api.now += 2 * 60 * 60_000;
  const late = {
    scan: { lastFinishedAt: '2026-11-20T02:03:00.000Z' },
    exports: [
      { source: 'contoso', lastFinishedAt: expect.stringContaining('2026-11-20T0') },
      { source: 'fabrikam', lastFinishedAt: null },
    ],
  };
  expect(await missed()).toEqual(late);
  expect(await missed('/scans?limit=1')).toEqual(late);
  api.runs.runs = [];
  expect(await missed()).toEqual({ scan: { lastFinishedAt: null }, exports: [] });
});

test('a scan has every gate with figure and limit, its exports, counts and durations', async () => {
  const answer = await api.get('/scans/run-7');
  expect(answer.status).toBe(200);
  expect(await expectDocumented(scanRoute, answer)).toMatchObject({
    runNumber: 7,
    finishedAt: '2026-11-20T02:03:00.000Z',
    gates: [{ gate: 'exportPresent', found: 'present', limit: 'one complete export' }],
    exports: [{ source: 'contoso', lines: 12, startedAt: '2026-11-20T02:00:00.000Z' }],
    counts: { user: { read: 2, outcomes: { absent: 1 } } },
    durations: { total: 180_000 },
    fence: 9,
  });
  for (const runId of ['run-8', 'run-9'])
    expect(await expectDocumented(scanRoute, await api.get(`/scans/${runId}`))).toMatchObject({ runId });
});

test.each([
  ['/scans?limit=0', 400],
  ['/scans?limit=101', 400],
  ['/scans?state=finished', 400],
  ['/scans/nobody', 404],
  ["/scans/x'%20or%20'1", 400],
  [`/scans/${'x'.repeat(65)}`, 400],
  ['/scans/..%2Frun-7', 400],
])('%s is %i', async (path, status) => {
  const answer = await api.get(path);
  expect(answer.status).toBe(status);
  await expectDocumented(scanRoute, answer);
});
