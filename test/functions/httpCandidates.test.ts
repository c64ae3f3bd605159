import { candidateRoute, candidatesRoute } from '../../functions/httpCandidates';
import { csvColumns } from '../../functions/candidateCsv';
import { mostRowsCollected } from '../../shared/app/review/collectCandidates';
import { versionOf } from '../../shared/core/review/version';
import { decisionStates } from '../../shared/core/transitions';
import { entityTagOf } from '../../shared/io/http/entityTag';
import { instant } from '../support/builders';
import { ada, decisions as samples, later, quarantine, userId } from '../shared/core/decisions';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { idOf } from '../shared/io/tables/candidateReaderContract';
import { ReadingApi } from './readingApi';

let api: ReadingApi;
beforeEach(async () => {
  api = await ReadingApi.open();
});

interface Page {
  readonly items: readonly { readonly facts: { readonly id: string }; readonly etag: string }[];
  readonly continuation: string | null;
  readonly cutBy: string | null;
}

/** The page, after a check against the document. */
async function page(query: string): Promise<Page> {
  const parameters = Object.fromEntries(new URLSearchParams(query));
  const answer = await api.get(`/candidates?${query}`);
  expect(answer.status).toBe(200);
  return (await expectDocumented(candidatesRoute, answer, { query: parameters })) as Page;
}

const csv = (query = ''): Promise<Response> => api.get(`/candidates${query}`, { accept: 'text/csv' });

describe('GET /candidates', () => {
  test('answers the documented columns, the decision as it stands, what a delete costs, and the ETag for deciding', async () => {
    await api.has({ id: userId, waitsFor: [{ for: 'grace', until: instant('2026-12-01T00:00:00Z') }] });
    const decision = await api.decisions.write(samples.approved, null);
    const { items } = await page('status=candidate');
    const facts = (await api.candidates.read('user', userId))!;
    expect(items).toEqual([
      {
        facts: expect.objectContaining({
          type: 'user',
          id: userId,
          state: 'candidate',
          displayName: 'Ann Example',
          waitsFor: [{ for: 'grace', until: '2026-12-01T00:00:00.000Z' }],
          firstObservedAt: '2026-01-02T03:04:05.678Z',
          onPremisesLastSyncDateTime: null,
        }),
        decision: {
          state: 'approved',
          recorded: 'approved',
          lapseReason: null,
          by: ada,
          at: '2026-11-20T09:00:00.000Z',
          until: '2026-12-04T09:00:00.000Z',
        },
        reversibility: { kind: 'restorable', days: 30 },
        etag: entityTagOf(versionOf(facts, decision)),
      },
    ]);
    api.now = later(14);
    expect((await page('decision=lapsed')).items).toMatchObject([
      { decision: { state: 'lapsed', recorded: 'approved', lapseReason: 'expired', until: null } },
    ]);
  });

  test('goes from page to page, over all types', async () => {
    await api.has({ id: idOf(1) }, { id: idOf(2) }, { id: idOf(3), type: 'device' });
    const first = await page('limit=2');
    expect(first.items.map(({ facts }) => facts.id)).toEqual([idOf(3), idOf(1)]);
    const second = await page(`limit=2&continuation=${first.continuation}`);
    expect(second).toMatchObject({ items: [{ facts: { id: idOf(2) } }], continuation: null, cutBy: null });
  });

  test('has 100 items where no limit is asked for', async () => {
    await api.has(...Array.from({ length: 101 }, (_, at) => ({ id: idOf(at) })));
    expect((await page('')).items).toHaveLength(100);
  });

  test('finds what is searched for, whatever the case', async () => {
    await api.has(
      { id: idOf(1), displayName: 'Zoë' },
      { id: idOf(2), mail: 'zoe@contoso.example' },
      { id: idOf(3) },
    );
    expect((await page('search=ZO%C3%8B')).items).toMatchObject([{ facts: { id: idOf(1) } }]);
    expect((await page('search=zoe@')).items).toMatchObject([{ facts: { id: idOf(2) } }]);
    expect((await page(`search=${idOf(3)}&type=user`)).items).toHaveLength(1);
  });

  test.each([
    ['limit=0', '/query/limit'],
    ['limit=1001', '/query/limit'],
    ['limit=1e2', '/query/limit'],
    ['status=deleted', '/query/status'],
    ['decision=maybe', '/query/decision'],
    ['type=computer', '/query/type'],
    ['search=%20', '/query/search'],
    [`search=${'x'.repeat(101)}`, '/query/search'],
    ['continuation=', '/query/continuation'],
    ['continuation=..%2F..%2F', '/query/continuation'],
    [`continuation=${Buffer.from('["user","x\' or 1",null]').toString('base64url')}`, '/query/continuation'],
    ['filter=x', '/query/filter'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await api.get(`/candidates?${query}`);
    expect(answer.status).toBe(400);
    expect(await expectDocumented(candidatesRoute, answer)).toMatchObject({ errors: [{ pointer }] });
  });

  test('logs no name, no address and nothing that was searched for', async () => {
    await api.has({ id: idOf(1), displayName: 'Zoë Secret', mail: 'secret@contoso.example' });
    await page('search=secret');
    await csv('?search=secret');
    expect(api.log.lines.join('\n')).not.toMatch(/secret/i);
  });
});

describe('GET /candidates as text/csv', () => {
  test('is the whole list, with a header, quoted, and CRLF at each end', async () => {
    await api.has(
      { id: userId, displayName: '=cmd|"/c calc"!A1', mail: '@x', onPremisesLastSyncDateTime: later(-9) },
      ...Array.from({ length: 150 }, (_, at) => ({ id: idOf(at), type: 'device' as const })),
    );
    await api.decisions.write(samples.approved, null);
    const answer = await csv();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    // Response.text() takes a byte order mark away.
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = bytes.toString('utf8').slice(1).split('\r\n');
    expect(lines[0]).toBe(csvColumns.map(column => `"${column}"`).join(','));
    expect(lines).toHaveLength(1 + 151 + 1);
    const row = lines.find(line => line.includes(userId));
    expect(row).toContain(`,"'=cmd|""/c calc""!A1",`);
    expect(row).toContain(`,"'@x",`);
    expect(row).toMatch(
      /,"restorable","approved","approved",,"0a0a.*","Ada Lovelace","2026-11-20T09:00:00\.000Z","2026-12-04/,
    );
    expect(row).toContain(',true,2,');
  });

  test('is narrowed by the same filters', async () => {
    await api.has(
      { id: idOf(1) },
      { id: idOf(2), state: 'attention', waitsFor: [{ for: 'synchronisation', until: null }] },
    );
    const text = await (await csv('?status=attention')).text();
    expect(text).toContain(idOf(2));
    expect(text).toContain('"synchronisation"');
    expect(text).not.toContain(idOf(1));
  });

  test('has no pages', async () => {
    for (const [query, pointer] of [
      ['limit=5', '/query/limit'],
      ['continuation=x', '/query/continuation'],
    ]) {
      const answer = await csv(`?${query}`);
      expect(answer.status).toBe(400);
      expect(await expectDocumented(candidatesRoute, answer)).toMatchObject({ errors: [{ pointer }] });
    }
  });

  test('is refused where it would be cut', async () => {
    await api.has(...Array.from({ length: mostRowsCollected + 1 }, (_, at) => ({ id: idOf(at) })));
    const answer = await csv();
    expect(answer.status).toBe(400);
    expect(await expectDocumented(candidatesRoute, answer)).toMatchObject({
      errors: [{ detail: expect.stringContaining('at most 10000 rows') }],
    });
  });

  test('is refused where it would take too long', async () => {
    await api.has(...Array.from({ length: 1_001 }, (_, at) => ({ id: idOf(at) })));
    const list = api.candidates.list.bind(api.candidates);
    api.candidates.list = async query => {
      api.now += 60_000;
      return await list(query);
    };
    const answer = await csv();
    expect(answer.status).toBe(400);
    expect(await expectDocumented(candidatesRoute, answer)).toMatchObject({
      errors: [{ detail: expect.stringContaining('takes too long') }],
    });
  });
});

describe('GET /candidates/{type}/{id}', () => {
  const one = (id: string = userId): Promise<Response> => api.get(`/candidates/user/${id}`);

  test('answers facts, evidence and what a delete costs, with the ETag for deciding', async () => {
    await api.has({ id: userId, evidence: { kind: 'inline', json: '{"keys":[{"key":"id"}],"version":1}' } });
    const answer = await one();
    expect(answer.status).toBe(200);
    const facts = await api.candidates.read('user', userId);
    expect(answer.headers.get('etag')).toBe(entityTagOf(versionOf(facts, null)));
    expect(await expectDocumented(candidateRoute, answer)).toEqual({
      facts: expect.objectContaining({ id: userId, evidenceHash: 'e'.repeat(64) }),
      evidence: { keys: [{ key: 'id' }], version: 1 },
      decision: null,
      reversibility: { kind: 'restorable', days: 30, caveats: expect.any(Array) },
    });
  });

  test('reads evidence that lies in a blob', async () => {
    await api.has({ id: userId, evidence: { kind: 'spilled', blob: 'long.json' } });
    api.candidates.blobs.set('long.json', '{"long":true}');
    expect(await expectDocumented(candidateRoute, await one())).toMatchObject({ evidence: { long: true } });
  });

  test.each(['', 'no JSON', '[]', '"text"', 'null'])(
    'evidence that is no JSON object (%j) is a stored row that can not be read',
    async json => {
      await api.has({ id: userId, evidence: { kind: 'inline', json } });
      const answer = await one();
      expect(answer.status).toBe(500);
      expect(await expectDocumented(candidateRoute, answer)).toMatchObject({ type: '/problems/rowInvalid' });
    },
  );

  test.each(decisionStates)('has a decision in state %s with all that it went through', async state => {
    await api.has({ id: userId });
    await api.decisions.write({ ...samples[state], quarantine }, null);
    const { decision } = (await expectDocumented(candidateRoute, await one())) as {
      readonly decision: Readonly<Record<string, unknown>>;
    };
    expect(decision).toMatchObject({ state, standing: { recorded: state }, operationId: 'operation-1' });
    expect(decision['quarantine']).toMatchObject({ until: '2026-11-23T09:00:00.000Z' });
    const groups = ['approval', 'rejection', 'deletion', 'failure', 'deletedAt', 'restoration', 'lapse'];
    const sample: Readonly<Record<string, unknown>> = { ...samples[state] };
    for (const group of groups)
      expect([group, decision[group] === null]).toEqual([group, (sample[group] ?? null) === null]);
  });

  test('a rejection for ever has no end', async () => {
    await api.has({ id: userId });
    const rejection = { ...samples.rejected.rejection, expiresAt: null };
    await api.decisions.write({ ...samples.rejected, rejection }, null);
    expect(await expectDocumented(candidateRoute, await one())).toMatchObject({
      decision: { rejection: { expiresAt: null }, standing: { until: null } },
    });
  });

  test('the ETag changes with the facts and with the decision', async () => {
    await api.has({ id: userId });
    const etags = new Set([(await one()).headers.get('etag')]);
    const stored = await api.decisions.write(samples.approved, null);
    etags.add((await one()).headers.get('etag'));
    await api.decisions.write(samples.rejected, stored.etag);
    etags.add((await one()).headers.get('etag'));
    const { etag, ...facts } = (await api.candidates.read('user', userId))!;
    await api.candidates.write([{ etag, facts: { ...facts, evidenceHash: 'f'.repeat(64) } }], async () => {});
    etags.add((await one()).headers.get('etag'));
    expect(etags.size).toBe(4);
  });

  test('is 404 for what the scan has never found', async () => {
    const answer = await one(idOf(9));
    expect(answer.status).toBe(404);
    await expectDocumented(candidateRoute, answer);
  });
});

test('who has no role reads nothing', async () => {
  const stranger = await ReadingApi.open([]);
  for (const path of [
    '/candidates',
    `/candidates/user/${userId}`,
    `/explain/user/${userId}`,
    '/scans',
    '/scans/x',
    '/audit?part=scan',
    '/audit/verify',
  ])
    expect([path, (await stranger.get(path)).status]).toEqual([path, 403]);
});

test('who approves or deletes reads, too', async () => {
  for (const role of ['Orphans.Approver', 'Orphans.Deleter'])
    expect((await (await ReadingApi.open([role])).get('/candidates')).status).toBe(200);
});
